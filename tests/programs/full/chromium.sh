#!/bin/sh
# SPDX-License-Identifier: MIT
# chromium without a screen: pages with scripts, canvas, workers and WebAssembly as text, picture and PDF.
# It brings its own allocator, which stays in place; it must not notice what lies behind it.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

need chromium chromium

# browse OPTION...: chromium with a profile of its own.
browse() {
    rm -rf profile
    limited "$RUN" chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
        --user-data-dir="$PWD/profile" --disable-extensions --window-size=800,600 --hide-scrollbars \
        --disable-background-networking --disable-crash-reporter "$@" 2>errors
}

# The library is in its first process and in those of its children that are there.
mapped() {
    "$RUN" chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
        --user-data-dir="$PWD/profile" --remote-debugging-port=0 about:blank 2>errors &
    browser=$!
    for _ in $(seq 100); do
        ! grep -q 'DevTools listening' errors || break
        sleep 0.2
    done
    grep -q 'DevTools listening' errors || { cat errors && fail "chromium does not start"; }
    # Words on purpose.
    # shellcheck disable=SC2046
    assert_mapped $browser $(cat /proc/$browser/task/$browser/children)
    kill $browser
    wait $browser || :
}

suite() {
    "$RUN" chromium --version >>"$OUTCOMES"
    mapped
    page=file://$HERE/inputs/page.html
    for _ in 1 2; do
        # Its virtual time does not wait for the workers.
        for _ in 1 2 3 4 5 6; do
            browse --virtual-time-budget=20000 --dump-dom "$page" >dom
            ! grep -q 'data-workers="[0-9, ]* end"' dom || break
        done
        grep -q 'data-workers="[0-9, ]* end"' dom || { cat errors dom && fail "the page was not rendered"; }
        cksum <dom >>"$OUTCOMES"
    done
    browse --virtual-time-budget=20000 --screenshot="$PWD/picture.png" "$page"
    [ -s picture.png ] || { cat errors && fail "there is no picture"; }
    cksum <picture.png >>"$OUTCOMES"
    browse --virtual-time-budget=20000 --no-pdf-header-footer --print-to-pdf="$PWD/page.pdf" "$page"
    sed -e '/CreationDate/d' -e '/ModDate/d' page.pdf | wc -c >>"$OUTCOMES"
    browse --single-process --virtual-time-budget=20000 --dump-dom "$page" >dom || :
    ! grep -i 'segv\|received signal\|crash' errors || fail "chromium tells of a crash"
}

compare_suite suite
finish
