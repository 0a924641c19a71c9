# SPDX-License-Identifier: MIT
# The launcher.  Most tests copy it into a prefix of their own, beside a library made for the test.

RUN_TESTS = tests/run/passthrough.sh tests/run/preload.sh tests/run/options.sh \
	tests/run/scripts.sh tests/run/unsuitable.sh tests/run/capability.sh tests/run/built.sh
if ENABLE_OVERRIDE
TESTS += $(RUN_TESTS)
endif
dist_check_SCRIPTS += $(RUN_TESTS)
EXTRA_DIST += tests/run/common.sh
