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

# The code of these libraries without their override, to reach into.
check_PROGRAMS += tests/fault/rooms tests/fault/inject-secure tests/fault/inject-debug
TESTS += tests/fault/rooms tests/fault/inject-secure tests/fault/inject-debug
check_LIBRARIES += tests/fault/librooms-debug.a
tests_fault_librooms_debug_a_SOURCES = $(PLAIN_FILES) $(STRICT_FILES)
tests_fault_librooms_debug_a_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS) -DMIP_VARIANT_DEBUG
tests_fault_librooms_debug_a_CFLAGS = $(TEST_CFLAGS)
tests_fault_inject_debug_SOURCES = $(tests_fault_inject_SOURCES)
tests_fault_inject_debug_CPPFLAGS = $(tests_fault_librooms_debug_a_CPPFLAGS)
tests_fault_inject_debug_CFLAGS = $(TEST_CFLAGS)
tests_fault_inject_debug_LDADD = tests/fault/librooms-debug.a $(LIBRARY_LIBS) -lpthread
tests_fault_rooms_SOURCES = tests/fault/rooms.c
tests_fault_rooms_CPPFLAGS = $(tests_fault_librooms_debug_a_CPPFLAGS)
tests_fault_rooms_CFLAGS = $(TEST_CFLAGS)
tests_fault_rooms_LDADD = tests/fault/librooms-debug.a $(LIBRARY_LIBS) -lpthread
if HAVE_CHECK
check_PROGRAMS += tests/fault/moments
TESTS += tests/fault/moments
endif
tests_fault_moments_SOURCES = tests/fault/moments.c tests/unit/unit.h
tests_fault_moments_CPPFLAGS = $(tests_fault_librooms_debug_a_CPPFLAGS)
tests_fault_moments_CFLAGS = $(TEST_CFLAGS)
tests_fault_moments_LDADD = tests/fault/librooms-debug.a $(TEST_LIBS) $(LIBRARY_LIBS) -lpthread
tests_fault_inject_secure_SOURCES = $(tests_fault_inject_SOURCES) $(PLAIN_FILES) $(STRICT_FILES)
tests_fault_inject_secure_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS) -DMIP_VARIANT_SECURE
tests_fault_inject_secure_CFLAGS = $(TEST_CFLAGS)
tests_fault_inject_secure_LDADD = $(LIBRARY_LIBS) -lpthread

# Run preloaded by tests/stress/serve.sh.
tests_fault_limits_libc_SOURCES = tests/fault/limits.c tests/stress/support.h
tests_fault_limits_libc_CFLAGS = $(AM_CFLAGS) -fno-builtin -DSTRESS_LIBC
tests_fault_limits_libc_LDADD = -lpthread

