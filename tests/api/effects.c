/* SPDX-License-Identifier: MIT */
/* What each option does, seen from outside.  Each test needs a process of its own, in which nothing
   has been allocated yet; what is done at start and exit is in environment.sh and early.sh. */
#include "support.h"

#include <mimalloc-stats.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static mi_stats_t stats(void) {
    mi_stats_t now;
    now.size = sizeof(now);
    now.version = MI_STAT_VERSION;
    ck_assert(mi_stats_get(&now));
    return now;
}

/* False, and a word about it, where an earlier test has used this process. */
static bool is_fresh(void) {
    bool fresh = stats().segments.total == 0;
    if (!fresh) {
        puts("skipped: memory has been allocated before");
    }
    return fresh;
}

static size_t purged(void) {
    return (size_t)stats().purged.total;
}

static void *touched(size_t size) {
    void *p = mi_malloc(size);
    ck_assert_ptr_nonnull(p);
    memset(p, 1, size);
    return p;
}

/* Memory of empty pages goes back by itself, or not at all. */
START_TEST(page_reset) {
    enum { BLOCKS = 16 };
    void *blocks[BLOCKS];
    size_t before;
    mi_option_set(mi_option_page_reset, _i);
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = touched(4 * MIB);
    }
    before = purged();
    for (int i = 0; i < BLOCKS; i++) {
        mi_free(blocks[i]);
    }
    if (_i == 0) {
        ck_assert_uint_eq(purged(), before);
    } else {
        ck_assert_uint_ge(purged(), before + BLOCKS * 4 * MIB / 2);
    }
}
END_TEST

/* A single free block of 1 MiB is kept for the next one, or goes back at once. */
START_TEST(cache_reset) {
    void *p;
    size_t before;
    mi_option_set(mi_option_cache_reset, _i);
    p = touched(MIB);
    before = purged();
    mi_free(p);
    ck_assert_uint_eq(purged() - before, _i == 0 ? 0 : MIB);
}
END_TEST

START_TEST(pool_commit) {
    if (!is_fresh()) {
        return;
    }
    mi_option_set(mi_option_arena_reserve, 32 * 1024);
    mi_option_set(mi_option_pool_commit, _i);
    mi_free(touched(1000));
    if (_i == 0) {
        ck_assert_int_lt(stats().committed.current, (int64_t)(8 * MIB));
    } else {
        ck_assert_int_ge(stats().committed.current, (int64_t)(32 * MIB));
    }
}
END_TEST

static const struct {
    long kibibytes;
    size_t least, most; /* of all that is reserved */
} reserves[] = {
    {64, 64 * KIB, 16 * MIB}, {8 * 1024, 8 * MIB, 32 * MIB}, {48 * 1024, 48 * MIB, 80 * MIB}};

/* In force when it is set before the first allocation; the tables of the page map come on top. */
START_TEST(arena_reserve) {
    static const int64_t tables = sizeof(void *) == 8 ? (int64_t)(128 * MIB) : (int64_t)MIB;
    mi_stats_t now;
    if (!is_fresh()) {
        return;
    }
    mi_option_set(mi_option_arena_reserve, reserves[_i].kibibytes);
    mi_free(touched(1000));
    now = stats();
    ck_assert_int_eq(now.segments.current, 1);
    ck_assert_int_ge(now.reserved.current, (int64_t)reserves[_i].least);
    ck_assert_int_le(now.reserved.current, (int64_t)reserves[_i].most + tables);
}
END_TEST

static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Freed memory that is kept goes back when it was not used for so long; the program goes on with
   other sizes meanwhile. */
START_TEST(purge_delay) {
    uint64_t start;
    size_t before;
    void *p;
    mi_option_set(mi_option_purge_delay, _i == 0 ? 1 : 86400000);
    mi_free(mi_malloc(20000));
    p = touched(MIB);
    before = purged();
    mi_free(p);
    ck_assert_uint_eq(purged(), before);
    start = milliseconds();
    do {
        for (int i = 0; i < 10000; i++) {
            mi_free(mi_malloc(20000));
        }
    } while (purged() == before && milliseconds() - start < (_i == 0 ? 60000 : 50));
    if (_i == 0) {
        ck_assert_uint_ge(purged(), before + MIB);
    } else {
        ck_assert_uint_eq(purged(), before);
    }
}
END_TEST

