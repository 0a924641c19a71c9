# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Shared by the checks that need a Debian system of their own; sourced after common.sh.  A root is a
# directory with a minimal Debian, made by mmdebstrap from where apt of this machine gets Debian.
root_tar=$PACKAGE_DIR/root.tar
# Where a root's apt finds the packages that were built.
root_packages=/srv/packages

# root_wanted POINT TEXT: a check that cannot have a root is over.
root_wanted() {
    if [ "$(id -u)" != 0 ]; then
        missing="only root can have one"
    elif need mmdebstrap apt-get dpkg-scanpackages unshare chroot &&
        [ -n "$(root_sources)" ]; then
        return 0
    fi
    skip "$1" "$2" "${missing:-apt has no lists of Debian\'s packages}"
    exit 0
}

# The sources of this machine's apt that are Debian's, without its other ones.
root_sources() {
    # The names in parentheses are apt's.
    # shellcheck disable=SC2016
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' | sort -u
}

# root_make DIRECTORY: essential packages, apt, and nothing else.
root_make() {
    if [ ! -s "$root_tar" ]; then
        # How this machine reaches them, and how it takes their dates.
        apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)\b' >"$PACKAGE_DIR/root.apt" || :
        root_suite=$(. /etc/os-release && echo "${VERSION_CODENAME-stable}")
        root_sources | mmdebstrap --quiet --variant=apt --aptopt="$PACKAGE_DIR/root.apt" \
            --aptopt='Acquire::Languages "none"' "$root_suite" "${root_tar%.tar}-new.tar" -
        mv "${root_tar%.tar}-new.tar" "$root_tar"
    fi
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$1" --numeric-owner -xf "$root_tar"
    mkdir -p "$1$root_packages" "$1/srv/test"
    cp /etc/resolv.conf "$1/etc/resolv.conf"
    echo "deb [trusted=yes] file:$root_packages ./" >"$1/etc/apt/sources.list.d/built.list"
    : >"$1$root_packages/Packages"
}

# root_offer ROOT DIRECTORY...: the packages there are what apt finds from now on.
root_offer() {
    root_offered=$1
    shift
    rm -rf "${root_offered:?}$root_packages"
    mkdir -p "$root_offered$root_packages"
    for directory in "$@"; do
        cp "$directory"/*.deb "$root_offered$root_packages"
    done
    (cd "$root_offered$root_packages" && dpkg-scanpackages --multiversion . >Packages)
    # A list of a mirror's that does not fit its index just now is not what is looked for.
    in_root "$root_offered" apt-get -q update || echo "not all lists are up to date"
    in_root "$root_offered" apt-cache show libmimalloc >/dev/null
}

# in_root ROOT COMMAND...: run there, as a user of that system would, with a /proc for as long as it runs, and
# without a network where ROOT_ISOLATED is set.
in_root() {
    # The words are those of the inner shell.
    # shellcheck disable=SC2016
    unshare --mount ${ROOT_ISOLATED:+--net} --fork sh -c '
        mount -t proc proc "$1/proc" && root=$1 && shift &&
        exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive AUTOPKGTEST_TMP="${AUTOPKGTEST_TMP-}" "$@"' sh "$@"
}
# root_install ROOT PACKAGE...
root_install() {
    root_into=$1
    shift
    in_root "$root_into" apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"
}
# root_version ROOT PACKAGE: of the installed package, or nothing.
root_version() {
    # The names are dpkg's.
    # shellcheck disable=SC2016
    in_root "$1" dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$2" 2>/dev/null |
        sed -n 's/^installed //p'
}

# root_state ROOT: what that system is like, but for caches, logs, and what dpkg and apt keep for themselves.
root_state() {
    (
        cd "$1" || exit
        set -- -path ./proc -o -path ./dev -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt \
            -o -path ./var/lib/dpkg -o -path ./srv -o -path ./etc/ld.so.cache -o -path ./tmp
        find . -xdev \( "$@" \) -prune -o -printf '%p %y %m %u %g %l\n'
        # Many at once: a process for each takes minutes.
        find . -xdev \( "$@" \) -prune -o -type f -exec md5sum {} +
    ) | sort
    in_root "$1" dpkg-query -W
    in_root "$1" ldconfig -p
    (cd "$1/var/lib/dpkg" && find alternatives diversions info statoverride triggers | sort)
}
