/* SPDX-License-Identifier: MIT */
/* pthread_create fails again and again: nothing of the attempts stays behind. */
#include "case.h"

static void *live(void *arg) {
    return arg;
}

int main(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    size_t early = 0, failed = 0;
    begin();
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << (sizeof(void *) == 8 ? 46 : 30));
    struct rlimit space = {8 * GIB, 8 * GIB};
    setrlimit(RLIMIT_AS, &space);
    for (size_t i = 0; i < 10000; i++) /* each class gets its first page now */
        free(malloc(i * 10));
    for (size_t i = 0; i < 10000; i++) {
        if (pthread_create(&thread, &attributes, live, NULL) == 0)
            finish(thread);
        else
            failed++;
        free(malloc(i * 10));
        if (i == 1000)
            early = resident();
    }
    if (failed < 9000)
        SKIP("stacks of this size are to be had");
    if (resident() > early + MIB)
        FAIL("%zu KiB, %zu early", resident() / KIB, early / KIB);
    finish(start(live, NULL));
    return 0;
}
