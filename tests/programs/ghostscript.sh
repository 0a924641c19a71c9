#!/bin/sh
# SPDX-License-Identifier: MIT
# ghostscript renders a page of text, curves, shadings and patterns; the pixels are compared.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need gs ghostscript
# render RESOLUTION RUN [ARGUMENT...]: RUN is one of the functions that compare.
render() {
    resolution=$1
    run=$2
    shift 2
    "$run" "$@" gs -q -dNOPAUSE -dBATCH -dSAFER -sDEVICE=ppmraw "-r$resolution" \
        -dTextAlphaBits=4 -dGraphicsAlphaBits=4 -dNumRenderingThreads=2 -dBufferSpace=1000000 \
        -sOutputFile=page%d.ppm "$HERE/inputs/page.ps"
}
render 150 compare_runs
assert_served
[ "$(wc -c <"$WORK/served/page2.ppm")" -gt 5000000 ] || fail "no second page was rendered"
render 20 compare_quiet
render 30 compare_variants
assert_bound gs -q -dNODISPLAY -dBATCH -c '(a) pop quit'
finish
