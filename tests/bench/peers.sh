# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by pairs.sh and startup.sh.

# Lines "name library": ours where it is built, the peers where the loader's directories have them,
# and the C library ("-").
find_peers() {
    [ -z "${OVERRIDE_SO:-}" ] || echo "ours $OVERRIDE_SO"
    for peer in mimalloc:libmimalloc.so.2 jemalloc:libjemalloc.so.2 \
        tcmalloc:libtcmalloc_minimal.so.4 tbbmalloc:libtbbmalloc_proxy.so.2; do
        for directory in /usr/lib/*-linux-gnu /usr/lib64 /usr/lib /usr/local/lib; do
            if [ -e "$directory/${peer#*:}" ]; then
                echo "${peer%%:*} $directory/${peer#*:}"
                break
            fi
        done
    done
    echo "libc -"
}

# is_wanted NAME [NAME...]: is it among the names that follow, or do none follow?
is_wanted() {
    name=$1
    shift
    [ $# -gt 0 ] || return 0
    for other in "$@"; do
        [ "$other" != "$name" ] || return 0
    done
    return 1
}
