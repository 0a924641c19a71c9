# SPDX-License-Identifier: MIT
# needs: privilege/privileged.c
# secure.sh setuid|setgid|capability: a program that gains privileges and is linked with the library
# ignores all options, writes no file that the environment names, and says nothing.
. "$top_srcdir/tests/reliability/common.sh"
PATH=$PATH:/usr/sbin:/sbin
case $CASE_COLUMN in
linked | debug | secure | mimalloc | jemalloc | tcmalloc) ;;
*) skip "preloading is not possible in such a program" ;;
esac
[ "$(id -u)" = 0 ] || skip "needs root"
command -v setpriv >/dev/null || skip "no setpriv"
# Compilers come with arguments.
# shellcheck disable=SC2086
$CC $CFLAGS -std=gnu11 -fno-builtin -I"$top_srcdir/tests/reliability" -o "$tmp/privileged" \
    "$top_srcdir/tests/reliability/privilege/privileged.c" -Wl,--no-as-needed "$CASE_LIBRARY" \
    -Wl,-rpath,"${CASE_LIBRARY%/*}" -ldl -lpthread || fail "does not link"
chmod 711 "$CASE_DIR" "$tmp"
case $1 in
setuid) chmod 4755 "$tmp/privileged" ;;
setgid) chmod 2755 "$tmp/privileged" ;;
capability)
    command -v setcap >/dev/null || skip "no setcap"
    chmod 755 "$tmp/privileged"
    setcap cap_net_raw+ep "$tmp/privileged" 2>/dev/null || skip "no file capabilities here"
    ;;
esac
mkdir -m 777 "$tmp/drop"
said=$(cd "$tmp/drop" && setpriv --reuid=65534 --regid=65534 --clear-groups env \
    MIMALLOC_VERBOSE=2 MIMALLOC_SHOW_STATS=1 MIMALLOC_SHOW_ERRORS=1 MIMALLOC_PURGE_DELAY=77 \
    MIMALLOC_ARENA_RESERVE=32768 MI_VERBOSE=1 \
    MALLOC_CONF=stats_print:true,confirm_conf:true,junk:true TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES=1 \
    HEAPPROFILE="$tmp/drop/profile" MALLOC_TRACE="$tmp/drop/trace" MEMTRACE="$tmp/drop/mem" \
    "$tmp/privileged" 2>&1) || {
    status=$?
    echo "$said" | tail -n 1
    exit $status
}
[ "$said" = worked ] || fail "says: $(echo "$said" | head -n 1)"
[ -z "$(ls -A "$tmp/drop")" ] || fail "leaves files: $(ls -A "$tmp/drop" | head -n 1)"
