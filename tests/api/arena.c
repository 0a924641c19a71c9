/* SPDX-License-Identifier: MIT */
/* Chapter "arenas": memory of the program, reservations, heaps bound to an arena. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER_SIZE = 24 << 20 };

static char *map(size_t size, int access) {
    char *p = mmap(NULL, size, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(p, MAP_FAILED);
    return p;
}

/* A fresh arena of the program in a mapping that begins in the middle of a slice. */
static mi_arena_id_t make_arena(bool exclusive) {
    mi_arena_id_t id = 0;
    char *p = map(BUFFER_SIZE, PROT_READ | PROT_WRITE);
    ck_assert(
        mi_manage_os_memory_ex(p + 100, BUFFER_SIZE - 100, true, false, true, -1, exclusive, &id));
    ck_assert_int_gt(id, 0);
    return id;
}

START_TEST(area) {
    static char buffer[1 << 20];
    mi_arena_id_t id;
    size_t size;
    ck_assert(mi_manage_os_memory_ex(buffer, sizeof(buffer), true, false, true, -1, false, &id));
    char *start = mi_arena_area(id, &size);
    ck_assert(is_aligned(start, mi_arena_min_alignment()));
    ck_assert_uint_eq(size % mi_arena_min_size(), 0);
    ck_assert(start >= buffer && start + size <= buffer + sizeof(buffer));
    ck_assert_uint_gt(size, sizeof(buffer) - 2 * mi_arena_min_size());
    ck_assert_ptr_eq(mi_arena_area(id, NULL), start);
    ck_assert(mi_arena_contains(id, start));
    ck_assert(mi_arena_contains(id, start + size - 1));
    ck_assert(!mi_arena_contains(id, start + size));
    ck_assert(!mi_arena_contains(id, start - 1));
    ck_assert(!mi_arena_contains(id, NULL));
    ck_assert(mi_is_in_heap_region(start));
    const mi_arena_id_t none[] = {0, -1, id + 1, 10000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        size = 1;
        ck_assert_ptr_null(mi_arena_area(none[i], &size));
        ck_assert_uint_eq(size, 0);
        ck_assert(!mi_arena_contains(none[i], start));
    }
}
END_TEST

START_TEST(refused) {
    static char buffer[1 << 20];
    mi_arena_id_t id = 7;
    char *slice = (char *)(((uintptr_t)buffer + 65535) / 65536 * 65536);
    errno = ERRNO_UNTOUCHED;
    ck_assert(!mi_manage_os_memory_ex(NULL, 1 << 20, true, false, true, -1, false, &id));
    ck_assert_int_eq(id, 0);
    ck_assert(!mi_manage_os_memory(slice, 0, true, false, true, -1));
    ck_assert(!mi_manage_os_memory(slice, mi_arena_min_size() - 1, true, false, true, -1));
    ck_assert(!mi_manage_os_memory(slice + 1, 2 * mi_arena_min_size() - 2, true, false, true, -1));
    ck_assert(!mi_manage_os_memory(slice, SIZE_MAX, true, false, true, -1));
    ck_assert(!mi_manage_os_memory((void *)(UINTPTR_MAX - 100), 100, true, false, true, -1));
    ck_assert(mi_manage_os_memory(slice, mi_arena_min_size(), true, false, true, -1));
    ck_assert(!mi_manage_os_memory(buffer, sizeof(buffer), true, false, true, -1)); /* overlaps */
    ck_assert(!mi_manage_os_memory(slice, mi_arena_min_size(), true, false, true, -1));
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    ck_assert_fails(mi_heap_new_in_arena(10000), EINVAL);
    ck_assert_fails(mi_heap_new_in_arena(-1), EINVAL);
}
END_TEST

