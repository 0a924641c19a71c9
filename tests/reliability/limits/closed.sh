# SPDX-License-Identifier: MIT
# needs: start/small.c limits/churn.c
# Descriptors 0, 1 and 2 are closed when the program starts: nothing is written into what is opened
# in their place, whatever there would be to say.
. "$top_srcdir/tests/reliability/common.sh"

# quiet VARIABLE...: the program, closed descriptors, and these variables for it
quiet() {
    status=0
    served env "$@" "$CASE_BIN/limits/churn" whole "$tmp" <&- >&- 2>&- || status=$?
    [ $status = 0 ] || fail "status $status with closed descriptors and $*"
    for number in 0 1 2; do
        [ -e "$tmp/$number" ] || fail "$tmp/$number was not opened"
        [ ! -s "$tmp/$number" ] || fail "with $* somebody wrote into file $number: $(head -n 3 "$tmp/$number")"
    done
}

quiet CHURN=1
if [ -n "$CASE_LIBRARY" ]; then
    quiet MIMALLOC_VERBOSE=1
    quiet MIMALLOC_SHOW_STATS=1
    quiet MIMALLOC_SHOW_ERRORS=1 MIMALLOC_NO_SUCH_OPTION=1
    quiet MIMALLOC_VERBOSE=1 MIMALLOC_SHOW_STATS=1 MIMALLOC_SHOW_ERRORS=1 MIMALLOC_TRACE=1
fi
