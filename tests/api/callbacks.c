/* SPDX-License-Identifier: MIT */
/* Functions that the program registers: for output, for errors, for deferred frees.  They are
   called in the midst of the library's work, and may do what they should not. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int calls, depth;

/* ---- what is told */

static int told[8];

static void note(int err, void *arg) {
    ck_assert_ptr_eq(arg, told);
    if (calls < (int)COUNT_OF(told)) {
        told[calls] = err;
    }
    calls++;
}

static void *allocate(void) {
    return mi_malloc(too_large);
}

static void *allocate_half(void) {
    return mi_malloc(too_large / 2 + 1);
}

static void *zero(void) {
    return mi_zalloc(too_large);
}

static void *count(void) {
    return mi_calloc(too_large, 2);
}

static void *number(void) {
    return mi_mallocn(2, too_large);
}

static void *aligned(void) {
    return mi_malloc_aligned(too_large - 5, 64);
}

static void *very_aligned(void) {
    return mi_zalloc_aligned(too_large - 5, MIB);
}

static void *shifted(void) {
    return mi_malloc_aligned_at(too_large / 2 - 7, 4096, 24);
}

static void *in_heap(void) {
    return mi_heap_malloc(mi_heap_get_default(), too_large);
}

static void *again(void) {
    void *p = mi_malloc(100), *q = mi_realloc(p, too_large);
    mi_free(p);
    return q;
}

static void *again_zero(void) {
    void *p = mi_zalloc(100), *q = mi_recalloc(p, too_large, 8);
    mi_free(p);
    return q;
}

static void *again_aligned(void) {
    void *p = mi_malloc_aligned(100, 64), *q = mi_realloc_aligned(p, too_large, 64);
    mi_free(p);
    return q;
}

static const struct {
    const char *name;
    void *(*call)(void);
} overflowing[] = {{"mi_malloc", allocate},
                   {"mi_malloc of half", allocate_half},
                   {"mi_zalloc", zero},
                   {"mi_calloc", count},
                   {"mi_mallocn", number},
                   {"mi_malloc_aligned", aligned},
                   {"mi_zalloc_aligned", very_aligned},
                   {"mi_malloc_aligned_at", shifted},
                   {"mi_heap_malloc", in_heap},
                   {"mi_realloc", again},
                   {"mi_recalloc", again_zero},
                   {"mi_realloc_aligned", again_aligned}};

/* The caller sees ENOMEM, the registered function is told once what it was. */
START_TEST(sizes_too_large) {
    for (size_t i = 0; i < COUNT_OF(overflowing); i++) {
        calls = 0;
        mi_register_error(note, told);
        ck_assert_fails(overflowing[i].call(), ENOMEM);
        mi_register_error(NULL, NULL);
        ck_assert_msg(calls == 1, "%s: told %d times", overflowing[i].name, calls);
        ck_assert_msg(told[0] == (i == 7 ? ENOMEM : EOVERFLOW), "%s: told %d", overflowing[i].name,
                      told[0]);
        ck_assert_fails(overflowing[i].call(), ENOMEM);
        ck_assert_int_eq(calls, 1);
    }
}
END_TEST

/* Sizes that are allowed, until there is no more address space. */
START_TEST(no_memory) {
    enum { BLOCKS = 64 };
    void *blocks[BLOCKS];
    int got = 0;
    size_t size = (size_t)PTRDIFF_MAX / 2;
    mi_register_error(note, told);
    while (got < BLOCKS && (blocks[got] = mi_malloc(size)) != NULL) {
        got++;
    }
    ck_assert_int_lt(got, BLOCKS);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(told[0], ENOMEM);
    ck_assert_fails(mi_malloc_aligned(size, MIB), ENOMEM);
    ck_assert_int_eq(calls, 2);
    ck_assert_int_eq(told[1], ENOMEM);
    while (got > 0) {
        mi_free(blocks[--got]);
    }
    mi_free(mi_malloc(1000));
    ck_assert_int_eq(calls, 2);
}
END_TEST

/* An argument that the function itself refuses is not told: its result says so. */
START_TEST(not_told) {
    mi_register_error(note, told);
    volatile size_t odd = 3; /* unknown to the compiler, which warns of what it sees */
    ck_assert_fails(mi_malloc_aligned(100, odd), EINVAL);
    ck_assert_ptr_null(mi_expand(NULL, 100));
    mi_free(NULL);
    ck_assert_int_eq(calls, 0);
}
END_TEST

static char text[65536];

