#!/bin/sh
# SPDX-License-Identifier: MIT
# What a program's configure finds with our libraries: for names of other systems (malloc_size,
# reallocf, vfree, reallocarr...) the answer is the C library's own, which is no on Linux.  A library
# that says yes makes programs compile code that was written for another system.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
command -v autoconf >/dev/null || skip "autoconf is not installed"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer brings names of its own" ;;
esac
echo 'int main(void) { return 0; }' >"$work/runs.c"
# Words on purpose.
# shellcheck disable=SC2086
{ $compile $LDFLAGS -o "$work/runs" "$work/runs.c" && "$work/runs"; } >"$work/log" 2>&1 ||
    skip "programs of $CC do not run here"

# Names that no Linux has, and names whose answer must not change.  free_sized is the one that the
# override adds before the C library has it.
foreign='malloc_size reallocf vfree reallocarr malloc_good_size mallctl'
common='malloc posix_memalign pvalloc malloc_usable_size reallocarray free_sized'

mkdir "$work/downstream"
cd "$work/downstream"
cat >configure.ac <<END
AC_INIT([downstream], [1])
AC_PROG_CC
AC_CHECK_FUNCS([$foreign $common])
AC_CHECK_FUNCS([mi_malloc])
AC_OUTPUT
END
autoconf -f 2>log || { cat log && fail "autoconf" && exit 1; }

# probe NAME LDFLAGS LIBS: the answers, one a line, in $work/NAME
probe() {
    mkdir "$1"
    (cd "$1" && ../configure -q CC="$CC" CPPFLAGS="$CPPFLAGS" CFLAGS="$CFLAGS" \
        LDFLAGS="$LDFLAGS $2" LIBS="$3") >log 2>&1 || {
        cat log
        fail "configure with $1"
        return 0
    }
    sed -n 's/^ac_cv_func_\([a-z_0-9]*\)=\(.*\)/\1 \2/p' "$1/config.log" | sort >"$work/$1"
}
probe libc '' ''
grep -q '^malloc yes$' "$work/libc" || fail "the test itself: no malloc in the C library"
grep -q '^mi_malloc no$' "$work/libc" || fail "the test itself: mi_malloc in the C library"
for name in $foreign; do
    ! defines features.h __linux__ || grep -qx "$name no" "$work/libc" ||
        echo "note: this C library has $name"
done
sed 's/^mi_malloc no$/mi_malloc yes/' "$work/libc" >"$work/expected-plain"
sed 's/^free_sized no$/free_sized yes/' "$work/expected-plain" >"$work/expected-override"

tried=0
answers() { # plain|override NAME LDFLAGS LIBS
    expected=$work/expected-$1
    shift
    probe "$@"
    [ -e "$work/$1" ] || return 0
    tried=$((tried + 1))
    cmp -s "$expected" "$work/$1" || {
        diff "$expected" "$work/$1" || :
        fail "with $1 a program's configure finds (>) otherwise than with the C library (<)"
    }
}
libraries="-L$top_builddir/.libs -Wl,-rpath,$top_builddir/.libs"
[ -z "$PLAIN_SO" ] || answers plain mimalloc "$libraries" -lmimalloc
[ -z "$STATIC_LIB" ] || answers plain libmimalloc.a '' "$STATIC_LIB -lpthread"
[ -z "$OVERRIDE_SO" ] ||
    answers override mimalloc-override "$libraries -Wl,--no-as-needed" -lmimalloc-override
[ -z "$OVERRIDE_OBJECT" ] || answers override mimalloc-override.o "$OVERRIDE_OBJECT" -lpthread
echo "$tried libraries"
[ $tried -gt 0 ] || skip "nothing was built"
exit $failed
