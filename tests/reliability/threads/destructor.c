/* SPDX-License-Identifier: MIT */
/* Destructors of thread keys allocate and free, again and again as long as the C library calls
   them, so also after the allocator's own ran.  Nothing of it is lost: memory stays flat. */
#include "case.h"
#include <limits.h>

enum { KEYS = 20 };
static pthread_key_t keys[KEYS];
static atomic_size_t a_calls;

static void destroy(void *value) {
    size_t *rounds = value;
    atomic_fetch_add(&a_calls, 1);
    void *p = malloc(500);
    void *q = calloc(100, 100);
    CHECK(p != NULL && q != NULL);
    q = realloc(q, 40000);
    free(p);
    free(q);
    /* Once more: a fresh block with what is left of the rounds. */
    if (*rounds > 0) {
        size_t *next = malloc(3000);
        CHECK(next != NULL);
        *next = *rounds - 1;
        for (int i = 0; i < KEYS; i++)
            if (pthread_getspecific(keys[i]) == NULL) {
                pthread_setspecific(keys[i], next);
                next = NULL;
                break;
            }
        free(next);
    }
    free(rounds);
}

static void *live(void *arg) {
    for (int i = 0; i < KEYS; i += 4) {
        size_t *rounds = malloc(sizeof *rounds);
        *rounds = 8;
        pthread_setspecific(keys[i], rounds);
    }
    return arg;
}

int main(void) {
    begin();
    for (int i = 0; i < KEYS; i++)
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
    size_t count = times(1000, 20000);
    size_t early = 0;
    for (size_t i = 0; i < count; i++) {
        finish(start(live, NULL));
        if (i == count / 4)
            early = resident();
    }
    /* The C library stops calling after some rounds: what is then set is the case's own loss, with
       the padding that a checking allocator may add. */
    size_t lost = count * 20 * sizeof(size_t) * 2;
    CHECK(atomic_load(&a_calls) > 10 * count);
    if (resident() > early + lost + count * 3584 * 5 + MIB)
        FAIL("%zu KiB, %zu early", resident() / KIB, early / KIB);
    return 0;
}
