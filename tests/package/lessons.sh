#!/bin/sh
# SPDX-License-Identifier: MIT
# What packages of other allocators had to learn, and no other check here covers: an interposed C
# library during start-up, tests that a compiler optimised away, versions that came from a repository.
# Functions are called by check.
# shellcheck disable=SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

# fakechroot stands in front of open and its kin, and allocates within them.
fakechroot_starts() { # LIBRARY
    cp -L "$1" "$work/${1##*/}"
    for program in 'ls /' 'cat /proc/self/maps' 'sh -c "ls / | sort"'; do
        timeout 60 fakechroot sh -c "LD_PRELOAD=$work/${1##*/}:\$LD_PRELOAD; export LD_PRELOAD; $program" >"$work/said"
        timeout 60 fakechroot sh -c "LD_PRELOAD=\$LD_PRELOAD:$work/${1##*/}; export LD_PRELOAD; $program" >"$work/said"
    done
    # Both were there.
    timeout 60 fakechroot sh -c "LD_PRELOAD=$work/${1##*/}:\$LD_PRELOAD cat /proc/self/maps" >"$work/said"
    grep -c "${1##*/}" "$work/said"
    grep -c libfakechroot "$work/said"
}
# Compilers know what malloc is, and may drop a test's.
no_builtin() {
    cd "$top_builddir"
    {
        echo 'include Makefile'
        echo 'print-flags:; @:'
        # The words are make's.
        # shellcheck disable=SC2016
        echo '$(foreach name,$(filter tests_%_CFLAGS tests_%_CXXFLAGS,$(.VARIABLES)),$(info $(name) $($(name))))'
    } >"$work/flags.mk"
    MAKEFLAGS='' MFLAGS='' "$MAKE" -s -f "$work/flags.mk" print-flags >"$work/flags"
    [ "$(wc -l <"$work/flags")" -gt 50 ]
    # libdelayed is the library itself, which must not forget what its names mean.
    ! grep -v '^tests_reliability_libdelayed' "$work/flags" | grep -vE ' -fno-builtin( |$)' || return 1
}
version() {
    mkdir "$work/tree"
    tar -xJf "$TARBALL" -C "$work/tree" --strip-components=1
    [ ! -e "$work/tree/.git" ]
    grep -qx "PACKAGE_VERSION='$VERSION'" "$work/tree/configure"
    ! grep -nE 'git (describe|rev-parse)|\.tarball-version|git-version-gen' "$work/tree/configure.ac" \
        "$work/tree/Makefile.am" "$work/tree"/lib/install/* || return 1
}
for library in $OVERRIDE_SO $DEBUG_SO $SECURE_SO; do
    if need fakechroot; then
        check A2.4 "under fakechroot, ${library##*/} starts programs" fakechroot_starts "$library"
    else
        skip A2.4 "under fakechroot, ${library##*/}" "$missing"
    fi
done
check A2.4 "no test is compiled with built-in knowledge of malloc" no_builtin
check A2.4 "the version does not come from a repository" version
finish
