/* SPDX-License-Identifier: MIT */
/* All memory that RLIMIT_DATA allows is in use: realloc to a smaller size succeeds all the same, as
   glibc's does, which cuts the block where it lies; the contents stay, and it can grow again.  The
   function that a program registers for errors hears of none. */
#include "case.h"

#define TAKEN_MOST 2000000

static void *blocks[TAKEN_MOST];

typedef void error_fun(int error, void *arg);

static int errors_told;

static void count_error(int error, void *arg) {
    (void)error, (void)arg;
    errors_told++;
}

/* What the limit counts. */
static size_t data_size(void) {
    char line[200];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmData: %zu", &kib) != 1)
        continue;
    fclose(file);
    return kib * KIB;
}

int main(void) {
    static const size_t sizes[][2] = {
        {400, 100}, {40000, 100}, {40000, 15000}, {3000000, 1000}, {3000000, 700000}};
    begin();
    void (*set_error)(error_fun *, void *) =
        (void (*)(error_fun *, void *))dlsym(RTLD_DEFAULT, "mi_register_error");
    if (set_error != NULL)
        set_error(count_error, NULL);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t from = sizes[i][0], to = sizes[i][1], count = 0;
        unsigned char *p = malloc(from);
        CHECK(p != NULL);
        memset(p, 0x5a, from);
        struct rlimit all, some;
        CHECK(getrlimit(RLIMIT_DATA, &all) == 0);
        some = all;
        some.rlim_cur = data_size() + 8 * MIB;
        CHECK(setrlimit(RLIMIT_DATA, &some) == 0);
        while (count < TAKEN_MOST && (blocks[count] = malloc(to)) != NULL)
            count++;
        if (count == TAKEN_MOST)
            SKIP("this system's RLIMIT_DATA does not bound what is mapped");
        errors_told = 0;
        errno = 0;
        unsigned char *q = realloc(p, to);
        int error = errno;
        if (q == NULL)
            FAIL("from %zu to %zu bytes: NULL, errno %d", from, to, error);
        q = realloc(q, to + 10);
        if (q == NULL)
            FAIL("from %zu to %zu bytes and 10 more: NULL", from, to);
        CHECK(setrlimit(RLIMIT_DATA, &all) == 0);
        if (error != 0)
            FAIL("from %zu to %zu bytes: errno %d", from, to, error);
        if (errors_told != 0)
            FAIL("from %zu to %zu bytes: an error was told", from, to);
        for (size_t j = 0; j < to; j++)
            CHECK(q[j] == 0x5a);
        free(q);
        while (count > 0)
            free(blocks[--count]);
    }
    return 0;
}
