/* SPDX-License-Identifier: MIT */
/* The first key of the process is 0, and the program sets, reads and deletes keys around the
   allocator's own: nobody's values are mixed up. */
#include "case.h"

static atomic_int a_destroyed;

static void destroy(void *value) {
    CHECK(strcmp(value, "mine") == 0);
    free(value);
    atomic_fetch_add(&a_destroyed, 1);
}

static pthread_key_t keys[40];

static void *live(void *arg) {
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        CHECK(pthread_getspecific(keys[i]) == NULL);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        pthread_setspecific(keys[i], strdup("mine"));
    use_every_size(14);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        CHECK(strcmp(pthread_getspecific(keys[i]), "mine") == 0);
    return arg;
}

int main(void) {
    begin();
    for (int round = 0; round < 30; round++) {
        for (size_t i = 0; i < COUNT_OF(keys); i++)
            CHECK(pthread_key_create(&keys[i], destroy) == 0);
        finish(start(live, NULL));
        for (size_t i = 0; i < COUNT_OF(keys); i++)
            CHECK(pthread_key_delete(keys[i]) == 0);
    }
    if (atomic_load(&a_destroyed) != 30 * (int)COUNT_OF(keys))
        FAIL("%d values were destroyed", atomic_load(&a_destroyed));
    return 0;
}
