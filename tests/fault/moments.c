/* SPDX-License-Identifier: MIT */
/* The debug library's large blocks and traces, at the moments that a program seldom meets: another
   thread frees during a collection, the kernel refuses, the process ends. */
#include "../unit/unit.h"

#include <errno.h>
#include <mimalloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/options.h"
#include "core/core.h"
#include "core/guard.h"
#include "core/trace.h"
#include "os/os.h"

enum { LARGE = 300000, NO_MEMORY = 12 };

static char *large_block(void) {
    char *p = mip_malloc(LARGE);
    ck_assert_ptr_nonnull(p);
    memset(p, 1, LARGE);
    return p;
}

/* Does what the system has promised for the mapping at p count ("ac" among its flags)?  -1: the
   kernel does not tell. */
static int is_accounted(const char *p) {
    char line[400];
    bool is_found = false;
    int answer = -1;
    FILE *file = fopen("/proc/self/smaps", "r");
    if (file == NULL)
        return -1;
    while (answer < 0 && fgets(line, sizeof(line), file) != NULL) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            is_found = from <= (uintptr_t)p && (uintptr_t)p < to;
        else if (is_found && strncmp(line, "VmFlags:", 8) == 0)
            answer = strstr(line, " ac") != NULL;
    }
    fclose(file);
    return answer;
}

static bool has_ring(void) {
    mip_os_init();
    bool has = mip_os_info.address_limit == SIZE_MAX && sizeof(void *) >= 8;
    if (!has)
        printf("moments: closed addresses do not wait here\n");
    return has;
}

START_TEST(test_waits_uncharged) {
    if (!has_ring())
        return;
    char *p = large_block();
    int before = is_accounted(p);
    mip_free(p);
    ck_assert(mip_guard_was(p));
    ck_assert(!is_accessible(p));
    if (before == 1)
        ck_assert_int_eq(is_accounted(p), 0);
    else
        printf("moments: the kernel does not tell what it accounts for\n");
}
END_TEST

/* A block that is freed while a collection gives others up waits as any. */
static char *second;
static bool has_waited;

static int free_at_release(enum mip_os_call call) {
    char *p = second;
    if (call == MIP_OS_MUNMAP && p != NULL) {
        second = NULL;
        mip_free(p);
        has_waited = mip_guard_was(p);
    }
    return 0;
}

START_TEST(test_free_during_a_collection) {
    if (!has_ring())
        return;
    char *p = large_block();
    second = large_block();
    mip_free(p);
    mip_os_fault_hook = free_at_release;
    mip_guard_collect();
    mip_os_fault_hook = NULL;
    ck_assert_ptr_null(second);
    ck_assert(has_waited);
    ck_assert(!mip_guard_was(p));
}
END_TEST

static int fail_map(enum mip_os_call call) {
    return call == MIP_OS_MMAP ? NO_MEMORY : 0;
}

/* The range is closed, and then lost, as far as can be told. */
static int advices;

static int fail_map_and_second_advice(enum mip_os_call call) {
    return call == MIP_OS_MMAP || (call == MIP_OS_MADVISE && ++advices == 2) ? NO_MEMORY : 0;
}

/* As memory that is locked does. */
static int fail_advice(enum mip_os_call call) {
    return call == MIP_OS_MADVISE ? EINVAL : 0;
}

static int fail_all(enum mip_os_call call) {
    return call == MIP_OS_MMAP || call == MIP_OS_MADVISE || call == MIP_OS_MUNMAP ? NO_MEMORY : 0;
}

