# SPDX-License-Identifier: MIT
# The programs of these tests are compiled by the scripts, once per way of replacing malloc.
OVERRIDE_TESTS = tests/override/names.sh tests/override/preload.sh \
	tests/override/deepbind.sh tests/override/smallest.sh tests/override/plugin.sh \
	tests/override/loaded.sh
TESTS += $(OVERRIDE_TESTS)
dist_check_SCRIPTS += $(OVERRIDE_TESTS)
EXTRA_DIST += tests/override/common.sh tests/override/support.h tests/override/smallest.cc \
	tests/override/nothrow.cc \
	tests/override/host.c tests/override/plugin.cc tests/override/deepbind.c \
	tests/override/loaded.c
