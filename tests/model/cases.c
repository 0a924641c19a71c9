/* SPDX-License-Identifier: MIT */
/* The small cases of the two concurrent protocols; model.c runs each in many orders.  At the end of
   each its judgement is passed: every block and slice is where it must be. */
#include "model.h"

#include "core/arena_private.h"
#include "core/core.h"
#include "core/fast.h"
#include "core/heap.h"
#include "core/pagemap.h"
#include "os/os.h"

#include <string.h>

/* ---- what is judged in the end */

static size_t slices_in_use(void) {
    size_t count = 0;
    for (unsigned i = 0; i < mip_arena_count(); i++) {
        struct arena *arena = mip_arena_at(i);
        if (arena != NULL && !mip_arena_is_exclusive(i))
            count += mip_bitset_count(arena->taken, 0, arena->slices);
    }
    return count;
}

static size_t slices_before;

/* All threads end, all blocks have been freed: nothing is in use that was not before, and each
   record can be locked. */
static void judge_empty(void) {
    model_end_threads();
    mip_collect(true);
    mip_collect(true);
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        uint32_t state = mip_load_relaxed(&t->a_state);
        REQUIRE(state == RECORD_PARKED || t == mip_thread_self());
        REQUIRE(t->a_messages == NULL && t->backlog == NULL && t->batches_used == 0);
        mip_heap_check(&t->heap);
    }
    REQUIRE(slices_in_use() == slices_before);
}

/* A batch holds 16 KiB.  Three blocks of HOLDS_TWO name a batch of seven: a chain. */
enum { BLOCKS = 16, ONE_PER_BATCH = 20000, SEVERAL_PER_BATCH = 1000, HOLDS_TWO = 16 };
static void *blocks[BLOCKS];
static size_t block_size;
static int block_count;

static void take_blocks(void) {
    for (int i = 0; i < block_count; i++) {
        blocks[i] = mip_malloc(block_size);
        memset(blocks[i], 'a' + i, block_size);
    }
}

static bool is_whole(int i) {
    const char *p = blocks[i];
    return p[0] == 'a' + i && p[block_size - 1] == 'a' + i && p[block_size / 2] == 'a' + i;
}

/* What came home lies once in the lists of its page. */
static void take_again(void) {
    enum { AGAIN = 2 * BLOCKS };
    unsigned char *again[AGAIN];
    mip_collect(false);
    for (int i = 0; i < AGAIN; i++) {
        again[i] = mip_malloc(block_size);
        REQUIRE(again[i] != NULL);
        memset(again[i], i, block_size);
    }
    for (int i = 0; i < AGAIN; i++) {
        REQUIRE(again[i][0] == i && again[i][block_size - 1] == i);
        mip_free(again[i]);
    }
}

static void have_record(void) {
    mip_free(mip_malloc(100));
}

static void begin_messages(size_t size, int count) {
    block_size = size;
    block_count = count;
    mip_process_init();
    have_record();
    mip_collect(true);
    slices_before = slices_in_use();
}

/* ---- frees by others: batched messages, drained by the owner, which goes on allocating */

static void free_two(void) {
    mip_free(blocks[0]);
    mip_free(blocks[1]);
    mip_collect(false);
}

static void free_third(void) {
    mip_free(blocks[2]); /* alone: this thread has no record */
}

static void own_and_drain(void) {
    mip_free(blocks[3]);
    void *p = mip_malloc(block_size);
    REQUIRE(p != NULL && p != blocks[4] && p != blocks[5]);
    mip_collect(false);
    mip_free(p);
    mip_free(blocks[4]);
    mip_free(blocks[5]);
}

static void messages(void) {
    begin_messages(ONE_PER_BATCH, 6);
    model_in_thread(0, take_blocks);
    model_in_thread(1, have_record);
    model_run(own_and_drain, free_two, free_third);
    judge_empty();
}

/* ---- the owner ends while others free: parked records are worked on by whoever comes */

static void end_with_all(void) {
    mip_free(blocks[3]);
    mip_free(blocks[4]);
    mip_free(blocks[5]);
    mip_thread_done();
}

static void ending(void) {
    begin_messages(ONE_PER_BATCH, 6);
    model_in_thread(0, take_blocks);
    model_in_thread(1, have_record);
    model_run(end_with_all, free_two, free_third);
    judge_empty();
}

