/* SPDX-License-Identifier: MIT */
/* After start-up a filter kills the process for any call but mmap, munmap, mprotect, madvise,
   mremap, futex, write and what ends it.  Two threads free each other's blocks, and there is enough
   of them that all that the library keeps grows. */
#include "case.h"

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define ALLOW(call)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                                         \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

enum { SLOTS = 3000, ROUNDS = 30000 };
static _Atomic(void *) a_blocks[SLOTS];
static pthread_barrier_t barrier;

static void work(uint64_t random) {
    for (size_t i = 0; i < ROUNDS; i++) {
        size_t size = random_size(&random, i % 100 == 0 ? 25 : 14);
        char *p = i % 7 == 0 ? calloc(1, size) : malloc(size);
        if (p != NULL && i % 5 == 0)
            p = realloc(p, 2 * size);
        CHECK(p != NULL);
        *p = 1;
        free(atomic_exchange(&a_blocks[next_random(&random) % SLOTS], p));
    }
}

static void grow(void) {
    static void *many[15000];
    size_t count = is_checking() ? 3000 : COUNT_OF(many);
    for (size_t i = 0; i < count; i++) {
        many[i] = malloc(90000);
        CHECK(many[i] != NULL);
    }
    for (size_t i = 0; i < count; i++)
        free(many[i]);
}

static void *other(void *arg) {
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the filter is for all threads now */
    work(2);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* for ever: its end would need other calls */
    return arg;
}

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
    begin();
    if (column_is("delayed"))
        SKIP("the delays make calls that the filter forbids");
    pthread_barrier_init(&barrier, NULL, 2);
    start(other, NULL);
    pthread_barrier_wait(&barrier);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
        SKIP("no seccomp filters here");
    pthread_barrier_wait(&barrier);
    work(1);
    grow();
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < SLOTS; i++)
        free(a_blocks[i]);
    _exit(0);
}
#else
int main(void) {
    SKIP("no seccomp filters here");
}
#endif