/* A mapping that may not be exchanged is closed; one that may be another's by now is let alone. */
START_TEST(test_refusals) {
    if (!has_ring())
        return;
    char *p = large_block(), *lost = large_block(), *locked = large_block(), *after = large_block();
    bool is_told = is_accounted(lost) != -1;
    mip_os_fault_hook = fail_map;
    mip_free(p);
    ck_assert(mip_guard_was(p));
    mip_os_fault_hook = fail_map_and_second_advice;
    mip_free(lost);
    ck_assert(!mip_guard_was(lost));
    mip_os_fault_hook = fail_advice;
    mip_free(locked);
    ck_assert(!mip_guard_was(locked));
    mip_os_fault_hook = NULL;
    ck_assert(!is_accessible(p));
    if (is_told) {
        ck_assert_int_ne(is_accounted(lost), -1);
        ck_assert_int_eq(is_accounted(lost - mip_os_info.page_size), -1); /* is given back */
        ck_assert_int_eq(is_accounted(locked), -1);
    }
    mip_os_fault_hook = fail_all;
    mip_free(after);
    mip_guard_collect();
    mip_os_fault_hook = NULL;
    mip_free(large_block());
}
END_TEST

/* A request of more than the machine has is served when another thread has freed what it needs. */
static bool is_given_back;

static void *free_it(void *p) {
    mip_free(p);
    return NULL;
}

static int fail_map_until_given_back(enum mip_os_call call) {
    is_given_back |= call == MIP_OS_MADVISE;
    return call == MIP_OS_MMAP && !is_given_back ? NO_MEMORY : 0;
}

START_TEST(test_freed_elsewhere) {
    pthread_t thread;
    char *p = large_block();
    ck_assert_int_eq(pthread_create(&thread, NULL, free_it, p), 0);
    pthread_join(thread, NULL);
    mip_os_info.memory_size = LARGE / 2;
    mip_os_fault_hook = fail_map_until_given_back;
    char *q = mip_malloc(LARGE);
    mip_os_fault_hook = NULL;
    ck_assert(is_given_back);
    ck_assert_ptr_nonnull(q);
}
END_TEST

/* A promise of the caller's that is not true ends the process. */
static void free_as_larger(void *p) {
    mi_free_size(p, 5000);
}

static void free_as_larger_aligned(void *p) {
    mi_free_size_aligned(p, 5000, 16);
}

static void free_as_aligned(void *p) {
    mi_free_aligned((char *)p, (size_t)1 << 40);
}

static const struct {
    void (*fun)(void *p);
    const char *message;
} promises[] = {
    {free_as_larger, "freed as a block of 5000 bytes, allocated with 100\n"},
    {free_as_larger_aligned, "freed as a block of 5000 bytes, allocated with 100\n"},
    {free_as_aligned, "freed with alignment 1099511627776, allocated with 16\n"},
};

START_TEST(test_promises) {
    char text[400], expected[400];
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    void *p = mip_malloc(100);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        promises[_i].fun(p);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ssize_t length = read(ends[0], text, sizeof(text) - 1);
    ck_assert_int_gt(length, 0);
    text[length] = '\0';
    snprintf(expected, sizeof(expected), "mimalloc: fatal: %s free: pointer %p, size class ",
             _i == 2 ? "aligned" : "sized", p);
    ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
    ck_assert_msg(strstr(text, promises[_i].message) != NULL, "%s", text);
    mip_free(p);
}
END_TEST

/* Another thread may be about to note a block when the report of the end is written. */
START_TEST(test_trace_after_its_end) {
    static char block[64];
    mip_os_init();
    mip_option_set(MIP_OPTION_TRACE, 1);
    mip_trace_start();
    if (mip_load_relaxed(&mip_trace_every) == 0) {
        printf("moments: no traces: the C library has no backtrace\n");
        return;
    }
    mip_trace_note(block, sizeof(block));
    mip_trace_report();
    ck_assert_uint_eq(mip_load_relaxed(&mip_trace_every), 0);
    mip_trace_note(block, sizeof(block));
    mip_trace_note_free(block);
}
END_TEST

static TCase *moments(void) {
    TCase *test_case = tcase_create("moments");
    tcase_add_test(test_case, test_waits_uncharged);
    tcase_add_test(test_case, test_free_during_a_collection);
    tcase_add_test(test_case, test_refusals);
    tcase_add_test(test_case, test_freed_elsewhere);
    tcase_add_loop_test(test_case, test_promises, 0, LENGTH_OF(promises));
    tcase_add_test(test_case, test_trace_after_its_end);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {moments};
    return run_suite("moments", cases, LENGTH_OF(cases));
}
