# SPDX-License-Identifier: MIT
# One program per room, linked with that room and what lies below it, never with a library that is
# installed.  The rooms are compiled once, into an archive: the linker takes what a program calls, and
# tests/style/layers.sh holds that nothing calls what lies above it.

UNIT_TESTS = tests/unit/os tests/unit/system tests/unit/bitset tests/unit/options \
	tests/unit/report tests/unit/format tests/unit/stats tests/unit/random tests/unit/size \
	tests/unit/meta tests/unit/pagemap tests/unit/arena tests/unit/page tests/unit/thread \
	tests/unit/heap tests/unit/fork tests/unit/races
if HAVE_CHECK
check_LIBRARIES += tests/unit/librooms.a
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

tests_unit_librooms_a_SOURCES = $(CORE_FILES) $(BASE_FILES) $(OS_FILES)
tests_unit_librooms_a_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_librooms_a_CFLAGS = $(TEST_CFLAGS)

UNIT_LDADD = tests/unit/librooms.a $(TEST_LIBS) $(LIBRARY_LIBS)

tests_unit_os_SOURCES = tests/unit/os.c tests/unit/unit.h
tests_unit_os_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_os_CFLAGS = $(TEST_CFLAGS)
tests_unit_os_LDADD = $(UNIT_LDADD)

tests_unit_system_SOURCES = tests/unit/system.c tests/unit/unit.h
tests_unit_system_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_system_CFLAGS = $(TEST_CFLAGS)
tests_unit_system_LDADD = $(UNIT_LDADD)

tests_unit_bitset_SOURCES = tests/unit/bitset.c tests/unit/unit.h
tests_unit_bitset_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_bitset_CFLAGS = $(TEST_CFLAGS)
tests_unit_bitset_LDADD = $(UNIT_LDADD)

tests_unit_options_SOURCES = tests/unit/options.c tests/unit/unit.h
tests_unit_options_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_options_CFLAGS = $(TEST_CFLAGS)
tests_unit_options_LDADD = $(UNIT_LDADD)

tests_unit_report_SOURCES = tests/unit/report.c tests/unit/unit.h
tests_unit_report_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_report_CFLAGS = $(TEST_CFLAGS)
tests_unit_report_LDADD = $(UNIT_LDADD)

tests_unit_format_SOURCES = tests/unit/format.c tests/unit/unit.h
tests_unit_format_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_format_CFLAGS = $(TEST_CFLAGS)
tests_unit_format_LDADD = $(UNIT_LDADD)

tests_unit_stats_SOURCES = tests/unit/stats.c tests/unit/unit.h
tests_unit_stats_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_stats_CFLAGS = $(TEST_CFLAGS)
tests_unit_stats_LDADD = $(UNIT_LDADD)

tests_unit_random_SOURCES = tests/unit/random.c tests/unit/unit.h
tests_unit_random_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_random_CFLAGS = $(TEST_CFLAGS)
tests_unit_random_LDADD = $(UNIT_LDADD)

tests_unit_size_SOURCES = tests/unit/size.c tests/unit/unit.h
tests_unit_size_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_size_CFLAGS = $(TEST_CFLAGS)
tests_unit_size_LDADD = $(UNIT_LDADD)

tests_unit_meta_SOURCES = tests/unit/meta.c tests/unit/unit.h
tests_unit_meta_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_meta_CFLAGS = $(TEST_CFLAGS)
tests_unit_meta_LDADD = $(UNIT_LDADD)

tests_unit_pagemap_SOURCES = tests/unit/pagemap.c tests/unit/unit.h
tests_unit_pagemap_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_pagemap_CFLAGS = $(TEST_CFLAGS)
tests_unit_pagemap_LDADD = $(UNIT_LDADD)

tests_unit_arena_SOURCES = tests/unit/arena.c tests/unit/unit.h
tests_unit_arena_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_arena_CFLAGS = $(TEST_CFLAGS)
tests_unit_arena_LDADD = $(UNIT_LDADD)

tests_unit_page_SOURCES = tests/unit/page.c tests/unit/unit.h
tests_unit_page_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_page_CFLAGS = $(TEST_CFLAGS)
tests_unit_page_LDADD = $(UNIT_LDADD)

tests_unit_thread_SOURCES = tests/unit/thread.c tests/unit/unit.h
tests_unit_thread_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_thread_CFLAGS = $(TEST_CFLAGS)
tests_unit_thread_LDADD = $(UNIT_LDADD)

tests_unit_heap_SOURCES = tests/unit/heap.c tests/unit/unit.h
tests_unit_heap_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_heap_CFLAGS = $(TEST_CFLAGS)
tests_unit_heap_LDADD = $(UNIT_LDADD)

tests_unit_fork_SOURCES = tests/unit/fork.c tests/unit/unit.h
tests_unit_fork_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_fork_CFLAGS = $(TEST_CFLAGS)
tests_unit_fork_LDADD = $(UNIT_LDADD)

tests_unit_races_SOURCES = tests/unit/races.c tests/unit/unit.h
tests_unit_races_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
tests_unit_races_CFLAGS = $(TEST_CFLAGS)
tests_unit_races_LDADD = $(UNIT_LDADD)
