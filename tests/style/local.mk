# SPDX-License-Identifier: MIT
STYLE_TESTS = tests/style/layers.sh tests/style/files.sh tests/style/format.sh \
	tests/style/version.sh
TESTS += $(STYLE_TESTS)
dist_check_SCRIPTS += $(STYLE_TESTS)
EXTRA_DIST += tests/style/format tests/style/lint.sh
