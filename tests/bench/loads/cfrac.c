/* SPDX-License-Identifier: MIT */
/* cfrac [NUMBER]: factors a number by the continued-fraction method.  The continued fraction of the
   root of kn gives squares that are congruent to small numbers Q modulo n; those that split over
   small primes are collected until a product of some is a square on both sides, which mostly gives
   a factor. Every number is a value of its own on the heap, as in a language that has them: made by
   each operation, counted, freed soon after.  The product of the factors is compared with the
   number. */
#include "number.h"

enum { FACTORS_MAX = 128, PRIMES_MAX = 1024, SIEVE = 32768 };

/* --------------------------------------------------------------------- continued fractions */

static uint32_t primes[SIEVE / 8];
static size_t prime_count;

static void sieve(void) {
    static bool composite[SIEVE];
    for (uint32_t i = 2; i < SIEVE; i++) {
        if (!composite[i]) {
            primes[prime_count++] = i;
            for (uint32_t j = 2 * i; j < SIEVE; j += i) {
                composite[j] = true;
            }
        }
    }
}

static bool is_residue(uint32_t a, uint32_t p) {
    uint64_t result = 1;
    uint64_t base = a % p;
    for (uint32_t exponent = (p - 1) / 2; exponent > 0; exponent >>= 1) {
        if ((exponent & 1) != 0) {
            result = result * base % p;
        }
        base = base * base % p;
    }
    return result <= 1;
}

/* The primes that may divide a Q: those modulo which kn is a square. */
static size_t choose_base(number kn, uint32_t base[PRIMES_MAX], size_t most) {
    size_t count = 0;
    base[count++] = 2;
    for (size_t i = 1; i < prime_count && count < most; i++) {
        if (is_residue(small_remainder(kn, primes[i]), primes[i])) {
            base[count++] = primes[i];
        }
    }
    return count;
}

/* The multiplier that makes the most of small primes divide a Q. */
static uint32_t choose_multiplier(number n) {
    uint32_t best = 1;
    double best_weight = -1;
    for (uint32_t k = 1; k < 60; k++) {
        uint32_t rest = small_remainder(n, 8) * k % 8;
        double weight = rest == 1 ? 1.4 : rest == 5 ? 0.7 : 0.35;
        double bits = 1;
        for (size_t i = 1; primes[i] < 300; i++) {
            uint32_t p = primes[i];
            bits = (double)(32 - __builtin_clz(p)) * 0.7;
            uint64_t kn = (uint64_t)small_remainder(n, p) * k % p;
            if (k % p == 0) {
                weight += bits / p;
            } else if (is_residue((uint32_t)kn, p)) {
                weight += 2 * bits / p;
            }
        }
        weight -= 0.35 * (double)(32 - __builtin_clz(k)); /* Q grows with the root of k */
        if (weight > best_weight) {
            best_weight = weight;
            best = k;
        }
    }
    return best;
}

/* a * a = the product of base[i]^powers[i], modulo n; powers[count] is 1 where it is negative. */
struct relation {
    number a;
    uint8_t *powers;
    uint64_t *odd;      /* bits of the powers */
    uint64_t *together; /* bits of the relations that were joined in this row */
};

/* Divides by the primes of the base; what is left is 1, or the number is given up early when the
   small primes have taken too little of it. */
static bool splits(number q, const uint32_t *base, size_t count, uint8_t *powers) {
    memset(powers, 0, count + 1);
    q = keep(q);
    size_t digits = q->count;
    uint32_t top = digits > 0 ? q->digits[digits - 1] : 0;
    for (size_t i = 0; i < count && !is_small(q, 1); i++) {
        while (small_remainder(q, base[i]) == 0) {
            put(&q, small_quotient(q, base[i]));
            powers[i]++;
        }
        if ((i == 20 || i == 80) && digits > 1 && q->count == digits &&
            q->digits[digits - 1] > top / 64) {
            break;
        }
    }
    bool result = is_small(q, 1);
    drop(q);
    return result;
}

