/* SPDX-License-Identifier: MIT */
/* Destructors of C++ objects of a thread (as the compiler registers them) free and allocate, in
   threads and, at the end of the process, in the initial one. */
#include "case.h"

#ifdef __GLIBC__
int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *handle);
extern void *__dso_handle;
static atomic_int a_calls;

static void destroy(void *object) {
    CHECK(*(char *)object == 7);
    free(object);
    free(malloc(12345));
    char *p = calloc(1, 4000);
    CHECK(p != NULL && p[3999] == 0);
    free(p);
    atomic_fetch_add(&a_calls, 1);
}

static void add(size_t size) {
    char *object = malloc(size);
    CHECK(object != NULL);
    *object = 7;
    CHECK(__cxa_thread_atexit_impl(destroy, object, &__dso_handle) == 0);
}

static void *live(void *arg) {
    for (size_t size = 1; size < 100000; size *= 3)
        add(size);
    return arg;
}

__attribute__((destructor)) static void check(void) {
    if (atomic_load(&a_calls) != 11 * 100 + 11)
        leave(1, "%d destructors ran", atomic_load(&a_calls));
}

int main(void) {
    begin();
    for (int i = 0; i < 100; i++)
        finish(start(live, NULL));
    CHECK(atomic_load(&a_calls) == 11 * 100);
    live(NULL);
    return 0;
}
#else
int main(void) {
    SKIP("this C library registers destructors of threads in another way");
}
#endif
