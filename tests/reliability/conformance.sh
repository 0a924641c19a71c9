# SPDX-License-Identifier: MIT
# conformance.sh NUMBER: the rules of that number in tests/conformance/README.md, by the programs of
# those suites.  Of the C library and of peers is asked what holds for the system's own allocator.
. "$top_srcdir/tests/reliability/common.sh"
case $1 in
A*) programs=c ;;
*) programs="cxx partial partial-new" ;;
esac
STRICT=
case $CASE_COLUMN in
linked) kind=linked SERVED=1 ;;
preload) kind=unmodified SERVED=1 ;;
debug | secure) kind=unmodified SERVED=1 STRICT=$CASE_COLUMN ;;
glibc) kind=unmodified SERVED= ;;
*) kind=unmodified SERVED=peer ;;
esac
export SERVED STRICT
export RULE="$1"
asked=
for name in $programs; do
    program=${top_builddir:?}/tests/conformance/$name-$kind
    if [ ! -x "$program" ]; then
        [ "$name" != c ] && [ "$name" != cxx ] && continue
        skip "not built: $name-$kind"
    fi
    status=0
    served "$program" >"$tmp/out" 2>&1 || status=$?
    sed -n 's/^not asked of //p' "$tmp/out" >>"$tmp/excuses"
    case $status in
    0) asked=yes ;;
    77) ;;
    *)
        cat "$tmp/out"
        fail "$name: $({ grep -a ':[FE]:' "$tmp/out" || tail -n 1 "$tmp/out"; } | tail -n 1 |
            sed 's/.*:[FE]:[^:]*:[^:]*:[^:]*: *//')"
        ;;
    esac
done
[ -n "$asked" ] || skip "not asked: $(head -n 1 "$tmp/excuses")"
