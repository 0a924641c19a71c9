# SPDX-License-Identifier: MIT
# needs: limits/data.c
# Strict overcommit, with room for 64 MiB more than what is committed at the moment: the program
# starts, uses a fair part, gets NULL with ENOMEM, and all again.  The setting is the whole
# machine's, and other programs may fail under it: so only where RELIABILITY_MACHINE=yes says that
# this one may be used up.
. "$top_srcdir/tests/reliability/common.sh"
vm=/proc/sys/vm
[ "${RELIABILITY_MACHINE:-}" = yes ] ||
    skip "changes the whole machine; RELIABILITY_MACHINE=yes allows it"
[ -w $vm/overcommit_memory ] || skip "the kernel's settings cannot be changed here"
mode=$(cat $vm/overcommit_memory) ratio=$(cat $vm/overcommit_ratio)
kbytes=$(cat $vm/overcommit_kbytes)
restore() {
    echo "$mode" >$vm/overcommit_memory
    if [ "$kbytes" = 0 ]; then echo "$ratio" >$vm/overcommit_ratio; else
        echo "$kbytes" >$vm/overcommit_kbytes
    fi
    rm -rf "$tmp"
}
trap restore EXIT
committed=$(sed -n 's/^Committed_AS: *\([0-9]*\) kB/\1/p' /proc/meminfo)
# Some is set aside for administrators, and for each process.
aside=$(cat $vm/admin_reserve_kbytes)
echo $((committed + aside + 72 * 1024)) >$vm/overcommit_kbytes
echo 2 >$vm/overcommit_memory
served "$CASE_BIN/limits/data" 64
