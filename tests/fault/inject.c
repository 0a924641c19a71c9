/* SPDX-License-Identifier: MIT */
/* Every kernel call fails once, and every one fails for good from some point on.
     inject [CALL MODE N]
   For each kind of call and each n a fresh process runs a fixed workload in which the n-th call
   (mode once), every call from the n-th on (mode from), or the n-th and every third after it (mode
   third) fails; the count starts before the library's constructors.  Each allocation must succeed
   or give NULL and ENOMEM, no block may change, and when the faults are over everything must work
   again.  The hook is internal, so this program is linked with the static library; inject-secure
   and inject-debug contain those variants, and try some of the places (with INJECT_ALL all) with
   blocks that grow less, since each byte of them is written to there. */
#include "../stress/support.h"

#include "os/os.h"
#include "variant.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

/* Absent where only a shared library was to be had: then the test is skipped. */
#pragma weak mip_os_fault_hook

enum mode { MODE_ONCE, MODE_FROM, MODE_THIRD, MODE_COUNT };
enum { STATUS_UNREACHED = 3, N_MAX = 4000 };

static const char *const call_names[MIP_OS_CALL_COUNT] = {
    [MIP_OS_MMAP] = "mmap",       [MIP_OS_MUNMAP] = "munmap", [MIP_OS_MPROTECT] = "mprotect",
    [MIP_OS_MADVISE] = "madvise", [MIP_OS_MREMAP] = "mremap",
};
static const char *const mode_names[MODE_COUNT] = {"once", "from", "third"};
static const int call_errors[MIP_OS_CALL_COUNT] = {
    [MIP_OS_MMAP] = ENOMEM,    [MIP_OS_MUNMAP] = ENOMEM, [MIP_OS_MPROTECT] = ENOMEM,
    [MIP_OS_MADVISE] = EAGAIN, [MIP_OS_MREMAP] = ENOMEM,
};

static struct {
    bool is_child;
    unsigned call, mode;
    size_t n;
    atomic_bool armed;
    atomic_size_t count; /* calls of the kind while armed */
} plan;

#define FAIL(format, ...)                                                                          \
    fail("inject %s %s %zu: " format, call_names[plan.call], mode_names[plan.mode], plan.n,        \
         __VA_ARGS__)

static int hook(enum mip_os_call call) {
    if (call != plan.call || !atomic_load(&plan.armed)) {
        return 0;
    }
    size_t count = atomic_fetch_add(&plan.count, 1) + 1;
    bool fails = plan.mode == MODE_ONCE   ? count == plan.n
                 : plan.mode == MODE_FROM ? count >= plan.n
                                          : count >= plan.n && (count - plan.n) % 3 == 0;
    return fails ? call_errors[call] : 0;
}

/* Before the library's own constructor. */
__attribute__((constructor(101))) static void arm(void) {
    const char *text = getenv("INJECT_PLAN");
    if (text == NULL || &mip_os_fault_hook == NULL ||
        sscanf(text, "%u %u %zu", &plan.call, &plan.mode, &plan.n) != 3) {
        return;
    }
    plan.is_child = true;
    atomic_store(&plan.armed, true);
    mip_os_fault_hook = hook;
}

/* ---- the workload ----------------------------------------------------------------------- */

struct live {
    unsigned char *p;
    size_t size;
};

enum { LIVE_MAX = 600, ERRNO_MARK = 4711 };
/* Arenas are small, so that blocks need not be large to have mappings of their own. */
#define ARENA_RESERVE "32MiB"
enum { RUN_MAX_MIB = 4, LARGEST_MIB = 40, DOUBLINGS = SLOTS ? 11 : 15 };
static struct live live[LIVE_MAX];
static atomic_size_t live_count;
static bool strict; /* no failure is expected any more */

static void judge(const void *p, const char *what, size_t size) {
    int error = errno;
    if (p == NULL && strict) {
        FAIL("%s of %zu bytes fails although the faults are over", what, size);
    }
    if (p == NULL && error != ENOMEM) {
        FAIL("%s of %zu bytes gave NULL and errno %d", what, size, error);
    }
    if (p != NULL && error != ERRNO_MARK) {
        FAIL("%s of %zu bytes succeeded and left errno %d", what, size, error);
    }
}

static void keep(void *p, size_t size, const char *what) {
    judge(p, what, size);
    if (p == NULL) {
        return;
    }
    size_t index = atomic_fetch_add(&live_count, 1);
    if (index >= LIVE_MAX) {
        FAIL("more than %d blocks", LIVE_MAX);
    }
    live[index] = (struct live){p, size};
    /* large blocks are written at the edges only: the time goes into faults, not into pages */
    pattern_fill(p, size < 16 * KIB ? size : 16 * KIB, index, false);
}

