/* SPDX-License-Identifier: MIT */
/* Chapter "statistics" for programs, and mi_process_info against what the system says.  Runs with
   the plain library, and once more with the debug library preloaded, which counts every block. */
#include "support.h"

#include <mimalloc-stats.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* What must never change: a program that was compiled with this header relies on it. */
_Static_assert(sizeof(mi_stat_count_t) == 24 && sizeof(mi_stat_counter_t) == 8, "frozen");
_Static_assert(MI_STAT_VERSION == 100 && MI_BIN_HUGE == 127, "frozen");
_Static_assert(offsetof(mi_stats_t, pages) == 2 * sizeof(size_t), "frozen");
_Static_assert(offsetof(mi_stats_t, malloc_normal) == 2 * sizeof(size_t) + 160, "frozen");
_Static_assert(offsetof(mi_stats_t, mmap_calls) == 2 * sizeof(size_t) + 232, "frozen");
_Static_assert(offsetof(mi_stats_t, segments) == 2 * sizeof(size_t) + 296, "frozen");
_Static_assert(offsetof(mi_stats_t, errors_noted) == 2 * sizeof(size_t) + 392, "frozen");
_Static_assert(offsetof(mi_stats_t, malloc_bins) == 2 * sizeof(size_t) + 400, "frozen");
_Static_assert(sizeof(mi_stats_t) == 2 * sizeof(size_t) + 400 + 2 * 128 * 24, "frozen");

/* Nothing of Check in here: it allocates, which the debug library counts when it is preloaded. */
static mi_stats_t get(void) {
    mi_stats_t stats;
    stats.size = sizeof(stats);
    stats.version = MI_STAT_VERSION;
    if (!mi_stats_get(&stats) || stats.size != sizeof(stats) || stats.version != MI_STAT_VERSION) {
        abort();
    }
    return stats;
}

static void check_count(const mi_stat_count_t *count) {
    ck_assert_int_ge(count->total, 0);
    ck_assert_int_ge(count->current, 0);
    ck_assert_int_ge(count->total, count->current);
    ck_assert_int_ge(count->peak, count->current);
}

static void check_all(const mi_stats_t *stats) {
    const mi_stat_count_t *const counts[] = {
        &stats->pages,           &stats->reserved, &stats->committed,     &stats->page_committed,
        &stats->pages_abandoned, &stats->threads,  &stats->malloc_normal, &stats->malloc_huge,
        &stats->segments,        &stats->heaps,    &stats->page_normal,   &stats->abandoned};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        check_count(counts[i]);
    }
    for (size_t bin = 0; bin <= MI_BIN_HUGE; bin++) {
        check_count(&stats->malloc_bins[bin]);
        check_count(&stats->page_bins[bin]);
    }
}

static bool is_variant(const char *line) {
    char *text = mi_stats_get_json(0, NULL);
    bool result = strstr(text, line) != NULL;
    mi_free(text);
    return result;
}

static bool is_debug(void) {
    return is_variant("\"variant\": \"debug\"");
}

/* Each block is a byte longer, and those above STRICT_MAX are alone. */
static bool is_strict(void) {
    return is_debug() || is_variant("\"variant\": \"secure\"");
}

START_TEST(refused) {
    static const struct {
        size_t size, version;
    } wrong[] = {{0, MI_STAT_VERSION},
                 {sizeof(mi_stats_t) - 1, MI_STAT_VERSION},
                 {2 * sizeof(size_t), MI_STAT_VERSION},
                 {sizeof(mi_stats_t), 0},
                 {sizeof(mi_stats_t), MI_STAT_VERSION - 1},
                 {sizeof(mi_stats_t), MI_STAT_VERSION + 1},
                 {sizeof(mi_stats_t), SIZE_MAX}};
    mi_stats_t stats, before;
    errno = ERRNO_UNTOUCHED;
    ck_assert(!mi_stats_get(NULL));
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        memset(&stats, 0x5a, sizeof(stats));
        stats.size = wrong[i].size;
        stats.version = wrong[i].version;
        memcpy(&before, &stats, sizeof(stats));
        ck_assert(!mi_stats_get(&stats));
        ck_assert_int_eq(memcmp(&stats, &before, sizeof(stats)), 0);
    }
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
}
END_TEST

