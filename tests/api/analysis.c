/* SPDX-License-Identifier: MIT */
/* Chapter "analysis". */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

static int global;

START_TEST(wild_pointers) {
    mi_heap_t *heap = mi_heap_new();
    int local = 0;
    void *foreign = mi_is_redirected() ? NULL : malloc(100);
    void *mapping = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mi_heap_t *heaps[] = {heap, mi_heap_get_backing(), mi_heap_get_default(), NULL};
    const uintptr_t wild[] = {
        0,
        1,
        7,
        16,
        4096,
        65536,
        (uintptr_t)&local,
        (uintptr_t)&global,
        (uintptr_t)&mi_malloc,
        (uintptr_t) "literal",
        (uintptr_t)foreign,
        (uintptr_t)mapping,
        (uintptr_t)mapping + 65536,
        (uintptr_t)-1,
        (uintptr_t)-16,
        (uintptr_t)-65536,
#if UINTPTR_MAX > 0xffffffff /* with 32 bits any address may be ours */
        (uintptr_t)1 << 46,
        (uintptr_t)1 << 47,
        (uintptr_t)1 << 62,
        (uintptr_t)1 << 63,
        ((uintptr_t)1 << 63) - 1,
        (uintptr_t)0xdeadbeefdeadbeef,
#endif
    };
    for (size_t i = 0; i < COUNT_OF(wild); i++) {
        const void *p = (const void *)wild[i];
        for (size_t h = 0; h < COUNT_OF(heaps); h++) {
            ck_assert_msg(!mi_heap_check_owned(heaps[h], p), "%p", p);
            ck_assert_msg(!mi_heap_contains(heaps[h], p), "%p", p);
        }
        ck_assert(!mi_check_owned(p));
        ck_assert(!mi_any_heap_contains(p));
        ck_assert(!mi_is_in_heap_region(p));
    }
    for (unsigned shift = 0; shift < sizeof(void *) * 8; shift++) {
        for (int delta = -1; delta <= 1; delta++) {
            ck_assert(
                !mi_heap_check_owned(heap, (void *)(((uintptr_t)1 << shift) + (uintptr_t)delta)));
        }
    }
    munmap(mapping, 1 << 20);
    free(foreign);
    mi_heap_destroy(heap);
}
END_TEST

START_TEST(owned_pointers) {
    mi_heap_t *heap = mi_heap_new();
    mi_heap_t *other = mi_heap_new();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t size = sizes[i] == 0 ? 1 : sizes[i];
        char *p = mi_heap_malloc(heap, size);
        const size_t inside[] = {0, size / 3, size / 2, size - 1};
        /* Of a block with a mapping of its own only the beginning is known to all threads; with 32
           bits, arenas are small. */
        bool in_arena = sizeof(void *) > 4 || size <= MIB;
        for (size_t k = 0; k < COUNT_OF(inside); k++) {
            ck_assert_msg(mi_heap_check_owned(heap, p + inside[k]), "%zu in %zu", inside[k], size);
            ck_assert(mi_heap_contains(heap, p + inside[k]));
            ck_assert(!mi_heap_check_owned(other, p + inside[k]));
            ck_assert(!mi_check_owned(p + inside[k]));
            ck_assert(!(in_arena || k == 0) || mi_any_heap_contains(p + inside[k]));
            ck_assert(!(in_arena || k == 0) || mi_is_in_heap_region(p + inside[k]));
        }
        ck_assert(mi_heap_contains_block(heap, p));
        ck_assert(!mi_heap_contains_block(other, p));
        ck_assert(!mi_heap_contains_block(NULL, p));
        mi_free(p);
        ck_assert_msg(!mi_heap_check_owned(heap, p), "freed block of %zu", size);
    }
    mi_heap_destroy(heap);
    mi_heap_destroy(other);
}
END_TEST

/* What a visit saw. */
struct seen {
    void *const *expected; /* sorted */
    size_t expected_count;
    bool *is_found;
    size_t areas, blocks, surprises, used;
    size_t stop_after; /* calls; 0: never */
    size_t calls;
    const mi_heap_t *heap;
    mi_heap_area_t area;
    size_t blocks_in_area;
};

static int compare(const void *a, const void *b) {
    uintptr_t x = (uintptr_t) * (void *const *)a, y = (uintptr_t) * (void *const *)b;
    return (x > y) - (x < y);
}

/* An area says how much is used before its blocks are shown: the two must agree. */
static void close_area(struct seen *seen) {
    if (seen->areas > 0 && seen->blocks > 0) {
        ck_assert_uint_eq(seen->area.used, seen->blocks_in_area * seen->area.block_size);
    }
    seen->blocks_in_area = 0;
}

