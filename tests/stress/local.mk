# SPDX-License-Identifier: MIT
# Each program twice: against the mi_* functions, and against the C library's names (-libc), which
# serve.sh runs with each of the shared libraries preloaded.
stress_tests = tests/stress/stress tests/stress/ops tests/stress/memory
stress_libc_tests = tests/stress/stress-libc tests/stress/ops-libc tests/stress/memory-libc
check_PROGRAMS += $(stress_tests) $(stress_libc_tests)
TESTS += $(stress_tests) tests/stress/serve.sh tests/stress/soak.sh
dist_check_SCRIPTS += tests/stress/serve.sh tests/stress/soak.sh

STRESS_LIBC_CFLAGS = $(AM_CFLAGS) -fno-builtin -DSTRESS_LIBC

tests_stress_stress_SOURCES = tests/stress/stress.c tests/stress/support.h
tests_stress_stress_CFLAGS = $(TEST_CFLAGS)
tests_stress_stress_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)
tests_stress_stress_LDADD = $(MIMALLOC_LA) -lpthread
tests_stress_ops_SOURCES = tests/stress/ops.c tests/stress/model.h tests/stress/support.h
tests_stress_ops_CFLAGS = $(TEST_CFLAGS)
tests_stress_ops_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)
tests_stress_ops_LDADD = $(MIMALLOC_LA) -lpthread
tests_stress_memory_SOURCES = tests/stress/memory.c tests/stress/support.h
tests_stress_memory_CFLAGS = $(TEST_CFLAGS)
tests_stress_memory_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)
tests_stress_memory_LDADD = $(MIMALLOC_LA) -lpthread

tests_stress_stress_libc_SOURCES = tests/stress/stress.c tests/stress/support.h
tests_stress_stress_libc_CFLAGS = $(STRESS_LIBC_CFLAGS)
tests_stress_stress_libc_LDADD = -lpthread
tests_stress_ops_libc_SOURCES = tests/stress/ops.c tests/stress/model.h tests/stress/support.h
tests_stress_ops_libc_CFLAGS = $(STRESS_LIBC_CFLAGS)
tests_stress_ops_libc_LDADD = -lpthread
tests_stress_memory_libc_SOURCES = tests/stress/memory.c tests/stress/support.h
tests_stress_memory_libc_CFLAGS = $(STRESS_LIBC_CFLAGS)
tests_stress_memory_libc_LDADD = -lpthread

# Longer: tests/stress/soak for DURATION seconds by each of the libraries, then SOAK_OPERATIONS for
# each load, every byte verified, with seeds of the hour.
SOAK_OPERATIONS = 200000
.PHONY: soak
soak: all $(stress_tests) $(stress_libc_tests) tests/stress/soak tests/stress/soak-libc
	tests/stress/soak $${DURATION-600}
	@$(AM_TESTS_ENVIRONMENT) for library in $$OVERRIDE_SO $$DEBUG_SO $$SECURE_SO; do \
	  echo "soak: $$library"; \
	  env LD_PRELOAD=$$library tests/stress/soak-libc $${DURATION-600} || exit 1; \
	done
	@seed=$$(date +%s); echo "soak: seed $$seed"; \
	tests/stress/stress -f all 0 $(SOAK_OPERATIONS) $$seed && \
	tests/stress/stress -f mixed 32 $(SOAK_OPERATIONS) $$seed && \
	for more in 1 2 3 4 5 6 7 8; do \
	  tests/stress/ops $$((seed + more)) 200000 || exit 1; \
	done && \
	tests/stress/memory

# In make check only a moment of it is run (soak.sh).
check_PROGRAMS += tests/stress/soak tests/stress/soak-libc
tests_stress_soak_SOURCES = tests/stress/soak.c tests/stress/support.h
tests_stress_soak_CFLAGS = $(TEST_CFLAGS)
tests_stress_soak_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)
tests_stress_soak_LDADD = $(MIMALLOC_LA) -lpthread -lm
tests_stress_soak_libc_SOURCES = tests/stress/soak.c tests/stress/support.h
tests_stress_soak_libc_CFLAGS = $(STRESS_LIBC_CFLAGS)
tests_stress_soak_libc_LDADD = -lpthread -lm
