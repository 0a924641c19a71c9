/* SPDX-License-Identifier: MIT */
/* After start-up a filter kills the process for any call but mmap, munmap, mprotect, madvise,
   mremap, futex, write and what ends it. */
#include "case.h"

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define ALLOW(call)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                                         \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int main(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_mmap
        ALLOW(mmap),
#endif
#ifdef SYS_mmap2
        ALLOW(mmap2),
#endif
        ALLOW(munmap),
        ALLOW(mprotect),
        ALLOW(madvise),
        ALLOW(mremap),
        ALLOW(futex),
        ALLOW(write),
        ALLOW(exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    static void *blocks[3000];
    begin();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("no seccomp filters here");
    uint64_t random = 1;
    for (size_t i = 0; i < 60000; i++) {
        size_t index = (size_t)(next_random(&random) % COUNT_OF(blocks));
        size_t size = random_size(&random, i % 100 == 0 ? 25 : 14);
        free(blocks[index]);
        blocks[index] = i % 7 == 0 ? calloc(1, size) : malloc(size);
        if (blocks[index] != NULL && i % 5 == 0)
            blocks[index] = realloc(blocks[index], 2 * size);
        CHECK(blocks[index] != NULL);
        *(char *)blocks[index] = 1;
    }
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        free(blocks[i]);
    _exit(0);
}
#else
int main(void) {
    SKIP("no seccomp filters here");
}
#endif