VISITOR(look) {
    struct seen *seen = arg;
    ck_assert_ptr_eq(heap, seen->heap);
    seen->calls++;
    if (seen->stop_after != 0 && seen->calls >= seen->stop_after) {
        return false;
    }
    if (block == NULL) {
        close_area(seen);
        seen->areas++;
        seen->used += area->used;
        seen->area = *area;
        ck_assert_ptr_nonnull(area->blocks);
        ck_assert_uint_le(area->committed, area->reserved);
        ck_assert_uint_le(area->used, area->committed);
        ck_assert_uint_gt(area->block_size, 0);
        return true;
    }
    seen->blocks++;
    seen->blocks_in_area++;
    ck_assert_uint_eq(block_size, area->block_size);
    ck_assert_ptr_eq(area->blocks, seen->area.blocks);
    ck_assert((uintptr_t)block >= (uintptr_t)area->blocks);
    ck_assert((uintptr_t)block < (uintptr_t)area->blocks + area->reserved);
    void *const *place =
        bsearch(&block, seen->expected, seen->expected_count, sizeof(void *), compare);
    if (place == NULL || seen->is_found[place - seen->expected]) {
        seen->surprises++;
    } else {
        seen->is_found[place - seen->expected] = true;
    }
    return true;
}

enum { LIVE = 5000 };

static size_t size_of(size_t i) {
    return i % 500 == 499 ? i * 300 : i * 7919 % 2500;
}

static void check_visit(mi_heap_t *heap, void **live, size_t count) {
    static bool is_found[LIVE];
    struct seen seen = {
        .expected = live, .expected_count = count, .is_found = is_found, .heap = heap};
    memset(is_found, 0, sizeof(is_found));
    qsort(live, count, sizeof(*live), compare);
    ck_assert(mi_heap_visit_blocks(heap, true, look, &seen));
    close_area(&seen);
    ck_assert_uint_eq(seen.surprises, 0);
    ck_assert_uint_eq(seen.blocks, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert(is_found[i]);
    }
}

/* Exactly the live blocks, however many have been freed in between. */
START_TEST(visit_sees_live_blocks) {
    static void *live[LIVE];
    mi_heap_t *heap = mi_heap_new();
    size_t count = 0;
    check_visit(heap, live, 0);
    for (; count < LIVE; count++) {
        live[count] = mi_heap_malloc(heap, size_of(count));
        memset(live[count], 0xff, size_of(count));
    }
    check_visit(heap, live, count);
    for (unsigned step = 2; step <= 5; step++) {
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            if (i % step == 0) {
                mi_free(live[i]);
            } else {
                live[kept++] = live[i];
            }
        }
        count = kept;
        check_visit(heap, live, count);
        for (size_t i = 0; i < 10; i++) {
            live[count] = mi_heap_malloc(heap, 100 + i);
            count++;
        }
        check_visit(heap, live, count);
    }
    mi_heap_collect(heap, true);
    check_visit(heap, live, count);
    while (count > 0) {
        mi_free(live[--count]);
    }
    check_visit(heap, live, 0);
    mi_heap_destroy(heap);
}
END_TEST

/* A block aligned at an offset begins inside a larger one: one of the two is told, once. */
START_TEST(visit_counts_aligned_blocks) {
    mi_heap_t *heap = mi_heap_new();
    struct seen seen = {.heap = heap};
    static bool is_found[1];
    void *none[1] = {NULL};
    seen.is_found = is_found;
    seen.expected = none;
    for (size_t i = 0; i < 100; i++) {
        ck_assert_ptr_nonnull(mi_heap_malloc_aligned_at(heap, i * 10, (size_t)1 << i % 16, i));
    }
    ck_assert(mi_heap_visit_blocks(heap, true, look, &seen));
    ck_assert_uint_eq(seen.blocks, 100);
    mi_heap_destroy(heap);
}
END_TEST

START_TEST(visit_areas_only) {
    mi_heap_t *heap = mi_heap_new();
    struct seen seen = {.heap = heap};
    for (size_t i = 0; i < 100; i++) {
        ck_assert_ptr_nonnull(mi_heap_malloc(heap, i * 50));
    }
    ck_assert(mi_heap_visit_blocks(heap, false, look, &seen));
    ck_assert_uint_gt(seen.areas, 0);
    ck_assert_uint_eq(seen.blocks, 0);
    ck_assert_uint_ge(seen.used, 99 * 100 / 2 * 50);
    mi_heap_destroy(heap);
}
END_TEST

START_TEST(visit_stops) {
    mi_heap_t *heap = mi_heap_new();
    void *block = mi_heap_malloc(heap, 10);
    bool is_found[1] = {false};
    for (size_t calls = 1; calls <= 2; calls++) {
        struct seen seen = {.heap = heap,
                            .expected = &block,
                            .expected_count = 1,
                            .is_found = is_found,
                            .stop_after = calls};
        ck_assert(!mi_heap_visit_blocks(heap, true, look, &seen));
        ck_assert_uint_eq(seen.calls, calls);
    }
    mi_heap_destroy(heap);
}
END_TEST

