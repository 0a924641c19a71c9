# SPDX-License-Identifier: MIT
# The cases of cases.txt, which run.sh builds and runs.
#   make check-reliability-full     the long ones too, in all our variants
#   make compare-reliability        case x (ours, debug, C library, peers that are installed)
#   make check-reliability-planted  each case over a malloc with its fault planted: it must fail; and
#                                   the suites of conformance and stress
# CASES='C1 F*' picks some of them.
RELIABILITY_TESTS = tests/reliability/check.sh
TESTS += $(RELIABILITY_TESTS)
dist_check_SCRIPTS += $(RELIABILITY_TESTS)
RELIABILITY_FILES = tests/reliability/README.md tests/reliability/case.h tests/reliability/cases.txt \
	tests/reliability/common.sh tests/reliability/conformance.sh \
	tests/reliability/planted-suites.sh tests/reliability/run.sh
EXTRA_DIST += $(RELIABILITY_FILES) \
	tests/reliability/fork tests/reliability/limits tests/reliability/loading \
	tests/reliability/memory tests/reliability/plugins tests/reliability/privilege \
	tests/reliability/start tests/reliability/threads tests/reliability/unsure

# The override library with delays at each step that others can see and at
# each function; check.sh makes it when it needs it.
DELAYED_LA =
if ENABLE_OVERRIDE
DELAYED_LA += tests/reliability/libdelayed.la
EXTRA_LTLIBRARIES += tests/reliability/libdelayed.la
CLEANFILES += tests/reliability/libdelayed.la
tests_reliability_libdelayed_la_SOURCES = $(ALL_FILES) tests/reliability/delay.c
tests_reliability_libdelayed_la_CPPFLAGS = $(OVERRIDE_CPPFLAGS) -DMIP_WITH_DELAYS
tests_reliability_libdelayed_la_CFLAGS = $(AM_CFLAGS) -shared -finstrument-functions
tests_reliability_libdelayed_la_LDFLAGS = $(AM_LDFLAGS) -shared -module -avoid-version -rpath /nowhere \
	$(MI_LDFLAGS) $(OVERRIDE_MAP_FLAGS)
tests_reliability_libdelayed_la_LIBADD = $(LIBRARY_LIBS)
tests_reliability_libdelayed_la_DEPENDENCIES = $(OVERRIDE_MAP)
endif

.PHONY: check-reliability-full compare-reliability check-reliability-planted
RELIABILITY = $(AM_TESTS_ENVIRONMENT) set -f; \
	$(SHELL) $(top_srcdir)/tests/reliability/run.sh
# The programs of conformance.sh.
RELIABILITY_CONFORMANCE = tests/conformance/c-unmodified
if ENABLE_OVERRIDE
RELIABILITY_CONFORMANCE += tests/conformance/c-linked
endif
if HAVE_CXX
RELIABILITY_CONFORMANCE += tests/conformance/cxx-unmodified tests/conformance/partial-unmodified \
	tests/conformance/partial-new-unmodified
if ENABLE_OVERRIDE
RELIABILITY_CONFORMANCE += tests/conformance/cxx-linked tests/conformance/partial-linked
endif
endif
check-reliability-full: all $(DELAYED_LA) $(RELIABILITY_CONFORMANCE)
	@$(RELIABILITY) --full --columns "linked preload debug $${SECURE_SO:+secure} $(DELAYED_LA:%=delayed)" $$CASES
compare-reliability: all $(RELIABILITY_CONFORMANCE)
	@$(RELIABILITY) --table --columns "linked preload debug glibc mimalloc jemalloc tcmalloc" $$CASES
# And of the suites, where no case is picked.
check-reliability-planted: all tests/conformance/c-unmodified tests/stress/ops-libc \
		tests/stress/stress-libc
	@$(RELIABILITY) --planted $$CASES
	@test -n "$$CASES" || { $(AM_TESTS_ENVIRONMENT) \
	  $(SHELL) $(top_srcdir)/tests/reliability/planted-suites.sh; }