static void collect(const char *msg, void *arg) {
    (void)arg;
    strncat(text, msg, sizeof(text) - strlen(text) - 1);
}

START_TEST(messages_of_failures) {
    mi_option_enable(mi_option_show_errors, true);
    mi_register_output(collect, NULL);
    ck_assert_fails(mi_malloc(too_large), ENOMEM);
    mi_register_output(NULL, NULL);
    ck_assert_int_eq(strncmp(text, "mimalloc: error: an allocation is too large", 43), 0);
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
    text[0] = '\0';
    mi_option_enable(mi_option_show_errors, false);
    mi_register_output(collect, NULL);
    ck_assert_fails(mi_malloc(too_large), ENOMEM);
    mi_register_output(NULL, NULL);
    ck_assert_str_eq(text, "");
}
END_TEST

/* ---- functions that call the library */

static void use_memory(void) {
    void *blocks[200];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        blocks[i] = mi_malloc(i * 500);
        fill(blocks[i], i * 500, (unsigned)i);
    }
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        ck_assert(is_filled(blocks[i], i * 500, (unsigned)i));
        mi_free(blocks[i]);
    }
}

static void output_that_allocates(const char *msg, void *arg) {
    (void)arg;
    use_memory();
    collect(msg, NULL);
    calls++;
}

START_TEST(output_allocates) {
    mi_register_output(output_that_allocates, NULL);
    mi_stats_print(NULL);
    ck_assert_int_gt(calls, 10);
    ck_assert_ptr_nonnull(strstr(text, "heap stats:"));
    mi_options_print();
    mi_option_enable(mi_option_show_errors, true);
    ck_assert_fails(mi_malloc(too_large), ENOMEM);
    mi_register_output(NULL, NULL);
    ck_assert_ptr_nonnull(strstr(text, "too large"));
    text[0] = '\0';
    mi_stats_print_out(output_that_allocates, NULL);
    ck_assert_ptr_nonnull(strstr(text, "heap stats:"));
}
END_TEST

/* Statistics printed by a function that is being given statistics. */
static void output_that_prints(const char *msg, void *arg) {
    (void)msg;
    calls++;
    if (depth++ == 0) {
        mi_stats_print_out(collect, arg);
        mi_thread_stats_print_out(output_that_prints, arg); /* and this very function */
        mi_collect(true);
    }
    depth--;
}

START_TEST(output_prints) {
    mi_stats_print_out(output_that_prints, NULL);
    ck_assert_int_gt(calls, 20);
    ck_assert_ptr_nonnull(strstr(text, "heap stats:"));
}
END_TEST

/* Of a registered function, the library's own text goes past it. */
static void registered_that_prints(const char *msg, void *arg) {
    (void)arg;
    (void)msg;
    calls++;
    ck_assert_int_eq(depth++, 0);
    mi_process_info_print();
    depth--;
}

START_TEST(registered_output_prints) {
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    ck_assert_ptr_nonnull(file);
    dup2(fileno(file), STDERR_FILENO);
    mi_register_output(registered_that_prints, NULL);
    mi_process_info_print();
    mi_register_output(NULL, NULL);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    ck_assert_int_gt(calls, 0);
    ck_assert_ptr_nonnull(strstr(text, "user:"));
}
END_TEST

static void error_that_allocates(int err, void *arg) {
    (void)err;
    (void)arg;
    calls++;
    ck_assert_int_eq(depth++, 0);
    use_memory();
    ck_assert_ptr_null(mi_malloc(too_large)); /* which is no new call */
    mi_stats_print_out(collect, NULL);
    mi_collect(false);
    errno = ERANGE;
    depth--;
}

START_TEST(error_function_allocates) {
    void *p = mi_malloc(100);
    fill(p, 100, 3);
    mi_register_error(error_that_allocates, NULL);
    for (size_t i = 0; i < COUNT_OF(overflowing); i++) {
        ck_assert_fails(overflowing[i].call(), ENOMEM);
    }
    mi_register_error(NULL, NULL);
    ck_assert_int_eq(calls, (int)COUNT_OF(overflowing));
    ck_assert(is_filled(p, 100, 3));
    mi_free(p);
}
END_TEST

static void error_that_unregisters(int err, void *arg) {
    (void)err;
    (void)arg;
    calls++;
    mi_register_error(NULL, NULL);
    mi_register_output(NULL, NULL);
}

