# SPDX-License-Identifier: MIT
# Counts that are held (tests), and tables beside the peers (make pairs, make startup).
check_PROGRAMS += tests/bench/pairs
tests_bench_pairs_SOURCES = tests/bench/pairs.c
tests_bench_pairs_CFLAGS = $(AM_CFLAGS) -fno-builtin

BENCH_TESTS = tests/bench/pairs-check.sh tests/bench/startup-check.sh
TESTS += $(BENCH_TESTS)
dist_check_SCRIPTS += $(BENCH_TESTS) tests/bench/pairs.sh tests/bench/startup.sh
EXTRA_DIST += tests/bench/pairs-count.sh tests/bench/peers.sh tests/bench/startup-measure.sh \
	tests/bench/startup-launcher.c tests/bench/stub.c

.PHONY: pairs startup
# PAIRS='-a 64', or names of libraries
PAIRS =
pairs: all tests/bench/pairs
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/bench/pairs.sh $(PAIRS)
startup: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/bench/startup.sh

include tests/bench/loads.mk
include tests/bench/run.mk
