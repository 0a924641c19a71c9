# SPDX-License-Identifier: MIT
# needs: limits/sandboxed-start.c limits/churn.c
. "$top_srcdir/tests/reliability/common.sh"
"$CASE_DIR/limits/sandboxed-start" "$CASE_BIN/limits/churn" whole