/* The flags that the kernel shows for the mapping of a block: " hg" it asks for huge pages, " nh"
   it refuses them.  False where the kernel shows none. */
static bool read_flags(const void *block, char *flags, size_t size) {
    char line[512];
    bool is_here = false, found = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
        uintptr_t first, last;
        char *end;
        first = strtoull(line, &end, 16);
        if (end != line && *end == '-') {
            last = strtoull(end + 1, NULL, 16);
            is_here = (uintptr_t)block >= first && (uintptr_t)block < last;
        }
        if (is_here && strncmp(line, "VmFlags:", 8) == 0) {
            snprintf(flags, size, "%s", line);
            found = true;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

START_TEST(large_pages) {
    char flags[512];
    void *p, *probe;
    if (!is_fresh()) {
        return;
    }
    probe = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(probe, MAP_FAILED);
    if (madvise(probe, 4 * MIB, MADV_HUGEPAGE) != 0 || !read_flags(probe, flags, sizeof(flags)) ||
        strstr(flags, " hg") == NULL) {
        puts("skipped: the kernel has no transparent huge pages, or does not show them");
        return;
    }
    munmap(probe, 4 * MIB);
    mi_option_set(mi_option_large_pages, _i);
    /* With 1 they are refused where blocks share memory, but not to a mapping of a block's own. */
    for (size_t i = 0; i < 2; i++) {
        bool is_own = i == 1;
        p = is_own ? mi_malloc(300 * MIB) : touched(4 * MIB);
        ck_assert_ptr_nonnull(p);
        ck_assert(read_flags(p, flags, sizeof(flags)));
        ck_assert_msg((strstr(flags, " nh") != NULL) == (_i == 0 || (_i == 1 && !is_own)), "%s",
                      flags);
        ck_assert_msg((strstr(flags, " hg") != NULL) == (_i == 2), "%s", flags);
        mi_free(p);
    }
    /* Where the program asks for them itself, the option says nothing. */
    mi_arena_id_t arena;
    ck_assert_int_eq(mi_reserve_os_memory_ex(64 * MIB, false, true, true, &arena), 0);
    mi_heap_t *heap = mi_heap_new_in_arena(arena);
    p = mi_heap_malloc(heap, 4 * MIB);
    ck_assert(read_flags(p, flags, sizeof(flags)));
    ck_assert_msg(strstr(flags, " hg") != NULL, "%s", flags);
    mi_heap_destroy(heap);
}
END_TEST

/* Pages of the system in [p, p + size), as far as they are whole, that are resident. */
static size_t resident_pages(const void *p, size_t size) {
    static unsigned char pages[65536];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)p + page - 1) / page * page;
    size_t count = ((uintptr_t)p + size - first) / page, resident = 0;
    ck_assert_uint_le(count, sizeof(pages));
    ck_assert_int_eq(mincore((void *)first, count * page, pages), 0);
    for (size_t i = 0; i < count; i++) {
        resident += pages[i] & 1;
    }
    return resident;
}

static bool can_populate(void) {
#ifdef MADV_POPULATE_WRITE
    void *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool can = madvise(p, MIB, MADV_POPULATE_WRITE) == 0 &&
               resident_pages(p, MIB) == MIB / (size_t)sysconf(_SC_PAGESIZE);
    munmap(p, MIB);
    return can;
#else
    return false;
#endif
}

static const struct {
    size_t step, size; /* of the block; the last is too large for an arena of this test */
} populated[] = {{0, 16 * MIB},    {MIB, 16 * MIB}, {64 * MIB, 16 * MIB},
                 {MIB, 100 * MIB}, {0, 100 * MIB},  {2 * MIB, MIB}};

START_TEST(populate_step) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t step = populated[_i].step, size = populated[_i].size;
    size_t expected = step < size ? step : size;
    char *p;
    if (!is_fresh()) {
        return;
    }
    if (!can_populate()) {
        puts("skipped: this kernel does not populate memory ahead");
        return;
    }
    mi_option_set(mi_option_large_pages, 0);
    mi_option_set(mi_option_populate_step, (long)(step / KIB));
    ck_assert_uint_eq(mi_option_get_size(mi_option_populate_step), step);
    p = mi_malloc(size);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(resident_pages(p, expected), expected / page);
    ck_assert_uint_eq(resident_pages(p + expected, size - expected), 0);
    ck_assert(is_zero(p, expected));
    mi_free(p);
    /* Still the same promises. */
    p = mi_calloc(1, size);
    ck_assert(is_zero(p, size));
    mi_free(p);
}
END_TEST

