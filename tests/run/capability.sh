#!/bin/sh
# SPDX-License-Identifier: MIT
# A program with file capabilities is refused.
. "${top_srcdir:-.}/tests/run/common.sh"
prefix_with_dummy "$tmp/prefix"
PATH=$PATH:/usr/sbin:/sbin
command -v setcap >/dev/null || skip 'no setcap (libcap2-bin)'
program "$tmp/capable" || skip 'the compiler makes no program'
expect 0 "served by $override" "$run" "$tmp/capable"
setcap cap_net_raw+ep "$tmp/capable" 2>/dev/null ||
    skip 'setcap is not permitted here, or the file system has no capabilities'
expect_refusal 126 'it has file capabilities' "$run" "$tmp/capable"
printf '#!%s\n' "$tmp/capable" >"$tmp/script"
chmod +x "$tmp/script"
expect_refusal 126 "'$tmp/capable': it has file capabilities" "$run" "$tmp/script"
finish
