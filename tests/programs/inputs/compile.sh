#!/bin/sh
# SPDX-License-Identifier: MIT
# Work for a compiler: the sources come on standard input, the objects go to this directory.
set -eu
while read -r source; do
    folder=${source%/*}
    "$@" -c "$source" -o "${folder##*/}-$(basename "$source" .c).o"
done
