/* SPDX-License-Identifier: MIT */
/* Between the enumerator (model.c) and the cases that it runs (cases.c). */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>

extern const struct model_case {
    const char *name;
    enum model_protocol protocol;
    void (*run)(void);
} model_cases[];
extern const size_t model_case_count;

/* The order that is being tried is a bad one. */
__attribute__((noreturn)) void model_broken(const char *what);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            model_broken(#condition);                                                              \
    } while (0)

/* The threads run, in every order that is allowed; what follows the call is done once for each.
   third may be NULL. */
void model_run(void (*first)(void), void (*second)(void), void (*third)(void));

/* Before the threads start, or after: `run` is done by thread `index`, which keeps its record. */
void model_in_thread(int index, void (*run)(void));

/* That thread has ended: another takes its place. */
void model_forget(int index);

/* All of model_run: they end. */
void model_end_threads(void);

#endif
