#!/bin/sh
# SPDX-License-Identifier: MIT
# Other machines (arch.txt): the libraries are built by a cross compiler, with a Check that is built
# likewise, and the suites run under an emulator, on each model of processor; no library has an
# instruction above its machine's baseline, and none needs libatomic.  ARCHITECTURES: only these.
# ARCH_EMULATION=plain: as where the kernel does not let a namespace have its own emulators.
# Functions here are called by check.
# shellcheck disable=SC2317
: "${top_srcdir:?}" "${PACKAGE_DIR:?}"
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"
# shellcheck source=tests/package/arch-common.sh
. "$top_srcdir/tests/package/arch-common.sh"

emulator_works() {
    [ "${ARCH_EMULATION-}" != plain ] && "$here/emulated" "$1" "$2" "$3" true
}
# point CPU: emulation is for other machines than this; models without extensions, for the baseline.
point() {
    if [ "$1" = "$main" ]; then echo D23; else echo U12; fi
}

# emulated_plainly WHY: the emulator runs one program, a static one, and what that starts is none of its
# business: the unit and api suites, on each model of processor.
emulated_plainly() {
    check D22 "$name, static: builds without a warning" build_static "$name" "$triplet"
    for cpu in $(echo "$cpus" | tr , ' '); do
        unset QEMU_CPU
        [ "$cpu" = default ] || export QEMU_CPU="$cpu"
        check "$(point "$cpu")" "$name, processor $cpu, static: unit and api" \
            suite "$name-static" 'tests/unit/*' 'tests/api/*[!h]' -- \
            env TEST_EMULATED=yes LOG_COMPILER="$emulator"
    done
    not_applicable D23 "$name: override, conformance, faults, binary interface, launcher" "$1"
}

# Some emulators hang in the child of a fork where the C library is a shared one (qemu-i386 7.2).
cat >"$work/forks.c" <<'EOC'
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return waitpid(child, &status, 0) != child || status != 0;
}
EOC
forks() {
    "$1-gcc" -o "$work/forks" "$work/forks.c" &&
        timeout 20 "$here/emulated" "/usr/$1" "$2" "$3" "$work/forks"
}

table >"$work/table"
exec 3<"$work/table"
while read -r name triplet elf emulator cpus later <&3; do
    unset QEMU_CPU
    case " ${ARCHITECTURES:-$name} " in
    *" $name "*) ;;
    *) continue ;;
    esac
    if ! packages dpkg-dev qemu-user-static "gcc-$triplet" "g++-$triplet"; then
        skip D22 "$name" "$missing"
        continue
    fi
    emulator=$(command -v "qemu-$emulator-static")
    check D22 "$name: builds without a warning, and so do the tests" build "$name" "$triplet"
    check U12 "$name: no instruction above the baseline" baseline "$name" "$name" "$triplet-"
    check U12 "$name: with $later the check finds some" baseline_finds "$name" "$triplet-" "$later"
    check U13 "$name: libatomic is not needed" no_libatomic "$name" "$triplet-"
    main=${cpus%%,*}
    if ! emulator_works "/usr/$triplet" "$elf" "$emulator" >"$work/emulator" 2>&1; then
        cat "$work/emulator"
        emulated_plainly "no namespace has emulators of its own here (Linux 6.7 allows that)"
        continue
    fi
    if ! forks "$triplet" "$elf" "$emulator"; then
        emulated_plainly "the emulator hangs in fork with a shared C library"
        continue
    fi
    for cpu in $(echo "$cpus" | tr , ' '); do
        unset QEMU_CPU
        [ "$cpu" = default ] || export QEMU_CPU="$cpu"
        # The scripts mostly compile, which is the same on each processor; headers.sh has this machine's
        # compilers do it, and is the same everywhere.
        scripts='tests/api/[!h]*.sh'
        [ "$cpu" = "$main" ] || scripts=none
        check "$(point "$cpu")" "$name, processor $cpu: unit and api" \
            suite "$name" 'tests/unit/*' 'tests/api/*[!h]' "$scripts" -- \
            "$here/emulated" "/usr/$triplet" "$elf" "$emulator"
        # These ask for the C library's ways more than for the processor's.
        [ "$cpu" = "$main" ] || continue
        check D23 "$name, processor $cpu: override, conformance, faults" \
            suite "$name" 'tests/override/*' 'tests/conformance/*' 'tests/fault/*' -- \
            "$here/emulated" "/usr/$triplet" "$elf" "$emulator"
        # And the rest of what a package's build runs there, but for the stress and the start-up, which
        # look at resident memory: the emulator's.
        check D23 "$name, processor $cpu: binary interface, launcher" \
            suite "$name" 'tests/abi/*' 'tests/run/*' 'tests/model/*' -- \
            "$here/emulated" "/usr/$triplet" "$elf" "$emulator"
    done
done
unset QEMU_CPU

# This machine's own architecture on a processor that has nothing above its baseline.
native() {
    name=$(uname -m | tr _ -)
    case " ${ARCHITECTURES:-$name} " in
    *" $name "*) ;;
    *) return 0 ;;
    esac
    if [ "$name" != x86-64 ] || ! packages qemu-user-static check; then
        skip U12 "x86-64, processor qemu64" "$name: ${missing:-not this machine}"
        return 0
    fi
    native_build() {
        unpack_source
        mkdir -p "$arch/x86-64"
        cd "$arch/x86-64"
        # shellcheck disable=SC2086
        ../source/configure --quiet --enable-secure --enable-werror $once
        $MAKE -s "$jobs"
        $MAKE -s "$jobs" check TESTS=
    }
    export TEST_EMULATED=yes
    check U12 "x86-64: builds without a warning" native_build
    check U12 "x86-64: no instruction above the baseline" baseline x86-64 x86-64 ""
    check U12 "x86-64: with -march=haswell the check finds some" \
        baseline_finds x86-64 x86_64-linux-gnu- -march=haswell
    check U13 "x86-64: libatomic is not needed" no_libatomic x86-64 ""
    check U12 "x86-64, processor qemu64: unit and api" \
        suite x86-64 'tests/unit/*' 'tests/api/*[!h]' -- \
        env LOG_COMPILER="./libtool --mode=execute $(command -v qemu-x86_64-static) -cpu qemu64"
    unset TEST_EMULATED
}
native
finish
