/* SPDX-License-Identifier: MIT */
/* Chapter "statistics": what a program gets, as a structure and as JSON.  Reads counters at any
   moment, one after the other.  Any thread. */
#include "../../include/mimalloc-stats.h"

#include "api.h"

#include "../base/format.h"
#include "../base/report.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "../variant.h"

#include <string.h>

_Static_assert(offsetof(mi_stats_t, pages) == 2 * sizeof(size_t), "the head of the first layout");
_Static_assert(BIN_NONE < MI_BIN_HUGE, "each class has a place");

static mi_stat_count_t count_of(const struct mip_stat_values *values) {
    mi_stat_count_t count;
    count.total = (int64_t)values->total;
    count.peak = (int64_t)values->peak;
    count.current = (int64_t)(values->total - values->freed);
    return count;
}

static mi_stat_count_t count(enum mip_stat stat) {
    struct mip_stat_values values;
    mip_stat_read(stat, &values);
    return count_of(&values);
}

/* Our classes come first, and what shares no page has the last place, whatever their number. */
static unsigned place_of(unsigned bin) {
    return bin == BIN_NONE ? MI_BIN_HUGE : bin;
}

static void read_bins(mi_stats_t *stats) {
    for (unsigned bin = 0; bin <= BIN_NONE; bin++) {
        struct mip_stat_values blocks, pages;
        mip_stat_bin_read_blocks(bin, &blocks);
        mip_stat_page_read(bin, &pages);
        stats->malloc_bins[place_of(bin)] = count_of(&blocks);
        stats->page_bins[place_of(bin)] = count_of(&pages);
    }
}

static void read_stats(mi_stats_t *stats) {
    memset(stats, 0, sizeof(*stats));
    stats->size = sizeof(*stats);
    stats->version = MI_STAT_VERSION;
    read_bins(stats);
    stats->pages = count(MIP_STAT_PAGES);
    stats->reserved = count(MIP_STAT_RESERVED);
    stats->committed = count(MIP_STAT_COMMITTED);
    stats->reset.total = stats->purged.total = count(MIP_STAT_RESET).total;
    stats->threads = count(MIP_STAT_THREADS);
    stats->malloc_huge = count(MIP_STAT_HUGE);
    stats->malloc_huge_count.total = stats->page_bins[MI_BIN_HUGE].total;
    stats->mmap_calls.total = count(MIP_STAT_MMAPS).total;
    stats->segments = count(MIP_STAT_SEGMENTS);
    stats->arena_count.total = stats->segments.total;
    stats->heaps = count(MIP_STAT_HEAPS);
    stats->page_normal = count(MIP_STAT_NORMAL);
    stats->abandoned = count(MIP_STAT_ABANDONED);
    stats->errors_noted.total = (int64_t)mip_error_count();
    if (COUNT_BLOCKS) {
        stats->malloc_normal = count(MIP_STAT_BLOCKS);
        stats->malloc_requested.total = (int64_t)mip_stat_requested();
        for (unsigned bin = 0; bin < BIN_NONE; bin++) {
            stats->malloc_normal_count.total += stats->malloc_bins[bin].total;
        }
    }
}

/* A program that was compiled with a longer structure gets zeros at its end; with a shorter one,
   its beginning.  This is the first layout: none is shorter. */
bool mi_stats_get(mi_stats_t *stats) {
    mi_stats_t now;
    size_t size;
    if (stats == NULL || stats->version != MI_STAT_VERSION || stats->size < sizeof(now)) {
        return false;
    }
    size = stats->size;
    read_stats(&now);
    now.size = size;
    memset((char *)stats + sizeof(now), 0, size - sizeof(now));
    memcpy(stats, &now, sizeof(now));
    return true;
}

static size_t bin_size(size_t bin) {
    return bin < BIN_COUNT ? mip_bin_size((unsigned)bin) : 0;
}

size_t mi_stats_get_bin_size(size_t bin) {
    return bin_size(bin);
}

/* What the text is made of, taken once, since it is written twice: to learn its length too. */
struct snapshot {
    mi_stats_t stats;
    struct mip_os_usage usage;
    uint64_t elapsed_ms;
};

static MIP_FORMAT(2, 3) void put(struct mip_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    mip_text_put_format(text, format, args);
    va_end(args);
}

static void put_number(struct mip_text *text, const char *name, uint64_t number) {
    put(text, ",\n  \"%s\": %llu", name, (unsigned long long)number);
}

static void put_values(struct mip_text *text, const mi_stat_count_t *value) {
    put(text, "\"total\": %lld, \"peak\": %lld, \"current\": %lld}", (long long)value->total,
        (long long)value->peak, (long long)value->current);
}

