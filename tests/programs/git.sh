#!/bin/sh
# SPDX-License-Identifier: MIT
# git: import a generated history, clone it, repack in threads, check every object.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need git git
GIT_CONFIG_NOSYSTEM=1
GIT_CONFIG_GLOBAL=/dev/null
GIT_TERMINAL_PROMPT=0
export GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL GIT_TERMINAL_PROMPT
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

# history COMMITS: a stream for fast-import.
history() {
    awk -v n="$1" -f "$HERE/inputs/history.awk"
}
history 250 >"$WORK/long"
history 20 >"$WORK/short"

# tidy LABEL: a repository holds times in its index, and progress goes to the error stream.
tidy() {
    find "$WORK/$1" -name index -type f -exec rm {} +
    rm -rf "$WORK/$1/clone/.git/logs" "$WORK/$1"/*/objects/pack \
        "$WORK/$1"/*/objects/info "$WORK/$1"/*/.git/objects/pack "$WORK/$1"/*/.git/objects/info
}

read_from "$WORK/long"
compare_runs sh "$HERE/inputs/repository.sh"
assert_served 10
read_from "$WORK/short"
compare_quiet sh "$HERE/inputs/repository.sh"
compare_variants sh "$HERE/inputs/repository.sh"
read_from /dev/null
assert_bound git init -q "$WORK/empty"
finish
