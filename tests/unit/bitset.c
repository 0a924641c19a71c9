/* SPDX-License-Identifier: MIT */
/* Bit sets against a model of one byte per bit, and claims of many threads against a table of
   owners. */
#include "base/bitset.h"
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { BITS = 400, WORDS = (BITS + 31) / 32 };

static mip_bit_word set[WORDS];
static bool model[BITS];

static void fill(uint64_t *random, unsigned density) {
    memset(model, 0, sizeof(model));
    memset((void *)set, 0, sizeof(set));
    for (size_t i = 0; i < BITS; i++) {
        if (next_random(random) % 100 < density) {
            model[i] = true;
            mip_bitset_set(set, i, 1);
        }
    }
}

static size_t count_model(size_t start, size_t count) {
    size_t found = 0;
    for (size_t i = start; i < start + count; i++) {
        found += model[i];
    }
    return found;
}

static void compare(void) {
    size_t i = 0;
    while (i < BITS && mip_bitset_is_any_set(set, i, 1) == model[i]) {
        i++;
    }
    ck_assert_msg(i == BITS, "bit %zu", i);
}

START_TEST(test_words) {
    ck_assert_uint_eq(mip_bitset_words(0), 0);
    ck_assert_uint_eq(mip_bitset_words(1), 1);
    ck_assert_uint_eq(mip_bitset_words(MIP_WORD_BITS), 1);
    ck_assert_uint_eq(mip_bitset_words(MIP_WORD_BITS + 1), 2);
}
END_TEST

START_TEST(test_ranges) {
    uint64_t random = 1;
    for (int round = 0; round < 2000; round++) {
        size_t start = next_random(&random) % BITS;
        size_t count = next_random(&random) % (BITS - start + 1);
        size_t taken;
        fill(&random, round % 101);
        taken = count_model(start, count);
        ck_assert_uint_eq(mip_bitset_count(set, start, count), taken);
        ck_assert(mip_bitset_is_any_set(set, start, count) == (taken > 0));
        ck_assert(mip_bitset_is_all_set(set, start, count) == (taken == count));
        if (round % 2 == 0) {
            ck_assert_uint_eq(mip_bitset_set(set, start, count), count - taken);
        } else {
            ck_assert_uint_eq(mip_bitset_clear(set, start, count), taken);
        }
        memset(model + start, round % 2 == 0, count);
        compare();
    }
}
END_TEST

START_TEST(test_claim) {
    uint64_t random = 2;
    for (int round = 0; round < 2000; round++) {
        size_t start = next_random(&random) % BITS;
        size_t count = next_random(&random) % (BITS - start + 1);
        bool is_free;
        fill(&random, round % 4);
        is_free = count_model(start, count) == 0;
        ck_assert(mip_bitset_claim(set, start, count) == is_free);
        if (is_free) {
            memset(model + start, true, count);
        }
        compare();
        if (is_free) {
            mip_bitset_give_back(set, start, count);
            memset(model + start, false, count);
            compare();
        }
    }
}
END_TEST

static size_t run_in_model(size_t from, size_t to, size_t count, size_t alignment, size_t phase) {
    size_t start = from; /* of the clear bits up to i */
    for (size_t i = from; i < to; i++) {
        while ((start + phase) % alignment != 0) {
            start++;
        }
        if (model[i]) {
            start = i + 1;
        } else if (i + 1 >= start + count) {
            return start;
        }
    }
    return SIZE_MAX;
}

START_TEST(test_claim_run) {
    static const unsigned densities[] = {0, 1, 3, 10, 30, 60, 90, 100};
    uint64_t random = 3;
    for (int round = 0; round < 20000; round++) {
        size_t from = next_random(&random) % BITS;
        size_t to = from + next_random(&random) % (BITS - from + 1);
        size_t count = 1 + next_random(&random) % (1u << (next_random(&random) % 9));
        size_t alignment = (size_t)1 << (next_random(&random) % 8);
        size_t phase = next_random(&random) % 300;
        size_t expected, got;
        if (round % 3 == 0) {
            from = 0, to = BITS;
        }
        if (round % 5 == 0) {
            alignment = 1;
        }
        fill(&random, densities[round % LENGTH_OF(densities)]);
        expected = run_in_model(from, to, count, alignment, phase);
        got = mip_bitset_claim_run(set, from, to, count, alignment, phase);
        ck_assert_msg(got == expected, "[%zu, %zu) count %zu alignment %zu phase %zu: %zu, not %zu",
                      from, to, count, alignment, phase, got, expected);
        if (got != SIZE_MAX) {
            memset(model + got, true, count);
        }
        compare();
    }
}
END_TEST

START_TEST(test_claim_run_of_nothing) {
    memset((void *)set, 0, sizeof(set));
    ck_assert_uint_eq(mip_bitset_claim_run(set, 0, BITS, 0, 1, 0), SIZE_MAX);
    ck_assert_uint_eq(mip_bitset_claim_run(set, 10, 10, 1, 1, 0), SIZE_MAX);
    ck_assert_uint_eq(mip_bitset_claim_run(set, 11, 10, 1, 1, 0), SIZE_MAX);
    ck_assert_uint_eq(mip_bitset_claim_run(set, 0, BITS, SIZE_MAX, 1, 0), SIZE_MAX);
}
END_TEST

