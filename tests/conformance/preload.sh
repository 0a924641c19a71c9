#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that know nothing of this library: the rules hold for the system's own allocator, so they
# are the rules, and for each library that is preloaded.
: "${top_srcdir:?}" "${top_builddir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

case " ${CFLAGS:-} ${CXXFLAGS:-} " in
*" -fsanitize"*) skip "a sanitizer brings its own malloc, which has other rules" ;;
esac
programs=$top_builddir/tests/conformance

for name in c cxx partial partial-new; do
    program=$programs/$name-unmodified
    if [ ! -x "$program" ]; then
        echo "not built: $name"
        continue
    fi
    # Emulators do not always give that one zeroes where it counts on them.
    if [ -n "${TEST_EMULATED:-}" ]; then
        echo "emulated: the system's allocator is not asked"
    else
        run "$name, the system's allocator" "$program"
    fi
    for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
        [ -n "$library" ] || continue
        case $library in # which ends the process where the release variant forgives
        "$DEBUG_SO") strict=debug ;;
        "$SECURE_SO") strict=secure ;;
        *) strict= ;;
        esac
        run "$name, preload of ${library##*/}" env SERVED=1 STRICT=$strict LD_PRELOAD="$library" \
            "$program"
    done
done
[ -n "$OVERRIDE_SO" ] || echo "the override library is not built: nothing was preloaded"
exit $failed
