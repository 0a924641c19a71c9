#!/bin/sh
# SPDX-License-Identifier: MIT
# How the library is found and named in LD_PRELOAD, and what stood there before.
. "${top_srcdir:-.}/tests/run/common.sh"
prefix_with_dummy "$tmp/prefix"
library=$tmp/prefix/lib/$override

# shellcheck disable=SC2016
show='echo "$LD_PRELOAD"'

expect 0 "served by $override" "$run" sh -c "$show"
expect_output "$library"

# The bare name, but only where the loader finds the same file by it.
expect 0 "served by $override" env "LD_LIBRARY_PATH=$tmp/prefix/lib" "$run" sh -c "$show"
expect_output "$override"
mkdir "$tmp/other"
cp "$library" "$tmp/other"
expect 0 "served by $override" env "LD_LIBRARY_PATH=$tmp/other" "$run" sh -c "$show"
expect_output "$library"

# Nor where it finds it by a path of the program's own, which what that starts does not have.
cat >"$tmp/starts.c" <<'EOF'
#include <unistd.h>
int main(int count, char **arguments) {
    return count < 2 || execvp(arguments[1], arguments + 1) != 0;
}
EOF
for tags in --disable-new-dtags --enable-new-dtags; do
    # shellcheck disable=SC2086
    $cc -o "$tmp/starts" "$tmp/starts.c" "-Wl,$tags,-rpath,$tmp/prefix/lib" >"$tmp/cc.log" 2>&1 || {
        echo "not tested: a program with a search path ($tags)"
        continue
    }
    LD_PRELOAD=$override "$tmp/starts" true 2>&1 | grep -q "^served by $override" ||
        fail "the program has no search path ($tags)"
    expect 0 "served by $override" "$run" "$tmp/starts" sh -c "$show"
    expect_output "$library"
    [ "$(grep -c "^served by $override" "$tmp/err")" -eq 2 ] ||
        fail "what a program with a search path starts is not served ($tags)"
done

# A program that finds libraries beside itself ($ORIGIN) and is started by a link from elsewhere.
mkdir "$tmp/home" "$tmp/links"
dummy "$tmp/home/libown.so" libown.so
# shellcheck disable=SC2016
if $cc -o "$tmp/home/starts" "$tmp/starts.c" -Wl,--no-as-needed -L"$tmp/home" -lown \
    '-Wl,-rpath,$ORIGIN' >"$tmp/cc.log" 2>&1 && "$tmp/home/starts" true 2>/dev/null; then
    ln -s ../home/starts "$tmp/links/starts"
    ln -s links "$tmp/more"
    expect 0 "served by $override" "$run" "$tmp/links/starts" true
    expect 0 "served by $override" env "PATH=$tmp/more:$PATH" "$run" starts true
else
    echo 'not tested: a program that finds libraries beside itself'
fi

# Whoever was preloaded stays, behind, once, in the same order.
dummy "$tmp/one.so" one.so
dummy "$tmp/two.so" two.so
expect 0 "served by one.so" env "LD_PRELOAD=$tmp/one.so $tmp/two.so" "$run" sh -c "$show"
expect_output "$library:$tmp/one.so:$tmp/two.so"
grep -q 'served by two.so' "$tmp/err" || fail 'the second library is not preloaded'
expect 0 "served by $override" env "LD_PRELOAD=::$tmp/two.so: $library:$tmp/one.so:" \
    "$run" sh -c "$show"
expect_output "$library:$tmp/two.so:$tmp/one.so"
expect 0 "served by $override" "$run" "$run" "$run" sh -c "$show"
expect_output "$library"

