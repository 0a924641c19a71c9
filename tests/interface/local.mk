# SPDX-License-Identifier: MIT
# The interface as a whole: nothing is missing, everything links, other people's programs run.
INTERFACE_TESTS = tests/interface/table.sh tests/interface/addresses.sh tests/interface/programs.sh \
	tests/interface/cmake.sh
TESTS += $(INTERFACE_TESTS)
dist_check_SCRIPTS += $(INTERFACE_TESTS)
IMITATIONS = tests/interface/programs
EXTRA_DIST += tests/interface/common.sh tests/interface/functions.txt tests/interface/coverage \
	tests/interface/cmake/CMakeLists.txt tests/interface/cmake/main.cpp \
	$(IMITATIONS)/support.h \
	$(IMITATIONS)/arrow.c \
	$(IMITATIONS)/bun.c \
	$(IMITATIONS)/cpython.c \
	$(IMITATIONS)/dragonfly.c \
	$(IMITATIONS)/extension.c \
	$(IMITATIONS)/koka.c \
	$(IMITATIONS)/lean.c \
	$(IMITATIONS)/moarvm.c \
	$(IMITATIONS)/mold.cc \
	$(IMITATIONS)/mold-operators.cc \
	$(IMITATIONS)/ported.c \
	$(IMITATIONS)/rust.c \
	$(IMITATIONS)/solvespace.cc \
	$(IMITATIONS)/unreal.cc

# Runs all tests in a build whose libraries count, and prints the functions of the libraries that no
# test has called.
COVERAGE_FLAGS = -g -O0 -fprofile-update=prefer-atomic --coverage
.PHONY: coverage
coverage: scratch-source
	$(SHELL) $(top_srcdir)/tests/interface/coverage '$(MAKE)' CC='$(CC)' CXX='$(CXX)' \
	  CFLAGS='$(COVERAGE_FLAGS)' CXXFLAGS='-g -O0' LDFLAGS='--coverage'