static void put_process(struct mip_text *text, const struct snapshot *snapshot) {
    const struct mip_os_usage *usage = &snapshot->usage;
    put(text, ",\n  \"process\": {\"elapsed_msecs\": %llu, \"user_msecs\": %llu, ",
        (unsigned long long)snapshot->elapsed_ms, (unsigned long long)usage->user_ms);
    put(text, "\"system_msecs\": %llu, \"page_faults\": %zu, ",
        (unsigned long long)usage->system_ms, usage->major_faults);
    put(text, "\"rss_current\": %zu, \"rss_peak\": %zu, ", usage->current_resident,
        usage->peak_resident);
    put(text, "\"commit_current\": %lld, \"commit_peak\": %lld}",
        (long long)snapshot->stats.committed.current, (long long)snapshot->stats.committed.peak);
}

/* Classes that were never used are left out. */
static void put_bins(struct mip_text *text, const char *name, const mi_stat_count_t *bins) {
    const char *separator = "";
    put(text, ",\n  \"%s\": [", name);
    for (unsigned bin = 0; bin <= MI_BIN_HUGE; bin++) {
        if (bins[bin].total == 0) {
            continue;
        }
        put(text, "%s\n    {\"bin\": %u, \"block_size\": %zu, ", separator, bin, bin_size(bin));
        put_values(text, &bins[bin]);
        separator = ",";
    }
    put(text, "%s]", *separator == '\0' ? "" : "\n  ");
}

/* What is not counted is not told. */
static void put_json(struct mip_text *text, const struct snapshot *snapshot) {
    const mi_stats_t *stats = &snapshot->stats;
    const struct {
        const char *name;
        const mi_stat_count_t *value;
        bool is_counted;
    } counts[] = {{"pages", &stats->pages, true},
                  {"reserved", &stats->reserved, true},
                  {"committed", &stats->committed, true},
                  {"threads", &stats->threads, true},
                  {"malloc_normal", &stats->malloc_normal, COUNT_BLOCKS},
                  {"malloc_huge", &stats->malloc_huge, true},
                  {"segments", &stats->segments, true},
                  {"heaps", &stats->heaps, true},
                  {"page_normal", &stats->page_normal, true},
                  {"abandoned", &stats->abandoned, true}};
    put(text, "{\n  \"stat_version\": %u", (unsigned)MI_STAT_VERSION);
    put(text, ",\n  \"version\": \"%s\",\n  \"variant\": \"%s\"", MIMALLOC_PACKAGE_VERSION,
        MIP_VARIANT_NAME);
    put_process(text, snapshot);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (counts[i].is_counted) {
            put(text, ",\n  \"%s\": {", counts[i].name);
            put_values(text, counts[i].value);
        }
    }
    put_number(text, "reset", (uint64_t)stats->reset.total);
    put_number(text, "purged", (uint64_t)stats->purged.total);
    put_number(text, "mmap_calls", (uint64_t)stats->mmap_calls.total);
    put_number(text, "arena_count", (uint64_t)stats->arena_count.total);
    put_number(text, "malloc_huge_count", (uint64_t)stats->malloc_huge_count.total);
    put_number(text, "errors_noted", (uint64_t)stats->errors_noted.total);
    if (COUNT_BLOCKS) {
        put_number(text, "malloc_normal_count", (uint64_t)stats->malloc_normal_count.total);
        put_number(text, "malloc_requested", (uint64_t)stats->malloc_requested.total);
        put_bins(text, "malloc_bins", stats->malloc_bins);
    }
    put_bins(text, "page_bins", stats->page_bins);
    mip_text_put(text, "\n}\n");
    mip_text_flush(text);
}

char *mi_stats_get_json(size_t buf_size, char *buf) {
    struct snapshot now;
    struct mip_text text = {.buffer = buf, .size = buf == NULL ? 0 : buf_size};
    int saved = errno;
    read_stats(&now.stats);
    mip_os_usage(&now.usage);
    now.elapsed_ms = mip_api_elapsed_ms();
    errno = saved;
    put_json(&text, &now);
    if (buf == NULL) {
        size_t size = text.length + 1;
        buf = mip_malloc(size);
        if (buf != NULL) {
            text = (struct mip_text){.buffer = buf, .size = size};
            put_json(&text, &now);
        }
    } else if (text.length >= buf_size) {
        if (buf_size > 0) {
            *buf = '\0';
        }
        buf = NULL;
        errno = ERANGE;
    }
    return buf;
}
