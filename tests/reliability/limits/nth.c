/* SPDX-License-Identifier: MIT */
/* nth CALL: the n-th call of a kind (mmap, munmap, mprotect, madvise, mremap) and all that follow
   fail, for every n of a workload, under any allocator: the kernel sends each such call to a signal
   handler, which makes it or refuses it.  Each allocation gives a block or NULL with ENOMEM, a free
   leaves errno alone, no block changes, and afterwards everything works again. */
#include "case.h"

#if defined(__x86_64__) && defined(__linux__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <ucontext.h>

enum { LIVE = 200, STATUS_UNREACHED = 3 };
static volatile size_t count, limit;

/* The one place from which the calls are let through. */
__asm__(".text\n.globl case_call\ncase_call:\n"
        "mov %rdi,%rax\nmov %rsi,%rdi\nmov %rdx,%rsi\nmov %rcx,%rdx\nmov %r8,%r10\n"
        "mov %r9,%r8\nmov 8(%rsp),%r9\nsyscall\n.globl case_called\ncase_called:\nret\n");
long case_call(long number, long a, long b, long c, long d, long e, long f);
extern const char case_called[];

static void handle(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    int saved = errno;
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (++count >= limit)
        r[REG_RAX] = -ENOMEM;
    else
        r[REG_RAX] =
            case_call((long)r[REG_RAX], (long)r[REG_RDI], (long)r[REG_RSI], (long)r[REG_RDX],
                      (long)r[REG_R10], (long)r[REG_R8], (long)r[REG_R9]);
    errno = saved;
}

static void trap(unsigned call) {
    uintptr_t from = (uintptr_t)case_called;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)from, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(from >> 32), 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSYS, &action, NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        leave(77, "no seccomp filters here");
}

static struct live {
    unsigned char *p;
    size_t size;
} live[LIVE];
static bool strict;

static void judge(const void *p, const char *what, size_t size) {
    int error = errno;
    if (p == NULL && strict)
        FAIL("%s of %zu bytes fails although nothing does any more (from call %zu)", what, size,
             limit);
    if (p == NULL && error != ENOMEM)
        FAIL("%s of %zu bytes gives NULL with errno %d (from call %zu)", what, size, error, limit);
}

static void release(struct live *block, size_t index) {
    if (block->p == NULL)
        return;
    if (block->size > 0 &&
        (block->p[0] != (unsigned char)index || block->p[block->size - 1] != (unsigned char)index))
        FAIL("a block of %zu bytes has changed (from call %zu)", block->size, limit);
    errno = 4711;
    free(block->p);
    if (errno != 4711)
        FAIL("free leaves errno %d (from call %zu)", errno, limit);
    block->p = NULL;
}

static void work(uint64_t seed) {
    for (size_t round = 0; round < 1200; round++) {
        size_t index = (size_t)(next_random(&seed) % LIVE), choice = next_random(&seed) % 10;
        struct live *block = &live[index];
        /* Small ones, and large ones that are soon freed. */
        size_t size = random_size(&seed, round % 40 == 0 ? 26 : 17);
        if (block->p != NULL && choice < 3) {
            errno = 0;
            unsigned char *p = realloc(block->p, size);
            judge(p, "realloc", size);
            if (p == NULL)
                continue;
            if (p[0] != (unsigned char)index)
                FAIL("realloc to %zu bytes lost what was there (from call %zu)", size, limit);
            *block = (struct live){p, size};
            p[size - 1] = (unsigned char)index;
            continue;
        }
        release(block, index);
        errno = 0;
        unsigned char *p = choice < 5   ? calloc(1, size)
                           : choice < 6 ? memalign(4096, size)
                                        : malloc(size);
        judge(p, "an allocation", size);
        if (p == NULL)
            continue;
        if (choice >= 3 && choice < 5 && (p[0] != 0 || p[size - 1] != 0 || p[size / 2] != 0))
            FAIL("calloc of %zu bytes is not zero (from call %zu)", size, limit);
        p[0] = p[size - 1] = (unsigned char)index;
        *block = (struct live){p, size};
    }
    for (size_t i = 0; i < LIVE; i++)
        release(&live[i], i);
}

static int try_from(unsigned call, size_t n) {
    count = 0;
    limit = n;
    trap(call);
    work(1);
    if (count < n)
        return STATUS_UNREACHED;
    limit = SIZE_MAX;
    strict = true;
    work(2);
    return 0;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        unsigned number;
    } calls[] = {{"mmap", SYS_mmap},
                 {"munmap", SYS_munmap},
                 {"mprotect", SYS_mprotect},
                 {"madvise", SYS_madvise},
                 {"mremap", SYS_mremap}};
    begin();
    size_t most = times(60, 2000);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if (argc > 1 && strcmp(argv[1], calls[i].name) != 0)
            continue;
        for (size_t n = 1;; n++) {
            if (n > most) {
                if (getenv("CASE_FULL") != NULL)
                    FAIL("%s: more than %zu calls", calls[i].name, most);
                break;
            }
            int status;
            pid_t pid = fork();
            if (pid == 0) {
                die_after(20);
                _exit(try_from(calls[i].number, n));
            }
            CHECK(waitpid(pid, &status, 0) == pid);
            if (status == STATUS_UNREACHED << 8)
                break;
            if (status == 77 << 8)
                return 77;
            if (WIFSIGNALED(status))
                FAIL("%s fails from call %zu: %s", calls[i].name, n, strsignal(WTERMSIG(status)));
            if (status != 0)
                return 1;
        }
    }
    return 0;
}
#else
int main(void) {
    SKIP("knows the registers of x86-64 only");
}
#endif
