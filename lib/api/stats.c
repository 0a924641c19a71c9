/* SPDX-License-Identifier: MIT */
/* Chapter "statistics", and of chapter "extended" the version and the printing: the table and the
   lines of the process.  Reads counters at any moment, changes none (but mi_stats_reset).  Any
   thread. */
#include "process.h"

#include "../atomic.h"
#include "../base/options.h"
#include "../base/report.h"
#include "../base/stats.h"
#include "../core/watched.h"
#include "../os/os.h"
#include "../variant.h"

/* Not in process.c: there a compiler might take its own definition for the one that serves. */
const char mi_serving_copy = 1;
extern const char mip_api_own_copy __attribute__((alias("mi_serving_copy")));

int mi_version(void) {
    return MI_MALLOC_VERSION;
}

/* Where a table goes. */
struct sink {
    mi_output_fun *output;
    void *arg;
};

enum { AMOUNT_TEXT_SIZE = 24 };

/* "17.5 mb", "960 b"; counts without a unit of their own: "17", "1.2 k". */
static const char *amount(char *text, uint64_t value, bool is_bytes) {
    static const char prefixes[] = " kmgtpe";
    uint64_t base = is_bytes ? 1024 : 1000;
    uint64_t divisor = 1;
    size_t prefix = 0;
    while (value / divisor >= base && prefix < sizeof(prefixes) - 2) {
        divisor *= base;
        prefix++;
    }
    if (prefix == 0) {
        mip_format(text, AMOUNT_TEXT_SIZE, is_bytes ? "%llu b" : "%llu", (unsigned long long)value);
    } else {
        /* a tenth of the divisor first: value * 10 could overflow */
        mip_format(text, AMOUNT_TEXT_SIZE, is_bytes ? "%llu.%llu %cb" : "%llu.%llu %c",
                   (unsigned long long)(value / divisor),
                   (unsigned long long)(value % divisor / (divisor / 10)) % 10, prefixes[prefix]);
    }
    return text;
}

/* Without a count of blocks, "normal" is what their pages take, and those are kept for reuse. */
static const char *verdict(const struct mip_stat_values *values) {
    if (values->total == values->freed) {
        return "  ok";
    }
    return COUNT_BLOCKS ? "  not all freed" : "";
}

static void print_values(const struct sink *sink, const char *name,
                         const struct mip_stat_values *values, size_t unit, bool is_bytes) {
    char peak[AMOUNT_TEXT_SIZE], total[AMOUNT_TEXT_SIZE], freed[AMOUNT_TEXT_SIZE];
    mip_print(sink->output, sink->arg, "%11s: %11s %11s %11s", name,
              amount(peak, values->peak, is_bytes), amount(total, values->total, is_bytes),
              amount(freed, values->freed, is_bytes));
    if (unit != 0) {
        char unit_text[AMOUNT_TEXT_SIZE];
        mip_print(sink->output, sink->arg, " %11s%s", amount(unit_text, unit, true),
                  verdict(values));
    }
    mip_print(sink->output, sink->arg, "\n");
}

static void print_heading(const struct sink *sink, const char *name) {
    mip_print(sink->output, sink->arg, "%11s: %11s %11s %11s %11s\n", name, "peak", "total",
              "freed", "unit");
}

static void print_bytes(const struct sink *sink, const char *name, enum mip_stat stat) {
    struct mip_stat_values values;
    mip_stat_read(stat, &values);
    print_values(sink, name, &values, 0, true);
}

static void print_count(const struct sink *sink, const char *name, enum mip_stat stat) {
    struct mip_stat_values values;
    mip_stat_read(stat, &values);
    print_values(sink, name, &values, 0, false);
}

static void add_values(struct mip_stat_values *sum, const struct mip_stat_values *values) {
    sum->peak += values->peak;
    sum->total += values->total;
    sum->freed += values->freed;
}

/* Size classes that were never used have no line. */
static void print_bins(const struct sink *sink) {
    bool is_first = true;
    for (unsigned bin = 0; bin < MIP_STAT_BIN_HUGE; bin++) {
        char name[AMOUNT_TEXT_SIZE];
        struct mip_stat_values values;
        size_t block_size;
        mip_stat_bin_read(bin, &block_size, &values);
        if (values.total == 0) {
            continue;
        }
        if (is_first) {
            print_heading(sink, "heap stats");
            is_first = false;
        }
        mip_format(name, sizeof(name), "normal %3u", bin);
        print_values(sink, name, &values, block_size, true);
    }
    if (!is_first) {
        mip_print(sink->output, sink->arg, "\n");
    }
}

/* Pages of each class; those of single blocks have the last line, and no unit. */
static void print_pages(const struct sink *sink) {
    print_heading(sink, "pages of");
    for (unsigned bin = 0; bin <= MIP_STAT_BIN_HUGE; bin++) {
        char name[AMOUNT_TEXT_SIZE], peak[AMOUNT_TEXT_SIZE], total[AMOUNT_TEXT_SIZE];
        char freed[AMOUNT_TEXT_SIZE], unit[AMOUNT_TEXT_SIZE] = "-";
        struct mip_stat_values values;
        mip_stat_page_read(bin, &values);
        if (values.total == 0) {
            continue;
        }
        mip_format(name, sizeof(name), bin < MIP_STAT_BIN_HUGE ? "class %3u" : "huge", bin);
        if (bin < MIP_STAT_BIN_HUGE) {
            amount(unit, mip_bin_size(bin), true);
        }
        mip_print(sink->output, sink->arg, "%11s: %11s %11s %11s %11s\n", name,
                  amount(peak, values.peak, false), amount(total, values.total, false),
                  amount(freed, values.freed, false), unit);
    }
    mip_print(sink->output, sink->arg, "\n");
}

