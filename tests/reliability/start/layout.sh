# SPDX-License-Identifier: MIT
# needs: start/small.c
# Address spaces laid out otherwise: no randomness, the old layout, 3 GiB at most, an unlimited stack.
. "$top_srcdir/tests/reliability/common.sh"
command -v setarch >/dev/null || skip "no setarch"
for flags in -R -L "-R -L" -B; do
    # Words on purpose.
    # shellcheck disable=SC2086
    setarch "$(uname -m)" $flags true 2>/dev/null || {
        echo "not tried: setarch $flags does not run here"
        continue
    }
    # shellcheck disable=SC2086
    said=$(served setarch "$(uname -m)" $flags "$CASE_BIN/start/small" 2>&1) ||
        fail "setarch $flags: status $?: $said"
    [ "$said" = worked ] || fail "setarch $flags: says: $said"
done
if (ulimit -s unlimited) 2>/dev/null; then
    said=$(ulimit -s unlimited && served "$CASE_BIN/start/small" 2>&1) || fail "unlimited stack: status $?: $said"
    [ "$said" = worked ] || fail "unlimited stack: says: $said"
else
    echo "not tried: an unlimited stack, which is not allowed here"
fi
