/* SPDX-License-Identifier: MIT */
/* Chapter "extended". */
#include "support.h"

#include "../sanitized.h"

#include <config.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(version) {
    ck_assert_int_eq(MI_MALLOC_VERSION, 100);
    ck_assert_int_eq(mi_version(), 100);
    ck_assert_str_eq(MIMALLOC_PACKAGE_VERSION, PACKAGE_VERSION);
    ck_assert_uint_eq(MI_SMALL_SIZE_MAX, 128 * sizeof(void *));
}
END_TEST

START_TEST(small_blocks) {
    for (size_t size = 0; size <= MI_SMALL_SIZE_MAX; size++) {
        unsigned char *p = mi_malloc_small(size);
        unsigned char *q = mi_zalloc_small(size);
        ck_assert(p != NULL && q != NULL && p != q);
        ck_assert(is_aligned(p, 16) && is_aligned(q, 16));
        ck_assert_uint_ge(mi_usable_size(p), size);
        ck_assert(is_zero(q, mi_usable_size(q)));
        memset(whole(p), 0xa5, mi_usable_size(p));
        memset(whole(q), 0xa5, mi_usable_size(q));
        mi_free(p);
        mi_free(q);
    }
}
END_TEST

static void check_sizes_of(size_t size) {
    void *p = mi_malloc(size);
    size_t usable;
    ck_assert_ptr_nonnull(p);
    errno = ERRNO_UNTOUCHED;
    usable = mi_usable_size(p);
    ck_assert_uint_ge(usable, size);
    ck_assert_msg(mi_good_size(size) == usable, "size %zu: usable %zu, good %zu", size, usable,
                  mi_good_size(size));
    ck_assert_uint_eq(mi_good_size(usable), usable);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    mi_free(p);
}

START_TEST(good_size_is_usable_size) {
    for (size_t size = 0; size < 5000; size++) {
        check_sizes_of(size);
    }
    for (size_t size = 5000; size < 3 * MIB; size += size / 37) {
        check_sizes_of(size);
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        check_sizes_of(sizes[i]);
    }
}
END_TEST

START_TEST(good_size_of_excessive_sizes) {
    for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
        ck_assert_uint_ge(mi_good_size(excessive_sizes[i]), excessive_sizes[i]);
    }
}
END_TEST

/* At most a sixth more than asked for, from where granules no longer matter; what has OS pages of
   its own is rounded up to these. */
START_TEST(good_size_is_tight) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t size = 128; size < 16 * MIB; size += size / 29 + 1) {
        size_t spare = mi_good_size(size) - size;
        ck_assert_msg(spare <= size / 5 || (size > 64 * KIB && spare < page), "size %zu: good %zu",
                      size, mi_good_size(size));
    }
}
END_TEST

START_TEST(usable_size_of_null) {
    ck_assert_uint_eq(mi_usable_size(NULL), 0);
}
END_TEST

static size_t resident(void) {
    size_t current;
    mi_process_info(NULL, NULL, NULL, &current, NULL, NULL, NULL, NULL);
    return current;
}

/* Small, medium and large blocks: what is freed is given back at once. */
START_TEST(collect_gives_back) {
    static const size_t block_sizes[] = {1000, 60000, 3 * MIB};
    if (IS_SANITIZED || !CAN_GIVE_BACK) {
        printf("collect_gives_back: skipped: %s\n",
               IS_SANITIZED ? "the sanitizer's shadow memory is resident, too, and stays"
                            : "the kernel is never asked to take memory back");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(block_sizes); i++) {
        size_t size = block_sizes[i], count = 200 * MIB / size;
        void **blocks = mi_calloc(count, sizeof(*blocks));
        size_t full, before = resident();
        for (size_t k = 0; k < count; k++) {
            blocks[k] = mi_malloc(size);
            ck_assert_ptr_nonnull(blocks[k]);
            memset(blocks[k], 1, size);
        }
        full = resident();
        ck_assert_uint_gt(full, before + 150 * MIB);
        for (size_t k = 0; k < count; k++) {
            mi_free(blocks[k]);
        }
        mi_free(blocks);
        mi_collect(true);
        ck_assert_msg(resident() < before + 40 * MIB,
                      "blocks of %zu: %zu before, %zu full, %zu now", size, before, full,
                      resident());
    }
}
END_TEST

START_TEST(collect_keeps_live_blocks) {
    enum { LIVE = 3000 };
    static unsigned char *blocks[LIVE];
    for (size_t i = 0; i < LIVE; i++) {
        blocks[i] = mi_malloc(i % 700);
        fill(blocks[i], i % 700, (unsigned)i);
    }
    for (size_t i = 0; i < LIVE; i += 2) {
        mi_free(blocks[i]);
    }
    errno = ERRNO_UNTOUCHED;
    mi_collect(false);
    mi_collect(true);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    for (size_t i = 1; i < LIVE; i += 2) {
        ck_assert(is_filled(blocks[i], i % 700, (unsigned)i));
        mi_free(blocks[i]);
    }
}
END_TEST

static void *use_thread_functions(void *shared) {
    void **block = shared;
    mi_thread_init();
    mi_thread_init();
    *block = mi_malloc(100);
    fill(*block, 100, 1);
    mi_thread_done();
    mi_thread_done();
    mi_free(mi_malloc(200)); /* still works */
    mi_thread_init();
    mi_free(mi_malloc(300));
    return mi_malloc(50);
}

