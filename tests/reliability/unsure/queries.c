/* SPDX-License-Identifier: MIT */
/* The questions that the mi_ interface answers about pointers, asked of anything: a truthful
   answer, no crash, in every variant. */
#include "case.h"

int main(void) {
    bool (*in_region)(const void *) =
        (bool (*)(const void *))(uintptr_t)dlsym(RTLD_DEFAULT, "mi_is_in_heap_region");
    bool (*owned)(const void *) =
        (bool (*)(const void *))(uintptr_t)dlsym(RTLD_DEFAULT, "mi_check_owned");
    static char room[64];
    char stack[64];
    if (in_region == NULL)
        SKIP("no mi_ interface");
    begin();
    void *p = malloc(100), *large = malloc(50 * MIB);
    CHECK(in_region(p) && in_region(large));
    CHECK(owned(p));
    CHECK(!in_region(room) && !in_region(stack));
    CHECK(!owned(room) && !owned(stack) && !owned(NULL) && !in_region(NULL));
    uint64_t random = 1;
    for (int i = 0; i < 200000; i++) {
        void *any = (void *)(uintptr_t)next_random(&random);
        (void)in_region(any);
        (void)owned(any);
        any = (char *)p + (next_random(&random) % GIB) - GIB / 2;
        (void)in_region(any);
        (void)owned(any);
    }
    free(large);
    free(p);
    return 0;
}
