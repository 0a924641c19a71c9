# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by startup.sh and startup-check.sh.  Needs $here and $work (a directory).

# The program that does nothing, the empty library, the static launcher.  Fails without a static C
# library.
build_startup() {
    echo 'int main(void) { return 0; }' >"$work/nothing.c"
    : >"$work/empty.c"
    cc="${CC:-cc} ${CPPFLAGS-} ${CFLAGS-} ${LDFLAGS-}"
    # Words on purpose:
    # shellcheck disable=SC2086
    $cc -O2 -o "$work/nothing" "$work/nothing.c" &&
        $cc -O2 -shared -fPIC -o "$work/empty.so" "$work/empty.c" &&
        $cc -O2 -static -o "$work/launcher" "$here/startup-launcher.c"
}

# peak_kib LIBRARY: the least of thirty runs (the kernel counts in portions: ten are not enough)
peak_kib() {
    "$work/launcher" 30 "$1" "$work/nothing"
}

# count_calls LIBRARY: system calls from the program's start to its end
count_calls() {
    strace -f -q -e signal=none -E LD_PRELOAD="$1" -o "$work/calls" "$work/nothing" || return 1
    grep -c '(' "$work/calls"
}