/* ---- batches of several blocks: flushed by a collection, by the end of their thread, by a batch
   of another page that takes their place */

static int second_from, own_from; /* whose blocks are whose */
static int own_next;

static void free_and_collect(void) {
    for (int i = 0; i < second_from; i++)
        mip_free(blocks[i]);
    mip_collect(false);
}

static void free_and_end(void) {
    for (int i = second_from; i < own_from; i++)
        mip_free(blocks[i]);
    mip_thread_done();
}

static void free_own(void) {
    for (int i = own_next; i < block_count; i++) {
        REQUIRE(is_whole(i));
        mip_free(blocks[i]);
    }
}

static void drain_and_free(void) {
    mip_free(blocks[own_next++]);
    void *p = mip_malloc(block_size);
    REQUIRE(p != NULL);
    for (int i = own_next; i < block_count; i++)
        REQUIRE(p != blocks[i]);
    memset(p, 0, block_size);
    mip_collect(false);
    mip_free(p);
    free_own();
}

static void free_and_be_parked(void) {
    free_own();
    mip_thread_done();
}

static void batches_of(size_t size, int first, int second, int own, void (*owner)(void)) {
    begin_messages(size, first + second + own);
    second_from = first;
    own_from = own_next = first + second;
    model_in_thread(0, take_blocks);
    model_in_thread(1, have_record);
    model_in_thread(2, have_record);
    model_run(owner, free_and_collect, free_and_end);
    if (owner == free_and_be_parked)
        model_forget(0);
    model_in_thread(0, take_again);
    judge_empty();
}

static void batches(void) {
    batches_of(SEVERAL_PER_BATCH, 3, 2, 3, drain_and_free);
}

static void chains(void) {
    batches_of(HOLDS_TWO, 7, 4, 3, drain_and_free);
}

static void chains_ending(void) {
    batches_of(HOLDS_TWO, 7, 4, 3, free_and_be_parked);
}

enum { PAGES = 3, PER_PAGE = 4 };

/* Some blocks of each of three pages whose batches are in one set, which has room for two. */
static void take_pages(void) {
    enum { SPARE_MAX = 40000 };
    static void *spare[SPARE_MAX];
    struct page *last = NULL, *first = NULL;
    int spares = 0, found = 0;
    while (found < PAGES * PER_PAGE) {
        REQUIRE(spares < SPARE_MAX);
        void *p = mip_malloc(block_size);
        struct page *page = mip_pagemap_find(p);
        bool is_new = page != last && found % PER_PAGE == 0;
        REQUIRE(page != NULL && (found % PER_PAGE == 0 || page == last));
        last = page;
        first = first == NULL ? page : first;
        if (found % PER_PAGE != 0 || (is_new && mip_batch_set(mip_thread_self(), page) ==
                                                    mip_batch_set(mip_thread_self(), first)))
            blocks[found++] = p;
        else
            spare[spares++] = p;
    }
    while (spares > 0)
        mip_free(spare[--spares]);
    mip_collect(true);
}

static void free_these(const int *indices, int count) {
    for (int i = 0; i < count; i++)
        mip_free(blocks[indices[i]]);
}

static void evict_two(void) {
    static const int these[] = {0, 1, 4, 5, 8, 6};
    free_these(these, 6);
    mip_collect(false);
}

static void evict_one(void) {
    static const int these[] = {2, 7, 9};
    free_these(these, 3);
    mip_thread_done();
}

static void drain_and_end(void) {
    static const int these[] = {3, 10, 11};
    free_these(these, 2);
    mip_collect(false);
    free_these(these + 2, 1);
    mip_thread_done();
}

static void evicting(void) {
    begin_messages(4000, PAGES * PER_PAGE);
    model_in_thread(0, take_pages);
    model_in_thread(1, have_record);
    model_in_thread(2, have_record);
    model_run(drain_and_end, evict_two, evict_one);
    judge_empty();
}

/* ---- a page of a parked record is claimed by one thread, the record adopted by another, while a
   third frees into it */

static void take_and_end(void) {
    take_blocks();
    mip_free(blocks[4]);
    mip_free(blocks[5]);
    mip_thread_done();
}

static bool may_come_again[4]; /* its free has begun */

static void free_rest(void) {
    for (int i = 0; i < 4; i++) {
        may_come_again[i] = true;
        mip_free(blocks[i]);
    }
    mip_collect(false);
}