/* Every size comes from the arena; what is freed can be had again; full is NULL. */
START_TEST(bound_heap) {
    mi_arena_id_t id = make_arena(_i != 0);
    mi_heap_t *heap = mi_heap_new_in_arena(id);
    ck_assert_ptr_nonnull(heap);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *p = mi_heap_zalloc(heap, sizes[i]);
        ck_assert_msg(p != NULL, "%zu bytes", sizes[i]);
        ck_assert(mi_arena_contains(id, p));
        ck_assert(mi_arena_contains(id, p + sizes[i] - (sizes[i] > 0)));
        ck_assert(is_zero(p, mi_usable_size(p)));
        fill(p, sizes[i], 1);
        char *q = mi_heap_malloc_aligned(heap, 100, sizes[i] < 4096 ? 4096 : 65536);
        ck_assert(mi_arena_contains(id, q));
        ck_assert(is_filled(p, sizes[i], 1));
        mi_free(p);
        mi_free(q);
    }
    static const size_t filled[] = {16, 1000, 20000, 300000, 3 << 20, 12 << 20};
    for (size_t i = 0; i < COUNT_OF(filled); i++) {
        size_t counts[2] = {0, 0};
        for (int round = 0; round < 2; round++) {
            void **list = NULL, **p;
            errno = ERRNO_UNTOUCHED;
            while ((p = mi_heap_malloc(heap, filled[i])) != NULL) {
                ck_assert(mi_arena_contains(id, p));
                *p = list;
                list = p;
                counts[round]++;
            }
            ck_assert_int_eq(errno, ENOMEM);
            ck_assert_uint_ge(counts[round], 1);
            while (list != NULL) {
                p = (void **)*list;
                mi_free(list);
                list = p;
            }
            mi_heap_collect(heap, true);
        }
        ck_assert_uint_eq(counts[0], counts[1]);
    }
    /* Another heap of the same arena, after the first has gone. */
    mi_heap_destroy(heap);
    heap = mi_heap_new_in_arena(id);
    char *p = mi_heap_malloc(heap, 1000);
    ck_assert(mi_arena_contains(id, p));
    for (size_t size = 1000; size < 8 << 20; size = size * 3 / 2) {
        p = mi_heap_realloc(heap, p, size);
        ck_assert(mi_arena_contains(id, p));
    }
    ck_assert_fails(mi_heap_realloc(heap, p, BUFFER_SIZE), ENOMEM);
    mi_heap_destroy(heap);
    heap = mi_heap_new_in_arena(0); /* any arena */
    mi_free(mi_heap_malloc(heap, 100));
    mi_heap_delete(heap);
}
END_TEST

static void *free_all(void *arg) {
    void **blocks = arg;
    for (int i = 0; blocks[i] != NULL; i++)
        mi_free(blocks[i]);
    return NULL;
}

/* Nobody else's blocks ever lie in an exclusive arena. */
static void check_left_alone(mi_arena_id_t id) {
    enum { COUNT = 2000 };
    static void *held[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        held[i] = mi_malloc(i % 100 == 0 ? (size_t)1 << 20 : sizes[i % 40]);
        ck_assert(!mi_arena_contains(id, held[i]));
    }
    for (size_t i = 0; i < COUNT; i++)
        mi_free(held[i]);
}

enum { KEPT = 3000 };
static void *kept[KEPT + 1];

static void fill_kept(mi_heap_t *heap, mi_arena_id_t id) {
    for (int i = 0; i < KEPT; i++) {
        kept[i] = mi_heap_malloc(heap, i % 500 == 0 ? (size_t)700000 : (size_t)(i % 300) + 1);
        ck_assert(mi_arena_contains(id, kept[i]));
        fill(kept[i], (size_t)(i % 300) + 1, (unsigned)i);
    }
    /* Pages full, half full, and empty. */
    for (int i = 1; i < KEPT / 2; i += 2) {
        mi_free(kept[i]);
        kept[i] = mi_heap_malloc(heap, 20);
        fill(kept[i], 20, (unsigned)i);
    }
}

static void check_kept(void) {
    for (int i = 0; i < KEPT; i++)
        ck_assert(
            is_filled(kept[i], i < KEPT / 2 && i % 2 ? 20 : (size_t)(i % 300) + 1, (unsigned)i));
}

