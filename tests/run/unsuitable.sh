#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that a preloaded library would not reach are refused, with the reason.
. "${top_srcdir:-.}/tests/run/common.sh"
prefix_with_dummy "$tmp/prefix"
program "$tmp/hello" || skip 'the compiler makes no program'
expect 0 "served by $override" "$run" "$tmp/hello"
expect_output hello

for flag in -static -static-pie; do
    if program "$tmp/static" "$flag"; then
        expect_refusal 126 'it is statically linked.*mimalloc-override.o' "$run" "$tmp/static"
    else
        echo "not tested: $flag (the compiler makes no such program)"
    fi
done

for mode in 4755 2755 6711; do
    cp "$tmp/hello" "$tmp/privileged"
    chmod "$mode" "$tmp/privileged"
    if [ -u "$tmp/privileged" ] || [ -g "$tmp/privileged" ]; then
        expect_refusal 126 'set-user-ID or set-group-ID' "$run" "$tmp/privileged"
    else
        echo "not tested: mode $mode (the file system has no such bits)"
    fi
done

if [ "$(id -u)" -ne 0 ]; then
    cp "$tmp/hello" "$tmp/unreadable"
    chmod 111 "$tmp/unreadable"
    expect_refusal 126 'cannot be read' "$run" "$tmp/unreadable"
fi

cat >"$tmp/own.c" <<EOF
#include <stddef.h>
__attribute__((visibility("default"))) void *malloc(size_t size) { return size ? NULL : NULL; }
int main(void) { return 0; }
EOF
for style in gnu sysv; do
    if $cc -fno-builtin -rdynamic "-Wl,--hash-style=$style" -o "$tmp/own" "$tmp/own.c" >/dev/null 2>&1; then
        expect_refusal 126 'it defines malloc itself' "$run" "$tmp/own"
    fi
done
# Taking the address of malloc is no definition.
cat >"$tmp/uses.c" <<EOF
#include <stdlib.h>
int main(void) {
    void *(*volatile allocate)(size_t) = malloc;
    return allocate(1) == NULL;
}
EOF
$cc -fno-pie -no-pie -o "$tmp/uses" "$tmp/uses.c" >/dev/null 2>&1 &&
    expect 0 "served by $override" "$run" "$tmp/uses"

# elf FILE CLASS MACHINE TYPE: the head of a little-endian program with one segment, which names
# /bin/sh as its loader.  32-bit: 52 and 32 bytes, 64-bit: 64 and 56.
elf() {
    if [ "$2" -eq 1 ]; then
        head='\001\000\000\000\000\000\000\000\064\000\000\000\000\000\000\000\000\000\000\000\064\000\040\000\001\000\000\000\000\000\000\000'
        segment='\003\000\000\000\124\000\000\000\124\000\000\000\124\000\000\000\010\000\000\000\010\000\000\000\004\000\000\000\001\000\000\000'
    else
        head='\001\000\000\000\000\000\000\000\000\000\000\000\100\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\100\000\070\000\001\000\000\000\000\000\000\000'
        segment='\003\000\000\000\004\000\000\000\170\000\000\000\000\000\000\000\170\000\000\000\000\000\000\000\170\000\000\000\000\000\000\000\010\000\000\000\000\000\000\000\010\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000'
    fi
    {
        # shellcheck disable=SC2059
        printf "\\177ELF\\00$2\\001\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000"
        # shellcheck disable=SC2059
        printf "\\00$4\\000\\$3\\000$head$segment"
        printf '/bin/sh\000'
    } >"$1"
    chmod +x "$1"
}
# 75 (0113) is a VAX, 3 (0003) an i386, 62 (0076) an x86-64, which with 32 bits is x32.
other=0
for head in '1 113' '2 113' '1 003' '1 076'; do
    # shellcheck disable=SC2086
    elf "$tmp/foreign" $head 2
    [ "$(dd if="$tmp/foreign" bs=1 skip=4 count=16 2>/dev/null | od -An -tx1)" = \
        "$(dd if="$tmp/hello" bs=1 skip=4 count=16 2>/dev/null | od -An -tx1)" ] && continue
    other=$((other + 1))
    expect_refusal 126 'for another ABI or processor' "$run" "$tmp/foreign"
