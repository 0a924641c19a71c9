# SPDX-License-Identifier: MIT
# Real programs under mimalloc-run.  packages.txt names the Debian packages that they are in.

programs_tests = \
	tests/programs/selfcheck.sh \
	tests/programs/bash.sh \
	tests/programs/clang.sh \
	tests/programs/cmake.sh \
	tests/programs/g++.sh \
	tests/programs/gcc.sh \
	tests/programs/gdb.sh \
	tests/programs/ghostscript.sh \
	tests/programs/git.sh \
	tests/programs/lua.sh \
	tests/programs/node.sh \
	tests/programs/perl.sh \
	tests/programs/python3.sh \
	tests/programs/redis.sh \
	tests/programs/sqlite3.sh \
	tests/programs/valgrind.sh \
	tests/programs/xz.sh \
	tests/programs/z3.sh

dist_check_SCRIPTS += $(programs_tests)

EXTRA_DIST += \
	tests/programs/common.sh \
	tests/programs/compile.sh \
	tests/programs/packages.txt \
	tests/programs/inputs/buffers.js \
	tests/programs/inputs/compile.sh \
	tests/programs/inputs/hashes.pl \
	tests/programs/inputs/history.awk \
	tests/programs/inputs/list.c \
	tests/programs/inputs/objects.py \
	tests/programs/inputs/page.ps \
	tests/programs/inputs/repository.sh \
	tests/programs/inputs/shell.bash \
	tests/programs/inputs/stencil.c \
	tests/programs/inputs/tables.lua \
	tests/programs/inputs/templates.cc

include tests/programs/full/local.mk

if ENABLE_OVERRIDE
TESTS += $(programs_tests)
endif
