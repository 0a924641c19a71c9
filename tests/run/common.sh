# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of the launcher share.  Sourced.

skip() {
    echo "skipped: $*"
    exit 77
}

# What this build is compiled with decides of the ABI too; a sanitizer's library cannot be preloaded.
case " ${CFLAGS-} " in
*" -fsanitize"*) cc=${CC:-cc} ;;
*) cc="${CC:-cc} ${CPPFLAGS-} ${CFLAGS-} ${LDFLAGS-}" ;;
esac

[ -x "${MIMALLOC_RUN-}" ] || skip 'mimalloc-run has not been built'

tmp=$(mktemp -d) || exit 99
trap 'chmod -R u+rwx "$tmp"; rm -rf "$tmp"' EXIT
# What the user has set must not decide.
unset LD_PRELOAD LD_LIBRARY_PATH
for name in $(env | sed -n 's/^\(MIMALLOC_[A-Z_]*\)=.*/\1/p'); do
    [ "$name" = MIMALLOC_RUN ] || unset "$name"
done
LC_ALL=C
export LC_ALL
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

finish() {
    [ "$failures" -eq 0 ] || echo "$failures failures"
    exit "$((failures != 0))"
}

# expect STATUS PATTERN COMMAND...: runs it, with output in $tmp/out and $tmp/err; the pattern must
# be in $tmp/err.
expect() {
    want=$1
    pattern=$2
    shift 2
    "$@" >"$tmp/out" 2>"$tmp/err"
    got=$?
    if [ "$got" -ne "$want" ]; then
        fail "status $got instead of $want: $*"
        cat "$tmp/err"
    elif [ -n "$pattern" ] && ! grep -q -e "$pattern" "$tmp/err"; then
        fail "no '$pattern' in the messages: $*"
        cat "$tmp/err"
    fi
}

# A refusal says one sentence and does not start anything.
expect_refusal() {
    expect "$@"
    shift 2
    [ ! -s "$tmp/out" ] || fail "something ran: $*"
    [ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "more or less than one line: $*"
    grep -q '^mimalloc-run: ' "$tmp/err" || fail "not the launcher's message: $*"
}

# expect_output TEXT: the output of the last command is this line.
expect_output() {
    printf '%s\n' "$1" | cmp -s - "$tmp/out" || {
        fail "output is not: $1"
        cat "$tmp/out"
    }
}

# dummy FILE SONAME [flags]: a library that says "served by SONAME" in each process it is in.
dummy() {
    cat >"$tmp/dummy.c" <<EOF
#include <unistd.h>
__attribute__((constructor)) static void say(void) {
    static const char text[] = "served by $2\n";
    if (write(2, text, sizeof(text) - 1) < 0) {
        return;
    }
}
EOF
    file=$1
    soname=$2
    shift 2
    mkdir -p "$(dirname "$file")"
    # shellcheck disable=SC2086
    $cc -shared -fPIC -o "$file" "$tmp/dummy.c" "-Wl,-soname,$soname" "$@" >"$tmp/cc.log" 2>&1
}

# program FILE [flags]: a program that says "hello".
program() {
    cat >"$tmp/hello.c" <<EOF
#include <stdio.h>
int main(void) {
    return puts("hello") < 0;
}
EOF
    file=$1
    shift
    # shellcheck disable=SC2086
    $cc -o "$file" "$tmp/hello.c" "$@" >"$tmp/cc.log" 2>&1
}

override=libmimalloc-override.so.10

# An installation of the launcher alone, and one with a dummy; sets $run.
# shellcheck disable=SC2034
prefix() {
    mkdir -p "$1/bin" "$1/lib"
    cp "$MIMALLOC_RUN" "$1/bin/mimalloc-run"
    run=$1/bin/mimalloc-run
}
prefix_with_dummy() {
    prefix "$1"
    dummy "$1/lib/$override" "$override" || skip 'the compiler makes no shared library'
    LD_PRELOAD=$1/lib/$override sh -c : 2>&1 | grep -q '^served' ||
        skip "the compiler makes libraries for another system than that of the shell"
}
