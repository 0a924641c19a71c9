# SPDX-License-Identifier: MIT
# One program per room, linked with that room and what lies below it, never with a library.

if HAVE_CHECK
UNIT_TESTS = tests/unit/os tests/unit/system tests/unit/bitset tests/unit/options \
	tests/unit/report tests/unit/format tests/unit/stats tests/unit/random
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

UNIT_REPORT_FILES = lib/base/report.c lib/base/format.c $(OS_FILES)

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
	$(UNIT_REPORT_FILES)
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
