# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the tests of style; needs $top_srcdir.

# Are style and lint to be judged?  In the repository, or with LINT=yes: what later versions of the tools
# find, or what a distribution adds, is no reason for a package not to be built.
lints() {
    case ${LINT:-} in
    yes) ;;
    no) return 1 ;;
    *) [ -e "$top_srcdir/.git" ] ;;
    esac
}

# For a test that does nothing else.
# shellcheck disable=SC2317
lints_only() {
    lints || {
        echo "SKIP: style is judged in the repository, or with LINT=yes"
        exit 77
    }
}