# The variants take each other's place.
dummy "$tmp/prefix/lib/libmimalloc-debug.so.10" libmimalloc-debug.so.10
dummy "$tmp/prefix/lib/libmimalloc-secure.so.10" libmimalloc-secure.so.10
expect 0 'served by libmimalloc-debug.so.10' "$run" --debug sh -c "$show"
expect_output "$tmp/prefix/lib/libmimalloc-debug.so.10"
expect 0 'served by libmimalloc-secure.so.10' "$run" --debug -- "$run" --secure sh -c "$show"
expect_output "$tmp/prefix/lib/libmimalloc-secure.so.10"

# A prefix that was moved; other names for the library directory.
mv "$tmp/prefix" "$tmp/moved"
run=$tmp/moved/bin/mimalloc-run
for directory in lib64 lib/test-linux-system; do
    mkdir -p "$tmp/moved/$directory"
    mv "$library" "$tmp/moved/$directory/$override" 2>/dev/null ||
        mv "$tmp/moved/lib/$override" "$tmp/moved/$directory/$override"
    expect 0 "served by $override" "$run" sh -c "$show"
    case $(cat "$tmp/out") in
    "$tmp/moved/$directory/$override") ;;
    # What the loader calls $LIB may be this very directory.
    "$tmp/moved/\$LIB/$override") ;;
    *) fail "named $(cat "$tmp/out") in $directory" ;;
    esac
    library=$tmp/moved/$directory/$override
done
ln -s "$run" "$tmp/link"
expect 0 "served by $override" "$tmp/link" true

# $LIB, where the loader has it for the directory.
lib=
for candidate in "lib/$($cc -print-multiarch 2>/dev/null)" lib64 lib; do
    mkdir -p "$tmp/probe/$candidate"
    cp "$library" "$tmp/probe/$candidate/probe.so"
    # shellcheck disable=SC2016
    if LD_PRELOAD="$tmp/probe/\$LIB/probe.so" true 2>&1 | grep -q '^served'; then
        lib=$candidate
        break
    fi
    rm "$tmp/probe/$candidate/probe.so"
done
if [ -n "$lib" ]; then
    prefix "$tmp/dst"
    mkdir -p "$tmp/dst/$lib"
    cp "$library" "$tmp/dst/$lib/$override"
    expect 0 "served by $override" "$run" sh -c "$show"
    expect_output "$tmp/dst/\$LIB/$override"
    eval "env $("$run" --print) sh -c 'echo \"\$LD_PRELOAD\"'" >"$tmp/out" 2>"$tmp/err"
    expect_output "$tmp/dst/\$LIB/$override"
    grep -q "served by $override" "$tmp/err" || fail '--print does not survive eval'
fi

# Beside the launcher in a build tree: never another name.
mkdir -p "$tmp/build/.libs"
cp "$library" "$tmp/build/.libs"
for directory in build build/.libs; do
    cp "$MIMALLOC_RUN" "$tmp/$directory"
    expect 0 "served by $override" env "LD_LIBRARY_PATH=$tmp/build/.libs" \
        "$tmp/$directory/mimalloc-run" sh -c "$show"
    expect_output "$tmp/build/.libs/$override"
    expect_refusal 126 'has not been built' "$tmp/$directory/mimalloc-run" --secure true
done

# What LD_PRELOAD cannot express.
for name in 'a b' a:b; do
    prefix "$tmp/$name"
    cp "$library" "$tmp/$name/lib/$override"
    expect_refusal 126 'a space or a colon' "$run" true
done
# The bare name can.
expect 0 "served by $override" env "LD_LIBRARY_PATH=$tmp/a b/lib" "$tmp/a b/bin/mimalloc-run" true

# No library, or something else in its place.
prefix "$tmp/empty"
if "$run" true 2>/dev/null; then
    echo 'not tested: no library (one is installed where configure put it)'
else
    expect_refusal 126 "$override is not installed" "$run" true
    expect_refusal 126 "$override is not installed" "$run" --print
    expect_refusal 127 'No such file' "$run" "$tmp/none"
    echo nothing >"$tmp/empty/lib/$override"
    expect_refusal 126 'no shared library' "$run" true
fi
finish