static void claim_page(void) {
    void *p = mip_malloc(block_size);
    void *q = mip_malloc(block_size);
    REQUIRE(p != NULL && q != NULL && p != q);
    for (int i = 0; i < 4; i++)
        REQUIRE(may_come_again[i] || (p != blocks[i] && q != blocks[i]));
    memset(p, 1, block_size);
    memset(q, 2, block_size);
    REQUIRE(((char *)p)[block_size - 1] == 1);
    mip_free(p);
    mip_free(q);
}

static void adopt(void) {
    void *p = mip_malloc(block_size);
    REQUIRE(p != NULL);
    memset(p, 3, block_size);
    REQUIRE(((char *)p)[0] == 3 && ((char *)p)[block_size - 1] == 3);
    mip_free(p);
    mip_thread_done();
}

static void claiming_of(size_t size) {
    begin_messages(size, 6);
    model_in_thread(1, have_record);
    model_in_thread(2, take_and_end);
    model_forget(2);
    memset(may_come_again, 0, sizeof(may_come_again));
    model_run(adopt, claim_page, free_rest);
    judge_empty();
}

static void claiming(void) {
    claiming_of(ONE_PER_BATCH);
}

static void claiming_batches(void) {
    claiming_of(SEVERAL_PER_BATCH);
}

/* ---- a made heap's page: others free while the owner deletes the heap and ends */

static struct heap *made;

static void take_in_heap(void) {
    made = mip_heap_new(0);
    for (int i = 0; i < block_count; i++)
        blocks[i] = mip_heap_malloc(made, block_size, false);
}

static void delete_and_end(void) {
    mip_free(blocks[3]);
    mip_heap_delete(made);
    mip_free(blocks[4]);
    mip_free(blocks[5]);
    mip_thread_done();
}

static void made_heap(void) {
    begin_messages(ONE_PER_BATCH, 6);
    model_in_thread(0, take_in_heap);
    model_in_thread(1, have_record);
    model_run(delete_and_end, free_two, free_third);
    judge_empty();
}

/* ---- two threads and as few steps as may be: these can be tried in every order there is */

static void free_0(void) {
    mip_free(blocks[0]);
}

static void free_1(void) {
    mip_free(blocks[1]);
}

static void drain(void) {
    mip_drain(mip_thread_self(), true);
}

static void flush_three(void) {
    for (int i = 0; i < 3; i++)
        mip_free(blocks[i]);
    mip_flush_batches(mip_thread_self());
}

/* The owner of the blocks is a third thread, which does nothing meanwhile. */
static void two_pushes(void) {
    begin_messages(SEVERAL_PER_BATCH, 2);
    model_in_thread(2, take_blocks);
    model_run(free_0, free_1, NULL);
    model_in_thread(2, take_again);
    model_in_thread(2, mip_thread_done);
    judge_empty();
}

static void begin_pushed(bool is_first) {
    begin_messages(HOLDS_TWO, 6);
    model_in_thread(0, take_blocks);
    model_in_thread(1, have_record);
    own_next = 3;
    if (is_first)
        return;
    mip_free(blocks[5]);
    mip_flush_batches(mip_thread_self());
    block_count = 5;
}

static void push_and_drain(void) {
    begin_pushed(true);
    model_run(drain, flush_three, NULL);
    model_in_thread(0, free_own);
    model_in_thread(0, take_again);
    judge_empty();
}

static void second_push(void) {
    begin_pushed(false);
    model_run(drain, flush_three, NULL);
    model_in_thread(0, free_own);
    model_in_thread(0, take_again);
    judge_empty();
}

static void push_and_park(void) {
    begin_pushed(false);
    model_in_thread(0, free_own);
    model_run(mip_thread_done, flush_three, NULL);
    judge_empty();
}

/* ---- slices: claimed in runs, given back, purged */

static unsigned small_arena;

static void use_slices(int who, size_t slices) {
    bool is_zero;
    unsigned arena;
    char *p = mip_arena_take(slices, SLICE_SIZE, small_arena, &arena, &is_zero);
    if (p == NULL)
        return;
    for (size_t i = 0; i < slices; i++) {
        REQUIRE(!is_zero || p[i * SLICE_SIZE] == 0);
        p[i * SLICE_SIZE] = (char)who;
    }
    model_point(MODEL_SLICES, false);
    for (size_t i = 0; i < slices; i++)
        REQUIRE(p[i * SLICE_SIZE] == (char)who);
    mip_arena_give(arena, p, slices);
}

