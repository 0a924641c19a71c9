# SPDX-License-Identifier: MIT
# make bench [BENCH='ROW...'] [PEERS='LIBRARY...'] [ROUNDS=N] [QUICK=1] [OUT=DIRECTORY]
#            [COMPARE='LIBRARY LIBRARY']; see README.md here, or bench.py --help.
BENCH_RUN_TESTS = tests/bench/bench-check.sh
TESTS += $(BENCH_RUN_TESTS)
dist_check_SCRIPTS += $(BENCH_RUN_TESTS) $(BENCH_REAL)
BENCH_REAL = \
	tests/bench/real/build.sh \
	tests/bench/real/gcc.sh \
	tests/bench/real/ghostscript.sh \
	tests/bench/real/lua.sh \
	tests/bench/real/node.sh \
	tests/bench/real/perl.sh \
	tests/bench/real/python3.sh \
	tests/bench/real/redis.sh \
	tests/bench/real/rocksdb.sh \
	tests/bench/real/sqlite3.sh \
	tests/bench/real/z3.sh
EXTRA_DIST += \
	tests/bench/README.md \
	tests/bench/bench.py \
	tests/bench/bench_chart.py \
	tests/bench/bench_figures.py \
	tests/bench/bench_peers.py \
	tests/bench/bench_report.py \
	tests/bench/bench_run.py \
	tests/bench/bench_stats.py \
	tests/bench/bench_verdict.py \
	tests/bench/field.txt \
	tests/bench/measure.c \
	tests/bench/real/common.sh \
	tests/bench/real/work.js \
	tests/bench/real/work.lua \
	tests/bench/real/work.pl \
	tests/bench/real/work.py
CLEAN_HOOKS += clean-bench

# What is given to make stands in the environment of its commands.  No pattern of BENCH names a file.
.PHONY: bench clean-bench
bench: all $(BENCH_LOADS)
	@$(AM_TESTS_ENVIRONMENT) set -f; python3 $(top_srcdir)/tests/bench/bench.py --builddir . \
	  --out "$${OUT:-bench-results}" $${PEERS:+--peers "$$PEERS"} $${ROUNDS:+--rounds "$$ROUNDS"} \
	  $${QUICK:+--quick} $${COMPARE:+--compare $$COMPARE} $$BENCH
clean-bench:
	rm -rf bench-results

# Figures that no row shows, beside the peers; PEERS and QUICK as above, ROUNDS for scale.
BENCH_FIGURES = latency footprint scale atomics
.PHONY: $(BENCH_FIGURES) bench-figures
$(BENCH_FIGURES): all $(BENCH_LOADS)
	@$(AM_TESTS_ENVIRONMENT) python3 $(top_srcdir)/tests/bench/bench_figures.py $@ --builddir . \
	  $${PEERS:+--peers "$$PEERS"} $${ROUNDS:+--rounds "$$ROUNDS"} $${QUICK:+--quick}
bench-figures: all $(BENCH_LOADS)
	@for figure in $(BENCH_FIGURES); do $(MAKE) $(AM_MAKEFLAGS) --no-print-directory $$figure || exit; echo; done

# The price of the secure library, at both levels, over the release variant; BENCH and ROUNDS as above.
# It fails where a limit is passed, where a limit has no row, and where a row has failed.
EXTRA_DIST += tests/bench/secure_cost.py
.PHONY: secure-cost secure-tables
# What is detected (make faults), and what that costs.
secure-tables: all
	@$(MAKE) $(AM_MAKEFLAGS) faults
	@echo
	@$(MAKE) $(AM_MAKEFLAGS) secure-cost
secure-cost: all $(BENCH_LOADS)
	@$(AM_TESTS_ENVIRONMENT) rm -f "$${OUT:-bench-results/secure}/summary.csv"; \
	scudo=`find /usr/lib/llvm-*/lib /usr/lib/clang -name libclang_rt.scudo_standalone-x86_64.so 2>/dev/null | sort | tail -n 1`; \
	test -n "$$scudo" || echo "scudo is not installed (libclang-rt-14-dev), so there is no column for it"; \
	set -f; \
	python3 $(top_srcdir)/tests/bench/bench.py --builddir . --out "$${OUT:-bench-results/secure}" \
	  --peers "glibc light=$(SECURE_SO),MIMALLOC_SECURE_LEVEL=1 secure=$(SECURE_SO) $${scudo:+scudo=$$scudo}" \
	  --rounds "$${ROUNDS:-3}" $$BENCH >/dev/null; status=$$?; \
	python3 $(top_srcdir)/tests/bench/secure_cost.py "$${OUT:-bench-results/secure}/summary.csv" && exit $$status