/* How much of the arena a new heap can have in large blocks. */
static size_t free_bytes(mi_arena_id_t id) {
    mi_heap_t *heap = mi_heap_new_in_arena(id);
    size_t total = 0;
    while (mi_heap_malloc(heap, (size_t)1 << 20) != NULL)
        total += (size_t)1 << 20;
    mi_heap_destroy(heap);
    return total;
}

/* What a heap keeps in empty pages it gives up before an allocation fails, an aligned one too. */
START_TEST(aligned_in_full_heap) {
    enum { AREA_SIZE = 2 << 20, SIZE = 1000 };
    mi_arena_id_t id = 0;
    char *memory = map(AREA_SIZE, PROT_READ | PROT_WRITE);
    ck_assert(mi_manage_os_memory_ex(memory, AREA_SIZE, true, false, true, -1, true, &id));
    mi_heap_t *heap = mi_heap_new_in_arena(id);
    for (int round = 0; round < 2; round++) {
        void **list = NULL, **p;
        while ((p = mi_heap_malloc(heap, SIZE)) != NULL) {
            *p = list;
            list = p;
        }
        while ((p = list) != NULL) {
            list = *p;
            mi_free(p);
        }
        char *q = round == 0 ? mi_heap_malloc_aligned(heap, 200000, 131072)
                             : mi_heap_zalloc_aligned(heap, 100, 65536);
        ck_assert_ptr_nonnull(q);
        ck_assert(is_aligned(q, round == 0 ? 131072 : 65536));
        ck_assert(round == 0 || is_zero(q, 100));
        mi_free(q);
    }
}
END_TEST

START_TEST(exclusive_and_deleted) {
    mi_arena_id_t id = make_arena(true);
    check_left_alone(id);
    size_t at_first = free_bytes(id);
    mi_heap_t *heap = mi_heap_new_in_arena(id);
    fill_kept(heap, id);
    mi_heap_delete(heap);
    check_left_alone(id);
    check_kept();
    /* Freed here, or by another thread; what is freed is not given to others, and all of it can be
       had by another heap of the arena. */
    if (_i == 0) {
        for (int i = 0; i < KEPT; i += 2) {
            mi_free(kept[i]);
            kept[i] = NULL;
        }
        check_left_alone(id);
        for (int i = 1; i < KEPT; i += 2)
            mi_free(kept[i]);
    } else {
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, free_all, kept), 0);
        pthread_join(thread, NULL);
    }
    check_left_alone(id);
    mi_collect(true);
    ck_assert_uint_eq(free_bytes(id), at_first);
}
END_TEST

static void *live_in_arena(void *arg) {
    mi_arena_id_t id = *(mi_arena_id_t *)arg;
    mi_heap_t *heap = mi_heap_new_in_arena(id);
    fill_kept(heap, id);
    mi_heap_set_default(heap);
    void *p = mi_malloc(1000);
    ck_assert(mi_arena_contains(id, p));
    mi_free(p);
    return NULL;
}

/* The thread of a bound heap ends: its blocks live on, the next thread takes none of the rest; what
   is freed comes back by itself. */
START_TEST(exclusive_and_thread_end) {
    mi_arena_id_t id = make_arena(true);
    pthread_t thread;
    size_t at_first = free_bytes(id);
    ck_assert_int_eq(pthread_create(&thread, NULL, live_in_arena, &id), 0);
    pthread_join(thread, NULL);
    check_left_alone(id);
    check_kept();
    free_all(kept);
    if (_i == 0)
        mi_collect(true);
    check_left_alone(id);
    ck_assert_uint_eq(free_bytes(id), at_first);
}
END_TEST

enum { WORKERS = 4, ROUNDS = 60, SLOTS = 256 };
static _Atomic(void *) slots[SLOTS];
static mi_arena_id_t shared_id;

/* Heap after heap; the blocks are freed by whoever comes upon them, mostly after their heap was
   deleted. */
