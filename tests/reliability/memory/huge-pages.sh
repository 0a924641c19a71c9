# SPDX-License-Identifier: MIT
# needs: memory/huge-pages.c
# A sparse program in each mode of huge pages.  The mode is the whole machine's: others than the one that
# is set are tried only where RELIABILITY_MACHINE=yes says that it may be changed.
. "$top_srcdir/tests/reliability/common.sh"
modes=/sys/kernel/mm/transparent_hugepage/enabled
[ "${RELIABILITY_MACHINE:-}" = yes ] ||
    skip "changes the whole machine; RELIABILITY_MACHINE=yes allows it"
[ -w $modes ] || skip "the kernel's settings cannot be changed here"
before=$(sed 's/.*\[\(.*\)\].*/\1/' $modes)
restore() {
    echo "$before" >$modes
    rm -rf "$tmp"
}
trap restore EXIT
for mode in always madvise never; do
    echo $mode >$modes || fail "cannot set the mode $mode"
    served "$CASE_BIN/memory/huge-pages" || fail "in mode $mode"
done
