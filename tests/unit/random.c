/* SPDX-License-Identifier: MIT */
/* The generator: published vectors of its block function, no word twice, other words after a
   fork. */
#include "base/random.h"
#include "unit.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* RFC 8439: section 2.3.2, and vectors 1 and 2 of appendix A.1. */
static const struct {
    uint32_t key[8], counter, nonce[3], out[16];
} vectors[] = {
    {{0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514, 0x1b1a1918,
      0x1f1e1d1c},
     1,
     {0x09000000, 0x4a000000, 0},
     {0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033, 0x9aaa2204,
      0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de,
      0xe883d0cb, 0x4e3c50a2}},
    {{0},
     0,
     {0},
     {0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653, 0xb819d2bd, 0x1aed8da0, 0xccef36a8,
      0xc70d778b, 0x7c5941da, 0x8d485751, 0x3fe02477, 0x374ad8b8, 0xf4b8436a, 0x1ca11815,
      0x69b687c3, 0x8665eeb2}},
    {{0},
     1,
     {0},
     {0xbee7079f, 0x7a385155, 0x7c97ba98, 0x0d082d73, 0xa0290fcb, 0x6965e348, 0x3e53c612,
      0xed7aee32, 0x7621b729, 0x434ee69c, 0xb03371d5, 0xd539d874, 0x281fed31, 0x45fb0a51,
      0x1f0ae1ac, 0x6f4d794b}},
};

START_TEST(test_vector) {
    uint32_t out[16];
    mip_random_block(vectors[_i].key, vectors[_i].counter, vectors[_i].nonce, out);
    ck_assert_mem_eq(out, vectors[_i].out, sizeof(out));
}
END_TEST

enum { THREADS = 4, WORDS = 4000 };
static uint64_t words[THREADS * WORDS];

static void *draw(void *arg) {
    uint64_t *mine = arg;
    for (int i = 0; i < WORDS; i++) {
        mine[i] = mip_random();
    }
    return NULL;
}

static int compare_words(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(test_no_word_twice) {
    pthread_t threads[THREADS];
    uint64_t bits_seen = 0;
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, draw, words + i * WORDS), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    qsort(words, LENGTH_OF(words), sizeof(words[0]), compare_words);
    for (size_t i = 0; i < LENGTH_OF(words); i++) {
        bits_seen |= words[i];
        if (i > 0 && words[i - 1] == words[i]) {
            ck_abort_msg("%llx came twice", (unsigned long long)words[i]);
        }
    }
    ck_assert(bits_seen == UINT64_MAX);
}
END_TEST

/* What the child draws next, or next but after a reseed. */
static uint64_t word_of_child(bool reseed) {
    uint64_t word = 0;
    int ends[2];
    pid_t child;
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        if (reseed) {
            mip_random_reseed((uint64_t)getpid());
        }
        word = mip_random();
        _exit(write(ends[1], &word, sizeof(word)) != (ssize_t)sizeof(word));
    }
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(read(ends[0], &word, sizeof(word)), sizeof(word));
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return word;
}

START_TEST(test_fork) {
    uint64_t copied, first, second, parents;
    (void)mip_random();
    copied = word_of_child(false);
    first = word_of_child(true);
    second = word_of_child(true);
    parents = mip_random();
    ck_assert(copied == parents); /* this is what reseed is for */
    ck_assert(first != parents && second != parents && first != second);
}
END_TEST

START_TEST(test_reseed_first) {
    mip_random_reseed(1);
    ck_assert(mip_random() != mip_random());
}
END_TEST

static TCase *generator(void) {
    TCase *tests = tcase_create("generator");
    tcase_add_loop_test(tests, test_vector, 0, LENGTH_OF(vectors));
    tcase_add_test(tests, test_no_word_twice);
    tcase_add_test(tests, test_fork);
    tcase_add_test(tests, test_reseed_first);
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {generator};
    return run_suite("random", cases, LENGTH_OF(cases));
}
