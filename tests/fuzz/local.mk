# SPDX-License-Identifier: MIT
#   make fuzz [DURATION=600] [FUZZER='clang -fsanitize=fuzzer']   seconds; findings lie in scratch/fuzz
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

.PHONY: fuzz
fuzz:
	$(MKDIR_P) scratch/fuzz/corpus
	cd $(top_srcdir) && files= && for file in $(PLAIN_FILES); do \
	  case $$file in *.c | *.S) files="$$files $$file" ;; esac; done && $${FUZZER:-clang -fsanitize=fuzzer} -std=gnu11 -g -O1 -fno-builtin \
	  -DHAVE_CONFIG_H $(TLS_PLAIN_CPPFLAGS) -I$(abs_top_builddir) -Iinclude \
	  -Ilib -o $(abs_top_builddir)/scratch/fuzz/fuzz $$files tests/fuzz/fuzz.c -lpthread -ldl
	cd scratch/fuzz && ./fuzz -max_total_time=$${DURATION-600} -max_len=8192 corpus \
	  $(abs_top_srcdir)/tests/fuzz/corpus
