/* SPDX-License-Identifier: MIT */
/* What the unit tests share: the main program of a suite and repeatable random numbers. */
#ifndef MIP_TEST_UNIT_H
#define MIP_TEST_UNIT_H

#include "config.h"

#include "../sanitized.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Is the byte accessible?  The kernel reads it for us. */
static inline bool is_accessible(const void *p) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    bool is = write(ends[1], p, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return is;
}

static inline uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Under an emulator (tests/package/emulated), or with a faked page size, what the kernel tells of
   resident memory and address space is not the program's alone, and hints may not be followed. */
static inline bool is_emulated(void) {
    bool is = getenv("TEST_EMULATED") != NULL;
    if (is) {
        printf("emulated: what the kernel tells is not judged\n");
    }
    return is;
}

#if HAVE_DECL_MADV_DONTNEED && defined(__linux__)
enum { CAN_GIVE_BACK = 1 };
#else
enum { CAN_GIVE_BACK = 0 };
#endif

/* Whether resident memory tells what the library holds. */
static inline bool is_resident_judged(void) {
    const char *reason = NULL;
    if (!CAN_GIVE_BACK) {
        reason = "the kernel is never asked to take memory back";
    } else if (IS_SANITIZED) {
        reason = "the sanitizer keeps memory of its own for ours";
    } else if (is_emulated()) {
        reason = "it is the emulator's too";
    }
    if (reason != NULL) {
        printf("resident memory is not judged: %s\n", reason);
    }
    return reason == NULL;
}

static inline int run_suite(const char *name, TCase *(*const cases[])(void), size_t count) {
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;
    setenv("CK_DEFAULT_TIMEOUT", "60", 0); /* seconds: the machine may be busy with other work */
    for (size_t i = 0; i < count; i++) {
        suite_add_tcase(suite, cases[i]());
    }
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
