/* SPDX-License-Identifier: MIT */
/* All thread keys are taken before the allocator could have one: everything works, and threads that
   come and go lose no memory. */
#include "case.h"

static pthread_key_t keys[2048];
static size_t count;

static void take(void) {
    while (count < COUNT_OF(keys) && pthread_key_create(&keys[count], NULL) == 0)
        count++;
}
__attribute__((section(".preinit_array"), used)) static void (*entry)(void) = take;

static void *live(void *arg) {
    static _Atomic(void *) a_left;
    use_every_size(14);
    free(atomic_exchange(&a_left, malloc(2000)));
    return arg;
}

int main(void) {
    begin();
    CHECK(count >= 512);
    for (int i = 0; i < 200; i++)
        finish(start(live, NULL));
    size_t early = resident();
    for (size_t i = 0; i < times(500, 20000); i++)
        finish(start(live, NULL));
    if (resident() > early + MIB)
        FAIL("%zu KiB, %zu early", resident() / KIB, early / KIB);
    return 0;
}
