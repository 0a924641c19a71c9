# SPDX-License-Identifier: MIT
ABI_TESTS = tests/abi/exports.sh tests/abi/elf.sh tests/abi/linkers.sh tests/abi/takeover.sh \
	tests/abi/symbolic.sh tests/abi/headers.sh
TESTS += $(ABI_TESTS)
dist_check_SCRIPTS += $(ABI_TESTS)
EXTRA_DIST += tests/abi/common.sh tests/abi/served.c tests/abi/foreign.c tests/abi/public.symbols \
	tests/abi/undeclared.symbols tests/abi/override.symbols