static void *share(void *arg) {
    unsigned random = (unsigned)(uintptr_t)arg * 7919 + 1;
    for (int round = 0; round < ROUNDS; round++) {
        mi_heap_t *heap = mi_heap_new_in_arena(shared_id);
        for (int i = 0; i < 400; i++) {
            random = random * 1103515245 + 12345;
            size_t size = (random >> 8) % (i % 50 == 0 ? 600000 : 2000) + 1;
            unsigned char *p = mi_heap_malloc(heap, size);
            if (p != NULL && !mi_arena_contains(shared_id, p))
                return heap;
            if (p != NULL)
                p[0] = p[size - 1] = 1;
            mi_free(atomic_exchange(&slots[(random >> 4) % SLOTS], p));
        }
        mi_heap_delete(heap);
    }
    return NULL;
}

START_TEST(exclusive_and_shared) {
    pthread_t threads[WORKERS];
    shared_id = make_arena(true);
    size_t at_first = free_bytes(shared_id);
    for (uintptr_t t = 0; t < WORKERS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, share, (void *)t), 0);
    check_left_alone(shared_id);
    for (int t = 0; t < WORKERS; t++) {
        void *failed;
        pthread_join(threads[t], &failed);
        ck_assert_ptr_null(failed);
    }
    check_left_alone(shared_id);
    for (int i = 0; i < SLOTS; i++)
        mi_free(slots[i]);
    mi_collect(true);
    ck_assert_uint_eq(free_bytes(shared_id), at_first);
}
END_TEST

/* What the program gives is used before anything else, large blocks too. */
START_TEST(preferred) {
    mi_free(mi_malloc(10));
    mi_arena_id_t id = make_arena(false);
    mi_collect(true);
    void *p = mi_malloc((size_t)1 << 20);
    ck_assert(mi_arena_contains(id, p));
    void *q = mi_malloc((size_t)15 << 20);
    ck_assert(mi_arena_contains(id, q));
    void *too_long = mi_malloc(BUFFER_SIZE);
    ck_assert(!mi_arena_contains(id, too_long));
    ck_assert_ptr_nonnull(too_long);
    mi_free(p);
    mi_free(q);
    mi_free(too_long);
}
END_TEST

/* What is said of the memory holds: not zero, or not yet accessible. */
START_TEST(contents) {
    char *dirty = map(BUFFER_SIZE, PROT_READ | PROT_WRITE), *closed = map(BUFFER_SIZE, PROT_NONE);
    mi_arena_id_t dirty_id, closed_id;
    memset(dirty, 0xee, BUFFER_SIZE);
    ck_assert(mi_manage_os_memory_ex(dirty, BUFFER_SIZE, true, false, false, -1, true, &dirty_id));
    ck_assert(mi_manage_os_memory_ex(closed, BUFFER_SIZE, false, true, true, 0, true, &closed_id));
    mi_heap_t *heaps[] = {mi_heap_new_in_arena(dirty_id), mi_heap_new_in_arena(closed_id)};
    for (size_t i = 0; sizes[i] < 4 * MIB; i++) {
        for (int h = 0; h < 2; h++) {
            void *p = mi_heap_zalloc(heaps[h], sizes[i]);
            ck_assert_msg(p != NULL, "%zu bytes", sizes[i]);
            ck_assert(is_zero(p, mi_usable_size(p)));
            memset(whole(p), 1, mi_usable_size(p));
            if (i % 2)
                mi_free(p);
        }
    }
    mi_heap_destroy(heaps[0]);
    mi_heap_destroy(heaps[1]);
    mi_collect(true);
    /* Never given back: the program's bytes beyond those used are as they were. */
    ck_assert_int_eq((unsigned char)dirty[0] == 0xee || mi_arena_contains(dirty_id, dirty), 1);
    size_t untouched = 0;
    for (size_t i = 0; i < BUFFER_SIZE; i += 4096)
        untouched += (unsigned char)dirty[i + 4095] == 0xee;
    ck_assert_uint_gt(untouched, 0);
}
END_TEST

