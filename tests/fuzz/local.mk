# SPDX-License-Identifier: MIT
#   make fuzz [DURATION=600] [FUZZER='clang -fsanitize=fuzzer'] [FUZZ_VARIANT=SECURE]
#                                        seconds; findings lie in scratch/fuzz
#   make fuzz-afl [DURATION=600] [FUZZ_VARIANT=SECURE]    likewise by AFL++
# Needs a compiler that brings libFuzzer.  The library's sources are compiled with it, so that the
# fuzzer sees which branches a sequence takes.  make soak [DURATION=600] is in tests/stress.
check_PROGRAMS += tests/fuzz/replay
TESTS += tests/fuzz/fuzz.sh
dist_check_SCRIPTS += tests/fuzz/fuzz.sh
tests_fuzz_replay_SOURCES = tests/fuzz/fuzz.c tests/stress/support.h
tests_fuzz_replay_CPPFLAGS = $(AM_CPPFLAGS) -DREPLAY
tests_fuzz_replay_CFLAGS = $(TEST_CFLAGS)
tests_fuzz_replay_LDFLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)
tests_fuzz_replay_LDADD = $(MIMALLOC_LA) -lpthread
FUZZ_CORPUS = tests/fuzz/corpus/heaps.txt tests/fuzz/corpus/large.txt tests/fuzz/corpus/small.txt \
	tests/fuzz/corpus/threads.txt
EXTRA_DIST += $(FUZZ_CORPUS)

# FUZZ_VARIANT=SECURE or DEBUG: the code of that library instead of the plain one.
FUZZ_VARIANT =
FUZZ_BUILD = $(MKDIR_P) scratch/fuzz/corpus && cd $(top_srcdir) && files= && for file in $(PLAIN_FILES) \
	`test -z '$(FUZZ_VARIANT)' || echo $(STRICT_FILES)`; do \
	  case $$file in *.c | *.S) files="$$files $$file" ;; esac; done && \
	  $${compiler?} -std=gnu11 -g -O1 -fno-builtin -DHAVE_CONFIG_H $(TLS_PLAIN_CPPFLAGS) \
	  `test -z '$(FUZZ_VARIANT)' || echo -DMIP_VARIANT_$(FUZZ_VARIANT)` -I$(abs_top_builddir) \
	  -Iinclude -Ilib -o $(abs_top_builddir)/scratch/fuzz/fuzz $$files tests/fuzz/fuzz.c -lpthread -ldl

.PHONY: fuzz fuzz-afl
fuzz:
	compiler="$${FUZZER:-clang -fsanitize=fuzzer}" && $(FUZZ_BUILD)
	cd scratch/fuzz && ./fuzz -max_total_time=$${DURATION-600} -max_len=8192 corpus \
	  $(abs_top_srcdir)/tests/fuzz/corpus

# The same by AFL++, which keeps what it finds in scratch/fuzz/afl.
fuzz-afl:
	compiler="$${FUZZER:-afl-clang-fast -fsanitize=fuzzer}" && $(FUZZ_BUILD)
	rm -rf scratch/fuzz/afl
	cd scratch/fuzz && AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
	  afl-fuzz -V $${DURATION-600} -G 8192 -t 5000 -i $(abs_top_srcdir)/tests/fuzz/corpus -o afl -- ./fuzz
	@found=`find scratch/fuzz/afl \( -path '*/crashes/id*' -o -path '*/hangs/id*' \) | wc -l`; \
	  echo "AFL++ found $$found"; test "$$found" = 0
