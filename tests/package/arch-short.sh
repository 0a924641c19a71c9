#!/bin/sh
# SPDX-License-Identifier: MIT
# What of the checks of other machines takes a minute: with 32 bits (i386), the static library and the
# unit and api suites, run by this machine's own kernel where it can.
# Functions here are called by check.
# shellcheck disable=SC2317
: "${top_srcdir:?}" "${PACKAGE_DIR:?}"
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"
# shellcheck source=tests/package/arch-common.sh
. "$top_srcdir/tests/package/arch-common.sh"

triplet=i686-linux-gnu
if ! packages dpkg-dev "gcc-$triplet"; then
    skip U7 "i386" "$missing"
    finish
fi
if ! kernel_runs "$triplet"; then
    skip U7 "i386" "this kernel does not run its programs"
    finish
fi
check U7 "i386, static: builds without a warning" build_static i386 "$triplet" any
check U7 "i386, static: unit and api" suite i386-static 'tests/unit/*' 'tests/api/*[!h]' --
finish
