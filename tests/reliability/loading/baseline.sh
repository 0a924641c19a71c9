# SPDX-License-Identifier: MIT
# The library runs on the oldest processor of its architecture: no instruction of an extension.
. "$top_srcdir/tests/reliability/common.sh"
case $CASE_COLUMN in linked) skip "the same library as preload" ;; esac
[ "$(uname -m)" = x86_64 ] || skip "knows x86-64 only"
command -v objdump >/dev/null || skip "no objdump"
case " $CFLAGS " in *" -m"[a-z]*) skip "built with $CFLAGS" ;; esac
library=$CASE_LIBRARY
[ -n "$library" ] || skip "the C library chooses at run time"
objdump -d --no-show-raw-insn "$library" >"$tmp/code" || fail "cannot be read"
if grep -E '%[yz]mm|[[:space:]]v(add|and|div|fm|fnm|mov|mul|or|p|sub|xor)[a-z0-9]*[[:space:]]|[[:space:]](lzcnt|popcnt|cmpxchg16b|pext|pdep|andn|bzhi|sarx|shlx|shrx|movbe|crc32|rdrand|xbegin)[bwlq]?[[:space:]]' \
    "$tmp/code" >"$tmp/found"; then
    fail "$(wc -l <"$tmp/found") instructions of extensions: $(head -n 1 "$tmp/found")"
fi