START_TEST(error_function_unregisters) {
    mi_register_error(error_that_unregisters, NULL);
    ck_assert_fails(mi_malloc(too_large), ENOMEM);
    ck_assert_fails(mi_malloc(too_large), ENOMEM);
    ck_assert_int_eq(calls, 1);
}
END_TEST

/* ---- another thread registers and unregisters meanwhile */

enum { THREADS = 3, ROUNDS = 2000 };
static atomic_int heard[2];
static atomic_bool stop;

static void first_error(int err, void *arg) {
    ck_assert_int_eq(err, EOVERFLOW);
    ck_assert_ptr_eq(arg, &heard[0]);
    heard[0]++;
    mi_free(mi_malloc(100));
}

static void second_error(int err, void *arg) {
    ck_assert_int_eq(err, EOVERFLOW);
    ck_assert_ptr_eq(arg, &heard[1]);
    heard[1]++;
    mi_free(mi_malloc(100));
}

static void *fail_often(void *arg) {
    while (!stop) {
        ck_assert_ptr_null(mi_malloc(too_large));
        mi_process_info(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    }
    return arg;
}

START_TEST(registered_by_another_thread) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fail_often, NULL), 0);
    }
    for (int i = 0; i < ROUNDS || heard[0] == 0 || heard[1] == 0; i++) {
        mi_register_error(first_error, &heard[0]);
        mi_register_error(NULL, NULL);
        mi_register_error(second_error, &heard[1]);
    }
    stop = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}
END_TEST

static void note_output(const char *msg, void *arg) {
    ck_assert_ptr_eq(arg, &heard[0]);
    ck_assert_int_ne(msg[0], '\0');
    mi_free(mi_malloc(300));
    heard[0]++;
}

static void *print_often(void *arg) {
    while (!stop) {
        mi_process_info_print();
    }
    return arg;
}

START_TEST(output_unregistered_by_another_thread) {
    pthread_t threads[THREADS];
    int saved = dup(STDERR_FILENO);
    FILE *nowhere = fopen("/dev/null", "w");
    ck_assert_ptr_nonnull(nowhere);
    dup2(fileno(nowhere), STDERR_FILENO);
    fclose(nowhere);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, print_often, NULL), 0);
    }
    for (int i = 0; i < ROUNDS || heard[0] == 0; i++) {
        mi_register_output(note_output, &heard[0]);
        mi_register_output(NULL, NULL);
    }
    stop = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    dup2(saved, STDERR_FILENO);
    close(saved);
}
END_TEST

static atomic_int deferred_calls;

static void deferred(bool force, unsigned long long heartbeat) {
    static atomic_int changes;
    (void)force;
    ck_assert_uint_gt(heartbeat, 0);
    deferred_calls++;
    mi_free(mi_malloc(2000));
    if (changes++ % 64 == 0) {
        mi_register_deferred_free(NULL); /* by itself, too */
    }
}

static void *allocate_often(void *arg) {
    void *blocks[100] = {NULL};
    for (unsigned i = 0; !stop; i++) {
        mi_free(blocks[i % 100]);
        blocks[i % 100] = mi_malloc(i % 3000);
        if (i % 5000 == 0) {
            mi_collect(true);
        }
    }
    for (int i = 0; i < 100; i++) {
        mi_free(blocks[i]);
    }
    return arg;
}

START_TEST(deferred_changes_meanwhile) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, allocate_often, NULL), 0);
    }
    for (int i = 0; i < ROUNDS || deferred_calls < 100; i++) {
        mi_register_deferred_free(deferred);
        if (i % 3 == 0) {
            mi_register_deferred_free(NULL);
        }
    }
    mi_register_deferred_free(NULL);
    stop = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}
END_TEST

/* ---- a deferred-free function that ends what it runs in */

static void replace_default_heap(bool force, unsigned long long heartbeat) {
    (void)force;
    (void)heartbeat;
    if (++calls < 100 || calls % 5 == 0) { /* at first before it holds anything */
        mi_heap_delete(mi_heap_set_default(mi_heap_new()));
    }
}