static void expect_zero_edges(const unsigned char *p, size_t size) {
    size_t edge = size < 16 * KIB ? size : 16 * KIB;
    if (p != NULL && (!is_zero(p, 0, edge, true) || !is_zero(p, size - edge, size, true))) {
        FAIL("zeroed block of %zu bytes is not zero", size);
    }
}

static void free_from(size_t first, size_t step) {
    size_t count = atomic_load(&live_count);
    for (size_t i = first; i < count; i += step) {
        struct live *block = &live[i];
        if (block->p == NULL) {
            continue;
        }
        size_t edge = block->size < 16 * KIB ? block->size : 16 * KIB;
        if (!pattern_holds(block->p, edge, edge, i, false)) {
            FAIL("block %zu of %zu bytes has changed", i, block->size);
        }
        errno = ERRNO_MARK;
        t_free(block->p);
        if (errno != ERRNO_MARK) {
            FAIL("free of %zu bytes left errno %d", block->size, errno);
        }
        block->p = NULL;
    }
    if (step == 1) {
        atomic_store(&live_count, 0);
    }
}

static void use_small(size_t count) {
    static const size_t sizes[] = {0, 1, 8, 24, 100, 500, 1024, 3000, 9000, 30000, 70000};
    for (size_t i = 0; i < count; i++) {
        size_t size = sizes[i % (sizeof sizes / sizeof *sizes)];
        errno = ERRNO_MARK;
        unsigned char *p = i % 3 == 0 ? t_zalloc(size) : t_malloc(size);
        if (i % 3 == 0) {
            expect_zero_edges(p, size);
        }
        keep(p, size, "malloc");
    }
}

static void use_large(void) {
    static const size_t sizes[] = {
        200 * KIB,        MIB, 2 * MIB, (RUN_MAX_MIB - 1) * MIB, (RUN_MAX_MIB + 1) * MIB,
        LARGEST_MIB * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        errno = ERRNO_MARK;
        keep(t_malloc(sizes[i]), sizes[i], "malloc");
        errno = ERRNO_MARK;
        unsigned char *p = t_calloc(1, sizes[i]);
        expect_zero_edges(p, sizes[i]);
        keep(p, sizes[i], "calloc");
    }
}

static void use_aligned(void) {
    for (size_t alignment = 64; alignment <= 256 * MIB; alignment *= 16) {
        errno = ERRNO_MARK;
        void *p = t_aligned(alignment / 2 + 10, alignment);
        if ((uintptr_t)p % alignment != 0) {
            FAIL("%p is not aligned to %zu", p, alignment);
        }
        keep(p, alignment / 2 + 10, "aligned malloc");
    }
}

static void use_realloc(void) {
    size_t size = 1000;
    errno = ERRNO_MARK;
    unsigned char *p = t_malloc(size);
    judge(p, "malloc", size);
    if (p == NULL) {
        return;
    }
    pattern_fill(p, size, 5, true);
    /* up through every way a block can grow, then down */
    for (size_t i = 0; i < DOUBLINGS + 6; i++) {
        size_t next = i < DOUBLINGS ? size * 2 : size / 4;
        errno = ERRNO_MARK;
        unsigned char *q = t_realloc(p, next);
        judge(q, "realloc", next);
        if (q != NULL) {
            p = q;
            size = next;
        }
        if (!pattern_holds(p, 1000, size < 1000 ? size : 1000, 5, true)) {
            FAIL("contents lost in a realloc to %zu bytes", next);
        }
    }
    t_free(p);
}

/* Long enough for a mapping of its own, which the kernel may move. */
static void use_long_realloc(void) {
    size_t size = (RUN_MAX_MIB + 1) * MIB;
    errno = ERRNO_MARK;
    unsigned char *p = t_malloc(size);
    judge(p, "malloc", size);
    if (p == NULL) {
        return;
    }
    pattern_fill(p, 1000, 6, true);
    for (size_t i = 0; i < 3; i++) {
        size_t next = i < 2 ? size * 2 : size / 4;
        errno = ERRNO_MARK;
        unsigned char *q = t_realloc(p, next);
        judge(q, "realloc", next);
        if (q != NULL) {
            p = q;
            size = next;
        }
        if (!pattern_holds(p, 1000, 1000, 6, true)) {
            FAIL("contents lost in a realloc to %zu bytes", next);
        }
    }
    t_free(p);
}

