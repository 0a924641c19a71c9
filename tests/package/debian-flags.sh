#!/bin/sh
# SPDX-License-Identifier: MIT
# What dpkg-buildflags gives has its effect: on each command line of the build, and in each file.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
debian_built D12 "hardening"

if need blhc; then
    check D13 "blhc --all: every command line of the build has all flags" \
        silent blhc --all --debian "$debian/build.log"
    # blhc that sees no compiler is content too.
    enough() {
        count=$(grep -c -- '-fstack-protector-strong .* -c ' "$debian/build.log")
        echo "$count command lines that compile"
        [ "$count" -gt 200 ]
    }
    check D13 "the log shows the compiler's command lines" enough
else
    skip D13 "blhc --all" "$missing"
fi

if need hardening-check; then
    for package in libmimalloc libmimalloc10 libmimalloc-debug10 libmimalloc-secure10; do
        # The compiler of Debian 12 is not told to guard branches, so neither are we.
        find "$(unpacked $package)/usr" -type f \( -path '*/bin/*' -o -name '*.so.*' \) >"$work/files"
        while read -r file; do
            check D12 "hardening-check ${file##*/}" hardening-check --nocfprotection "$file"
        done <"$work/files"
    done
else
    skip D12 "hardening-check" "$missing"
fi
finish