START_TEST(reserved) {
    mi_arena_id_t id = 7;
    size_t size;
    ck_assert_int_eq(mi_reserve_os_memory_ex(100, false, false, true, &id), 0);
    ck_assert_ptr_nonnull(mi_arena_area(id, &size));
    ck_assert_uint_eq(size, mi_arena_min_size());
    for (int commit = 0; commit < 2; commit++) {
        ck_assert_int_eq(mi_reserve_os_memory_ex(BUFFER_SIZE, commit, commit, true, &id), 0);
        char *start = mi_arena_area(id, &size);
        ck_assert_uint_eq(size, BUFFER_SIZE);
        mi_heap_t *heap = mi_heap_new_in_arena(id);
        char *p = mi_heap_zalloc(heap, 10 * MIB);
        ck_assert(p >= start && p + 10 * MIB <= start + size);
        ck_assert(is_zero(p, 10 * MIB));
        memset(p, 1, 10 * MIB);
        mi_free(p);
        mi_collect(true);
        p = mi_heap_zalloc(heap, 20 * MIB);
        ck_assert(is_zero(p, 20 * MIB));
        mi_heap_destroy(heap);
    }
    errno = ERRNO_UNTOUCHED;
    ck_assert_int_eq(mi_reserve_os_memory_ex(0, true, false, true, &id), EINVAL);
    ck_assert_int_eq(id, 0);
    ck_assert_int_eq(mi_reserve_os_memory(too_large, false, false), ENOMEM);
    ck_assert_int_eq(mi_reserve_os_memory(too_large / 2 - 4096, false, false), ENOMEM);
    ck_assert_int_eq(mi_reserve_os_memory(BUFFER_SIZE, false, true), 0);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    ck_assert_ptr_nonnull(mi_malloc(100));
}
END_TEST

/* With a pool of huge pages they are used; without one the error says so. */
START_TEST(huge_pages) {
    mi_arena_id_t id = 7;
    size_t count = 7, size;
    errno = ERRNO_UNTOUCHED;
    ck_assert_int_eq(mi_reserve_huge_os_pages(0, 0, &count), 0);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(mi_reserve_huge_os_pages_at_ex(0, -1, 0, true, &id), EINVAL);
    ck_assert_int_eq(id, 0);
    int error = mi_reserve_huge_os_pages_at_ex(1, -1, 0, true, &id);
    if (error == 0) {
        char *start = mi_arena_area(id, &size);
        ck_assert_uint_eq(size, (size_t)1 << 30);
        mi_heap_t *heap = mi_heap_new_in_arena(id);
        char *p = mi_heap_zalloc(heap, 10 * MIB);
        ck_assert(p >= start && p < start + size);
        ck_assert(is_zero(p, 10 * MIB));
    } else {
        ck_assert_int_eq(error, ENOMEM);
        ck_assert_int_eq(id, 0);
        ck_assert_int_eq(mi_reserve_huge_os_pages(2, 0.5, &count), ENOMEM);
        ck_assert_uint_eq(count, 0);
        ck_assert_int_eq(mi_reserve_huge_os_pages(2, -1e300, NULL), ENOMEM);
        ck_assert_int_eq(mi_reserve_huge_os_pages(2, 1e300, NULL), ENOMEM);
        ck_assert_int_eq(mi_reserve_huge_os_pages_interleave(2, 0, 0), ENOMEM);
        ck_assert_int_eq(mi_reserve_huge_os_pages_interleave(2, 2, 100), ENOMEM);
        ck_assert_int_eq(mi_reserve_huge_os_pages_at(too_large, 100000, 0), ENOMEM);
    }
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
}
END_TEST