/* The peak of a sum is not counted: the sum of the peaks is its upper bound. */
static void print_blocks(const struct sink *sink) {
    struct mip_stat_values normal, huge, total = {0, 0, 0};
    if (COUNT_BLOCKS) {
        print_bins(sink);
    }
    if (mip_option_is_enabled(MIP_OPTION_STATS_DETAIL)) {
        print_pages(sink);
    }
    mip_stat_read(COUNT_BLOCKS ? MIP_STAT_BLOCKS : MIP_STAT_NORMAL, &normal);
    mip_stat_read(MIP_STAT_HUGE, &huge);
    add_values(&total, &normal);
    add_values(&total, &huge);
    print_heading(sink, "heap stats");
    print_values(sink, "normal", &normal, 1, true);
    print_values(sink, "huge", &huge, 1, true);
    print_values(sink, "total", &total, 1, true);
    if (COUNT_BLOCKS) {
        char requested[AMOUNT_TEXT_SIZE];
        mip_print(sink->output, sink->arg, "malloc requested: %s\n",
                  amount(requested, mip_stat_requested(), true));
    }
    mip_print(sink->output, sink->arg, "\n");
}

static _Atomic(mip_wide_word) a_clock_start; /* [any, atomic] ms; 0: not started */

void mip_api_start_clock(void) {
    mip_wide_word none = 0;
    mip_cas_relaxed(&a_clock_start, &none, (mip_wide_word)mip_os_clock_ms());
}

uint64_t mip_api_elapsed_ms(void) {
    mip_api_start_clock();
    return (mip_wide_word)mip_os_clock_ms() - mip_load_relaxed(&a_clock_start);
}

static void print_process(const struct sink *sink) {
    struct mip_os_usage usage;
    char resident[AMOUNT_TEXT_SIZE];
    unsigned long long elapsed = mip_api_elapsed_ms();
    unsigned long long user, system;
    mip_os_usage(&usage);
    user = usage.user_ms;
    system = usage.system_ms;
    mip_print(sink->output, sink->arg, "%11s: %7llu.%03llu s\n", "elapsed", elapsed / 1000,
              elapsed % 1000);
    mip_print(sink->output, sink->arg,
              "%11s: user: %llu.%03llu s, system: %llu.%03llu s, faults: %zu, reclaims: %zu, "
              "rss: %s\n",
              "process", user / 1000, user % 1000, system / 1000, system % 1000, usage.major_faults,
              usage.minor_faults, amount(resident, usage.peak_resident, true));
}

void mip_api_print_stats(mi_output_fun *output, void *arg) {
    const struct sink sink = {output, arg};
    struct mip_stat_values calls, parked;
    print_blocks(&sink);
    print_bytes(&sink, "committed", MIP_STAT_COMMITTED);
    print_bytes(&sink, "reserved", MIP_STAT_RESERVED);
    print_bytes(&sink, "reset", MIP_STAT_RESET);
    print_count(&sink, "segments", MIP_STAT_SEGMENTS);
    mip_stat_read(MIP_STAT_ABANDONED, &parked);
    print_values(&sink, "-abandoned", &parked, 0, false);
    print_count(&sink, "pages", MIP_STAT_PAGES);
    mip_stat_read(MIP_STAT_MMAPS, &calls);
    mip_print(output, arg, "%11s: %11llu\n", "mmaps", (unsigned long long)calls.total);
    print_count(&sink, "threads", MIP_STAT_THREADS);
    print_count(&sink, "heaps", MIP_STAT_HEAPS);
    print_process(&sink);
}

struct holding {
    size_t area_count, committed_size, used_size; /* of one heap */
};

static bool add_area(const struct heap *heap, const struct mip_area *area, void *block,
                     size_t block_size, void *arg) {
    struct holding *holding = arg;
    (void)heap;
    (void)block;
    (void)block_size;
    holding->area_count++;
    holding->committed_size += area->committed;
    holding->used_size += area->used;
    return true;
}

/* Counters are kept for the process; of a thread we know what its heap holds. */
static void print_thread(mi_output_fun *output, void *arg) {
    struct holding holding = {0, 0, 0};
    char committed[AMOUNT_TEXT_SIZE], used[AMOUNT_TEXT_SIZE];
    mip_heap_visit(mip_heap_default(), false, add_area, &holding);
    mip_print(output, arg, "this thread's default heap: %zu pages, committed: %s, used: %s\n",
              holding.area_count, amount(committed, holding.committed_size, true),
              amount(used, holding.used_size, true));
    mip_print(output, arg, "statistics of the process:\n");
    mip_api_print_stats(output, arg);
}

static void write_to_file(const char *text, void *arg) {
    fputs(text, arg);
}

void mi_stats_print(FILE *out) {
    mip_api_print_stats(out != NULL ? write_to_file : NULL, out);
}

void mi_stats_print_v2(void *out) {
    (void)out;
    mip_api_print_stats(NULL, NULL);
}

void mi_stats_print_out(mi_output_fun *out, void *arg) {
    mip_api_print_stats(out, arg);
}

void mi_thread_stats_print(FILE *out) {
    print_thread(out != NULL ? write_to_file : NULL, out);
}

void mi_thread_stats_print_out(mi_output_fun *out, void *arg) {
    print_thread(out, arg);
}

void mi_process_info_print(void) {
    const struct sink sink = {NULL, NULL};
    print_process(&sink);
}

void mi_stats_reset(void) {
    mip_stats_reset();
    mip_error_count_reset();
}

/* Counters have one copy: nothing waits to be merged. */
void mi_stats_merge(void) {
}