START_TEST(test_next) {
    uint64_t random = 4;
    for (int round = 0; round < 2000; round++) {
        size_t from = next_random(&random) % BITS;
        size_t to = next_random(&random) % (BITS + 1);
        size_t taken = from, clear = from, previous = from;
        size_t least = next_random(&random) % (from + 1);
        fill(&random, round % 2 == 0 ? (unsigned)(round % 7) : 100 - (unsigned)(round % 7));
        while (taken < to && !model[taken]) {
            taken++;
        }
        while (clear < to && model[clear]) {
            clear++;
        }
        while (previous != SIZE_MAX && !model[previous]) {
            previous = previous == least ? SIZE_MAX : previous - 1;
        }
        ck_assert_uint_eq(mip_bitset_next_set(set, from, to), from < to ? taken : to);
        ck_assert_uint_eq(mip_bitset_next_clear(set, from, to), from < to ? clear : to);
        ck_assert_uint_eq(mip_bitset_previous_set(set, from, least), previous);
    }
}
END_TEST

/* A few words only, so that the threads meet all the time. */
enum { THREADS = 4, HELD = 4, SHARED_BITS = 130, ROUNDS = 100000 };
static _Atomic(int) owners[SHARED_BITS];
static _Atomic(size_t) claimed_runs;
static pthread_barrier_t start_line;
static int plain_data[SHARED_BITS]; /* not atomic: claim and give back must order accesses to it */

static void take(int self, size_t start, size_t count) {
    for (size_t i = start; i < start + count; i++) {
        int nobody = 0;
        if (!atomic_compare_exchange_strong(&owners[i], &nobody, self)) {
            ck_abort_msg("bit %zu belongs to %d", i, nobody);
        }
        plain_data[i]++;
    }
    atomic_fetch_add(&claimed_runs, 1);
}

static void drop(int self, size_t start, size_t count) {
    for (size_t i = start; i < start + count; i++) {
        plain_data[i]++;
        if (atomic_exchange(&owners[i], 0) != self) {
            ck_abort_msg("bit %zu was taken by another thread", i);
        }
    }
    mip_bitset_give_back(set, start, count);
}

static void *contend(void *arg) {
    int self = *(int *)arg;
    uint64_t random = 77 * (uint64_t)self;
    size_t starts[HELD], counts[HELD] = {0};
    pthread_barrier_wait(&start_line);
    for (int round = 0; round < ROUNDS; round++) {
        size_t slot = next_random(&random) % HELD;
        size_t count = 1 + next_random(&random) % (next_random(&random) % 8 == 0 ? 70 : 6);
        size_t start = next_random(&random) % (SHARED_BITS - count);
        if (counts[slot] != 0) {
            drop(self, starts[slot], counts[slot]);
            counts[slot] = 0;
        } else if (round % 2 == 0) {
            start = mip_bitset_claim_run(set, 0, SHARED_BITS, count, 1u << (round % 3), 1);
            counts[slot] = start == SIZE_MAX ? 0 : count;
        } else {
            counts[slot] = mip_bitset_claim(set, start, count) ? count : 0;
        }
        if (counts[slot] != 0) {
            starts[slot] = start;
            take(self, start, count);
        }
    }
    for (size_t slot = 0; slot < HELD; slot++) {
        if (counts[slot] != 0) {
            drop(self, starts[slot], counts[slot]);
        }
    }
    return NULL;
}

/* All want the same run, or one that overlaps it, until each has had it many times. */
static void *contend_for_one(void *arg) {
    int self = *(int *)arg;
    size_t start = MIP_WORD_BITS - 2 - (size_t)self % 2, count = 1 + (size_t)self;
    pthread_barrier_wait(&start_line);
    for (int had = 0; had < ROUNDS / 4;) {
        if (mip_bitset_claim(set, start, count)) {
            take(self, start, count);
            drop(self, start, count);
            had++;
        } else {
            sched_yield(); /* who has it may wait for this processor */
        }
    }
    return NULL;
}

static void run_threads(void *(*body)(void *)) {
    pthread_t threads[THREADS];
    int selves[THREADS];
    memset((void *)set, 0, sizeof(set));
    pthread_barrier_init(&start_line, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        selves[i] = i + 1;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, body, &selves[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_gt(claimed_runs, ROUNDS / 4);
    ck_assert_uint_eq(mip_bitset_count(set, 0, SHARED_BITS), 0);
}

START_TEST(test_threads) {
    run_threads(contend);
}
END_TEST

START_TEST(test_contended_run) {
    run_threads(contend_for_one);
}
END_TEST

static TCase *one_thread(void) {
    TCase *tests = tcase_create("one thread");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_words);
    tcase_add_test(tests, test_ranges);
    tcase_add_test(tests, test_claim);
    tcase_add_test(tests, test_claim_run);
    tcase_add_test(tests, test_claim_run_of_nothing);
    tcase_add_test(tests, test_next);
    return tests;
}

static TCase *many_threads(void) {
    TCase *tests = tcase_create("many threads");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, test_threads);
    tcase_add_test(tests, test_contended_run);
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {one_thread, many_threads};
    return run_suite("bitset", cases, LENGTH_OF(cases));
}