/* The block comes from the heap that is the default one when the function has returned. */
START_TEST(deferred_replaces_default_heap) {
    enum { HELD = 300, STEPS = 60000 };
    static void *held[HELD];
    static size_t held_size[HELD];
    mi_heap_set_default(mi_heap_new());
    mi_register_deferred_free(replace_default_heap);
    for (size_t i = 0; i < STEPS; i++) {
        size_t k = i * 7919 % HELD, size = i % 1000 == 0 ? 3 * MIB : 100 + i % 3000;
        ck_assert(held[k] == NULL || is_filled(held[k], 100, (unsigned)k));
        if (i % 4 == 3) {
            held[k] = mi_realloc(held[k], size);
        } else {
            mi_free(held[k]);
            held[k] = i % 4 == 0   ? mi_zalloc(size)
                      : i % 4 == 1 ? mi_malloc(size)
                                   : mi_malloc_aligned(size, i % 50 == 2 ? 256 * KIB : 64);
        }
        ck_assert_ptr_nonnull(held[k]);
        mi_heap_t *heap = mi_heap_of(held[k]);
        ck_assert(heap == mi_heap_get_backing() || heap == mi_heap_get_default());
        held_size[k] = size;
        fill(held[k], 100, (unsigned)k);
    }
    mi_register_deferred_free(NULL);
    ck_assert_int_gt(calls, 100);
    for (size_t k = 0; k < HELD; k++) {
        ck_assert_uint_ge(mi_usable_size(held[k]), held_size[k]);
        mi_free(held[k]);
    }
}
END_TEST

static _Thread_local int calls_here;
static atomic_bool leaves;

static void leave_thread(bool force, unsigned long long heartbeat) {
    (void)force;
    (void)heartbeat;
    calls_here++;
    if (leaves) {
        leaves = false;
        pthread_exit(&leaves);
    }
}

static void *allocate_until_called(void *arg) {
    for (int i = 0; i < 20000; i++) {
        ck_assert_ptr_nonnull(mi_malloc(1000));
    }
    *(int *)arg = calls_here;
    return NULL;
}

/* The next thread, which may have what the ended one left, is called as ever. */
START_TEST(deferred_ends_its_thread) {
    pthread_t thread;
    mi_free(mi_malloc(1));
    mi_register_deferred_free(leave_thread);
    for (int round = 0; round < 4; round++) {
        int count = -1;
        void *result;
        leaves = round % 2 == 0;
        ck_assert_int_eq(pthread_create(&thread, NULL, allocate_until_called, &count), 0);
        pthread_join(thread, &result);
        if (round % 2 == 0) {
            ck_assert_ptr_eq(result, &leaves);
        } else {
            ck_assert_int_gt(count, 0);
        }
    }
    mi_register_deferred_free(NULL);
}
END_TEST

/* A function of the program's may end the process: what is done at exit allocates as ever. */
enum { LEFT = 43 };

static void allocate_at_exit(void) {
    for (size_t size = 1; size < 3000000; size *= 3) {
        void *p = mi_malloc(size);
        if (p == NULL) {
            _exit(LEFT + 1);
        }
        mi_free(p);
    }
    mi_collect(true);
}

static void leave(void) {
    atexit(allocate_at_exit);
    exit(LEFT);
}

static void leave_from_deferred(bool force, unsigned long long heartbeat) {
    (void)force;
    (void)heartbeat;
    leave();
}

static void leave_from_error(int err, void *arg) {
    (void)err;
    (void)arg;
    leave();
}

static void leave_from_output(const char *message, void *arg) {
    (void)message;
    (void)arg;
    leave();
}

VISITOR(leave_from_visit) {
    leave();
    return true;
}

static void call_one_that_leaves(int which) {
    static volatile size_t too_large = SIZE_MAX - 100;
    void *p = mi_malloc(1000);
    switch (which) {
    case 0:
        mi_register_deferred_free(leave_from_deferred);
        allocate_until_called(&which);
        break;
    case 1:
        mi_register_error(leave_from_error, NULL);
        mi_free(mi_malloc(too_large));
        break;
    case 2:
        mi_register_output(leave_from_output, NULL);
        mi_stats_print(NULL);
        break;
    default:
        mi_heap_visit_blocks(mi_heap_get_default(), true, leave_from_visit, NULL);
    }
    mi_free(p);
}

START_TEST(functions_end_the_process) {
    for (int which = 0; which < 4; which++) {
        int status = 0;
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            alarm(20);
            call_one_that_leaves(which);
            _exit(1);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == LEFT, "%d: status %#x", which,
                      (unsigned)status);
    }
}
END_TEST

RUN_SUITE("callbacks", sizes_too_large, no_memory, not_told, messages_of_failures, output_allocates,
          output_prints, registered_output_prints, error_function_allocates,
          error_function_unregisters, registered_by_another_thread,
          output_unregistered_by_another_thread, deferred_changes_meanwhile,
          deferred_replaces_default_heap, deferred_ends_its_thread, functions_end_the_process)
