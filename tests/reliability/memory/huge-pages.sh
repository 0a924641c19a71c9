# SPDX-License-Identifier: MIT
# needs: memory/huge-pages.c
# In each mode of huge pages: a sparse program is not bloated, nor are many threads that do little, by
# more than 1.3 times what they take without huge pages; and where the mode is always, a program that is
# full of small blocks gets some from the release variant.  The mode is the whole machine's: this is tried
# only where RELIABILITY_MACHINE=yes says that it may be changed.
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
program=$CASE_BIN/memory/huge-pages
for mode in never madvise always; do
    echo $mode >$modes || fail "cannot set the mode $mode"
    served "$program" || fail "in mode $mode"
    threads=$(served "$program" threads) || fail "in mode $mode: $threads"
    [ $mode != never ] || least=$threads
    [ "$threads" -le $((least * 13 / 10 + 4096)) ] ||
        fail "many threads in mode $mode: $threads KiB, without huge pages $least"
done
filled=$(served "$program" filled) || fail "$filled"
case $CASE_COLUMN in
linked | preload) [ "$filled" -ge 16384 ] || fail "of a full program, $filled KiB are huge pages" ;;
esac
echo "threads $threads KiB, $least without huge pages; of a full program, $filled KiB are huge pages"
