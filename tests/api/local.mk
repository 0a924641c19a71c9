# SPDX-License-Identifier: MIT
# One suite per chapter of the manual, linked with the plain library.

if HAVE_CHECK
API_SUITES = tests/api/basic tests/api/extended tests/api/aligned tests/api/heap \
	tests/api/analysis tests/api/options tests/api/posix tests/api/usable tests/api/process \
	tests/api/arena tests/api/later
check_PROGRAMS += $(API_SUITES)
TESTS += $(API_SUITES)
endif

tests_api_basic_SOURCES = tests/api/basic.c tests/api/support.h
tests_api_basic_CFLAGS = $(TEST_CFLAGS)
tests_api_basic_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_extended_SOURCES = tests/api/extended.c tests/api/support.h
tests_api_extended_CFLAGS = $(TEST_CFLAGS)
tests_api_extended_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_aligned_SOURCES = tests/api/aligned.c tests/api/support.h
tests_api_aligned_CFLAGS = $(TEST_CFLAGS)
tests_api_aligned_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_heap_SOURCES = tests/api/heap.c tests/api/support.h
tests_api_heap_CFLAGS = $(TEST_CFLAGS)
tests_api_heap_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_analysis_SOURCES = tests/api/analysis.c tests/api/support.h
tests_api_analysis_CFLAGS = $(TEST_CFLAGS)
tests_api_analysis_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_options_SOURCES = tests/api/options.c tests/api/support.h
tests_api_options_CFLAGS = $(TEST_CFLAGS)
tests_api_options_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_posix_SOURCES = tests/api/posix.c tests/api/support.h
tests_api_posix_CFLAGS = $(TEST_CFLAGS)
tests_api_posix_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_usable_SOURCES = tests/api/usable.c tests/api/support.h
tests_api_usable_CFLAGS = $(TEST_CFLAGS)
tests_api_usable_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_process_SOURCES = tests/api/process.c tests/api/support.h
tests_api_process_CFLAGS = $(TEST_CFLAGS)
tests_api_process_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_arena_SOURCES = tests/api/arena.c tests/api/support.h
tests_api_arena_CFLAGS = $(TEST_CFLAGS)
tests_api_arena_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_later_SOURCES = tests/api/later.c tests/api/support.h
tests_api_later_CFLAGS = $(TEST_CFLAGS)
tests_api_later_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

if HAVE_CHECK
API_MORE_SUITES = tests/api/stats tests/api/callbacks tests/api/effects
check_PROGRAMS += $(API_MORE_SUITES)
TESTS += $(API_MORE_SUITES)
endif

tests_api_stats_SOURCES = tests/api/stats.c tests/api/support.h
tests_api_stats_CFLAGS = $(TEST_CFLAGS)
tests_api_stats_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)
tests_api_stats_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)

tests_api_callbacks_SOURCES = tests/api/callbacks.c tests/api/support.h
tests_api_callbacks_CFLAGS = $(TEST_CFLAGS)
tests_api_callbacks_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

tests_api_effects_SOURCES = tests/api/effects.c tests/api/support.h
tests_api_effects_CFLAGS = $(TEST_CFLAGS)
tests_api_effects_LDADD = $(MIMALLOC_LA) $(TEST_LIBS)

TESTS += tests/api/early.sh
dist_check_SCRIPTS += tests/api/early.sh
EXTRA_DIST += tests/api/early.c

# Without Check: the header, the names, the environment.
check_PROGRAMS += tests/api/addresses tests/api/probe
TESTS += tests/api/addresses tests/api/environment.sh tests/api/headers.sh tests/api/languages.sh
dist_check_SCRIPTS += tests/api/environment.sh tests/api/headers.sh tests/api/languages.sh
EXTRA_DIST += tests/api/cxx.h tests/api/containers.cc tests/api/resource.cc \
	tests/api/new-delete.cc tests/api/macros.c

tests_api_addresses_SOURCES = tests/api/addresses.c tests/api/names.h
tests_api_addresses_CFLAGS = $(AM_CFLAGS) -fno-builtin
tests_api_addresses_LDADD = $(MIMALLOC_LA)

tests_api_probe_SOURCES = tests/api/probe.c
tests_api_probe_CFLAGS = $(AM_CFLAGS) -fno-builtin
tests_api_probe_LDADD = $(MIMALLOC_LA) -lpthread
tests_api_probe_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)

if HAVE_CXX
check_PROGRAMS += tests/api/addresses-cxx
TESTS += tests/api/addresses-cxx
endif
tests_api_addresses_cxx_SOURCES = tests/api/addresses-cxx.cc tests/api/names.h
tests_api_addresses_cxx_CXXFLAGS = $(TEST_CXXFLAGS)
tests_api_addresses_cxx_LDADD = $(MIMALLOC_LA)
