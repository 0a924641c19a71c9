# SPDX-License-Identifier: MIT
# When the kernel says no.
fault_tests = tests/fault/inject tests/fault/limits
check_PROGRAMS += $(fault_tests) tests/fault/limits-libc
TESTS += $(fault_tests)

# Static, so that the hook, which no shared library exports, can be reached.
tests_fault_inject_SOURCES = tests/fault/inject.c tests/stress/support.h
tests_fault_inject_CFLAGS = $(TEST_CFLAGS)
tests_fault_inject_LDFLAGS = $(AM_LDFLAGS) -static
tests_fault_inject_LDADD = $(MIMALLOC_LA) -lpthread

tests_fault_limits_SOURCES = tests/fault/limits.c tests/stress/support.h
tests_fault_limits_CFLAGS = $(TEST_CFLAGS)
tests_fault_limits_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)
tests_fault_limits_LDADD = $(MIMALLOC_LA) -lpthread

# Run preloaded by tests/stress/serve.sh.
tests_fault_limits_libc_SOURCES = tests/fault/limits.c tests/stress/support.h
tests_fault_limits_libc_CFLAGS = $(AM_CFLAGS) -fno-builtin -DSTRESS_LIBC
tests_fault_limits_libc_LDADD = -lpthread