START_TEST(visit_default_heap) {
    struct seen seen = {.heap = mi_heap_get_default()};
    void *p = mi_malloc(100);
    ck_assert(mi_heap_visit_blocks(NULL, false, look, &seen));
    ck_assert_uint_gt(seen.areas, 0);
    mi_free(p);
}
END_TEST

START_TEST(visit_without_visitor) {
    mi_heap_t *heap = mi_heap_new();
    void *p = mi_heap_malloc(heap, 100);
    ck_assert(!mi_heap_visit_blocks(heap, true, NULL, NULL));
    ck_assert(!mi_heap_visit_blocks(heap, false, NULL, p));
    mi_heap_destroy(heap);
}
END_TEST

/* What a visitor may do: allocate elsewhere, ask, collect, visit; and another thread may free. */
enum { VISITED = 30000, VISITED_SIZE = 2000, KEPT_MAX = 2 * VISITED };
static struct visited {
    size_t number;
    unsigned char rest[VISITED_SIZE - sizeof(size_t)];
} * visited[VISITED];
static unsigned char times_seen[VISITED];
static void *kept[KEPT_MAX]; /* what the visitor allocates */
static size_t kept_count, visit_calls;
static mi_heap_t *visited_heap, *other_heap;

static void *free_every_third(void *arg) {
    for (size_t i = 0; i < VISITED; i += 3) {
        mi_free(visited[i]);
        visited[i] = NULL;
    }
    return arg;
}

static void keep(mi_heap_t *heap) {
    if (kept_count < KEPT_MAX) {
        kept[kept_count++] = mi_heap_malloc(heap, 3000);
    }
}

static void allocates_elsewhere(void) {
    keep(other_heap);
}

static void others_free(void) {
    pthread_t thread;
    keep(other_heap);
    if (visit_calls == 2) {
        ck_assert_int_eq(pthread_create(&thread, NULL, free_every_third, NULL), 0);
        pthread_join(thread, NULL);
    }
}

/* From the second block that is visited on, to the end of the visit. */
static pthread_t other;
static bool other_runs;
static atomic_bool visit_is_over;

static void *allocate_and_free(void *arg) {
    static void *blocks[500];
    for (size_t i = 0; !atomic_load(&visit_is_over) || i < 10000; i++) {
        size_t place = i * 7919 % (sizeof(blocks) / sizeof(blocks[0]));
        mi_free(blocks[place]);
        blocks[place] = mi_malloc(i * 31 % 5000 + 1);
    }
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        mi_free(blocks[i]);
        blocks[i] = NULL;
    }
    return arg;
}

static void others_allocate(void) {
    if (visit_calls == 2) {
        ck_assert_int_eq(pthread_create(&other, NULL, allocate_and_free, NULL), 0);
        other_runs = true;
    }
}

static void asks(void) {
    if (visit_calls % 100 == 0) {
        ck_assert(mi_heap_check_owned(visited_heap, visited[1]));
        ck_assert(!mi_heap_check_owned(other_heap, visited[1]));
    }
}

static void collects(void) {
    if (visit_calls % 1000 == 2) {
        mi_collect(true);
        mi_heap_collect(visited_heap, true);
    }
}

VISITOR(count_blocks) {
    *(size_t *)arg += block != NULL;
    return true;
}

static void visits(void) {
    if (visit_calls % 5000 == 2) {
        size_t count = 0;
        ck_assert(mi_heap_visit_blocks(visited_heap, true, count_blocks, &count));
        ck_assert_uint_eq(count, VISITED - 1);
    }
}

static const struct {
    const char *name;
    void (*act)(void);
    bool in_backing; /* the visited heap is the thread's own, the other is made */
} acts[] = {{"allocates elsewhere", allocates_elsewhere, false},
            {"allocates elsewhere", allocates_elsewhere, true},
            {"others free meanwhile", others_free, false},
            {"others free meanwhile", others_free, true},
            {"others allocate meanwhile", others_allocate, false},
            {"others allocate meanwhile", others_allocate, true},
            {"asks", asks, false},
            {"collects", collects, false},
            {"visits", visits, false}};

VISITOR(act_and_count) {
    visit_calls++;
    acts[*(const int *)arg].act();
    const struct visited *seen = block;
    /* The backing heap may hold blocks of others. */
    if (seen != NULL && block_size >= VISITED_SIZE && seen->number < VISITED &&
        seen == visited[seen->number]) {
        times_seen[seen->number]++;
    }
    return visit_calls < (size_t)4 * VISITED;
}

