#!/bin/sh
# SPDX-License-Identifier: MIT
# C++ plug-ins of a C program throw, catch and run their new-handlers with the runtime each brings,
# and a C program does not get a C++ runtime because of us.
: "${top_srcdir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

[ -n "$OVERRIDE_SO" ] || skip "the override library is not built"
host=$work/host
# Compilers come with arguments.
# shellcheck disable=SC2086
$CC -std=gnu11 -O1 -Wall -Wextra -fno-builtin -o "$host" "$here/host.c" -ldl

# plugin NAME COMPILER [FLAGS]
plugin() {
    name=$1
    shift
    if works "$@" "$OVERRIDE_SO"; then
        # shellcheck disable=SC2068
        $@ -std=c++17 -O1 -fno-builtin -fsized-deallocation -fPIC -shared -fvisibility=hidden \
            -o "$work/$name.so" "$here/plugin.cc"
        plugins="$plugins $work/$name.so"
    else
        echo "cannot build plug-ins with: $*"
    fi
}

plugins=
if [ -n "$CXX" ]; then
    plugin runtime "$CXX"
    # The runtime inside the plug-in, visible and hidden.
    plugin runtime-inside "$CXX -static-libstdc++ -static-libgcc"
    plugin runtime-hidden "$CXX -static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL"
fi
plugin libc++ "clang++ -stdlib=libc++"

for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
    [ -n "$library" ] || continue
    run "no runtime, ${library##*/}" env LD_PRELOAD="$library" "$host"
    for one in $plugins; do
        run "${one##*/}, ${library##*/}" env LD_PRELOAD="$library" "$host" "$one"
    done
    # Two runtimes in one process: each plug-in must see the exceptions of its own.
    # shellcheck disable=SC2086
    [ -z "$plugins" ] || run "all plug-ins, ${library##*/}" env LD_PRELOAD="$library" "$host" $plugins
done
[ -n "$plugins" ] || echo "no C++ compiler: no plug-in was tested"
exit $failed
