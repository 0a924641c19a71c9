#!/bin/sh
# SPDX-License-Identifier: MIT
# The seeds, and sequences of a fixed generator, without a fuzzer.
: "${top_builddir:?}" "${top_srcdir:?}"
exec "$top_builddir/tests/fuzz/replay" "$top_srcdir"/tests/fuzz/corpus/*.txt 60
