#!/bin/sh
# SPDX-License-Identifier: MIT
# A program linked with the plain library binds every mi_* to a preloaded variant: two allocators
# in one process would not know each other's blocks.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
[ -n "$PLAIN_SO" ] || skip "no shared library"
[ -n "$OVERRIDE_SO$DEBUG_SO$SECURE_SO" ] || skip "no variant to preload"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer brings its own malloc" ;;
esac

golden "$abi/public.symbols" >"$work/public"
{
    echo '#define _GNU_SOURCE'
    echo '#include <dlfcn.h>'
    echo '#include <mimalloc.h>'
    echo '#include <mimalloc-stats.h>'
    echo '#include <stdio.h>'
    echo '#include <string.h>'
    echo 'static const struct { const char *name; void *address; } functions[] = {'
    sed 's/.*/    {"&", (void *)\&&},/' "$work/public"
    cat <<'END'
};
int main(int argc, char **argv) {
    int failed = argc < 2;
    for (size_t i = 0; !failed && i < sizeof functions / sizeof functions[0]; i++) {
        Dl_info info;
        if (!dladdr(functions[i].address, &info) || !strstr(info.dli_fname, argv[1])) {
            printf("%s comes from %s\n", functions[i].name, info.dli_fname);
            failed = 1;
        }
    }
    /* A block that crosses between the two. */
    void *p = mi_malloc(100);
    if (p == NULL || mi_usable_size(p) < 100)
        failed = 1;
    mi_free(p);
    return failed;
}
END
} >"$work/takeover.c"
# Position-independent, so that an address is the function's own and not a stub of the program's.
# shellcheck disable=SC2086
$compile $LDFLAGS -fPIC -I"$top_srcdir/include" -o "$work/takeover" "$work/takeover.c" "$PLAIN_SO" -ldl

LD_LIBRARY_PATH=$top_builddir/.libs
export LD_LIBRARY_PATH
"$work/takeover" "${PLAIN_SO##*/}" || fail "without a preload"
for variant in $OVERRIDE_SO $DEBUG_SO $SECURE_SO; do
    LD_PRELOAD=$variant "$work/takeover" "${variant##*/}" || fail "${variant##*/} preloaded"
done
exit $failed
