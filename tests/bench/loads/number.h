/* SPDX-License-Identifier: MIT */
/* Natural numbers of any size for cfrac.  Each is a value on the heap, made by an operation and
   counted: an operation does not take over what it is given, and its result belongs to the caller.
 */
#ifndef BENCH_NUMBER_H
#define BENCH_NUMBER_H

#include "load.h"

/* Natural numbers; the last digit is not 0, and 0 has no digits.  They are never changed once they
   are made, so that a second owner costs a count only. */
struct number {
    uint32_t owners;
    uint32_t count;
    uint32_t digits[];
};

typedef struct number *number;

static number new_number(size_t count) {
    number n = load_malloc(sizeof *n + count * sizeof n->digits[0]);
    n->owners = 1;
    n->count = (uint32_t)count;
    return n;
}

static number keep(number n) {
    n->owners++;
    return n;
}

static void drop(number n) {
    if (--n->owners == 0) {
        free(n);
    }
}

/* *n = value, taking the value over. */
static void put(number *n, number value) {
    drop(*n);
    *n = value;
}

static number trimmed(number n) {
    while (n->count > 0 && n->digits[n->count - 1] == 0) {
        n->count--;
    }
    return n;
}

static number small(uint64_t value) {
    number n = new_number(2);
    n->digits[0] = (uint32_t)value;
    n->digits[1] = (uint32_t)(value >> 32);
    return trimmed(n);
}

static bool is_small(number n, uint32_t value) {
    return value == 0 ? n->count == 0 : n->count == 1 && n->digits[0] == value;
}

static int compare(number a, number b) {
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (size_t i = a->count; i > 0; i--) {
        if (a->digits[i - 1] != b->digits[i - 1]) {
            return a->digits[i - 1] < b->digits[i - 1] ? -1 : 1;
        }
    }
    return 0;
}

static number sum(number a, number b) {
    if (a->count < b->count) {
        number other = a;
        a = b;
        b = other;
    }
    number n = new_number((size_t)a->count + 1);
    uint64_t carry = 0;
    for (size_t i = 0; i < a->count; i++) {
        carry += (uint64_t)a->digits[i] + (i < b->count ? b->digits[i] : 0);
        n->digits[i] = (uint32_t)carry;
        carry >>= 32;
    }
    n->digits[a->count] = (uint32_t)carry;
    return trimmed(n);
}

