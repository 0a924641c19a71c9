#!/bin/sh
# SPDX-License-Identifier: MIT
# A library configured with --enable-valgrind: memcheck tells of reads and writes beyond its blocks, of
# those of freed and of new memory, of wrong frees and of leaks, with the function and the line, and of
# nothing else.  For mi_malloc as it is; where malloc is replaced, memcheck is asked to leave it alone.
set -eu
: "${top_srcdir:?}" "${CC:=cc}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${LDFLAGS:=}" "${WATCHED_BY:=}"
: "${STATIC_LIB:=}" "${OVERRIDE_SO:=}" "${DEBUG_SO:=}"
skip() {
    echo "SKIP: $*"
    exit 77
}
case " $WATCHED_BY " in
*" valgrind "*) ;;
*) skip "configured without --enable-valgrind (make check-tools)" ;;
esac
command -v valgrind >/dev/null || skip "valgrind is not installed"
[ -z "${TEST_EMULATED:-}" ] || skip "valgrind does not run in an emulator"
unset VALGRIND_OPTS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# build NAME WORD...
build() {
    name=$1
    shift
    # Words on purpose.
    # shellcheck disable=SC2086
    $CC $CPPFLAGS $CFLAGS -g -O0 -w -fno-builtin -I"$top_srcdir/include" $LDFLAGS -o "$work/$name" \
        "$top_srcdir/tests/tools/fault.c" "$@" -lpthread
}
[ -z "$STATIC_LIB" ] || build plain "${STATIC_LIB# }"
build libc -DLIBC
valgrind -q "$work/libc" >"$work/errors" 2>&1 || skip "valgrind does not work here: $(tail -n 1 "$work/errors")"

# memcheck PROGRAM LIBRARY FAULT SIZE
memcheck() {
    library=$2
    status=0
    env ${library:+LD_PRELOAD="$library"} valgrind --soname-synonyms=somalloc=nouserintercepts \
        --leak-check=full --error-exitcode=9 "$work/$1" "$3" "$4" >"$work/errors" 2>&1 || status=$?
}
wrong() {
    echo "FAIL: $*, status $status:"
    cat "$work/errors"
    failed=1
}
# expect PATTERN... : each in the last run.
expect() {
    for pattern in "$@"; do
        grep -Eq "$pattern" "$work/errors" || wrong "$label: no '$pattern'"
    done
}
# try PROGRAM LIBRARY SIZE
try() {
    label="$1 ${2##*/} $3"
    # Of freed blocks around an address memcheck names one, which need not be the last.
    freed="bytes (inside|after) a .*block of size .* free'd"
    # The debug library finds that first, and memcheck tells where it ended.
    twice="free-twice;Invalid free\\(\\);: free_twice;$freed"
    [ "$2" != "$DEBUG_SO" ] || twice='free-twice;freed already;: free_twice;default action of signal 6'
    while IFS=';' read -r fault what where detail; do
        memcheck "$1" "$2" "$fault" "$3"
        # Where the library itself ends the program, memcheck has spoken before.
        [ "$status" = 9 ] || [ "$status" = 134 ] || wrong "$label $fault"
        # Blocks that hold others' memory once are "recently re-allocated".
        expect "$what" "$where \\(fault\\.c:[0-9]+\\)" "$detail"
    done <<END
read-past;Invalid read of size 1;: read_past;is 0 bytes after a .*block of size $3 alloc
write-past;Invalid write of size 1;: write_past;is 0 bytes after a .*block of size $3 alloc
read-freed;Invalid read of size 1;: read_freed;$freed
read-shrunk;Invalid read of size 1;: read_shrunk;is 2 bytes after a .*block of size
read-new;depends on uninitialised value;: read_new;ERROR SUMMARY: 1 errors
$twice
leak;$3 bytes in 1 blocks are definitely lost;: leak;definitely lost: $3 bytes in 1 blocks
END
    label="$label without a fault"
    memcheck "$1" "$2" clean "$3"
    [ "$status" = 0 ] || wrong "$label"
    expect 'ERROR SUMMARY: 0 errors'
    # It heard of our blocks and not of the C library's few alone.
    allocs=$(sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$work/errors" | tr -d ,)
    [ "${allocs:-0}" -ge 3000 ] || wrong "$label: memcheck counts ${allocs:-no} blocks"
}
if [ -n "$STATIC_LIB" ]; then
    try plain '' 40
    try plain '' 900
fi
for library in $OVERRIDE_SO $DEBUG_SO; do
    try libc "$library" 40
done
# The requests are nothing where no tool hears them.
[ -z "$STATIC_LIB" ] || "$work/plain" || wrong "the program without valgrind"
exit $failed
