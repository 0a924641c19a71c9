# SPDX-License-Identifier: MIT
# needs: start/small.c
# A program is started again and again, each time with other random addresses.
. "$top_srcdir/tests/reliability/common.sh"
i=$(amount 25 1000)
while [ "$i" -gt 0 ]; do
    said=$(served "$CASE_BIN/start/small" 2>&1) || fail "status $?: $said"
    [ "$said" = worked ] || fail "says: $said"
    i=$((i - 1))
done