/* A program that was compiled with a later header, which has more fields. */
START_TEST(longer_structure) {
    struct {
        mi_stats_t stats;
        unsigned char more[100], behind[16];
    } later;
    memset(&later, 0x5a, sizeof(later));
    later.stats.size = sizeof(mi_stats_t) + sizeof(later.more);
    later.stats.version = MI_STAT_VERSION;
    ck_assert(mi_stats_get(&later.stats));
    ck_assert_uint_eq(later.stats.size, sizeof(mi_stats_t) + sizeof(later.more));
    check_all(&later.stats);
    ck_assert(is_zero(later.more, sizeof(later.more)));
    for (size_t i = 0; i < sizeof(later.behind); i++) {
        ck_assert_uint_eq(later.behind[i], 0x5a);
    }
}
END_TEST

START_TEST(huge_blocks) {
    size_t size = 4 * MIB;
    void *p = mi_malloc(100);
    mi_stats_t before = get(), during, after;
    mi_free(p);
    p = mi_malloc(size);
    during = get();
    check_all(&during);
    ck_assert_int_eq(during.malloc_huge.current, before.malloc_huge.current + (int64_t)size);
    ck_assert_int_eq(during.malloc_huge_count.total, before.malloc_huge_count.total + 1);
    ck_assert_int_eq(during.page_bins[MI_BIN_HUGE].current,
                     before.page_bins[MI_BIN_HUGE].current + 1);
    ck_assert_int_ge(during.committed.current, (int64_t)size);
    ck_assert_int_ge(during.reserved.current, during.committed.current);
    ck_assert_int_gt(during.mmap_calls.total, 0);
    ck_assert_int_gt(during.segments.current, 0);
    memset(p, 1, size);
    mi_free(p);
    mi_collect(true);
    after = get();
    check_all(&after);
    ck_assert_int_eq(after.malloc_huge.current, before.malloc_huge.current);
    ck_assert_int_eq(after.malloc_huge.total, before.malloc_huge.total + (int64_t)size);
    ck_assert_int_ge(after.malloc_huge.peak, before.malloc_huge.current + (int64_t)size);
    if (CAN_GIVE_BACK) {
        ck_assert_int_ge(after.purged.total, before.purged.total + (int64_t)size);
    }
    ck_assert_int_eq(after.purged.total, after.reset.total);
}
END_TEST

enum { STRICT_MAX = 60 * 1024 };

/* A class has a page as long as it has a block, and the sums agree. */
START_TEST(pages_by_class) {
    bool strict = is_strict();
    for (size_t bin = 0; mi_stats_get_bin_size(bin) != 0; bin += 7) {
        if (strict && mi_stats_get_bin_size(bin) > STRICT_MAX) {
            break;
        }
        void *p = mi_malloc(mi_stats_get_bin_size(bin) - strict);
        mi_stats_t stats = get();
        int64_t sum = 0, total = 0;
        ck_assert_int_gt(stats.page_bins[bin].current, 0);
        for (size_t i = 0; i <= MI_BIN_HUGE; i++) {
            sum += stats.page_bins[i].current;
            total += stats.page_bins[i].total;
        }
        ck_assert_int_eq(sum, stats.pages.current);
        ck_assert_int_eq(total, stats.pages.total);
        ck_assert_int_ge(stats.page_normal.current, (int64_t)mi_stats_get_bin_size(bin));
        mi_free(p);
    }
}
END_TEST

