/* SPDX-License-Identifier: MIT */
/* Room base: counters.  Owns them all, as plain zero memory that costs nothing until it is
   counted in.  Any thread; every operation is a relaxed atomic one. */
#include "stats.h"

#include "../variant.h"

/* A counter.  What was freed before the last reset is subtracted from both sums when they are
   read, so that a reset loses nothing that others count at the same time:
   1. current == a_total - a_freed, modulo the word
   2. shown total == a_total - a_base, shown freed == a_freed - a_base */

/* With 32 bits sums may wrap around, yet what is current stays right. */
typedef mip_wide_word counter_word;
typedef _Atomic(counter_word) counter;

struct count {
    counter a_total, a_freed, a_base, a_peak;
};

struct bin {
    struct count pages, bytes, blocks;
    _Atomic(size_t) a_block_size;
};

static struct count counts[MIP_STAT_COUNT];
static struct bin bins[MIP_STAT_BIN_MAX];
static counter a_requested;

/* The part of a counter that is live; a free that is counted before its allocation, by another
   thread, must not make it huge. */
static counter_word current_of(counter_word total, counter_word freed) {
    counter_word current = total - freed;
    return current > (counter_word)-1 / 2 ? 0 : current;
}

static void increase(struct count *count, size_t amount) {
    counter_word total = mip_add_relaxed(&count->a_total, amount) + (counter_word)amount;
    counter_word current = current_of(total, mip_load_relaxed(&count->a_freed));
    counter_word peak = mip_load_relaxed(&count->a_peak);
    while (current > peak && !mip_cas_weak_relaxed(&count->a_peak, &peak, current)) {
    }
}

static void decrease(struct count *count, size_t amount) {
    mip_add_relaxed(&count->a_freed, amount);
}

static void read_count(struct count *count, struct mip_stat_values *values) {
    counter_word base = mip_load_relaxed(&count->a_base);
    counter_word freed = mip_load_relaxed(&count->a_freed) - base;
    counter_word total = mip_load_relaxed(&count->a_total) - base;
    counter_word current = current_of(total, freed);
    values->total = total;
    values->freed = (counter_word)(total - current);
    values->peak = mip_load_relaxed(&count->a_peak);
    if (values->peak < current) {
        values->peak = current;
    }
}

static void reset(struct count *count) {
    counter_word freed = mip_load_relaxed(&count->a_freed);
    mip_store_relaxed(&count->a_base, freed);
    mip_store_relaxed(&count->a_peak, current_of(mip_load_relaxed(&count->a_total), freed));
}

void mip_stat_increase(enum mip_stat stat, size_t amount) {
    increase(&counts[stat], amount);
}

void mip_stat_decrease(enum mip_stat stat, size_t amount) {
    decrease(&counts[stat], amount);
}

void mip_stat_set_current(enum mip_stat stat, size_t amount) {
    struct count *count = &counts[stat];
    mip_store_relaxed(&count->a_freed, mip_load_relaxed(&count->a_total) - (counter_word)amount);
}

/* Where blocks are counted, a large one goes with its free, not with the page that its owner has
   yet to release. */
void mip_stat_read(enum mip_stat stat, struct mip_stat_values *values) {
    bool is_of_blocks = COUNT_BLOCKS && stat == MIP_STAT_HUGE;
    read_count(is_of_blocks ? &bins[MIP_STAT_BIN_HUGE].bytes : &counts[stat], values);
}

void mip_stat_page_increase(unsigned bin) {
    increase(&counts[MIP_STAT_PAGES], 1);
    if (bin < MIP_STAT_BIN_MAX) {
        increase(&bins[bin].pages, 1);
    }
}

void mip_stat_page_decrease(unsigned bin) {
    decrease(&counts[MIP_STAT_PAGES], 1);
    if (bin < MIP_STAT_BIN_MAX) {
        decrease(&bins[bin].pages, 1);
    }
}

void mip_stat_page_read(unsigned bin, struct mip_stat_values *values) {
    *values = (struct mip_stat_values){0};
    if (bin < MIP_STAT_BIN_MAX) {
        read_count(&bins[bin].pages, values);
    }
}

void mip_stat_bin_increase(unsigned bin, size_t block_size, size_t requested) {
    if (bin < MIP_STAT_BIN_MAX) {
        mip_store_relaxed(&bins[bin].a_block_size, block_size);
        increase(&bins[bin].bytes, block_size);
        increase(&bins[bin].blocks, 1);
    }
    if (bin < MIP_STAT_BIN_HUGE) {
        increase(&counts[MIP_STAT_BLOCKS], block_size);
    }
    mip_add_relaxed(&a_requested, requested);
}

void mip_stat_bin_decrease(unsigned bin, size_t block_size) {
    if (bin < MIP_STAT_BIN_MAX) {
        decrease(&bins[bin].bytes, block_size);
        decrease(&bins[bin].blocks, 1);
    }
    if (bin < MIP_STAT_BIN_HUGE) {
        decrease(&counts[MIP_STAT_BLOCKS], block_size);
    }
}

void mip_stat_bin_read(unsigned bin, size_t *block_size, struct mip_stat_values *bytes) {
    *block_size = 0;
    *bytes = (struct mip_stat_values){0};
    if (bin < MIP_STAT_BIN_MAX) {
        *block_size = mip_load_relaxed(&bins[bin].a_block_size);
        read_count(&bins[bin].bytes, bytes);
    }
}

void mip_stat_bin_read_blocks(unsigned bin, struct mip_stat_values *blocks) {
    *blocks = (struct mip_stat_values){0};
    if (bin < MIP_STAT_BIN_MAX) {
        read_count(&bins[bin].blocks, blocks);
    }
}

mip_stat_word mip_stat_requested(void) {
    return mip_load_relaxed(&a_requested);
}

void mip_stats_reset(void) {
    static const enum mip_stat only_counted_up[] = {MIP_STAT_RESET, MIP_STAT_MMAPS};
    for (size_t i = 0; i < sizeof only_counted_up / sizeof *only_counted_up; i++) {
        struct count *count = &counts[only_counted_up[i]];
        counter_word freed = mip_load_relaxed(&count->a_freed);
        /* Where another thread resets at the same time, one of them does. */
        mip_cas_relaxed(&count->a_freed, &freed, mip_load_relaxed(&count->a_total));
    }
    for (int i = 0; i < MIP_STAT_COUNT; i++) {
        reset(&counts[i]);
    }
    for (int i = 0; i < MIP_STAT_BIN_MAX; i++) {
        reset(&bins[i].pages);
        reset(&bins[i].bytes);
        reset(&bins[i].blocks);
    }
    mip_store_relaxed(&a_requested, 0);
}
