# SPDX-License-Identifier: MIT
# The library's own code under every order of its atomic operations.
#   make check-model-full [PREEMPTIONS=2]   minutes
if HAVE_CONTEXTS
check_PROGRAMS += tests/model/model
endif
TESTS += tests/model/model.sh
dist_check_SCRIPTS += tests/model/model.sh
tests_model_model_SOURCES = tests/model/model.c tests/model/scheduled.h $(CORE_FILES) $(BASE_FILES) \
	$(OS_FILES)
tests_model_model_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS) \
	-include $(top_srcdir)/tests/model/scheduled.h
tests_model_model_CFLAGS = $(TEST_CFLAGS)
tests_model_model_LDADD = -lpthread $(LIBRARY_LIBS)

.PHONY: check-model-full
check-model-full: tests/model/model
	tests/model/model -l $${PREEMPTIONS:-2}