# Faults of programs under the variants that detect them; the programs are compiled by the test.
dist_check_SCRIPTS += tests/fault/detect.sh tests/fault/options.sh tests/fault/trace.sh
TESTS += tests/fault/detect.sh tests/fault/options.sh tests/fault/trace.sh
EXTRA_DIST += tests/fault/debug.sh tests/fault/faults.txt tests/fault/programs/fault.h $(FAULT_FILES)
FAULT_FILES = \
	tests/fault/programs/delete-aligned.cc \
	tests/fault/programs/delete-array-malloc.cc \
	tests/fault/programs/delete-array-new.cc \
	tests/fault/programs/delete-array.cc \
	tests/fault/programs/delete-inside.cc \
	tests/fault/programs/delete-malloc.cc \
	tests/fault/programs/delete-own.cc \
	tests/fault/programs/delete-size.cc \
	tests/fault/programs/delete-stack.cc \
	tests/fault/programs/delete-twice.cc \
	tests/fault/programs/delete-unaligned-sized.cc \
	tests/fault/programs/delete-unaligned.cc \
	tests/fault/programs/double-free-batch.c \
	tests/fault/programs/double-free-crossed.c \
	tests/fault/programs/double-free-delayed.c \
	tests/fault/programs/double-free-interleaved.c \
	tests/fault/programs/double-free-remote.c \
	tests/fault/programs/double-free-reused.c \
	tests/fault/programs/double-free-thread.c \
	tests/fault/programs/double-free.c \
	tests/fault/programs/fill.c \
	tests/fault/programs/free-aligned-sized.c \
	tests/fault/programs/free-far.c \
	tests/fault/programs/free-inside.c \
	tests/fault/programs/free-mapped.c \
	tests/fault/programs/free-misaligned.c \
	tests/fault/programs/free-never.c \
	tests/fault/programs/free-new-array.cc \
	tests/fault/programs/free-new.cc \
	tests/fault/programs/free-one.c \
	tests/fault/programs/free-page-later.c \
	tests/fault/programs/free-sized-new.cc \
	tests/fault/programs/free-sized.c \
	tests/fault/programs/free-stack.c \
	tests/fault/programs/free-static.c \
	tests/fault/programs/fresh-zero.c \
	tests/fault/programs/growth-clear.c \
	tests/fault/programs/heap-collect-thread.c \
	tests/fault/programs/heap-default-thread.c \
	tests/fault/programs/heap-delete-thread.c \
	tests/fault/programs/heap-delete-twice.c \
	tests/fault/programs/heap-deleted.c \
	tests/fault/programs/heap-destroy-thread.c \
	tests/fault/programs/heap-destroyed.c \
	tests/fault/programs/heap-malloc-thread.c \
	tests/fault/programs/huge.c \
	tests/fault/programs/no-reuse.c \
	tests/fault/programs/overflow-1.c \
	tests/fault/programs/overflow-32.c \
	tests/fault/programs/overflow-8.c \
	tests/fault/programs/overflow-aligned.c \
	tests/fault/programs/overflow-far.c \
	tests/fault/programs/overflow-new.cc \
	tests/fault/programs/overflow-nul.c \
	tests/fault/programs/overflow-realloc.c \
	tests/fault/programs/overflow-remote.c \
	tests/fault/programs/overflow-shrunk-far.c \
	tests/fault/programs/overflow-shrunk.c \
	tests/fault/programs/overflow-slack.c \
	tests/fault/programs/random-order.c \
	tests/fault/programs/read-after-free-locked.c \
	tests/fault/programs/read-after-free.c \
	tests/fault/programs/realloc-freed.c \
	tests/fault/programs/realloc-inside.c \
	tests/fault/programs/realloc-mapped.c \
	tests/fault/programs/realloc-misaligned.c \
	tests/fault/programs/realloc-new.cc \
	tests/fault/programs/realloc-stack.c \
	tests/fault/programs/realloc-static.c \
	tests/fault/programs/realloc-unmapped.c \
	tests/fault/programs/reallocarray-new.cc \
	tests/fault/programs/underflow-1.c \
	tests/fault/programs/underflow-32.c \
	tests/fault/programs/underflow-8.c \
	tests/fault/programs/underflow-first.c \
	tests/fault/programs/underflow-others.c \
	tests/fault/programs/usable-freed.c \
	tests/fault/programs/usable-inside.c \
	tests/fault/programs/usable-mapped.c \
	tests/fault/programs/usable-misaligned.c \
	tests/fault/programs/usable-stack.c \
	tests/fault/programs/usable-static.c \
	tests/fault/programs/usable-unmapped.c \
	tests/fault/programs/write-after-delete.cc \
	tests/fault/programs/write-after-free-link.c \
	tests/fault/programs/write-after-free-posted.c \
	tests/fault/programs/write-after-free-remote.c \
	tests/fault/programs/write-after-free-second.c \
	tests/fault/programs/write-after-free.c \
	tests/fault/programs/zero-size-aligned.c \
	tests/fault/programs/zero-size-read.c \
	tests/fault/programs/zero-size-write.c

# The table: each fault and size under the variants, the C library and, where it is installed, scudo.
.PHONY: faults
faults: all
	@$(AM_TESTS_ENVIRONMENT) bash $(top_srcdir)/tests/fault/detect.sh --table