static void use_heaps(void) {
    for (size_t round = 0; round < 2; round++) {
        errno = ERRNO_MARK;
        mi_heap_t *heap = mi_heap_new();
        judge(heap, "mi_heap_new", 0);
        if (heap == NULL) {
            continue;
        }
        for (size_t i = 0; i < 20; i++) {
            size_t size = (i + 1) * 300;
            errno = ERRNO_MARK;
            void *p = mi_heap_malloc(heap, size);
            if (round == 0) {
                keep(p, size, "mi_heap_malloc");
            } else {
                judge(p, "mi_heap_malloc", size);
            }
        }
        if (round == 0) {
            mi_heap_delete(heap);
        } else {
            mi_heap_destroy(heap);
        }
    }
}

static void *in_thread(void *arg) {
    use_small(60);
    errno = ERRNO_MARK;
    keep(t_malloc(5 * MIB), 5 * MIB, "malloc");
    free_from(0, 7);
    return arg;
}

static void use_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, in_thread, NULL) == 0) {
        pthread_join(thread, NULL);
    }
}

static void workload(void) {
    use_small(100);
    use_large();
    use_aligned();
    use_realloc();
    use_long_realloc();
    use_heaps();
    use_thread();
    free_from(0, 2);
    errno = ERRNO_MARK;
    t_collect();
    if (errno != ERRNO_MARK) {
        FAIL("a collection left errno %d (%d expected)", errno, ERRNO_MARK);
    }
    use_small(100);
    use_large();
    free_from(0, 1);
    t_collect();
}

/* A block that got lost on the way is not known any more when it is freed. */
static void on_error(int error, void *arg) {
    (void)arg;
    if (error != ENOMEM) {
        FAIL("the library tells of error %d", error);
    }
}

static int run_child(void) {
    mi_register_error(on_error, NULL);
    workload();
    bool reached = atomic_load(&plan.count) >= plan.n;
    atomic_store(&plan.armed, false);
    strict = true;
    workload();
    if (is_resident_judged() && resident_bytes() > 40 * MIB) {
        FAIL("%zu KiB are resident in the end", resident_bytes() / KIB);
    }
    return reached ? 0 : STATUS_UNREACHED;
}

/* ---- the driver ------------------------------------------------------------------------- */

static int run_one(char **argv, unsigned call, unsigned mode, size_t n) {
    char text[64];
    snprintf(text, sizeof text, "%u %u %zu", call, mode, n);
    pid_t child = fork();
    if (child == 0) {
        setenv("INJECT_PLAN", text, 1);
        setenv("MIMALLOC_ARENA_RESERVE", ARENA_RESERVE, 1);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        fail("inject: no child process");
    }
    if (WIFEXITED(status) &&
        (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == STATUS_UNREACHED)) {
        return WEXITSTATUS(status);
    }
    fprintf(stderr, "inject %s %s %zu: status %#x\n", call_names[call], mode_names[mode], n,
            (unsigned)status);
    return 1;
}

static unsigned position(const char *const *names, unsigned count, const char *name) {
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    fail("inject: what is %s?", name);
}

int main(int argc, char **argv) {
    if (&mip_os_fault_hook == NULL) {
        printf("inject: skipped: linked with a shared library, where the hook cannot be reached\n");
        return 77;
    }
    if (plan.is_child) {
        return run_child();
    }
    if (argc == 4) {
        return run_one(argv, position(call_names, MIP_OS_CALL_COUNT, argv[1]),
                       position(mode_names, MODE_COUNT, argv[2]),
                       (size_t)argument(argc, argv, 3, 1)) == 1;
    }
    /* An emulator is slow, and what is done about a fault is the same on all machines. */
    size_t step = getenv("TEST_EMULATED") != NULL ? 5 : 1;
    if (SLOTS && getenv("INJECT_ALL") == NULL) {
        step = 23;
    }
    int failures = 0;
    for (unsigned call = 0; call < MIP_OS_CALL_COUNT; call++) {
        for (unsigned mode = 0; mode < MODE_COUNT; mode++) {
            int failures_before = failures;
            size_t n = 1, tried = 0;
            int result = 0;
            while (result != STATUS_UNREACHED && n < N_MAX && failures - failures_before < 5) {
                result = run_one(argv, call, mode, n);
                failures += result == 1;
                tried += result != STATUS_UNREACHED;
                n += step;
            }
            if (n >= N_MAX && result != STATUS_UNREACHED) {
                fprintf(stderr, "inject: %s %s: %d places are not all\n", call_names[call],
                        mode_names[mode], N_MAX);
                failures++;
            }
            printf("inject: %s %s: %zu places\n", call_names[call], mode_names[mode], tried);
            fflush(stdout);
        }
    }
    return failures != 0;
}
