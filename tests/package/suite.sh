#!/bin/sh
# SPDX-License-Identifier: MIT
# Points of what packages must be that tests of make check look at, run again for their place in the table.
# Functions are called by check.
# shellcheck disable=SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

# run_test POINT TEXT TEST
run_test() {
    echo "---- $1: $2: $3"
    status=0
    LINT=yes sh "$top_srcdir/$3" >"$work/log" 2>&1 </dev/null || status=$?
    case $status in
    0)
        say ok "$1" "$2"
        sed -n 's/^note: \(.* is not installed\)$/\1/p' "$work/log" >"$work/notes"
        while read -r note; do
            skip "$1" "$2" "$note"
        done <"$work/notes"
        ;;
    77) skip "$1" "$2" "$(tail -n 1 "$work/log")" ;;
    *)
        cat "$work/log"
        say FAIL "$1" "$2"
        failures=$((failures + 1))
        ;;
    esac
}
run_test U5 "one version: configure.ac, header, .pc, CMake, NEWS, launcher, spec, manual" tests/style/version.sh
run_test U8 "exports are those of the golden lists and of the headers, versions on mi_* alone" tests/abi/exports.sh
run_test U8 "malloc is served whichever linker was used" tests/abi/linkers.sh
run_test U8 "the guard of the exports is not blind" tests/abi/removal.sh
run_test U9 "configure scripts find no names of other systems in the libraries" tests/abi/probes.sh
run_test U11 "no text relocation, executable stack or search path, nothing needed but libc" tests/abi/elf.sh
run_test U17 "headers stand alone in every standard of C and C++" tests/abi/headers.sh
run_test U18 "a page for each function, sound for mandoc and groff" tests/style/manual.sh
for name in passthrough preload scripts unsuitable; do
    run_test U19 "the launcher: tests/run/$name.sh" "tests/run/$name.sh"
done
run_test U21 "a license tag in every file" tests/style/files.sh
if need reuse; then
    check U21 "licences as REUSE has them" reuse --root "$top_srcdir" lint
else
    skip U21 "licences as REUSE has them" "$missing"
fi
run_test D33 "types and functions are those of the stored dump" tests/abi/types.sh
finish
