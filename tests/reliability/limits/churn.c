/* SPDX-License-Identifier: MIT */
/* A fixed workload with checks, for other cases to start under some condition: every block zero
   where it must be, intact, NULL only with ENOMEM, and, told "whole", never NULL.  Told a directory
   then, it opens three files there, which get the numbers of descriptors that are closed. */
#include "case.h"

#include <fcntl.h>

static void open_files(const char *directory) {
    for (int i = 0; i < 3; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%d", directory, i);
        CHECK(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) == i);
    }
}

int main(int argc, char **argv) {
    static struct {
        unsigned char *p;
        size_t size;
    } blocks[800];
    bool must = argc > 1 && strcmp(argv[1], "whole") == 0;
    uint64_t random = 3;
    begin();
    if (argc > 2)
        open_files(argv[2]);
    for (size_t i = 0; i < 30000; i++) {
        size_t index = (size_t)(next_random(&random) % COUNT_OF(blocks));
        size_t size = random_size(&random, i % 200 == 0 ? 24 : 14);
        if (blocks[index].p != NULL) {
            CHECK(blocks[index].p[0] == (unsigned char)index);
            CHECK(blocks[index].p[blocks[index].size - 1] == (unsigned char)index);
            free(blocks[index].p);
        }
        errno = 0;
        unsigned char *p = i % 3 == 0 ? calloc(1, size) : malloc(size);
        if (p == NULL && (must || errno != ENOMEM))
            FAIL("%zu bytes: NULL with errno %d", size, errno);
        if (p != NULL && i % 3 == 0)
            for (size_t j = 0; j < size; j += 61)
                CHECK(p[j] == 0);
        if (p != NULL) {
            memset(p, 0x77, size < 5000 ? size : 5000);
            p[0] = p[size - 1] = (unsigned char)index;
        }
        blocks[index].p = p;
        blocks[index].size = size;
    }
    return 0;
}
