/* SPDX-License-Identifier: MIT */
/* Room os, the rest: time, randomness, usage, output, the environment, threads and forks. */
#include "os/os.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(test_clock) {
    uint64_t start = mip_os_clock_ms();
    uint64_t now = start, last = start;
    while (now < start + 20) {
        now = mip_os_clock_ms();
        ck_assert_uint_ge(now, last);
        last = now;
    }
}
END_TEST

START_TEST(test_random) {
    unsigned char a[300], b[300];
    for (size_t size = 0; size <= 256; size += size < 40 ? 1 : 24) {
        memset(a, 0xaa, sizeof(a));
        memset(b, 0xaa, sizeof(b));
        ck_assert(mip_os_random(a, size) && mip_os_random(b, size));
        ck_assert(size < 8 || memcmp(a, b, size) != 0);
        for (size_t i = size; i < sizeof(a); i++) {
            ck_assert_uint_eq(a[i], 0xaa);
        }
    }
}
END_TEST

START_TEST(test_processors) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
        ck_assert_uint_eq(mip_os_processor_count(), (unsigned)CPU_COUNT(&allowed));
        CPU_ZERO(&allowed);
        CPU_SET(mip_os_processor(), &allowed);
        ck_assert_int_eq(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
        ck_assert_uint_eq(mip_os_processor_count(), 1);
        ck_assert(CPU_ISSET(mip_os_processor(), &allowed));
    }
    ck_assert_uint_ge(mip_os_processor_count(), 1);
    mip_os_yield();
}
END_TEST

START_TEST(test_write) {
    char text[5000], got[6000];
    ssize_t length = 0, piece;
    int ends[2];
    memset(text, 'x', sizeof(text));
    ck_assert_int_eq(pipe(ends), 0);
    errno = EDOM;
    mip_os_write(ends[1], text, sizeof(text));
    ck_assert_int_eq(errno, EDOM);
    close(ends[1]);
    while ((piece = read(ends[0], got + length, sizeof(got) - (size_t)length)) > 0) {
        length += piece;
    }
    ck_assert_int_eq(length, sizeof(text));
    ck_assert_mem_eq(got, text, sizeof(text));
    close(ends[0]);
    errno = EDOM;
    mip_os_write(-1, text, 1);
    mip_os_write(ends[0], text, 0);
    ck_assert_int_eq(errno, EDOM);
}
END_TEST

START_TEST(test_write_to_a_full_pipe) {
    char text[4096] = {0};
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    for (int i = 0; i < 40; i++) {
        mip_os_write(ends[1], text, sizeof(text)); /* gives up, some time */
    }
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(test_usage) {
    enum { SIZE = 16 << 20 };
    static char memory[SIZE];
    struct mip_os_usage before, after;
    mip_os_usage(&before);
    memset(memory, 1, SIZE);
    mip_os_usage(&after);
    ck_assert_uint_gt(before.current_resident, 0);
    ck_assert_uint_ge(before.peak_resident, before.current_resident);
    ck_assert_uint_ge(after.current_resident, before.current_resident + SIZE / 2);
    ck_assert_uint_ge(after.peak_resident, after.current_resident);
    ck_assert_uint_ge(after.minor_faults, before.minor_faults);
    ck_assert_uint_ge(after.user_ms + after.system_ms, before.user_ms + before.system_ms);
}
END_TEST

START_TEST(test_environment) {
    setenv("MIP_TEST_VARIABLE", "value", 1);
    ck_assert_pstr_eq(mip_os_getenv("MIP_TEST_VARIABLE"), "value");
    unsetenv("MIP_TEST_VARIABLE");
    ck_assert_ptr_null(mip_os_getenv("MIP_TEST_VARIABLE"));
}
END_TEST

START_TEST(test_next_symbol) {
    ck_assert_ptr_null(mip_os_next_symbol("mip_there_is_no_such_symbol"));
    /* None in a static program; else the C library's, which this program calls too. */
    ck_assert(mip_os_next_symbol("getppid") == NULL ||
              ((pid_t(*)(void))mip_os_next_symbol("getppid"))() == getppid());
}
END_TEST

/* What the hook was called with, last and how often. */
static _Atomic(uintptr_t) hooked_value;
static _Atomic(int) hook_calls;
static int rearm_count;

static void hook(void *value) {
    hooked_value = (uintptr_t)value;
    hook_calls++;
    if (rearm_count > 0) {
        rearm_count--;
        ck_assert(mip_os_thread_hook_arm(hook, (char *)value + 1));
    }
}

static void *arm(void *arg) {
    uintptr_t *values = arg; /* ended by one */
    for (; *values != 1; values++) {
        ck_assert(mip_os_thread_hook_arm(hook, (void *)*values));
    }
    return NULL;
}

static void run_thread(void *(*body)(void *), void *arg) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, body, arg), 0);
    pthread_join(thread, NULL);
}

static bool has_hooks(void) {
    bool has = mip_os_thread_hook_arm(hook, &has);
    (void)mip_os_thread_hook_arm(hook, NULL);
    return has;
}