done
[ "$other" -ge 3 ] || fail 'too few foreign programs'
# Not a program at all: an object file, and heads that are cut or lie.
elf "$tmp/object" 2 076 1
expect_refusal 126 'Exec format error' "$run" "$tmp/object"
dd if="$tmp/hello" bs=1 count=40 2>/dev/null >"$tmp/cut"
chmod +x "$tmp/cut"
expect_refusal 126 'Exec format error' "$run" "$tmp/cut"
dd if="$tmp/hello" bs=1 count=64 2>/dev/null >"$tmp/cut"
expect_refusal 126 'statically linked' "$run" "$tmp/cut"

if program "$tmp/hello32" -m32 && "$tmp/hello32" >/dev/null 2>&1 &&
    ! cmp -s "$tmp/hello" "$tmp/hello32"; then
    if dummy "$tmp/dummy32.so" "$override" -m32 && program "$tmp/hello64" &&
        ! LD_PRELOAD=$tmp/dummy32.so "$tmp/hello64" 2>&1 | grep -q served; then
        expect_refusal 126 'for another ABI or processor' "$run" "$tmp/hello32"
        # With a copy for it, that is taken.
        mkdir -p "$tmp/prefix/lib32"
        cp "$tmp/dummy32.so" "$tmp/prefix/lib32/$override"
        expect 0 "served by $override" "$run" "$tmp/hello32"
        expect 0 "served by $override" "$run" "$tmp/hello"
    fi
else
    echo 'not tested: a real 32-bit program (the compiler makes none)'
fi

# Another C library, as its loader is named.
loader=$(readelf -l "$tmp/hello" 2>/dev/null | sed -n 's/.*interpreter: \(.*\)]/\1/p')
case $loader in
'') echo 'not tested: another C library (no readelf)' ;;
*ld-musl*) other=ld-linux-test.so.2 libc=libc.so.6 ;;
*) other=ld-musl-test.so.1 libc=libc.musl-test.so.1 ;;
esac
if [ -n "$loader" ]; then
    cp "$loader" "$tmp/$other"
    program "$tmp/foreign" "-Wl,--dynamic-linker=$tmp/$other"
    expect_refusal 126 'another C library' "$run" "$tmp/foreign"
    # With a copy for it, that is taken.
    mkdir -p "$tmp/libc" "$tmp/prefix/lib/test-linux-other"
    echo 'int mark;' >"$tmp/libc.c"
    $cc -shared -fPIC -nostdlib "-Wl,-soname,$libc" -o "$tmp/libc/$libc" "$tmp/libc.c"
    dummy "$tmp/prefix/lib/test-linux-other/$override" "$override" -nostdlib \
        -Wl,--no-as-needed "$tmp/libc/$libc"
    expect 0 "served by $override" env "LD_LIBRARY_PATH=$tmp/libc" "$run" "$tmp/foreign"
    expect_output hello
    # But not for two programs that get the same environment.
    expect_refusal 126 'env, which starts it' "$run" env "$tmp/foreign"
    rm "$tmp/$other"
    expect_refusal 127 "its loader '$tmp/$other'" "$run" "$tmp/foreign"
    # A loader that does not load it, whatever the reason.
    program "$tmp/odd" "-Wl,--dynamic-linker=$tmp/ld-odd.so.1"
    cp "$tmp/hello" "$tmp/ld-odd.so.1"
    case $libc in
    libc.so.6) ;;
    *) expect_refusal 126 "its loader does not load '" "$run" "$tmp/odd" ;;
    esac
fi
if command -v musl-gcc >/dev/null && musl-gcc -o "$tmp/musl" "$tmp/hello.c" 2>/dev/null &&
    [ "${libc-}" = libc.musl-test.so.1 ] && "$tmp/musl" >/dev/null 2>&1; then
    rm -r "$tmp/prefix/lib/test-linux-other"
    expect_refusal 126 'another C library' "$run" "$tmp/musl"
fi
finish
