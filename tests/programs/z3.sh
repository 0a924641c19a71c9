#!/bin/sh
# SPDX-License-Identifier: MIT
# z3 solves generated problems: bit vectors, linear arithmetic, pigeons, arrays.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need z3 z3
# problem BITS PIGEONS UNKNOWNS
problem() {
    awk -v bits="$1" -v pigeons="$2" -v unknowns="$3" 'BEGIN {
        print "(push)"
        printf "(declare-const p (_ BitVec %d))(declare-const q (_ BitVec %d))\n", bits, bits
        half = int(bits / 2)
        printf "(assert (= (bvmul p q) (bvmul (_ bv%d %d) (_ bv%d %d))))\n", \
            2 ^ half - 17, bits, 2 ^ half - 3, bits
        printf "(assert (bvult (_ bv1 %d) p))(assert (bvule p q))\n", bits
        printf "(assert (bvult q (_ bv%d %d)))\n(check-sat)\n(pop)\n", 2 ^ half, bits

        print "(push)"
        for (i = 0; i <= pigeons; i++)
            for (j = 0; j < pigeons; j++)
                printf "(declare-const h%d_%d Bool)\n", i, j
        for (i = 0; i <= pigeons; i++) {
            printf "(assert (or"
            for (j = 0; j < pigeons; j++) printf " h%d_%d", i, j
            print "))"
        }
        for (j = 0; j < pigeons; j++)
            for (i = 0; i <= pigeons; i++)
                for (k = i + 1; k <= pigeons; k++)
                    printf "(assert (not (and h%d_%d h%d_%d)))\n", i, j, k, j
        print "(check-sat)\n(pop)"

        print "(push)"
        r = 99
        for (i = 0; i < unknowns; i++) printf "(declare-const x%d Int)\n", i
        for (i = 0; i < unknowns; i++) {
            printf "(assert (< (- 50) x%d 50))\n(assert (<= (+", i
            for (j = 0; j < 4; j++) {
                r = (r * 16807) % 2147483647
                printf " (* %d x%d)", r % 9 - 4, int(r / 9) % unknowns
            }
            r = (r * 16807) % 2147483647
            printf ") %d))\n", r % 50
        }
        print "(minimize (+ x0 x1 x2))\n(check-sat)\n(get-value (x0 x1 x2))\n(pop)"

        print "(push)\n(declare-const a (Array Int Int))(declare-const b (Array Int Int))"
        print "(assert (= b (store (store a 1 10) 2 20)))(assert (> (select a 1) (select b 1)))"
        print "(assert (forall ((i Int)) (=> (> i 5) (= (select a i) (* 2 i)))))"
        print "(assert (= (select b 9) 17))\n(check-sat)\n(pop)"
    }'
}
problem 26 7 25 >"$WORK/long.smt2"
problem 12 4 8 >"$WORK/short.smt2"
compare_runs z3 "$WORK/long.smt2"
assert_served
[ "$(grep -c sat "$WORK/served.out")" -eq 4 ] || fail "not four answers"
compare_quiet z3 "$WORK/short.smt2"
compare_variants z3 "$WORK/short.smt2"
assert_bound z3 "$WORK/short.smt2"
finish