START_TEST(heap_of_block) {
    mi_heap_t *heap = mi_heap_new();
    int local;
    void *p = mi_heap_malloc(heap, 100), *q = mi_malloc(100),
         *large = mi_heap_malloc(heap, 9 * MIB);
    ck_assert_ptr_eq(mi_heap_of(p), heap);
    ck_assert_ptr_eq(mi_heap_of(large), heap);
    ck_assert_ptr_eq(mi_heap_of(q), mi_heap_get_backing());
    ck_assert_ptr_null(mi_heap_of(NULL));
    ck_assert_ptr_null(mi_heap_of(&local));
    ck_assert_ptr_null(mi_heap_of((char *)p + 1));
    ck_assert_ptr_null(mi_heap_of((void *)UINTPTR_MAX));
    mi_heap_delete(heap);
    ck_assert_ptr_eq(mi_heap_of(p), mi_heap_get_backing());
    mi_free(p);
    mi_free(q);
    mi_free(large);
}
END_TEST

static mi_heap_t *a_heap;
static void *a_block;

static void *ask_of_another(void *arg) {
    ck_assert_ptr_eq(mi_heap_of(a_block), a_heap);
    ck_assert(mi_heap_contains_block(a_heap, a_block));
    ck_assert(!mi_heap_contains_block(mi_heap_get_backing(), a_block));
    return arg;
}

START_TEST(heap_of_in_another_thread) {
    pthread_t thread;
    a_heap = mi_heap_new();
    a_block = mi_heap_malloc(a_heap, 100);
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_of_another, NULL), 0);
    pthread_join(thread, NULL);
    mi_heap_destroy(a_heap);
}
END_TEST

static char text[4096];

static void collect_text(const char *message, void *arg) {
    ck_assert_ptr_eq(arg, text);
    ck_assert_uint_lt(strlen(text) + strlen(message), sizeof(text));
    strcat(text, message);
}

START_TEST(printed) {
    char wanted[64];
    mi_arena_id_t id = make_arena(true);
    size_t size;
    void *start = mi_arena_area(id, &size);
    snprintf(wanted, sizeof(wanted), "arena %d: %p, %zu kb", (int)id, start, size / KIB);
    mi_register_output(collect_text, text);
    mi_arenas_print();
    char *line = strstr(text, "arena 1: ");
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_null(strstr(line + 1, "arena 1: "));
    line = strstr(text, "arena 2: ");
    ck_assert_ptr_nonnull(strstr(text, "exclusive"));
    ck_assert_ptr_nonnull(line);
    text[0] = '\0';
    mi_debug_show_arenas();
    ck_assert_ptr_nonnull(strstr(text, "arena 2: "));
    mi_register_output(NULL, NULL);
    ck_assert_msg(strstr(text, wanted) != NULL, "\"%s\" is not in:\n%s", wanted, text);
}
END_TEST

/* In the child the heap goes on, and so do its arena's other slices. */
START_TEST(fork_child) {
    mi_arena_id_t id = make_arena(true);
    mi_heap_t *heap = mi_heap_new_in_arena(id);
    fill_kept(heap, id);
    pid_t pid = fork();
    if (pid == 0) {
        check_kept();
        void *p = mi_heap_malloc(heap, 100000);
        bool is_good = mi_arena_contains(id, p);
        mi_free(p);
        mi_heap_delete(heap);
        free_all(kept);
        _exit(is_good ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    mi_heap_destroy(heap);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("arena");
    TCase *plain = tcase_create("arena");
    tcase_set_timeout(plain, 120);
    tcase_add_test(plain, area);
    tcase_add_test(plain, refused);
    tcase_add_loop_test(plain, bound_heap, 0, 2);
    tcase_add_test(plain, aligned_in_full_heap);
    tcase_add_loop_test(plain, exclusive_and_deleted, 0, 2);
    tcase_add_loop_test(plain, exclusive_and_thread_end, 0, 2);
    tcase_add_test(plain, exclusive_and_shared);
    tcase_add_test(plain, preferred);
    tcase_add_test(plain, contents);
    tcase_add_test(plain, reserved);
    tcase_add_test(plain, huge_pages);
    tcase_add_test(plain, heap_of_block);
    tcase_add_test(plain, heap_of_in_another_thread);
    tcase_add_test(plain, printed);
    tcase_add_test(plain, fork_child);
    suite_add_tcase(suite, plain);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
