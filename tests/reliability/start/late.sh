# SPDX-License-Identifier: MIT
# needs: start/small.c
# A library is started before the allocator and ended after it, and allocates in both moments.
. "$top_srcdir/tests/reliability/common.sh"
said=$(env LD_PRELOAD="$CASE_PRELOAD $CASE_DIR/late.so" "$CASE_BIN/start/small" 2>&1) ||
    fail "status $?: $said"
[ "$said" = worked ] || fail "says: $said"