/* a - b, where b is not above a. */
static number difference(number a, number b) {
    number n = new_number(a->count);
    int64_t carry = 0;
    for (size_t i = 0; i < a->count; i++) {
        carry += (int64_t)a->digits[i] - (i < b->count ? b->digits[i] : 0);
        n->digits[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return trimmed(n);
}

static number product(number a, number b) {
    number n = new_number((size_t)a->count + b->count);
    memset(n->digits, 0, n->count * sizeof n->digits[0]);
    for (size_t i = 0; i < a->count; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < b->count; j++) {
            carry += (uint64_t)a->digits[i] * b->digits[j] + n->digits[i + j];
            n->digits[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        n->digits[i + b->count] = (uint32_t)carry;
    }
    return trimmed(n);
}

static uint32_t small_remainder(number a, uint32_t by) {
    uint64_t rest = 0;
    for (size_t i = a->count; i > 0; i--) {
        rest = (rest << 32 | a->digits[i - 1]) % by;
    }
    return (uint32_t)rest;
}

static number small_quotient(number a, uint32_t by) {
    number n = new_number(a->count);
    uint64_t rest = 0;
    for (size_t i = a->count; i > 0; i--) {
        rest = rest << 32 | a->digits[i - 1];
        n->digits[i - 1] = (uint32_t)(rest / by);
        rest %= by;
    }
    return trimmed(n);
}

/* The digits of a, shifted up by fewer than 32 bits, with one digit more. */
static number shifted(number a, unsigned bits) {
    number n = new_number((size_t)a->count + 1);
    uint32_t carry = 0;
    for (size_t i = 0; i < a->count; i++) {
        uint64_t both = (uint64_t)a->digits[i] << bits | carry;
        n->digits[i] = (uint32_t)both;
        carry = (uint32_t)(both >> 32);
    }
    n->digits[a->count] = carry;
    return n;
}

/* Long division; either result may be NULL. */
static void divide(number a, number b, number *quotient, number *remainder) {
    if (compare(a, b) < 0) {
        if (quotient != NULL) {
            *quotient = small(0);
        }
        if (remainder != NULL) {
            *remainder = keep(a);
        }
        return;
    }
    if (b->count == 1) {
        if (quotient != NULL) {
            *quotient = small_quotient(a, b->digits[0]);
        }
        if (remainder != NULL) {
            *remainder = small(small_remainder(a, b->digits[0]));
        }
        return;
    }
    /* the divisor's highest bit is set, so that a guess from two digits is at most 2 too large */
    unsigned bits = (unsigned)__builtin_clz(b->digits[b->count - 1]);
    number u = shifted(a, bits);
    number v = shifted(b, bits);
    size_t n = b->count;
    size_t m = a->count - n;
    number q = new_number(m + 1);
    for (size_t j = m + 1; j-- > 0;) {
        uint64_t top = (uint64_t)u->digits[j + n] << 32 | u->digits[j + n - 1];
        uint64_t guess = top / v->digits[n - 1];
        uint64_t rest = top % v->digits[n - 1];
        while (guess >> 32 != 0 || guess * v->digits[n - 2] > (rest << 32 | u->digits[j + n - 2])) {
            guess--;
            rest += v->digits[n - 1];
            if (rest >> 32 != 0) {
                break;
            }
        }
        int64_t borrow = 0;
        uint64_t carry = 0;
        for (size_t i = 0; i < n; i++) {
            carry += guess * v->digits[i];
            borrow += (int64_t)u->digits[i + j] - (int64_t)(uint32_t)carry;
            u->digits[i + j] = (uint32_t)borrow;
            borrow >>= 32;
            carry >>= 32;
        }
        borrow += (int64_t)u->digits[j + n] - (int64_t)carry;
        u->digits[j + n] = (uint32_t)borrow;
        if (borrow < 0) {
            guess--;
            carry = 0;
            for (size_t i = 0; i < n; i++) {
                carry += (uint64_t)u->digits[i + j] + v->digits[i];
                u->digits[i + j] = (uint32_t)carry;
                carry >>= 32;
            }
            u->digits[j + n] += (uint32_t)carry;
        }
        q->digits[j] = (uint32_t)guess;
    }
    if (quotient != NULL) {
        *quotient = trimmed(keep(q));
    }
    if (remainder != NULL) {
        number r = new_number(n);
        for (size_t i = 0; i < n; i++) {
            uint64_t both = (uint64_t)u->digits[i + 1] << 32 | u->digits[i];
            r->digits[i] = (uint32_t)(both >> bits);
        }
        *remainder = trimmed(r);
    }
    drop(q);
    drop(u);
    drop(v);
}

static number quotient_of(number a, number b) {
    number q;
    divide(a, b, &q, NULL);
    return q;
}

static number remainder_of(number a, number b) {
    number r;
    divide(a, b, NULL, &r);
    return r;
}

static number product_modulo(number a, number b, number n) {
    number whole = product(a, b);
    number r = remainder_of(whole, n);
    drop(whole);
    return r;
}

static number power_modulo(number base, number exponent, number n) {
    number result = small(1);
    for (size_t i = (size_t)exponent->count * 32; i > 0; i--) {
        put(&result, product_modulo(result, result, n));
        if ((exponent->digits[(i - 1) / 32] >> ((i - 1) % 32) & 1) != 0) {
            put(&result, product_modulo(result, base, n));
        }
    }
    return result;
}

static number common_divisor(number a, number b) {
    a = keep(a);
    b = keep(b);
    while (b->count > 0) {
        number r = remainder_of(a, b);
        drop(a);
        a = b;
        b = r;
    }
    drop(b);
    return a;
}

/* The whole part of the root, from above, by Newton's method. */
static number root_of(number a) {
    number two = small(2);
    number guess = new_number((size_t)a->count / 2 + 1);
    memset(guess->digits, 0, guess->count * sizeof guess->digits[0]);
    guess->digits[a->count / 2] = a->count % 2 == 0 ? 1 : UINT32_C(0x10000);
    for (;;) {
        number q = quotient_of(a, guess);
        put(&q, sum(q, guess));
        put(&q, quotient_of(q, two));
        if (compare(q, guess) >= 0) {
            drop(q);
            drop(two);
            return guess;
        }
        put(&guess, q);
    }
}

static number parse(const char *text) {
    number n = small(0);
    number ten = small(10);
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            load_fail("not a number: %s", text);
        }
        number digit = small((uint64_t)(*text - '0'));
        put(&n, product(n, ten));
        put(&n, sum(n, digit));
        drop(digit);
    }
    drop(ten);
    return n;
}

/* By Fermat's test for some bases: enough for the numbers that come here by chance. */
static bool is_prime(number n) {
    if (is_small(n, 2)) {
        return true;
    }
    number one = small(1);
    number exponent = difference(n, one);
    bool result = true;
    for (uint32_t base = 2; base < 12 && result; base++) {
        number b = small(base);
        if (compare(b, n) < 0) {
            put(&b, power_modulo(b, exponent, n));
            result = is_small(b, 1);
        }
        drop(b);
    }
    drop(exponent);
    drop(one);
    return result;
}

#endif
