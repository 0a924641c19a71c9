/* SPDX-License-Identifier: MIT */
/* Blocks are allocated and freed by functions of atexit, by destructors, by on_exit, and after the
   allocator's own destructor has run (a destructor of low priority is called last). */
#include "case.h"

static void *held[32];
static int calls;

static void use(void) {
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        free(held[i]);
        held[i] = malloc(i * i * 100);
        if (held[i] == NULL)
            FAIL("no memory at the end");
    }
    calls++;
}

__attribute__((destructor)) static void destroy(void) {
    use();
}

__attribute__((destructor(101))) static void destroy_last(void) {
    use();
    use_every_size(20);
    if (calls != 5)
        _exit(3);
}

static void end(int status, void *arg) {
    (void)status;
    (void)arg;
    use();
}

static void early(void) {
    atexit(use);
}
__attribute__((section(".preinit_array"), used)) static void (*entry)(void) = early;

int main(void) {
    begin();
    use();
    on_exit(end, NULL);
    return 0;
}
