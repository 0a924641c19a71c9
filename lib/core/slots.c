/* SPDX-License-Identifier: MIT */
/* Floor 3, core: tables of slot words; see slot.h.  Any thread. */
#include <string.h>

#include "../base/random.h"
#include "meta.h"
#include "page.h"

enum { TABLE_SHIFT_MIN = 7, TABLE_SHIFT_MAX = SLOT_VALUE_BITS + 2, CARVE_MAX = 256 };

/* Tables come in powers of two bytes; what nobody writes of one costs no memory. */
static struct pool table_pool[TABLE_SHIFT_MAX + 1];

bool mip_slots_in_order;

static unsigned shift_of(size_t count) {
    size_t bytes = mip_max(count * sizeof(uint32_t), (size_t)1 << TABLE_SHIFT_MIN);
    return mip_highest_bit(bytes - 1) + 1;
}

_Atomic(uint32_t) *mip_slots_new(size_t count) {
    unsigned shift = shift_of(count);
    if (shift > TABLE_SHIFT_MAX)
        return NULL;
    struct pool *pool = &table_pool[shift];
    pool->size = (size_t)1 << shift; /* every caller stores the same */
    bool is_fresh;
    void *table = mip_pool_take(pool, &is_fresh);
    if (table != NULL && !is_fresh)
        memset(table, 0, count * sizeof(uint32_t));
    return table;
}

void mip_slots_give(_Atomic(uint32_t) *slots, size_t count) {
    mip_pool_give(&table_pool[shift_of(count)], slots);
}

void mip_slots_fork_child(void) {
    for (unsigned i = 0; i <= TABLE_SHIFT_MAX; i++)
        mip_pool_fork_child(&table_pool[i]);
}

struct block *mip_slots_carve(struct page *page, uint32_t index, uint32_t count) {
    uint16_t order[CARVE_MAX];
    uint64_t random = mip_random();
    for (uint32_t i = 0; i < count; i++) {
        /* An even shuffle needs no better generator than this within one short list. */
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t j = mip_slots_in_order ? i : (uint32_t)((random >> 33) % (i + 1));
        order[i] = order[j];
        order[j] = (uint16_t)i;
    }
    uint32_t next = 0;
    for (uint32_t i = count; i > 0; i--) {
        uint32_t at = index + order[i - 1];
        mip_store_relaxed(&page->slots[at], mip_slot_word(SLOT_FREE, next) |
                                                (page->is_zero ? SLOT_FRESH : SLOT_DIRTY));
        next = at + 1;
    }
    return (struct block *)(page->start + (size_t)(next - 1) * page->block_size);
}