START_TEST(threads) {
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        void *first = NULL, *second = NULL;
        ck_assert_int_eq(pthread_create(&thread, NULL, use_thread_functions, &first), 0);
        ck_assert_int_eq(pthread_join(thread, &second), 0);
        ck_assert(first != NULL && second != NULL);
        ck_assert(is_filled(first, 100, 1));
        mi_free(first);
        mi_free(second);
    }
}
END_TEST

/* What a deferred function of one thread saw. */
static struct {
    unsigned long long calls, forced, last, sum;
    bool went_back;
} seen;

static void watch(bool force, unsigned long long heartbeat) {
    seen.calls++;
    seen.forced += force;
    seen.went_back |= heartbeat < seen.last;
    seen.last = heartbeat;
    seen.sum = seen.sum * 31 + heartbeat;
    mi_free(mi_malloc(64)); /* it may allocate */
}

static void allocate_regularly(void) {
    static void *slots[1000];
    for (size_t i = 0; i < 300000; i++) {
        void **slot = &slots[i * 7919 % COUNT_OF(slots)];
        mi_free(*slot);
        *slot = mi_malloc(i * 31 % 3000);
    }
    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        mi_free(slots[i]);
        slots[i] = NULL;
    }
}

START_TEST(deferred_free_is_called) {
    mi_register_deferred_free(watch);
    allocate_regularly();
    ck_assert_uint_gt(seen.calls, 10);
    ck_assert_uint_eq(seen.forced, 0);
    ck_assert(!seen.went_back);
    mi_collect(true);
    ck_assert_uint_gt(seen.forced, 0);
    unsigned long long calls = seen.calls;
    mi_register_deferred_free(NULL);
    allocate_regularly();
    ck_assert_uint_eq(seen.calls, calls);
}
END_TEST

/* One heap, and nothing else: the function is not asked to free everything. */
START_TEST(heap_collect_forces_nothing) {
    unsigned long long before = seen.forced;
    mi_free(mi_malloc(100));
    mi_register_deferred_free(watch);
    mi_heap_collect(mi_heap_get_backing(), true);
    mi_heap_collect(NULL, true);
    mi_register_deferred_free(NULL);
    ck_assert_uint_eq(seen.forced, before);
}
END_TEST

static unsigned long long first_heartbeat;

static void see_first(bool force, unsigned long long heartbeat) {
    if (first_heartbeat == 0 && !force) {
        first_heartbeat = heartbeat;
    }
}

static void *allocate_for_a_while(void *unused) {
    for (size_t i = 0; i < 100000; i++) {
        mi_free(mi_malloc(i % 3000));
    }
    return unused;
}

/* A thread that goes on with what an ended one left counts for itself. */
START_TEST(heartbeat_is_the_threads_own) {
    mi_register_deferred_free(see_first);
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        first_heartbeat = 0;
        ck_assert_int_eq(pthread_create(&thread, NULL, allocate_for_a_while, NULL), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_uint_gt(first_heartbeat, 0);
        ck_assert_uint_le(first_heartbeat, 2);
    }
    mi_register_deferred_free(NULL);
}
END_TEST

static void *collect_first(void *unused) {
    mi_collect(true);
    return unused;
}

/* A thread whose first call is mi_collect. */
START_TEST(deferred_free_in_new_thread) {
    pthread_t thread;
    unsigned long long before = seen.forced;
    mi_register_deferred_free(watch);
    ck_assert_int_eq(pthread_create(&thread, NULL, collect_first, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    mi_register_deferred_free(NULL);
    ck_assert_uint_eq(seen.forced, before + 1);
}
END_TEST

/* Two processes that allocate alike see the same heartbeats.  Nothing is checked between the two
   forks: that could allocate, where malloc is ours. */
START_TEST(deferred_free_is_deterministic) {
    unsigned long long results[2][3];
    int ends[2][2], statuses[2];
    pid_t children[2];
    bool is_good = pipe(ends[0]) == 0 && pipe(ends[1]) == 0;
    for (int run = 0; run < 2; run++) {
        children[run] = fork();
        if (children[run] == 0) {
            mi_register_deferred_free(watch);
            allocate_regularly();
            unsigned long long result[3] = {seen.calls, seen.last, seen.sum};
            _exit(write(ends[run][1], result, sizeof(result)) == sizeof(result) ? 0 : 1);
        }
    }
    ck_assert(is_good);
    for (int run = 0; run < 2; run++) {
        ck_assert_int_eq(waitpid(children[run], &statuses[run], 0), children[run]);
        ck_assert_int_eq(statuses[run], 0);
        ck_assert_int_eq(read(ends[run][0], results[run], sizeof(results[run])),
                         sizeof(results[run]));
    }
    ck_assert_uint_gt(results[0][0], 10);
    ck_assert_int_eq(memcmp(results[0], results[1], sizeof(results[0])), 0);
}
END_TEST

RUN_SUITE("extended", version, small_blocks, good_size_is_usable_size, good_size_of_excessive_sizes,
          good_size_is_tight, usable_size_of_null, collect_gives_back, collect_keeps_live_blocks,
          threads, deferred_free_is_called, deferred_free_in_new_thread,
          heap_collect_forces_nothing, heartbeat_is_the_threads_own, deferred_free_is_deterministic)
