# SPDX-License-Identifier: MIT
ABI_TESTS = tests/abi/exports.sh tests/abi/removal.sh tests/abi/types.sh tests/abi/elf.sh \
	tests/abi/linkers.sh tests/abi/takeover.sh tests/abi/symbolic.sh tests/abi/headers.sh \
	tests/abi/probes.sh
TESTS += $(ABI_TESTS)
dist_check_SCRIPTS += $(ABI_TESTS)
EXTRA_DIST += tests/abi/common.sh tests/abi/instructions.sh \
	tests/abi/instructions.txt tests/abi/served.c tests/abi/foreign.c tests/abi/public.symbols \
	tests/abi/undeclared.symbols tests/abi/override.symbols tests/abi/dump tests/abi/suppressions \
	tests/abi/x86-64.abi

# Writes the stored dump of the interface's types anew, on x86-64 and glibc, when a release adds to it.
abi-dump: libmimalloc.la
	top_srcdir='$(abs_top_srcdir)' $(SHELL) $(top_srcdir)/tests/abi/dump $(PLAIN_SO) \
	  $(top_srcdir)/tests/abi/x86-64.abi
.PHONY: abi-dump