static void *free_one(void *arg) {
    mi_free(arg);
    return NULL;
}

START_TEST(visitor_acts) {
    pthread_t thread;
    mi_heap_t *made = mi_heap_new();
    visited_heap = acts[_i].in_backing ? mi_heap_get_backing() : made;
    other_heap = acts[_i].in_backing ? made : mi_heap_get_backing();
    for (size_t i = 0; i < VISITED; i++) {
        visited[i] = mi_heap_malloc(visited_heap, VISITED_SIZE);
        visited[i]->number = i;
    }
    /* What another thread gave back before. */
    ck_assert_int_eq(pthread_create(&thread, NULL, free_one, visited[VISITED / 2]), 0);
    pthread_join(thread, NULL);
    visited[VISITED / 2] = NULL;
    atomic_store(&visit_is_over, false);
    ck_assert(mi_heap_visit_blocks(visited_heap, true, act_and_count, &_i));
    atomic_store(&visit_is_over, true);
    if (other_runs) {
        pthread_join(other, NULL);
        other_runs = false;
    }
    for (size_t i = 0; i < VISITED; i++) {
        ck_assert_msg(times_seen[i] <= 1, "%s: block %zu seen %d times", acts[_i].name, i,
                      times_seen[i]);
        ck_assert_msg(visited[i] == NULL || times_seen[i] == 1, "%s: block %zu not seen",
                      acts[_i].name, i);
    }
    /* And everything is as usual afterwards. */
    for (size_t i = 0; i < VISITED; i++) {
        mi_free(visited[i]);
    }
    while (kept_count > 0) {
        mi_free(kept[--kept_count]);
    }
    size_t left = 0;
    mi_collect(true);
    ck_assert(mi_heap_visit_blocks(made, true, count_blocks, &left));
    ck_assert_uint_eq(left, 0);
    mi_heap_destroy(made);
}
END_TEST

/* A visitor may end the thread with mi_thread_done.  Another thread may have its record when that
   visitor returns, and be visiting too: its walk must not notice. */
enum { ENDED_BLOCKS = 2000 };
static pthread_barrier_t ended, returned;
static void *of_other[ENDED_BLOCKS];

VISITOR(ends_the_thread) {
    mi_thread_done();
    pthread_barrier_wait(&ended);
    pthread_barrier_wait(&returned); /* the other thread visits */
    return false;
}

static void *visit_and_end(void *arg) {
    void *p = mi_malloc(100);
    ck_assert(!mi_heap_visit_blocks(mi_heap_get_backing(), true, ends_the_thread, NULL));
    for (size_t i = 0; i < ENDED_BLOCKS; i++) {
        mi_free(of_other[i]);
    }
    mi_free(p);
    mi_thread_done();
    pthread_barrier_wait(&ended);
    return arg;
}

VISITOR(lets_the_first_return) {
    if ((*(size_t *)arg)++ == 1) {
        pthread_barrier_wait(&returned);
        pthread_barrier_wait(&ended); /* all is freed, */
        mi_collect(true);             /* but while a walk is on, that waits */
    }
    return true;
}

START_TEST(visitor_ends_the_thread) {
    pthread_t first;
    pthread_barrier_init(&ended, NULL, 2);
    pthread_barrier_init(&returned, NULL, 2);
    mi_thread_done();
    ck_assert_int_eq(pthread_create(&first, NULL, visit_and_end, NULL), 0);
    pthread_barrier_wait(&ended);
    for (size_t i = 0; i < ENDED_BLOCKS; i++) {
        of_other[i] = mi_malloc(2000);
    }
    size_t calls = 0, again = 0;
    ck_assert(mi_heap_visit_blocks(mi_heap_get_backing(), true, lets_the_first_return, &calls));
    ck_assert_uint_gt(calls, ENDED_BLOCKS);
    pthread_join(first, NULL);
    ck_assert(mi_heap_visit_blocks(mi_heap_get_backing(), true, count_blocks, &again));
    ck_assert_uint_lt(again, ENDED_BLOCKS);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("analysis");
    TCase *plain = tcase_create("analysis");
    tcase_set_timeout(plain, 120);
    tcase_add_test(plain, wild_pointers);
    tcase_add_test(plain, owned_pointers);
    tcase_add_test(plain, visit_sees_live_blocks);
    tcase_add_test(plain, visit_counts_aligned_blocks);
    tcase_add_test(plain, visit_areas_only);
    tcase_add_test(plain, visit_stops);
    tcase_add_test(plain, visit_default_heap);
    tcase_add_test(plain, visit_without_visitor);
    tcase_add_loop_test(plain, visitor_acts, 0, COUNT_OF(acts));
    tcase_add_test(plain, visitor_ends_the_thread);
    suite_add_tcase(suite, plain);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