static struct {
    uintptr_t values[4], expected;
    int calls;
} arms[] = {
    {{1}, 0, 0},    {{100, 1}, 100, 1},  {{100, 200, 1}, 200, 1},
    {{0, 1}, 0, 0}, {{100, 0, 1}, 0, 0}, {{0, 100, 1}, 100, 1},
};

START_TEST(test_hook) {
    if (has_hooks()) {
        run_thread(arm, arms[_i].values);
        ck_assert_uint_eq(hooked_value, arms[_i].expected);
        ck_assert_int_eq(hook_calls, arms[_i].calls);
    }
}
END_TEST

START_TEST(test_hook_armed_by_itself) {
    if (has_hooks()) {
        rearm_count = 2;
        run_thread(arm, arms[1].values);
        ck_assert_uint_eq(hooked_value, 102);
        ck_assert_int_eq(hook_calls, 3);
    }
}
END_TEST

enum { THREADS = 8 };
static pthread_barrier_t barrier;

static void *arm_at_once(void *arg) {
    pthread_barrier_wait(&barrier);
    ck_assert(mip_os_thread_hook_arm(hook, arg));
    return NULL;
}

/* The first call of the process, by all at the same time: one key, and everybody is called. */
START_TEST(test_hook_race) {
    pthread_t threads[THREADS];
    int values[THREADS];
    pthread_key_t before, after;
    pid_t child = fork(); /* has_hooks would make the key */
    int status;
    if (child == 0) {
        _exit(!has_hooks());
    }
    waitpid(child, &status, 0);
    if (status != 0) {
        return;
    }
    ck_assert_int_eq(pthread_key_create(&before, NULL), 0);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, arm_at_once, &values[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_int_eq(hook_calls, THREADS);
    ck_assert_int_eq(pthread_key_create(&after, NULL), 0);
    ck_assert_uint_le(after - before, 2); /* the losers' keys are free again */
}
END_TEST

START_TEST(test_hook_with_key_0) {
    pthread_key_t key;
    ck_assert_int_eq(pthread_key_create(&key, NULL), 0);
    ck_assert_int_eq(pthread_key_delete(key), 0);
    /* The next key made has that number again, which often is 0. */
    if (has_hooks()) {
        run_thread(arm, arms[1].values);
        ck_assert_uint_eq(hooked_value, 100);
    }
}
END_TEST

START_TEST(test_hook_without_keys) {
    pthread_key_t keys[4096];
    size_t count = 0;
    while (count < LENGTH_OF(keys) && pthread_key_create(&keys[count], NULL) == 0) {
        count++;
    }
    if (count == LENGTH_OF(keys)) {
        return;
    }
    ck_assert(!mip_os_thread_hook_arm(hook, &count));
    ck_assert(mip_os_thread_hook_arm(hook, NULL));
    pthread_key_delete(keys[count - 1]);
    if (has_hooks()) {
        run_thread(arm, arms[1].values);
        ck_assert_uint_eq(hooked_value, 100);
    }
}
END_TEST

static char fork_order[8];

static void on_prepare(void) {
    strcat(fork_order, "p");
}

static void on_parent(void) {
    strcat(fork_order, "P");
}

static void on_child(void) {
    strcat(fork_order, "C");
}

START_TEST(test_fork_hooks) {
    int status;
    pid_t child;
    if (!mip_os_fork_hooks(on_prepare, on_parent, on_child)) {
        return;
    }
    child = fork();
    if (child == 0) {
        _exit(strcmp(fork_order, "pC"));
    }
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(fork_order, "pP");
}
END_TEST

static void *ask_threads(void *arg) {
    *(bool *)arg = mip_os_is_multi_threaded();
    return NULL;
}

START_TEST(test_multi_threaded) {
    bool answer = false;
    run_thread(ask_threads, &answer);
    ck_assert(answer);
}
END_TEST

static TCase *kernel(void) {
    TCase *tests = tcase_create("kernel");
    tcase_add_test(tests, test_clock);
    tcase_add_test(tests, test_random);
    tcase_add_test(tests, test_processors);
    tcase_add_test(tests, test_write);
    tcase_add_test(tests, test_write_to_a_full_pipe);
    tcase_add_test(tests, test_usage);
    tcase_add_test(tests, test_environment);
    tcase_add_test(tests, test_next_symbol);
    return tests;
}

static TCase *threads(void) {
    TCase *tests = tcase_create("threads");
    tcase_add_loop_test(tests, test_hook, 0, LENGTH_OF(arms));
    tcase_add_test(tests, test_hook_armed_by_itself);
    tcase_add_test(tests, test_hook_race);
    tcase_add_test(tests, test_hook_with_key_0);
    tcase_add_test(tests, test_hook_without_keys);
    tcase_add_test(tests, test_fork_hooks);
    tcase_add_test(tests, test_multi_threaded);
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {kernel, threads};
    return run_suite("os system", cases, LENGTH_OF(cases));
}
