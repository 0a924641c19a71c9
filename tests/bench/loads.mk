# SPDX-License-Identifier: MIT
# The synthetic loads: programs of their own, which use no more than the C library's names and are run
# with each allocator preloaded.  Not part of "all": what measures asks for $(BENCH_LOADS).  AM_CFLAGS
# keeps the compiler from dropping pairs of calls.
BENCH_LOADS = tests/bench/loads/aligned tests/bench/loads/alloc-test \
	tests/bench/loads/barnes tests/bench/loads/blow-up tests/bench/loads/cache-scratch \
	tests/bench/loads/cache-thrash tests/bench/loads/calloc-mixed tests/bench/loads/cfrac \
	tests/bench/loads/footprint tests/bench/loads/glibc-simple \
	tests/bench/loads/glibc-thread tests/bench/loads/larson tests/bench/loads/latency \
	tests/bench/loads/lean-cells tests/bench/loads/logic tests/bench/loads/malloc-large \
	tests/bench/loads/mixed-400 tests/bench/loads/mleak tests/bench/loads/mstress \
	tests/bench/loads/realloc-strings tests/bench/loads/rptest tests/bench/loads/sh6 \
	tests/bench/loads/sh8 tests/bench/loads/swap4 tests/bench/loads/thread-churn \
	tests/bench/loads/xmalloc
EXTRA_PROGRAMS += $(BENCH_LOADS)
CLEANFILES += $(BENCH_LOADS)
EXTRA_DIST += tests/bench/loads.txt

tests_bench_loads_aligned_SOURCES = tests/bench/loads/aligned.c tests/bench/loads/load.h
tests_bench_loads_aligned_LDADD = -lpthread
tests_bench_loads_alloc_test_SOURCES = tests/bench/loads/alloc-test.c tests/bench/loads/load.h
tests_bench_loads_alloc_test_LDADD = -lpthread
tests_bench_loads_barnes_SOURCES = tests/bench/loads/barnes.c tests/bench/loads/load.h
tests_bench_loads_barnes_LDADD = -lpthread -lm
tests_bench_loads_blow_up_SOURCES = tests/bench/loads/blow-up.c tests/bench/loads/load.h
tests_bench_loads_blow_up_LDADD = -lpthread
tests_bench_loads_cache_scratch_SOURCES = tests/bench/loads/cache-scratch.c tests/bench/loads/load.h
tests_bench_loads_cache_scratch_LDADD = -lpthread
tests_bench_loads_cache_thrash_SOURCES = tests/bench/loads/cache-thrash.c tests/bench/loads/load.h
tests_bench_loads_cache_thrash_LDADD = -lpthread
tests_bench_loads_calloc_mixed_SOURCES = tests/bench/loads/calloc-mixed.c tests/bench/loads/load.h
tests_bench_loads_calloc_mixed_LDADD = -lpthread
tests_bench_loads_cfrac_SOURCES = tests/bench/loads/cfrac.c tests/bench/loads/load.h tests/bench/loads/number.h
tests_bench_loads_cfrac_LDADD = -lpthread
tests_bench_loads_footprint_SOURCES = tests/bench/loads/footprint.c tests/bench/loads/load.h
tests_bench_loads_footprint_LDADD = -lpthread
tests_bench_loads_glibc_simple_SOURCES = tests/bench/loads/glibc-simple.c tests/bench/loads/load.h
tests_bench_loads_glibc_simple_LDADD = -lpthread
tests_bench_loads_glibc_thread_SOURCES = tests/bench/loads/glibc-thread.c tests/bench/loads/load.h
tests_bench_loads_glibc_thread_LDADD = -lpthread
tests_bench_loads_larson_SOURCES = tests/bench/loads/larson.c tests/bench/loads/load.h
tests_bench_loads_larson_LDADD = -lpthread
tests_bench_loads_latency_SOURCES = tests/bench/loads/latency.c tests/bench/loads/load.h
tests_bench_loads_latency_LDADD = -lpthread
tests_bench_loads_lean_cells_SOURCES = tests/bench/loads/lean-cells.c tests/bench/loads/load.h
tests_bench_loads_lean_cells_LDADD = -lpthread
tests_bench_loads_logic_SOURCES = tests/bench/loads/logic.c tests/bench/loads/load.h
tests_bench_loads_logic_LDADD = -lpthread
tests_bench_loads_malloc_large_SOURCES = tests/bench/loads/malloc-large.c tests/bench/loads/load.h
tests_bench_loads_malloc_large_LDADD = -lpthread
tests_bench_loads_mixed_400_SOURCES = tests/bench/loads/mixed-400.c tests/bench/loads/load.h
tests_bench_loads_mixed_400_LDADD = -lpthread
tests_bench_loads_mleak_SOURCES = tests/bench/loads/mleak.c tests/bench/loads/load.h
tests_bench_loads_mleak_LDADD = -lpthread
tests_bench_loads_mstress_SOURCES = tests/bench/loads/mstress.c tests/bench/loads/load.h
tests_bench_loads_mstress_LDADD = -lpthread
tests_bench_loads_realloc_strings_SOURCES = tests/bench/loads/realloc-strings.c tests/bench/loads/load.h
tests_bench_loads_realloc_strings_LDADD = -lpthread
tests_bench_loads_rptest_SOURCES = tests/bench/loads/rptest.c tests/bench/loads/load.h
tests_bench_loads_rptest_LDADD = -lpthread
tests_bench_loads_sh6_SOURCES = tests/bench/loads/sh6.c tests/bench/loads/load.h
tests_bench_loads_sh6_LDADD = -lpthread
tests_bench_loads_sh8_SOURCES = tests/bench/loads/sh8.c tests/bench/loads/load.h
tests_bench_loads_sh8_LDADD = -lpthread
tests_bench_loads_swap4_SOURCES = tests/bench/loads/swap4.c tests/bench/loads/load.h
tests_bench_loads_swap4_LDADD = -lpthread
tests_bench_loads_thread_churn_SOURCES = tests/bench/loads/thread-churn.c tests/bench/loads/load.h
tests_bench_loads_thread_churn_LDADD = -lpthread
tests_bench_loads_xmalloc_SOURCES = tests/bench/loads/xmalloc.c tests/bench/loads/load.h
tests_bench_loads_xmalloc_LDADD = -lpthread