static char text[65536];

static void collect(const char *msg, void *arg) {
    (void)arg;
    strncat(text, msg, sizeof(text) - strlen(text) - 1);
}

static int lines_with(const char *what) {
    int count = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p++) {
        count++;
    }
    return count;
}

static const struct {
    long show_errors, verbose, max_errors, max_warnings;
    int errors, warnings; /* of 20 each */
} shown[] = {{0, 0, 16, 16, 0, 0},     {1, 0, 16, 16, 16, 16}, {0, 1, 16, 16, 16, 16},
             {1, 1, 100, 100, 20, 20}, {1, 0, 3, 5, 3, 5},     {1, 0, 0, 1, 0, 1},
             {0, 2, 7, 0, 7, 0},       {0, 0, 100, 100, 0, 0}};

START_TEST(messages) {
    mi_option_set(mi_option_show_errors, shown[_i].show_errors);
    mi_option_set(mi_option_verbose, shown[_i].verbose);
    mi_option_set(mi_option_max_errors, shown[_i].max_errors);
    mi_option_set(mi_option_max_warnings, shown[_i].max_warnings);
    mi_register_output(collect, NULL);
    for (int i = 0; i < 20; i++) {
        ck_assert_fails(mi_malloc(too_large), ENOMEM);
        mi_option_set(mi_option_page_reset, 2);
    }
    mi_register_output(NULL, NULL);
    ck_assert_int_eq(lines_with("mimalloc: error: "), shown[_i].errors);
    ck_assert_int_eq(lines_with("mimalloc: warning: option page_reset: 2 is not"),
                     shown[_i].warnings);
}
END_TEST

/* What a program that ends normally leaves on stderr. */
START_TEST(show_stats) {
    int pipe_ends[2], status;
    size_t length = 0;
    ssize_t got;
    pid_t child;
    ck_assert_int_eq(pipe(pipe_ends), 0);
    child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        dup2(pipe_ends[1], STDERR_FILENO);
        mi_option_set(mi_option_show_stats, _i);
        mi_process_done();
        _exit(0);
    }
    ck_assert_int_gt(child, 0);
    close(pipe_ends[1]);
    while ((got = read(pipe_ends[0], text + length, sizeof(text) - 1 - length)) > 0) {
        length += (size_t)got;
    }
    close(pipe_ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(lines_with("process: user:"), _i);
}
END_TEST

START_TEST(stats_detail) {
    void *p = mi_malloc(100), *q = mi_malloc(3 * MIB);
    mi_option_set(mi_option_stats_detail, _i);
    mi_stats_print_out(collect, NULL);
    ck_assert_int_eq(lines_with("pages of:"), _i);
    ck_assert_int_eq(lines_with(" class ") > 0, _i);
    ck_assert_int_eq(lines_with("112 b") > 0, _i);
    mi_free(p);
    mi_free(q);
}
END_TEST

static void add(TCase *one, const TTest *test, int cases) {
    tcase_add_loop_test(one, test, 0, cases);
}

int main(void) {
    Suite *suite = suite_create("effects");
    TCase *one = tcase_create("effects");
    SRunner *runner;
    int failed;
    tcase_set_timeout(one, 120);
    if (CAN_GIVE_BACK) {
        add(one, page_reset, 2);
        add(one, cache_reset, 2);
        add(one, purge_delay, 2);
        add(one, large_pages, 3);
        add(one, populate_step, COUNT_OF(populated));
    } else {
        puts("skipped: what is asked of the kernel by madvise, which is not used");
    }
    add(one, pool_commit, 2);
    add(one, arena_reserve, COUNT_OF(reserves));
    add(one, messages, COUNT_OF(shown));
    add(one, show_stats, 2);
    add(one, stats_detail, 2);
    suite_add_tcase(suite, one);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
