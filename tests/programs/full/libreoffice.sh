#!/bin/sh
# SPDX-License-Identifier: MIT
# libreoffice without a screen: a document is converted to its own format, to Word's, to PDF and back to text.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

need soffice libreoffice-writer-nogui

# convert FORMAT FILE
convert() {
    limited "$RUN" soffice "-env:UserInstallation=file://$PWD/profile" --headless --norestore --convert-to "$1" \
        --outdir "$PWD" "$2"
}

suite() {
    awk -f "$HERE/inputs/document.awk" >text.fodt
    for format in odt docx rtf pdf html:HTML; do
        convert $format text.fodt
        [ -s "text.${format%:*}" ] || fail "no text.$format was written"
    done
    mv text.odt again.odt
    convert fodt again.odt
    grep -c '<text:p\|<table:table-cell' again.fodt >>"$OUTCOMES"
    mv text.docx back.docx
    convert txt:Text back.docx
    cksum <back.txt >>"$OUTCOMES"
    mv text.rtf other.rtf
    convert txt:Text other.rtf
    cksum <other.txt >>"$OUTCOMES"
    grep -a -c '/Type */Page\>' text.pdf >>"$OUTCOMES"
    MIMALLOC_VERBOSE=1 convert txt:Text text.fodt 2>said
    cksum <text.txt >>"$OUTCOMES"
    case $VARIANT in
    plain | planted) ;;
    # The script, what it starts, and the program itself.
    *) [ "$(grep -c "$SAID" said)" -ge 2 ] || { cat said && fail "the library does not serve soffice"; } ;;
    esac
}

compare_suite suite
finish
