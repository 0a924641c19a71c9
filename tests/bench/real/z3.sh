#!/bin/sh
# SPDX-License-Identifier: MIT
# z3 BITS PIGEONS UNKNOWNS: factors a product of bit vectors, puts pigeons into too few holes,
# solves linear arithmetic over integers.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need z3 z3
    awk -v bits="$1" -v pigeons="$2" -v unknowns="$3" '
    function random(limit) { r = (r * 16807) % 2147483647; return r % limit }
    BEGIN {
        r = 99
        half = int(bits / 2)
        print "(push)"
        printf "(declare-const p (_ BitVec %d))\n(declare-const q (_ BitVec %d))\n", bits, bits
        printf "(assert (= (bvmul p q) (bvmul (_ bv%d %d) (_ bv%d %d))))\n", \
            2 ^ half - 17, bits, 2 ^ half - 3, bits
        printf "(assert (bvult (_ bv1 %d) p))\n(assert (bvule p q))\n", bits
        printf "(assert (bvult q (_ bv%d %d)))\n(check-sat)\n(pop)\n", 2 ^ half, bits
        print "(push)"
        for (i = 0; i <= pigeons; i++)
            for (j = 0; j < pigeons; j++) printf "(declare-const h%d_%d Bool)\n", i, j
        for (i = 0; i <= pigeons; i++) {
            printf "(assert (or"
            for (j = 0; j < pigeons; j++) printf " h%d_%d", i, j
            print "))"
        }
        for (j = 0; j < pigeons; j++)
            for (i = 0; i <= pigeons; i++)
                for (k = i + 1; k <= pigeons; k++)
                    printf "(assert (not (and h%d_%d h%d_%d)))\n", i, j, k, j
        print "(check-sat)\n(pop)\n(push)"
        for (i = 0; i < unknowns; i++)
            printf "(declare-const x%d Int)\n(assert (< (- 50) x%d 50))\n", i, i
        for (i = 0; i < unknowns; i++) {
            printf "(assert (<= (+"
            for (j = 0; j < 5; j++) printf " (* %d x%d)", random(9) - 4, random(unknowns)
            printf ") %d))\n", random(50)
        }
        print "(minimize (+ x0 x1 x2))\n(check-sat)\n(get-value (x0 x1 x2))\n(pop)"
    }' >"$DIR/problem.smt2"
}

do_command() {
    arguments z3 "$DIR/problem.smt2"
}

do_check() {
    [ "$(grep -c '^sat\|^unsat' "$DIR/output")" -eq 3 ] || fail "not three answers"
    same_output
}

verb "$@"
