#!/bin/sh
# SPDX-License-Identifier: MIT
# build JOBS FOLDER...: the objects of folders of this tree's lib/ by make -j JOBS and gcc; make, the
# compiler and the assembler are all served.  Peak memory is that of the greatest process.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need make make
    need gcc gcc
    shift
    top=$(cd "${top_srcdir:-$HERE/../../..}" && pwd)
    build=$(cd "${top_builddir:-$top}" && pwd)
    [ -e "$build/config.h" ] || {
        echo "no config.h in $build: the tree is not configured"
        exit 77
    }
    # A copy: every run builds the same even where somebody edits the tree meanwhile.
    mkdir -p "$DIR/generated"
    # What was built in the tree stays behind: objects there are not of this run.
    cp -R "$top/lib" "$top/include" "$DIR"
    find "$DIR/lib" -name .libs -prune -exec rm -r {} +
    find "$DIR/lib" -name '*.o' -exec rm {} +
    cp "$build/config.h" "$DIR/generated"
    find "$build/include" -name '*.h' -exec cp {} "$DIR/generated" \; 2>/dev/null || :
    {
        printf 'objects ='
        for folder in "$@"; do
            (cd "$DIR" && find "lib/$folder" -name '*.c' | sort | sed 's/\.c$/.o/; s/^/ /' | tr -d '\n')
        done
        cat <<'EOT'


all: $(objects)
%.o: %.c
	gcc -std=gnu11 -DHAVE_CONFIG_H -Igenerated -Iinclude -Ilib -fPIC -O2 -g -w -c -o $@ $<
EOT
    } >"$DIR/Makefile"
}

do_programs() {
    arguments make gcc "$(gcc -print-prog-name=cc1)" "$(gcc -print-prog-name=as)"
}

do_command() {
    arguments MAKEFLAGS= make -s -B -j "$1" -C "$DIR" all
}

do_check() {
    wanted=$(sed -n 's/^objects = *//p' "$DIR/Makefile" | wc -w)
    found=$(find "$DIR/lib" -name '*.o' | wc -l)
    if [ "$wanted" -eq 0 ] || [ "$found" -ne "$wanted" ]; then
        fail "$found object files of $wanted"
    fi
    find "$DIR/lib" -name '*.o' -exec rm {} +
}

verb "$@"
