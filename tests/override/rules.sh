#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of C, POSIX and GNU hold, and this allocator serves, in every way of replacing malloc.
: "${top_srcdir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

[ -n "$OVERRIDE_SO$OVERRIDE_OBJECT" ] || skip "the override is not built"
in_all_ways rules "$here/rules.c" "$CC" -std=gnu11 -O1 -Wall -Wextra -fno-builtin
exit $failed
