# SPDX-License-Identifier: MIT
# needs: start/small.c limits/churn.c
# Descriptors 0, 1 and 2 are closed when the program starts: nothing is written into what is opened
# in their place, whatever there would be to say.
. "$top_srcdir/tests/reliability/common.sh"
served "$CASE_BIN/limits/churn" whole <&- >&- 2>&- || fail "status $? with closed descriptors"
if [ -n "$CASE_LIBRARY" ]; then
    status=0
    MIMALLOC_VERBOSE=1 MIMALLOC_SHOW_STATS=1 MIMALLOC_SHOW_ERRORS=1 \
        served "$CASE_BIN/limits/churn" whole <&- >&- 2>&- || status=$?
    [ $status = 0 ] || fail "status $status with closed descriptors and messages"
fi
