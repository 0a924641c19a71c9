/* SPDX-License-Identifier: MIT */
/* What older programs call of the C library's own tools for malloc, and the hooks that they set:
   harmless, and malloc goes on. */
#include "case.h"
#ifdef __GLIBC__
#include <mcheck.h>

static void look(enum mcheck_status status) {
    FAIL("mcheck finds %d", (int)status);
}

/* Of C libraries since 2.34, only programs that were linked before have this variable, and nothing
   calls what it points to. */
static void *hook(size_t size, const void *caller) {
    (void)size;
    FAIL("the hook is called, for %p", caller);
}

static void *find_hook(const char *name) {
    static const char *const versions[] = {"GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.4", "GLIBC_2.27"};
    void *found = NULL;
    for (size_t i = 0; i < COUNT_OF(versions) && found == NULL; i++)
        found = dlvsym(RTLD_DEFAULT, name, versions[i]);
    return found;
}

int main(void) {
    begin();
    mtrace();
    use_every_size(16);
    muntrace();
    /* It may refuse; it may not be there for a process that allocated before. */
    (void)mcheck(look);
    (void)mcheck_pedantic(look);
    mcheck_check_all();
    for (size_t size = 1; size < 2 * MIB; size *= 3) {
        char *p = malloc(size);
        CHECK(p != NULL);
        memset(p, 1, size);
        enum mcheck_status status = mprobe(p);
        if (status != MCHECK_DISABLED && status != MCHECK_OK)
            look(status);
        free(p);
    }
    for (int i = 0; i < 4; i++) {
        static const char *const names[] = {"__malloc_hook", "__realloc_hook", "__memalign_hook",
                                            "__free_hook"};
        void *(*const set)(size_t, const void *) = hook;
        void *found = find_hook(names[i]);
        if (found != NULL)
            memcpy(found, &set, sizeof set);
    }
    use_every_size(16);
    (void)mallopt(M_MMAP_THRESHOLD, 65536);
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(4711, 1);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.uordblks < GIB);
    (void)malloc_trim(0);
    use_every_size(20);
    return 0;
}
#else
int main(void) {
    SKIP("this C library has no such tools");
}
#endif