/* Against a count of our own: exact in the debug library, nothing elsewhere. */
START_TEST(blocks_by_class) {
    enum { ROUNDS = 4000, HELD = 97 };
    bool counts = is_debug();
    void *held[HELD] = {NULL};
    size_t held_size[HELD];
    int64_t total[MI_BIN_HUGE + 1] = {0}, current[MI_BIN_HUGE + 1] = {0};
    int64_t bytes = 0, bytes_now = 0, requested = 0;
    mi_stats_t before, after;
    before = get();
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t most = counts ? STRICT_MAX - 1 : 49999;
        size_t size = (size_t)i * 2654435761u % (i % 16 == 0 ? most : 3000) + 1;
        size_t slot = i % HELD, bin = 0;
        if (held[slot] != NULL) {
            mi_free(held[slot]);
            current[held_size[slot]]--;
            bytes_now -= (int64_t)mi_stats_get_bin_size(held_size[slot]);
        }
        held[slot] = mi_malloc(size);
        while (mi_stats_get_bin_size(bin) < size + counts) {
            bin++;
        }
        held_size[slot] = bin;
        total[bin]++;
        current[bin]++;
        bytes += (int64_t)mi_stats_get_bin_size(bin);
        bytes_now += (int64_t)mi_stats_get_bin_size(bin);
        requested += (int64_t)size;
    }
    after = get();
    check_all(&after);
    for (size_t bin = 0; bin < MI_BIN_HUGE; bin++) {
        int64_t more = after.malloc_bins[bin].total - before.malloc_bins[bin].total;
        ck_assert_int_eq(more, counts ? total[bin] : 0);
        more = after.malloc_bins[bin].current - before.malloc_bins[bin].current;
        ck_assert_int_eq(more, counts ? current[bin] : 0);
    }
    ck_assert_int_eq(after.malloc_normal.total - before.malloc_normal.total, counts ? bytes : 0);
    ck_assert_int_eq(after.malloc_normal.current - before.malloc_normal.current,
                     counts ? bytes_now : 0);
    ck_assert_int_eq(after.malloc_requested.total - before.malloc_requested.total,
                     counts ? requested : 0);
    ck_assert_int_eq(after.malloc_normal_count.total - before.malloc_normal_count.total,
                     counts ? ROUNDS : 0);
    for (size_t i = 0; i < HELD; i++) {
        mi_free(held[i]);
    }
}
END_TEST

static void *free_some(void *arg) {
    void **blocks = arg;
    for (int i = 0; i < 100; i++) {
        mi_free(blocks[i]);
    }
    return NULL;
}

/* The live blocks of a heap that is destroyed are counted as freed, those freed before once. */
START_TEST(destroyed_blocks) {
    enum { HEAPS = 20, BLOCKS = 1000 };
    static void *blocks[BLOCKS];
    bool counts = is_debug();
    mi_stats_t before = get(), after;
    for (int round = 0; round <= HEAPS; round++) {
        mi_heap_t *heap = mi_heap_new();
        pthread_t thread;
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = mi_heap_malloc(heap, i % 300 == 299 ? 2 * MIB : (size_t)i % 3000);
            ck_assert_ptr_nonnull(blocks[i]);
        }
        free_some(blocks);
        ck_assert_int_eq(pthread_create(&thread, NULL, free_some, blocks + 100), 0);
        pthread_join(thread, NULL);
        mi_heap_destroy(heap);
        before = round == 0 ? get() : before; /* with what the first thread leaves in libc */
    }
    after = get();
    check_all(&after);
    for (size_t bin = 0; bin < MI_BIN_HUGE; bin++) {
        ck_assert_int_eq(after.malloc_bins[bin].current, before.malloc_bins[bin].current);
    }
    ck_assert_int_eq(after.malloc_normal.current, before.malloc_normal.current);
    ck_assert_int_eq(after.malloc_huge.current, before.malloc_huge.current);
    ck_assert_int_ge(after.malloc_normal_count.total - before.malloc_normal_count.total,
                     counts ? (BLOCKS - BLOCKS / 300) * HEAPS : 0);
}
END_TEST

static void *allocate_once(void *arg) {
    mi_free(mi_malloc(100));
    return arg;
}

START_TEST(threads_heaps_errors) {
    mi_heap_t *heap = mi_heap_new();
    mi_stats_t before = get(), during;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, allocate_once, NULL), 0);
    pthread_join(thread, NULL);
    ck_assert_fails(mi_malloc(too_large), ENOMEM);
    during = get();
    ck_assert_int_eq(during.threads.total, before.threads.total + 1);
    ck_assert_int_eq(during.threads.current, before.threads.current);
    ck_assert_int_eq(during.errors_noted.total, before.errors_noted.total + 1);
    mi_heap_delete(heap);
    ck_assert_int_eq(get().heaps.current, before.heaps.current - 1);
    ck_assert_int_eq(get().heaps.total, before.heaps.total);
}
END_TEST

