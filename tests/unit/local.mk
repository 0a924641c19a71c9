# SPDX-License-Identifier: MIT
# One program per room, linked with that room and what lies below it, never with a library.

if HAVE_CHECK
UNIT_TESTS = tests/unit/os tests/unit/system tests/unit/bitset tests/unit/options \
	tests/unit/report tests/unit/format tests/unit/stats tests/unit/random
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

UNIT_REPORT_FILES = lib/base/report.c lib/base/format.c lib/base/hook.c lib/base/hook.h $(OS_FILES)

tests_unit_os_SOURCES = tests/unit/os.c tests/unit/unit.h $(OS_FILES)
tests_unit_os_CFLAGS = $(TEST_CFLAGS)
tests_unit_os_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_system_SOURCES = tests/unit/system.c tests/unit/unit.h $(OS_FILES)
tests_unit_system_CFLAGS = $(TEST_CFLAGS)
tests_unit_system_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_bitset_SOURCES = tests/unit/bitset.c tests/unit/unit.h lib/base/bitset.c
tests_unit_bitset_CFLAGS = $(TEST_CFLAGS)
tests_unit_bitset_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_options_SOURCES = tests/unit/options.c tests/unit/unit.h lib/base/options.c \
	lib/base/parse.c lib/base/parse.h $(UNIT_REPORT_FILES)
tests_unit_options_CFLAGS = $(TEST_CFLAGS)
tests_unit_options_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_report_SOURCES = tests/unit/report.c tests/unit/unit.h $(UNIT_REPORT_FILES)
tests_unit_report_CFLAGS = $(TEST_CFLAGS)
tests_unit_report_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_format_SOURCES = tests/unit/format.c tests/unit/unit.h lib/base/format.c
tests_unit_format_CFLAGS = $(TEST_CFLAGS)
tests_unit_format_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_stats_SOURCES = tests/unit/stats.c tests/unit/unit.h lib/base/stats.c
tests_unit_stats_CFLAGS = $(TEST_CFLAGS)
tests_unit_stats_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_random_SOURCES = tests/unit/random.c tests/unit/unit.h lib/base/random.c $(OS_FILES)
tests_unit_random_CFLAGS = $(TEST_CFLAGS)
tests_unit_random_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

# ------------------------------------------------------------ core rooms: append below this line

if HAVE_CHECK
CORE_UNIT_TESTS = tests/unit/size tests/unit/meta tests/unit/pagemap tests/unit/arena \
	tests/unit/page tests/unit/thread tests/unit/heap tests/unit/fork tests/unit/races
check_PROGRAMS += $(CORE_UNIT_TESTS)
TESTS += $(CORE_UNIT_TESTS)
endif

UNIT_META_FILES = lib/core/meta.c $(BASE_FILES) $(OS_FILES)
UNIT_ARENA_FILES = lib/core/size.c lib/core/pagemap.c lib/core/arena.c lib/core/arena_check.c lib/core/commit.c lib/core/fit.c lib/core/purge.c \
	$(UNIT_META_FILES)
UNIT_CORE_LDADD = $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_size_SOURCES = tests/unit/size.c tests/unit/unit.h lib/core/size.c $(OS_FILES)
tests_unit_size_CFLAGS = $(TEST_CFLAGS)
tests_unit_size_LDADD = $(UNIT_CORE_LDADD)

tests_unit_meta_SOURCES = tests/unit/meta.c tests/unit/unit.h $(UNIT_META_FILES)
tests_unit_meta_CFLAGS = $(TEST_CFLAGS)
tests_unit_meta_LDADD = $(UNIT_CORE_LDADD)

tests_unit_pagemap_SOURCES = tests/unit/pagemap.c tests/unit/unit.h lib/core/pagemap.c \
	$(UNIT_META_FILES)
tests_unit_pagemap_CFLAGS = $(TEST_CFLAGS)
tests_unit_pagemap_LDADD = $(UNIT_CORE_LDADD)

tests_unit_arena_SOURCES = tests/unit/arena.c tests/unit/unit.h $(UNIT_ARENA_FILES)
tests_unit_arena_CFLAGS = $(TEST_CFLAGS)
tests_unit_arena_LDADD = $(UNIT_CORE_LDADD)

tests_unit_page_SOURCES = tests/unit/page.c tests/unit/unit.h lib/core/page.c lib/core/holes.c \
	$(UNIT_ARENA_FILES)
tests_unit_page_CFLAGS = $(TEST_CFLAGS)
tests_unit_page_LDADD = $(UNIT_CORE_LDADD)

# Heaps, records and messages are one floor: the whole of core.
tests_unit_thread_SOURCES = tests/unit/thread.c tests/unit/unit.h $(CORE_FILES) $(BASE_FILES) \
	$(OS_FILES)
tests_unit_thread_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_thread_CFLAGS = $(TEST_CFLAGS)
tests_unit_thread_LDADD = $(UNIT_CORE_LDADD)

tests_unit_heap_SOURCES = tests/unit/heap.c tests/unit/unit.h $(CORE_FILES) $(BASE_FILES) \
	$(OS_FILES)
tests_unit_heap_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_heap_CFLAGS = $(TEST_CFLAGS)
tests_unit_heap_LDADD = $(UNIT_CORE_LDADD)

tests_unit_fork_SOURCES = tests/unit/fork.c tests/unit/unit.h $(CORE_FILES) $(BASE_FILES) \
	$(OS_FILES)
tests_unit_fork_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_fork_CFLAGS = $(TEST_CFLAGS)
tests_unit_fork_LDADD = $(UNIT_CORE_LDADD)

tests_unit_races_SOURCES = tests/unit/races.c tests/unit/unit.h $(CORE_FILES) $(BASE_FILES) \
	$(OS_FILES)
tests_unit_races_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_races_CFLAGS = $(TEST_CFLAGS)
tests_unit_races_LDADD = $(UNIT_CORE_LDADD)
