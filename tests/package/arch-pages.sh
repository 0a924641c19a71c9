#!/bin/sh
# SPDX-License-Identifier: MIT
# Larger pages of the operating system: the suites with pages.c preloaded, which makes a kernel with
# pages of 16 and 64 KiB of this one.
# Functions here are called by check.
# shellcheck disable=SC2317
: "${top_srcdir:?}" "${PACKAGE_DIR:?}"
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"
# shellcheck source=tests/package/arch-common.sh
. "$top_srcdir/tests/package/arch-common.sh"

if [ "$(uname -s)" != Linux ] || ! packages check; then
    skip U14 "faked pages" "${missing:-not Linux}"
    finish
fi
shim=$work/pages.so
faked() {
    $CC -O1 -Wall -fPIC -shared -fno-builtin -o "$shim" "$here/pages.c" -ldl
    cat >"$work/size.c" <<'EOC'
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void)
{
    long page = sysconf(_SC_PAGESIZE);
    char *p = mmap(0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int refused = mprotect(p + 4096, page, PROT_NONE) != 0 && errno == EINVAL;
    printf("%ld %d %d\n", page, (int)((unsigned long)p % page), refused);
    return 0;
}
EOC
    $CC -o "$work/size" "$work/size.c"
    [ "$(FAKED_PAGE_SIZE=65536 LD_PRELOAD=$shim "$work/size")" = "65536 0 1" ]
}
build_native() {
    unpack_source
    mkdir -p "$arch/pages"
    cd "$arch/pages"
    # shellcheck disable=SC2086
    ../source/configure --quiet --enable-secure $once
    $MAKE -s "$jobs"
    $MAKE -s "$jobs" check TESTS=
}
check U14 "a kernel with other pages can be faked" faked
check U14 "builds for them" build_native
for size in 16384 65536; do
    check U14 "unit, api and faults with OS pages of $size bytes" \
        suite pages 'tests/unit/*' 'tests/api/*[!h]' 'tests/fault/*' \
        'tests/conformance/[cp]*-linked' -- \
        env TEST_EMULATED=yes LOG_COMPILER="env FAKED_PAGE_SIZE=$size LD_PRELOAD=$shim"
done
finish