START_TEST(reset_begins_anew) {
    void *p = mi_malloc(10 * MIB);
    mi_stats_t stats;
    mi_free(mi_malloc(30 * MIB));
    mi_collect(true);
    ck_assert_fails(mi_malloc(too_large), ENOMEM);
    stats = get();
    ck_assert(stats.mmap_calls.total > 0 && stats.errors_noted.total > 0);
    mi_stats_reset();
    stats = get();
    check_all(&stats);
    ck_assert_int_eq(stats.reset.total, 0);
    ck_assert_int_eq(stats.mmap_calls.total, 0);
    ck_assert_int_eq(stats.errors_noted.total, 0);
    ck_assert_int_eq(stats.malloc_huge.total, stats.malloc_huge.current);
    ck_assert_int_eq(stats.malloc_huge.peak, stats.malloc_huge.current);
    ck_assert_int_ge(stats.malloc_huge.current, (int64_t)(10 * MIB));
    ck_assert_int_eq(stats.pages.total, stats.pages.current);
    mi_free(p);
}
END_TEST

/* In thousands of blocks: what holds them is accessible. */
START_TEST(committed) {
    enum { COUNT = 30000, SIZE = 1000 };
    static void *blocks[COUNT];
    int64_t before = get().committed.current;
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = mi_malloc(SIZE);
    }
    ck_assert_int_ge(get().committed.current - before, (int64_t)COUNT * SIZE / 5 * 4);
    for (int i = 0; i < COUNT; i++) {
        mi_free(blocks[i]);
    }
}
END_TEST

static void *free_large(void *blocks) {
    for (int i = 0; i < 3; i++) {
        mi_free(((void **)blocks)[i]);
    }
    return NULL;
}

/* Where blocks are counted, one that another thread frees is free though its page is there yet. */
START_TEST(huge_freed_by_another_thread) {
    void *blocks[3];
    pthread_t thread;
    bool debug = is_debug();
    for (int i = 0; i < 3; i++) {
        blocks[i] = mi_malloc(10 * MIB);
    }
    mi_stats_t before = get();
    ck_assert_int_eq(pthread_create(&thread, NULL, free_large, blocks), 0);
    pthread_join(thread, NULL);
    int64_t after = get().malloc_huge.current, less = (int64_t)(30 * MIB);
    ck_assert(!debug || after <= before.malloc_huge.current - less);
    mi_collect(true);
    ck_assert_int_le(get().malloc_huge.current, before.malloc_huge.current - less);
}
END_TEST

START_TEST(class_sizes) {
    static const size_t none[] = {MI_BIN_HUGE, MI_BIN_HUGE + 1, 1000, SIZE_MAX};
    size_t count = 0, last = 0;
    bool strict = is_strict(); /* no more can be used than was asked for */
    for (; count < MI_BIN_HUGE && mi_stats_get_bin_size(count) != 0; count++) {
        size_t size = mi_stats_get_bin_size(count);
        ck_assert_uint_gt(size, last);
        ck_assert_uint_eq(mi_good_size(size), size);
        ck_assert_uint_eq(mi_good_size(last + 1), strict ? last + 1 : size);
        last = size;
    }
    ck_assert_uint_gt(count, 50);
    for (size_t bin = count; bin <= MI_BIN_HUGE; bin++) {
        ck_assert_uint_eq(mi_stats_get_bin_size(bin), 0);
    }
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        ck_assert_uint_eq(mi_stats_get_bin_size(none[i]), 0);
    }
}
END_TEST

/* The grammar of JSON, as far as the text uses it: behind a value, or NULL. */
static const char *skip_space(const char *p) {
    return p + strspn(p, " \n\t\r");
}

static const char *parse_string(const char *p) {
    p += *p == '"' ? 1 : strlen(p);
    p += strcspn(p, "\"\\");
    return *p == '"' ? p + 1 : NULL;
}

static const char *parse_value(const char *p);

