#!/bin/sh
# SPDX-License-Identifier: MIT
# git: a generated history is imported, packed by several threads, collected while others read and
# write, and every object checked each time.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

need git git
GIT_CONFIG_NOSYSTEM=1
GIT_CONFIG_GLOBAL=$WORK/gitconfig
GIT_TERMINAL_PROMPT=0
GIT_AUTHOR_DATE='1600000000 +0000'
GIT_COMMITTER_DATE='1600000000 +0000'
export GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL GIT_TERMINAL_PROMPT GIT_AUTHOR_DATE GIT_COMMITTER_DATE
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
cat >"$GIT_CONFIG_GLOBAL" <<'END'
[user]
	name = A U Thor
	email = author@example.com
[pack]
	threads = 4
[index]
	threads = 4
[core]
	preloadIndex = true
[grep]
	threads = 4
[gc]
	auto = 0
[init]
	defaultBranch = main
END
awk -v n=800 -f "$HERE/../inputs/history.awk" >"$WORK/history"

# in_git DIRECTORY ARGUMENT...: git there, served.
in_git() {
    directory=$1
    shift
    limited "$RUN" git -C "$directory" "$@"
}

# tell TEXT COMMAND...: the command's output is an outcome.
tell() {
    text=$1
    shift
    tell_status=0
    "$@" >output || tell_status=$?
    echo "$text: status $tell_status, $(cksum <output)" >>"$OUTCOMES"
    [ "$tell_status" = 0 ]
}

# check TEXT DIRECTORY: all objects there are sound, and are the same ones.
check() {
    tell "fsck after $1" in_git "$2" fsck --full --strict --no-progress --no-dangling
    tell "objects after $1" in_git "$2" rev-list --all --objects
}

suite() {
    assert_serves git version
    "$RUN" git init -q --bare origin
    in_git origin fast-import --quiet <"$WORK/history"
    check import origin
    in_git origin repack -a -d -f -q --window=50 --depth=50
    check repack origin
    in_git origin gc --quiet --aggressive --prune=now
    check gc origin
    in_git origin commit-graph write --reachable --changed-paths --no-progress
    in_git origin multi-pack-index write --bitmap --no-progress
    tell 'the index of packs' in_git origin multi-pack-index verify --no-progress
    tell 'the graph' in_git origin commit-graph verify --no-progress
    tell 'log of a path' in_git origin log --format=%H --all -- dir1/file1

    # Four clones at once, over the protocol, each of which finds every object.
    for clone in 1 2 3 4; do
        limited "$RUN" git clone -q "file://$PWD/origin" "clone$clone" &
    done
    wait
    for clone in 1 2 3 4; do
        check "clone $clone" "clone$clone"
    done
    tell 'log with statistics' in_git clone1 log --stat -M -C --format='%H %s' -n 800
    tell grep in_git clone1 grep -n 'line 1.*7' HEAD~5
    for file in 1 2 3; do
        tell "blame $file" in_git clone1 blame -w -C -C "dir1/file$file"
    done
    in_git clone1 bundle create -q ../all.bundle --all
    tell bundle in_git clone2 bundle verify -q ../all.bundle
    tell 'a whole patch' in_git clone1 diff --stat -p HEAD~700 HEAD

    # Commits, rebases and pushes while the repository that they go to is collected.
    (
        for _ in 1 2 3; do
            in_git origin gc --quiet --prune=1.week.ago || exit
            in_git origin repack -q -A -d -f --threads=3 || exit
        done
    ) &
    collecting=$!
    for clone in 1 2 3; do
        (
            in_git "clone$clone" checkout -q -b "side$clone" HEAD~40
            for change in 1 2 3 4 5 6 7 8; do
                echo "change $change" >"clone$clone/change$change"
                in_git "clone$clone" add -A
                in_git "clone$clone" commit -q -m "change $change"
            done
            in_git "clone$clone" rebase -q main
            in_git "clone$clone" push -q origin "side$clone"
        ) &
        echo $! >"pid$clone"
    done
    for clone in 1 2 3; do
        wait "$(cat "pid$clone")" || fail "clone $clone could not push"
    done
    wait $collecting || fail "the origin could not be collected"
    check 'work of many' origin
    tell 'what was pushed' in_git origin for-each-ref --format='%(objectname) %(refname)'
}

compare_suite suite
finish
