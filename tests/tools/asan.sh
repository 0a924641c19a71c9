#!/bin/sh
# SPDX-License-Identifier: MIT
# A library configured with --enable-asan-poison, linked into a program made with -fsanitize=address: the
# sanitizer ends the program at a wrong access to a block of ours, or a wrong free, and says where.
set -eu
: "${top_srcdir:?}" "${CC:=cc}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${LDFLAGS:=}" "${WATCHED_BY:=}" "${STATIC_LIB:=}"
skip() {
    echo "SKIP: $*"
    exit 77
}
case " $WATCHED_BY " in
*" asan "*) ;;
*) skip "configured without --enable-asan-poison (make check-tools)" ;;
esac
[ -n "$STATIC_LIB" ] || skip "the static library is not built"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

build() {
    # Words on purpose.
    # shellcheck disable=SC2086
    $CC $CPPFLAGS $CFLAGS -g -O0 -w -fno-builtin -I"$top_srcdir/include" $LDFLAGS -o "$work/fault" \
        "$top_srcdir/tests/tools/fault.c" "$@" ${STATIC_LIB# } -lpthread
}
build
"$work/fault" clean || { echo "FAIL: the program without the sanitizer" && exit 1; }
build -fsanitize=address 2>"$work/errors" || skip "no programs with -fsanitize=address: $(tail -n 1 "$work/errors")"

# Leaks are looked for as ever: a block of the C library's that one of ours refers to is none.
"$work/fault" clean >"$work/errors" 2>&1 || {
    echo "FAIL: the sanitizer tells of a program without a fault"
    cat "$work/errors"
    exit 1
}
while IFS='|' read -r fault sizes what where; do
    for size in $sizes; do
        status=0
        "$work/fault" "$fault" "$size" >"$work/errors" 2>&1 || status=$?
        if [ "$status" = 0 ] || ! grep -q "AddressSanitizer: $what" "$work/errors" ||
            ! grep -Eq "in $where .*fault\\.c:[0-9]+" "$work/errors"; then
            echo "FAIL: $fault $size: status $status, without '$what' or '$where'"
            cat "$work/errors"
            failed=1
        fi
    done
done <<END
read-past|1 40 4096 300000|use-after-poison|read_past
write-past|1 40 4096 300000|use-after-poison|write_past
read-freed|1 40 4096|use-after-poison|read_freed
read-shrunk|40 4096 300000|use-after-poison|read_shrunk
free-twice|1 40 4096|use-after-poison|free_twice
free-twice|300000||free_twice
END
exit $failed
