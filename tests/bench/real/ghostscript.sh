#!/bin/sh
# SPDX-License-Identifier: MIT
# ghostscript PAGES: runs PostScript of text, curves, dictionaries and images (about 60 KB a page) to
# the null device.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need gs ghostscript
    awk -v pages="$1" '
    function random(limit) { r = (r * 16807) % 2147483647; return r % limit }
    BEGIN {
        r = 4711
        print "%!PS-Adobe-3.0"
        print "/m { moveto } bind def /c { curveto } bind def /s { stroke } bind def"
        for (page = 1; page <= pages; page++) {
            printf "%%%%Page: %d %d\nsave\n", page, page
            for (line = 0; line < 60; line++) {
                printf "/Times-Roman findfont %d scalefont setfont 50 %d m (", \
                    7 + random(5), 760 - 12 * line
                for (word = 0; word < 14; word++)
                    printf "%s ", substr("abcdefghijklmnopqrstuvwxyzaeiou", 1 + random(20), 2 + random(9))
                print ") show"
            }
            for (curve = 0; curve < 900; curve++)
                printf "%d %d m %d %d %d %d %d %d c 0.%02d setgray s\n", random(600), random(800), \
                    random(600), random(800), random(600), random(800), random(600), random(800), random(100)
            print "<<"
            for (key = 0; key < 300; key++)
                printf "/k%d [ %d (%d) /n%d ]\n", key, random(1000), random(99999), random(500)
            print ">> { exch pop dup length array copy pop } forall"
            print "gsave 200 200 translate 100 100 scale 32 32 8 [32 0 0 32 0 0] {<"
            for (row = 0; row < 32; row++) {
                for (column = 0; column < 32; column++) printf "%02x", random(256)
                print ""
            }
            print ">} image grestore"
            print "/Helvetica findfont 200 scalefont setfont 0 0 m (Page) true charpath flattenpath"
            print "clip newpath 0 0 600 800 rectfill\nrestore showpage"
        }
    }' >"$DIR/pages.ps"
}

do_command() {
    arguments gs -q -dNOPAUSE -dBATCH -dSAFER -sDEVICE=ppmraw -r36 -sOutputFile=/dev/null \
        "$DIR/pages.ps"
}

do_check() {
    [ ! -s "$DIR/output" ] || fail "ghostscript complains: $(head -n 1 "$DIR/output")"
}

verb "$@"