static void mark_odd(struct relation *relation, size_t count, size_t words) {
    relation->odd = load_calloc(words, sizeof(uint64_t));
    for (size_t i = 0; i <= count; i++) {
        if (relation->powers[i] % 2 == 1) {
            relation->odd[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
}

/* The product of the relations that `together` names gives x * x = y * y. */
static number factor_from(number n, const struct relation *relations, size_t relation_count,
                          const uint64_t *together, const uint32_t *base, size_t count) {
    number x = small(1);
    number y = small(1);
    uint32_t *powers = load_calloc(count + 1, sizeof *powers);
    for (size_t i = 0; i < relation_count; i++) {
        if ((together[i / 64] >> (i % 64) & 1) != 0) {
            put(&x, product_modulo(x, relations[i].a, n));
            for (size_t j = 0; j < count; j++) {
                powers[j] += relations[i].powers[j];
            }
        }
    }
    for (size_t j = 0; j < count; j++) {
        number p = small(base[j]);
        for (uint32_t i = 0; i < powers[j] / 2; i++) {
            put(&y, product_modulo(y, p, n));
        }
        drop(p);
    }
    free(powers);
    number apart = compare(x, y) < 0 ? difference(y, x) : difference(x, y);
    number result = common_divisor(apart, n);
    drop(apart);
    drop(x);
    drop(y);
    return result;
}

static bool is_zero(const uint64_t *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (words[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Eliminates over two elements; a row that becomes zero is a square.  NULL when none gives a
 * factor. */
static number eliminate(number n, struct relation *relations, size_t relation_count,
                        const uint32_t *base, size_t count) {
    size_t words = count / 64 + 1;
    size_t relation_words = relation_count / 64 + 1;
    number result = NULL;
    for (size_t i = 0; i < relation_count; i++) {
        mark_odd(&relations[i], count, words);
        relations[i].together = load_calloc(relation_words, sizeof(uint64_t));
        relations[i].together[i / 64] |= UINT64_C(1) << (i % 64);
    }
    for (size_t i = 0; i < relation_count && result == NULL; i++) {
        if (is_zero(relations[i].odd, words)) {
            result = factor_from(n, relations, relation_count, relations[i].together, base, count);
            if (is_small(result, 1) || compare(result, n) == 0) {
                drop(result);
                result = NULL;
            }
            continue;
        }
        size_t word = 0;
        while (relations[i].odd[word] == 0) {
            word++;
        }
        uint64_t lowest = relations[i].odd[word] & (~relations[i].odd[word] + 1);
        for (size_t j = i + 1; j < relation_count; j++) {
            if ((relations[j].odd[word] & lowest) != 0) {
                for (size_t k = 0; k < words; k++) {
                    relations[j].odd[k] ^= relations[i].odd[k];
                }
                for (size_t k = 0; k < relation_words; k++) {
                    relations[j].together[k] ^= relations[i].together[k];
                }
            }
        }
    }
    for (size_t i = 0; i < relation_count; i++) {
        free(relations[i].odd);
        free(relations[i].together);
    }
    return result;
}

/* Where the fraction stands: A(i) * A(i) = (-1)^(i + 1) * Q(i + 1) modulo n. */
struct fraction {
    number kn, root;
    number p, q, q_before;
    number a, a_before;
    bool negative;
};

static void begin(struct fraction *f, number n, uint32_t multiplier) {
    number k = small(multiplier);
    f->kn = product(n, k);
    drop(k);
    f->root = root_of(f->kn);
    f->p = keep(f->root);
    f->q_before = small(1);
    number square = product(f->root, f->root);
    f->q = difference(f->kn, square);
    drop(square);
    f->a_before = small(1);
    f->a = remainder_of(f->root, n);
    f->negative = true;
}

static void advance(struct fraction *f, number n) {
    number whole = sum(f->root, f->p);
    number part = quotient_of(whole, f->q);
    number p_next = product(part, f->q);
    put(&p_next, difference(p_next, f->p));
    /* q_before + part * (p - p_next), which is never negative */
    number q_next;
    if (compare(f->p, p_next) >= 0) {
        number apart = difference(f->p, p_next);
        put(&apart, product(apart, part));
        q_next = sum(f->q_before, apart);
        drop(apart);
    } else {
        number apart = difference(p_next, f->p);
        put(&apart, product(apart, part));
        q_next = difference(f->q_before, apart);
        drop(apart);
    }
    number a_next = product_modulo(part, f->a, n);
    put(&a_next, sum(a_next, f->a_before));
    put(&a_next, remainder_of(a_next, n));
    put(&f->p, p_next);
    put(&f->q_before, f->q);
    f->q = q_next;
    put(&f->a_before, f->a);
    f->a = a_next;
    f->negative = !f->negative;
    drop(part);
    drop(whole);
}

static void end(struct fraction *f) {
    drop(f->kn);
    drop(f->root);
    drop(f->p);
    drop(f->q);
    drop(f->q_before);
    drop(f->a);
    drop(f->a_before);
}

static number find_factor(number n) {
    static uint32_t base[PRIMES_MAX];
    struct fraction f;
    begin(&f, n, choose_multiplier(n));
    size_t count = choose_base(f.kn, base, 60 * (size_t)f.kn->count * f.kn->count / 4 + 20);
    size_t wanted = count + 16;
    struct relation *relations = load_calloc(wanted, sizeof *relations);
    number result = NULL;
    while (result == NULL) {
        for (size_t found = 0; found < wanted; advance(&f, n)) {
            uint8_t *powers = load_malloc(count + 1);
            if (is_small(f.q, 1) || !splits(f.q, base, count, powers)) {
                free(powers);
                if (is_small(f.q, 1)) {
                    load_fail("the fraction repeats itself before there is a factor");
                }
                continue;
            }
            powers[count] = f.negative;
            relations[found++] = (struct relation){.a = keep(f.a), .powers = powers};
        }
        result = eliminate(n, relations, wanted, base, count);
        for (size_t i = 0; i < wanted; i++) {
            drop(relations[i].a);
            free(relations[i].powers);
        }
    }
    free(relations);
    end(&f);
    return result;
}

/* ------------------------------------------------------------------------------------ main */

static number factors[FACTORS_MAX];
static size_t factor_count;

static void add_factor(number factor) {
    if (factor_count == FACTORS_MAX) {
        load_fail("more than %d factors", FACTORS_MAX);
    }
    factors[factor_count++] = factor;
}

/* Takes n over. */
static void factor(number n) {
    if (is_small(n, 1)) {
        drop(n);
        return;
    }
    if (is_prime(n)) {
        add_factor(n);
        return;
    }
    number root = root_of(n);
    number square = product(root, root);
    bool is_square = compare(square, n) == 0;
    drop(square);
    if (is_square) {
        factor(keep(root));
        factor(root);
    } else {
        drop(root);
        number part = find_factor(n);
        factor(quotient_of(n, part));
        factor(part);
    }
    drop(n);
}

int main(int argc, char **argv) {
    load_name = "cfrac";
    if (argc > 2) {
        fputs("usage: cfrac [number=175451865205073170563711388363274837927895]\n", stderr);
        return 2;
    }
    sieve();
    number n = parse(argc > 1 ? argv[1] : "175451865205073170563711388363274837927895");
    if (n->count == 0) {
        load_fail("0 has no factors");
    }
    number rest = keep(n);
    for (size_t i = 0; i < prime_count; i++) {
        while (small_remainder(rest, primes[i]) == 0) {
            put(&rest, small_quotient(rest, primes[i]));
            add_factor(small(primes[i]));
        }
    }
    factor(rest);
    number whole = small(1);
    for (size_t i = 0; i < factor_count; i++) {
        if (!is_prime(factors[i])) {
            load_fail("factor %zu is not prime", i);
        }
        put(&whole, product(whole, factors[i]));
        drop(factors[i]);
    }
    if (compare(whole, n) != 0) {
        load_fail("the factors do not multiply to the number");
    }
    drop(whole);
    drop(n);
    return 0;
}