static const char *parse_members(const char *p, char end, bool has_names) {
    p = skip_space(p + 1);
    if (*p == end) {
        return p + 1;
    }
    for (;;) {
        if (has_names) {
            p = parse_string(p);
            p = p == NULL ? NULL : skip_space(p);
            if (p == NULL || *p++ != ':') {
                return NULL;
            }
        }
        p = parse_value(p);
        p = p == NULL ? NULL : skip_space(p);
        if (p == NULL || (*p != ',' && *p != end)) {
            return NULL;
        }
        if (*p++ == end) {
            return p;
        }
        p = skip_space(p);
    }
}

static const char *parse_value(const char *p) {
    p = skip_space(p);
    if (*p == '{' || *p == '[') {
        return parse_members(p, *p == '{' ? '}' : ']', *p == '{');
    }
    if (*p == '"') {
        return parse_string(p);
    }
    if (*p == '0') {
        return p + 1;
    }
    return *p >= '1' && *p <= '9' ? p + strspn(p, "0123456789") : NULL;
}

static int64_t number_of(const char *text, const char *name) {
    char key[64];
    const char *p;
    snprintf(key, sizeof(key), "\"%s\": ", name);
    p = strstr(text, key);
    ck_assert_msg(p != NULL, "no %s in\n%s", key, text);
    p += strlen(key);
    return strtoll(strncmp(p, "{\"total\": ", 10) == 0 ? p + 10 : p, NULL, 10);
}

START_TEST(json) {
    void *p = mi_malloc(5 * MIB);
    char *text = mi_stats_get_json(0, NULL);
    mi_stats_t stats;
    const char *end;
    mi_free(text); /* the memory for it is there now */
    stats = get();
    text = mi_stats_get_json(0, NULL);
    ck_assert_ptr_nonnull(text);
    end = parse_value(text);
    ck_assert_msg(end != NULL && *skip_space(end) == '\0', "not JSON:\n%s", text);
    ck_assert_int_eq(number_of(text, "stat_version"), MI_STAT_VERSION);
    ck_assert_int_eq(number_of(text, "malloc_huge"), stats.malloc_huge.total);
    ck_assert_int_eq(number_of(text, "reserved"), stats.reserved.total);
    ck_assert_int_ge(number_of(text, "committed"), stats.committed.total); /* with the text */
    ck_assert_int_ge(number_of(text, "rss_peak"), number_of(text, "rss_current"));
    ck_assert_int_ge(number_of(text, "commit_current"), stats.committed.current);
    ck_assert_int_le(number_of(text, "commit_current"), stats.committed.current + (int64_t)MIB);
    ck_assert(is_debug() == (strstr(text, "\"malloc_bins\"") != NULL));
    mi_free(text);
    mi_free(p);
}
END_TEST

/* The whole text or none, and no byte behind the buffer. */
START_TEST(json_in_a_buffer) {
    static char buffer[65536];
    char *text = mi_stats_get_json(sizeof(buffer) - 1, buffer);
    size_t length;
    ck_assert_ptr_eq(text, buffer);
    length = strlen(text);
    for (size_t size = 1; size + 200 < length; size += size / 3 + 1) {
        memset(buffer, 'x', sizeof(buffer));
        errno = 0;
        ck_assert_ptr_null(mi_stats_get_json(size, buffer));
        ck_assert_int_eq(errno, ERANGE);
        ck_assert_int_eq(buffer[0], '\0');
        ck_assert_int_eq(buffer[size], 'x');
    }
    /* Its length changes with the numbers: the shortest buffer that is enough this time. */
    for (size_t size = length - 200; size < length + 200; size++) {
        memset(buffer, 'x', sizeof(buffer));
        errno = ERRNO_UNTOUCHED;
        text = mi_stats_get_json(size, buffer);
        ck_assert_int_eq(buffer[size], 'x');
        if (text != NULL) {
            ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
            ck_assert_uint_lt(strlen(text), size);
            ck_assert_ptr_nonnull(parse_value(text));
        }
    }
    ck_assert_ptr_nonnull(text);
    buffer[0] = 'x';
    ck_assert_fails(mi_stats_get_json(0, buffer), ERANGE);
    ck_assert_int_eq(buffer[0], 'x');
}
END_TEST

static atomic_bool stop;

static void *churn(void *arg) {
    void *held[64] = {NULL};
    for (unsigned i = 0; !stop; i++) {
        mi_free(held[i % 64]);
        held[i % 64] = mi_malloc(i * 2654435761u % 100000);
    }
    for (size_t i = 0; i < 64; i++) {
        mi_free(held[i]);
    }
    return arg;
}

