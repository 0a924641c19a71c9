/* SPDX-License-Identifier: MIT */
/* Madvise answers that all is well, and does nothing, as under emulators (qemu before 7.1): what
   was given back is zero all the same where that is asked for.  The program starts itself again
   under the filter, so that the allocator meets it from its first call on. */
#include "case.h"

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static void make_deaf(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("no seccomp filters here");
}

static const size_t sizes[] = {24,        1000,      5000,           30 * KIB,
                               100 * KIB, 500 * KIB, 2 * MIB + 4096, 20 * MIB + 100};
enum { BLOCKS = 64, ROUNDS = 4 };

static void dirty_and_give_back(size_t size, size_t count) {
    static void *blocks[BLOCKS];
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 0xee, size);
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    malloc_trim(0);
}

static void expect_zero(size_t size, size_t count) {
    static unsigned char *blocks[BLOCKS];
    for (size_t i = 0; i < count; i++) {
        blocks[i] = calloc(1, size);
        CHECK(blocks[i] != NULL);
        for (size_t at = 0; at < size; at++)
            if (blocks[i][at] != 0)
                FAIL("%zu bytes of calloc's: %#x at %zu", size, blocks[i][at], at);
        memset(blocks[i], 0xdd, size);
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
}

int main(int argc, char **argv) {
    const char *preload = getenv("CASE_PRELOAD");
    if (argc == 1) {
        make_deaf();
        if (preload != NULL && *preload != '\0')
            setenv("LD_PRELOAD", preload, 1);
        execl("/proc/self/exe", argv[0], "deaf", (char *)NULL);
        _exit(127);
    }
    begin();
    volatile char *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    page[0] = 1;
    CHECK(madvise((void *)page, 4096, MADV_DONTNEED) == 0);
    CHECK(page[0] == 1); /* deaf indeed */
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            size_t count = sizes[i] > MIB ? 4 : BLOCKS;
            dirty_and_give_back(sizes[i], count);
            expect_zero(sizes[i], count);
            malloc_trim(0);
            expect_zero(sizes[(i + 3) % COUNT_OF(sizes)], 4);
        }
    }
    return 0;
}
#else
int main(void) {
    SKIP("no seccomp filters here");
}
#endif
