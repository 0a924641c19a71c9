#!/bin/sh
# SPDX-License-Identifier: MIT
# perl's own tests, out of Debian's source package, with the perl that is installed: the core's and
# those of threads, shared variables and Storable.  Tests that need a perl just built fail with and
# without the allocator; what counts is that each number is ok, or not, in both.
# PERL_SOURCE names a directory with perl's sources; else apt fetches them.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"
# shellcheck source=/dev/null
. "$HERE/../../package/apt-source.sh"

need perl perl
perl=$(command -v perl)

fetch_source() {
    need apt-get apt
    need dpkg-source dpkg-dev
    apt_sources "$WORK/apt"
    apt_source perl "$WORK/perl-source" && PERL_SOURCE=$WORK/perl-source
}
[ -n "${PERL_SOURCE:-}" ] || fetch_source >"$WORK/fetch.log" 2>&1 || tail -n 5 "$WORK/fetch.log"
[ -n "${PERL_SOURCE:-}" ] || skip "apt gives no sources of perl (package perl, Types: deb-src)"

# Where the tests expect what was built: the installed modules.
mkdir "$WORK/tree" "$WORK/tree/lib"
cp -R "$PERL_SOURCE/t" "$WORK/tree/t"
for directory in $(perl -e 'print "$_\n" for grep { m{^/usr/(lib|share)} && m{/perl(-base|/[0-9.]+)$} } @INC'); do
    cp -RL "$directory/." "$WORK/tree/lib"
done
cp "$PERL_SOURCE"/lib/*.t "$WORK/tree/lib"
for module in threads threads-shared Storable Thread-Queue; do
    mkdir -p "$WORK/tree/dist/$module"
    cp -R "$PERL_SOURCE/dist/$module/t" "$WORK/tree/dist/$module"
done
ln -s "$perl" "$WORK/tree/perl"
ln -s "$perl" "$WORK/tree/t/perl"

# Left out: what takes minutes or measures, what looks at perl's own build, and what reads all processes.
skipped='uniprops|fold_grind|/speed|/bigmem|op/magic\.t|op/getppid|op/kill0|op/alarm|op/sselect|op/sleep|op/time'
(
    cd "$WORK/tree/t" || exit
    ls base/*.t cmd/*.t comp/*.t io/*.t re/*.t uni/*.t mro/*.t opbasic/*.t op/*.t run/*.t ../lib/*.t \
        ../dist/*/t/*.t
) | grep -vE "$skipped" >"$WORK/tests"
PERL_CORE=1
export PERL_CORE
unset PERL_UNICODE PERL5LIB PERL5OPT

suite() {
    assert_serves perl -e 1
    cp -R "$WORK/tree" tree
    cd tree/t || exit
    while read -r test; do
        LIMIT=100
        case $test in
        ../dist/*)
            # Each from its module's directory.
            folder=${test%/t/*}
            (cd "$folder" && run_test "${test#"$folder"/}" ../../lib)
            ;;
        *) run_test "$test" ../lib ;;
        esac
    done <"$WORK/tests"
    awk '{ good += $(NF - 3) } END { exit good < 50000 }' "$OUTCOMES" || fail "only few tests ran"
}

# run_test FILE LIBRARY: how it ended, how many of its points were ok, not ok, and all of them.
run_test() {
    status=0
    timeout -k 5 "$LIMIT" "$RUN" "$perl" "-I$2" "$1" >"$WORK/points" 2>"$WORK/words" </dev/null || status=$?
    grep -a '^mimalloc: ' "$WORK/words" || :
    [ "$VARIANT" != planted ] || [ $status = 0 ] || printf 'status %s: %s\n' $status "$1"
    grep -aoE '^(not )?ok [0-9]+' "$WORK/points" >"$WORK/numbers" || :
    echo "$test: status $status, $(cksum <"$WORK/numbers") $(grep -c '^ok' "$WORK/numbers") ok" \
        "$(grep -c '^not' "$WORK/numbers") not" >>"$OUTCOMES"
}

compare_suite suite
finish