/* Others count at the same time: no number is ever impossible. */
START_TEST(while_others_allocate) {
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, NULL), 0);
    }
    for (int i = 0; i < 300; i++) {
        mi_stats_t stats = get();
        char *text = mi_stats_get_json(0, NULL);
        check_all(&stats);
        ck_assert_ptr_nonnull(parse_value(text));
        mi_free(text);
        if (i % 16 == 0) {
            mi_stats_reset();
        }
    }
    stop = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}
END_TEST

struct process {
    size_t elapsed, user, system, rss, peak_rss, commit, peak_commit, faults;
};

static struct process process(void) {
    struct process info;
    mi_process_info(&info.elapsed, &info.user, &info.system, &info.rss, &info.peak_rss,
                    &info.commit, &info.peak_commit, &info.faults);
    return info;
}

static size_t milliseconds(struct timeval time) {
    return (size_t)time.tv_sec * 1000 + (size_t)time.tv_usec / 1000;
}

/* Bytes resident, as the kernel says; 0 where it does not. */
static size_t resident(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*u %lu", &pages) != 1) {
        pages = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(process_times) {
    struct rusage before, after;
    struct process last = process();
    for (int i = 0; i < 100; i++) {
        struct process now;
        for (volatile unsigned j = 0; j < 100000; j++) {
        }
        getrusage(RUSAGE_SELF, &before);
        now = process();
        getrusage(RUSAGE_SELF, &after);
        ck_assert_uint_ge(now.elapsed, last.elapsed);
        ck_assert_uint_ge(now.user, milliseconds(before.ru_utime));
        ck_assert_uint_le(now.user, milliseconds(after.ru_utime));
        ck_assert_uint_ge(now.system, milliseconds(before.ru_stime));
        ck_assert_uint_le(now.system, milliseconds(after.ru_stime));
        ck_assert_uint_ge(now.faults, (size_t)before.ru_majflt);
        ck_assert_uint_le(now.faults, (size_t)after.ru_majflt);
        last = now;
    }
}
END_TEST

START_TEST(process_memory) {
    enum { STEPS = 8 };
    void *blocks[STEPS];
    struct process first = process(), last = first, now;
    size_t slack = 8 * MIB; /* what the test itself does, and counts that the kernel batches */
    size_t told;
    for (int i = 0; i < STEPS; i++) {
        blocks[i] = mi_malloc(8 * MIB);
        memset(blocks[i], 1, 8 * MIB);
        now = process();
        ck_assert_uint_ge(now.rss + slack / 2, last.rss + 8 * MIB);
        ck_assert_uint_ge(now.peak_rss, now.rss);
        ck_assert_uint_ge(now.peak_rss, last.peak_rss);
        ck_assert_uint_ge(now.commit, last.commit);
        ck_assert_uint_ge(now.commit, (size_t)(i + 1) * 8 * MIB);
        ck_assert_uint_ge(now.peak_commit, now.commit);
        last = now;
    }
    told = resident();
    if (told != 0) {
        ck_assert_uint_le(now.rss, told + slack);
        ck_assert_uint_le(told, now.rss + slack);
    }
    for (int i = 0; i < STEPS; i++) {
        mi_free(blocks[i]);
    }
    mi_collect(true);
    now = process();
    mi_stats_t stats = get();
    if (CAN_GIVE_BACK) {
        ck_assert_uint_le(now.rss, last.rss - 40 * MIB);
    }
    ck_assert_uint_ge(now.peak_rss + slack, last.rss);
    ck_assert_uint_ge(now.peak_commit, last.commit);
    ck_assert_int_eq((int64_t)now.peak_commit, stats.committed.peak);
    ck_assert_int_eq((int64_t)now.commit, stats.committed.current);
}
END_TEST

RUN_SUITE("stats", refused, longer_structure, huge_blocks, pages_by_class, blocks_by_class,
          destroyed_blocks, threads_heaps_errors, reset_begins_anew, committed,
          huge_freed_by_another_thread, class_sizes, json, json_in_a_buffer, while_others_allocate,
          process_times, process_memory)
