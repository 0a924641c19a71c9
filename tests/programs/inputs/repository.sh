#!/bin/sh
# SPDX-License-Identifier: MIT
# Work for git: the history comes on standard input.
set -eu
git init -q --bare -b main origin
git -C origin fast-import --quiet
git -C origin fsck --full --strict
git clone -q "file://$PWD/origin" clone
git -C clone fsck --full --strict --no-progress
git -C clone log --format='%H %s' --stat | cksum
git -C clone rev-parse HEAD 'HEAD^{tree}'
git -C clone config pack.threads 2
git -C clone repack -a -d -f -q --window=20
git -C clone fsck --full --no-progress
git -C clone count-objects -v | sed -n '/^count\|^in-pack\|^garbage/p'
git -C clone blame dir1/file1 2>/dev/null | cksum
git -C clone diff HEAD~10 HEAD | cksum
git -C clone checkout -q -b side HEAD~5
printf 'a line\n' >clone/new
git -C clone add new
GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_DATE='1600000000 +0000' \
    git -C clone -c user.name=A -c user.email=a@example.com commit -q -m side
GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_DATE='1600000000 +0000' \
    git -C clone -c user.name=A -c user.email=a@example.com merge -q --no-edit main
git -C clone status --porcelain
git -C clone rev-parse HEAD
git -C clone grep -c 'line 1' | cksum
git -C clone push -q origin side
git -C origin rev-parse side
