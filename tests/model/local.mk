# SPDX-License-Identifier: MIT
# The library's own code under many orders of its atomic operations: those with one preemption, and
# all of the smallest cases.
#   make check-model-full [PREEMPTIONS=2]   minutes; two cases more in all orders of what is not a load
if HAVE_CONTEXTS
check_PROGRAMS += tests/model/model
endif
TESTS += tests/model/model.sh
dist_check_SCRIPTS += tests/model/model.sh
tests_model_model_SOURCES = tests/model/model.c tests/model/cases.c tests/model/model.h \
	tests/model/scheduled.h $(CORE_FILES) $(BASE_FILES) $(OS_FILES)
tests_model_model_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS) \
	-include $(top_srcdir)/tests/model/scheduled.h
tests_model_model_CFLAGS = $(TEST_CFLAGS)
tests_model_model_LDADD = -lpthread $(LIBRARY_LIBS)

.PHONY: check-model-full
check-model-full: tests/model/model
	tests/model/model -l $${PREEMPTIONS:-2}
	tests/model/model -l all push-and-drain lows
	tests/model/model all second-push push-and-park two-takes two-pushes
