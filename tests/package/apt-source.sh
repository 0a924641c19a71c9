# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sources out of Debian's source packages, by the lists that apt has on this machine with their source
# packages added, in a state of its own: the machine's stays as it is.  Sourced, not run.

# apt_sources DIRECTORY: makes that state there, new, and reads the lists; then apt_with uses it.
apt_sources() {
    apt_dir=$1
    rm -rf "$apt_dir"
    mkdir -p "$apt_dir/parts" "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
    for list in /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$apt_dir/parts/${list##*/}"
    done
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -e "$list" ] || sed -n 's/^deb /deb-src /p' "$list" >"$apt_dir/parts/${list##*/}.list"
    done
    # A list that cannot be had, of whatever else this machine installs from, is not what is looked for.
    apt_with get update || echo "not all lists of sources are up to date"
}

# apt_with get|cache ARGUMENT...: apt-get or apt-cache, in the state that apt_sources has made.
apt_with() {
    apt_tool=apt-$1
    shift
    "$apt_tool" -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt_dir/parts" \
        -o "Dir::State::Lists=$apt_dir/lists" -o "Dir::Cache=$apt_dir/cache" \
        -o "APT::Sandbox::User=$(id -un)" "$@"
}

# apt_source PACKAGE DIRECTORY: in that state, the package's source unpacked there, without Debian's
# changes.  Not every version that the lists name can be had; one near the newest will do.
apt_source() {
    (
        cd "$apt_dir" || exit
        for version in $(apt_with cache showsrc "$1" | sed -n 's/^Version: //p' | sort -r); do
            rm -f ./*.dsc
            if apt_with get source --download-only "$1=$version"; then
                dpkg-source --skip-debianization -x ./*.dsc "$2"
                exit
            fi
        done
        exit 1
    )
}