static void two_slices(void) {
    use_slices(1, 2);
}

static void three_slices(void) {
    use_slices(2, 3);
    use_slices(2, 1);
}

static void purge_slices(void) {
    mip_arena_collect(true);
}

/* All is given back, and each search begins where the arena does. */
static void judge_slices(struct arena *arena) {
    REQUIRE(mip_bitset_count(arena->taken, 0, arena->slices) == 0);
    for (size_t slices = 1; slices <= arena->slices; slices *= 2)
        REQUIRE(mip_arena_low(arena, slices) == 0);
}

static void slices(void) {
    begin_messages(0, 0);
    unsigned number;
    REQUIRE(mip_arena_reserve(8 * SLICE_SIZE, true, false, true, &number) == 0);
    small_arena = number;
    /* All dirty and warm, so that the purge has something to do. */
    use_slices(9, 4);
    model_run(two_slices, three_slices, purge_slices);
    struct arena *arena = mip_arena_at(number - 1);
    judge_slices(arena);
    /* What is not known to be dirty is zero. */
    for (size_t i = 0; i < arena->slices; i++)
        REQUIRE(mip_bitset_is_any_set(arena->dirty, i, 1) ||
                ((char *)arena->base)[i * SLICE_SIZE] == 0);
    bool is_zero;
    unsigned other;
    REQUIRE(mip_arena_take(arena->slices, SLICE_SIZE, small_arena, &other, &is_zero) != NULL);
}

static void take_one(void) {
    use_slices(1, 1);
}

static void take_two(void) {
    use_slices(2, 2);
}

static void two_takes(void) {
    begin_messages(0, 0);
    unsigned number;
    REQUIRE(mip_arena_reserve(2 * SLICE_SIZE, true, false, true, &number) == 0);
    small_arena = number;
    model_run(take_one, take_two, NULL);
    judge_slices(mip_arena_at(number - 1));
}

static struct arena *hinted;

static void search_one(void) {
    (void)mip_arena_low(hinted, 1);
}

static void search_two(void) {
    (void)mip_arena_low(hinted, 2);
}

static void return_first(void) {
    mip_arena_return(hinted, 0, 1);
}

static void return_second(void) {
    mip_arena_return(hinted, 1, 1);
}

static void begin_lows(void) {
    begin_messages(0, 0);
    unsigned number;
    REQUIRE(mip_arena_reserve(8 * SLICE_SIZE, true, false, true, &number) == 0);
    hinted = mip_arena_at(number - 1);
    REQUIRE(mip_bitset_claim(hinted->taken, 0, 2));
}

static void lows(void) {
    begin_lows();
    model_run(search_one, return_first, NULL);
    REQUIRE(mip_arena_low(hinted, 1) == 0);
}

/* Neither gap is long enough, but both together. */
static void neighbours(void) {
    begin_lows();
    REQUIRE(mip_bitset_claim(hinted->taken, 2, 1));
    model_run(search_two, return_first, return_second);
    REQUIRE(mip_arena_low(hinted, 2) == 0);
}

const struct model_case model_cases[] = {{"messages", MODEL_MESSAGES, messages},
                                         {"ending", MODEL_MESSAGES, ending},
                                         {"batches", MODEL_MESSAGES, batches},
                                         {"chains", MODEL_MESSAGES, chains},
                                         {"chains-ending", MODEL_MESSAGES, chains_ending},
                                         {"evicting", MODEL_MESSAGES, evicting},
                                         {"claiming", MODEL_MESSAGES, claiming},
                                         {"claiming-batches", MODEL_MESSAGES, claiming_batches},
                                         {"made-heap", MODEL_MESSAGES, made_heap},
                                         {"slices", MODEL_SLICES_AND_LOWS, slices},
                                         {"two-pushes", MODEL_MESSAGES, two_pushes},
                                         {"push-and-drain", MODEL_MESSAGES, push_and_drain},
                                         {"second-push", MODEL_MESSAGES, second_push},
                                         {"push-and-park", MODEL_MESSAGES, push_and_park},
                                         {"two-takes", MODEL_SLICES, two_takes},
                                         {"lows", MODEL_SLICES_AND_LOWS, lows},
                                         {"neighbours", MODEL_SLICES_AND_LOWS, neighbours}};
const size_t model_case_count = sizeof model_cases / sizeof *model_cases;
