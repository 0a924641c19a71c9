# SPDX-License-Identifier: MIT
# memcheck and AddressSanitizer over a library that tells them of its blocks.
TOOLS_TESTS = tests/tools/asan.sh tests/tools/memcheck.sh
TESTS += $(TOOLS_TESTS)
dist_check_SCRIPTS += $(TOOLS_TESTS)
EXTRA_DIST += tests/tools/fault.c

# Such a build, and these tests in it.
.PHONY: check-tools
check-tools: scratch-source
	$(SCRATCH) '$(MAKE)' tools tools --enable-werror --enable-valgrind --enable-asan-poison \
	  CC='$(CC)' CXX='$(CXX)' CFLAGS='$(CFLAGS)' CXXFLAGS='$(CXXFLAGS)'
