/* SPDX-License-Identifier: MIT */
/* Threads are cancelled while they allocate: nothing stays locked, nothing is broken. */
#include "case.h"

static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg;
    for (;;) {
        void *p = malloc(random_size(&random, 20));
        CHECK(p != NULL);
        free(p);
        pthread_testcancel();
    }
    return NULL;
}

int main(void) {
    begin();
    for (uintptr_t i = 0; i < times(200, 10000); i++) {
        pthread_t first = start(churn, (void *)i), second = start(churn, (void *)(i + 1));
        pthread_cancel(first);
        if (i % 4 == 0)
            pause_ms(1);
        pthread_cancel(second);
        finish(first);
        finish(second);
        use_every_size(14);
    }
    return 0;
}
