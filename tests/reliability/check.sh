#!/bin/sh
# SPDX-License-Identifier: MIT
# The quick cases: programs linked with the override library, and programs that know nothing with it
# or the debug library preloaded.
: "${top_srcdir:?}"
exec sh "$top_srcdir/tests/reliability/run.sh" --columns "linked preload ${DEBUG_SO:+debug}"
