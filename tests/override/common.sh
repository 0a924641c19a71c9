# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of the override share; each sources this file first.  A program of these tests is
# compiled when the test runs, once per way in which malloc can be replaced:
#
#   linked   with the override library named on the link line
#   preload  knowing nothing; the library is preloaded (also the debug and the secure one)
#   object   mimalloc-override.o is the first thing that is linked
#   static   the same, and the whole program is static
#
# Each program asserts by itself that its blocks come from this allocator.

set -eu

# Set by the build.
: "${top_srcdir:?}" "${top_builddir:?}"
# Used by the tests.
# shellcheck disable=SC2034
here=$top_srcdir/tests/override
: "${CC:=cc}" "${CXX:=}" "${NM:=nm}" "${OVERRIDE_SO:=}" "${OVERRIDE_OBJECT:=}" "${DEBUG_SO:=}" "${SECURE_SO:=}"
: "${CPPFLAGS:=}" "${CFLAGS:=}" "${CXXFLAGS:=}" "${LDFLAGS:=}"
# What this build is compiled with decides of the ABI too.
CC="$CC $CPPFLAGS $CFLAGS $LDFLAGS"
[ -z "$CXX" ] || CXX="$CXX $CPPFLAGS $CXXFLAGS $LDFLAGS"
unset LD_PRELOAD LD_LIBRARY_PATH
for name in $(env | sed -n 's/^\(MIMALLOC_[A-Z_]*\)=.*/\1/p'); do
    case $name in
    MIMALLOC_RUN) ;;
    *) unset "$name" ;;
    esac
done
LC_ALL=C
export LC_ALL

skip() {
    echo "SKIP: $*"
    exit 77
}

# shellcheck disable=SC2034
failed=0
fail() {
    echo "FAIL: $*"
    # shellcheck disable=SC2034
    failed=1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# works COMPILER [FLAGS]: can it make a program?  With a library among the flags: one of its ABI?
works() {
    case $1 in
    *++*) suffix=cc && header=new ;;
    *) suffix=c && header=stdlib.h ;;
    esac
    printf '#include <%s>\nint main(void) { return 0; }\n' "$header" >"$work/works.$suffix"
    # Compilers come with arguments.
    # shellcheck disable=SC2068
    $@ -o "$work/works" "$work/works.$suffix" >/dev/null 2>&1
}

# Against what would otherwise never end; a hundred times what an idle machine needs.
limit=
command -v timeout >/dev/null && limit=300

# run WAY COMMAND...: COMMAND must end with status 0.
run() {
    way=$1
    shift
    if ${limit:+timeout $limit} "$@" >"$work/output" 2>&1; then
        echo "ok: $way"
    else
        status=$?
        cat "$work/output"
        fail "$way: status $status"
    fi
}

# in_all_ways NAME SOURCE COMPILER [FLAGS]: build and run a program in each way.
in_all_ways() {
    name=$1
    source=$2
    shift 2
    # Compilers come with arguments.
    # shellcheck disable=SC2068
    if [ -n "$OVERRIDE_SO" ]; then
        $@ -o "$work/$name" "$source" -Wl,--no-as-needed "$OVERRIDE_SO" \
            -Wl,-rpath,"${OVERRIDE_SO%/*}" -lpthread -ldl
        run "$name, linked" "$work/$name"
        $@ -o "$work/$name" "$source" -lpthread -ldl
        for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
            [ -n "$library" ] || continue
            run "$name, preload of ${library##*/}" env LD_PRELOAD="$library" "$work/$name"
        done
    fi
    if [ -n "$OVERRIDE_OBJECT" ]; then
        # shellcheck disable=SC2068
        $@ -DNAMES_LINKED -o "$work/$name" "$OVERRIDE_OBJECT" "$source" -lpthread -ldl
        run "$name, object" "$work/$name"
        # shellcheck disable=SC2068
        if works "$@" -static; then
            # shellcheck disable=SC2068
            $@ -static -DNAMES_LINKED -o "$work/$name" "$OVERRIDE_OBJECT" "$source" -lpthread \
                2>"$work/link" || {
                cat "$work/link"
                fail "$name: a static program does not link"
                return 0
            }
            run "$name, static" "$work/$name"
        else
            echo "no static C library: no static way"
        fi
    fi
}
