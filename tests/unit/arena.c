/* SPDX-License-Identifier: MIT */
/* Arenas: runs are exclusive, aligned and zero where they say so; memory is given back. */
#include "base/options.h"
#include "base/stats.h"
#include "core/arena_private.h"
#include "core/core.h"
#include "core/size.h"
#include "os/os.h"
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t resident(void) {
    size_t pages = 0, whole;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%zu %zu", &whole, &pages), 2);
    fclose(file);
    return pages * mip_os_info.page_size;
}

static const struct {
    size_t slices, alignment;
} runs[] = {{1, SLICE_SIZE},        {2, SLICE_SIZE},       {63, SLICE_SIZE},
            {64, SLICE_SIZE},       {65, SLICE_SIZE},      {200, SLICE_SIZE},
            {1, 2 * SLICE_SIZE},    {3, 16 * SLICE_SIZE},  {1, 64 * SLICE_SIZE},
            {100, 64 * SLICE_SIZE}, {1, (size_t)16 << 20}, {512, (size_t)16 << 20}};

START_TEST(test_runs) {
    void *taken[LENGTH_OF(runs)][3];
    unsigned arena[LENGTH_OF(runs)][3];
    bool is_zero;
    mip_os_init();
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < LENGTH_OF(runs); i++) {
            for (int k = 0; k < 3; k++) {
                char *p =
                    mip_arena_take(runs[i].slices, runs[i].alignment, 0, &arena[i][k], &is_zero);
                ck_assert_ptr_nonnull(p);
                ck_assert_uint_eq((uintptr_t)p % runs[i].alignment, 0);
                ck_assert(mip_arena_has(p));
                ck_assert(is_zero || round > 0);
                size_t size = runs[i].slices << SLICE_SHIFT;
                for (size_t at = 0; is_zero && at < size; at += 4093)
                    ck_assert_int_eq(p[at], 0);
                memset(p, (int)i + 1, size);
                taken[i][k] = p;
            }
        }
        for (size_t i = 0; i < LENGTH_OF(runs); i++) {
            for (int k = 0; k < 3; k++) {
                char *p = taken[i][k];
                size_t size = runs[i].slices << SLICE_SHIFT;
                for (size_t at = 0; at < size; at += 4093)
                    ck_assert_int_eq(p[at], (int)i + 1);
                mip_arena_give(arena[i][k], p, runs[i].slices);
            }
        }
    }
}
END_TEST

START_TEST(test_extend) {
    unsigned arena, other;
    bool is_zero;
    mip_os_init();
    char *p = mip_arena_take(4, SLICE_SIZE, 0, &arena, &is_zero);
    ck_assert(mip_arena_extend(arena, p, 4, 10, &is_zero));
    char *q = mip_arena_take(1, SLICE_SIZE, 0, &other, &is_zero);
    ck_assert(q >= p + 10 * SLICE_SIZE || q < p);
    ck_assert_ptr_eq(q, p + 10 * SLICE_SIZE); /* lowest first: right behind */
    ck_assert(!mip_arena_extend(arena, p, 10, 11, &is_zero));
    mip_arena_give(other, q, 1);
    ck_assert(mip_arena_extend(arena, p, 10, 11, &is_zero));
    mip_arena_give(arena, p, 11);
}
END_TEST

/* What is freed above the warm bound is given back at once, the rest by a forced collect; and what
   was given back reads as zero. */
START_TEST(test_give_back) {
    enum { COUNT = 1024 };
    static void *taken[COUNT];
    static unsigned arena[COUNT]; /* with 32 bits they do not all lie in one */
    bool is_zero;
    mip_os_init();
    bool is_judged = is_resident_judged();
    size_t before = resident();
    for (int i = 0; i < COUNT; i++) {
        taken[i] = mip_arena_take(4, SLICE_SIZE, 0, &arena[i], &is_zero);
        memset(taken[i], 1, 4 * SLICE_SIZE);
    }
    size_t peak = resident();
    ck_assert_uint_ge(peak, before + (size_t)COUNT * 4 * SLICE_SIZE);
    for (int i = 0; i < COUNT; i++)
        mip_arena_give(arena[i], taken[i], 4);
    ck_assert(!is_judged || resident() <= before + (peak - before) / 8);
    mip_arena_collect(true);
    ck_assert(!is_judged || resident() <= before + MIP_MIB);
    for (int i = 0; i < COUNT; i++) {
        char *p = mip_arena_take(4, SLICE_SIZE, 0, &arena[i], &is_zero);
        ck_assert_int_eq(is_zero, CAN_GIVE_BACK);
        ck_assert_int_eq(p[i * 64 % SLICE_SIZE], is_zero ? 0 : 1);
    }
}
END_TEST

static size_t purged(void) {
    struct mip_stat_values values;
    mip_stat_read(MIP_STAT_RESET, &values);
    return (size_t)values.total;
}

/* What a program comes back to is kept: the second way down gives nothing back but what is above
   the bound, and the third way up finds it.  A period without such swings ends that. */
START_TEST(test_swing_is_kept) {
    enum { COUNT = 256, ROUNDS = 4 };
    static void *taken[COUNT];
    static unsigned arena[COUNT];
    bool is_zero;
    size_t before[ROUNDS];
    mip_os_init();
    if (!CAN_GIVE_BACK)
        return;
    mip_arena_tick(1);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < COUNT; i++)
            taken[i] = mip_arena_take(4, SLICE_SIZE, 0, &arena[i], &is_zero);
        before[round] = purged();
        for (int i = 0; i < COUNT; i++)
            mip_arena_give(arena[i], taken[i], 4);
    }
    ck_assert_uint_ge(before[1] - before[0], COUNT * 4 * SLICE_SIZE * 9 / 10);
    ck_assert_uint_eq(before[2], before[1]);
    ck_assert_uint_eq(before[3], before[1]);
    ck_assert_uint_eq(purged(), before[1]);
    for (int tick = 1; tick < 100; tick++)
        mip_arena_tick(1 + (uint64_t)tick * 200);
    ck_assert_uint_ge(purged() - before[1], COUNT * 4 * SLICE_SIZE);
}
END_TEST

START_TEST(test_page_reset_off) {
    unsigned arena;
    bool is_zero;
    mip_os_init();
    mip_option_set(MIP_OPTION_PAGE_RESET, 0);
    bool is_judged = is_resident_judged();
    char *p = mip_arena_take(1024, SLICE_SIZE, 0, &arena, &is_zero);
    memset(p, 1, 1024 * SLICE_SIZE);
    size_t peak = resident();
    mip_arena_give(arena, p, 1024);
    ck_assert(!is_judged || resident() + MIP_MIB >= peak);
    mip_arena_collect(true);
    ck_assert(!is_judged || resident() < peak - 60 * MIP_MIB);
}
END_TEST

/* A kernel that refuses to purge: nothing is taken for zero that is not. */
static int fail_advice(enum mip_os_call call) {
    return call == MIP_OS_MADVISE ? 22 : 0;
}

START_TEST(test_purge_refused) {
    unsigned arena;
    bool is_zero;
    mip_os_init();
    char *p = mip_arena_take(8, SLICE_SIZE, 0, &arena, &is_zero);
    memset(p, 1, 8 * SLICE_SIZE);
    mip_arena_give(arena, p, 8);
    mip_os_fault_hook = fail_advice;
    mip_arena_collect(true);
    mip_os_fault_hook = NULL;
    char *q = mip_arena_take(8, SLICE_SIZE, 0, &arena, &is_zero);
    ck_assert_ptr_eq(p, q);
    ck_assert(!is_zero);
}
END_TEST

static int fail_map(enum mip_os_call call) {
    return call == MIP_OS_MMAP || call == MIP_OS_MPROTECT ? 12 : 0;
}

START_TEST(test_no_memory) {
    unsigned arena;
    bool is_zero;
    mip_os_init();
    mip_os_fault_hook = fail_map;
    ck_assert_ptr_null(mip_arena_take(1, SLICE_SIZE, 0, &arena, &is_zero));
    ck_assert_ptr_null(mip_arena_map(SLICE_SIZE, SLICE_SIZE));
    mip_os_fault_hook = NULL;
    ck_assert_ptr_nonnull(mip_arena_take(1, SLICE_SIZE, 0, &arena, &is_zero));
}
END_TEST

START_TEST(test_external) {
    enum { SIZE = 40 * SLICE_SIZE };
    static char memory[SIZE];
    mip_os_init();
    memset(memory, 1, sizeof(memory));
    unsigned flags = ARENA_EXTERNAL | ARENA_REQUESTED;
    ck_assert_uint_ne(mip_arena_add(memory + 1, sizeof(memory) - 1, true, false, flags),
                      ARENA_NONE);
    ck_assert_uint_eq(mip_arena_add(memory, 100, true, false, flags), ARENA_NONE);
    unsigned arena;
    bool is_zero;
    char *p = mip_arena_take(30, SLICE_SIZE, 0, &arena, &is_zero);
    ck_assert(p > memory && p + 30 * SLICE_SIZE <= memory + sizeof(memory));
    ck_assert(!is_zero);
    mip_arena_give(arena, p, 30);
    mip_arena_collect(true);
    ck_assert_int_eq(p[0], 1); /* the caller's memory is never purged */
}
END_TEST

/* A slice that is freed while a purge is below it is found by the next purge. */
enum { RUN = 9 };
static char *run;
static unsigned run_arena;
static int advices;

static int give_at_second_advice(enum mip_os_call call) {
    if (call == MIP_OS_MADVISE && ++advices == 2)
        mip_arena_give(run_arena, run + 5 * SLICE_SIZE, 1);
    return 0;
}

START_TEST(test_freed_behind_a_purge) {
    bool is_zero;
    if (!CAN_GIVE_BACK) {
        printf("arena: nothing is freed behind a purge: there is none\n");
        return;
    }
    mip_os_init();
    mip_option_set(MIP_OPTION_PAGE_RESET, 0);
    run = mip_arena_take(RUN, SLICE_SIZE, 0, &run_arena, &is_zero);
    ck_assert_ptr_nonnull(run);
    mip_arena_give(run_arena, run + 8 * SLICE_SIZE, 1);
    mip_arena_give(run_arena, run + 2 * SLICE_SIZE, 1);
    mip_os_fault_hook = give_at_second_advice;
    mip_arena_collect(true);
    mip_os_fault_hook = NULL;
    ck_assert_int_ge(advices, 2);
    mip_arena_collect(true);
    const struct arena *arena = mip_arena_at(run_arena);
    size_t first = (size_t)(run - arena->base) >> SLICE_SHIFT;
    for (size_t i = 0; i < RUN; i++)
        ck_assert_msg(!mip_bitset_is_any_set(arena->warm, first + i, 1), "slice %zu is warm", i);
}
END_TEST

/* A slice that another thread had, and gives back as it was, tells nobody: the purge looks again.
 */
static int give_back_at_first_advice(enum mip_os_call call) {
    if (call == MIP_OS_MADVISE && ++advices == 1) {
        struct arena *arena = mip_arena_at(run_arena);
        size_t first = (size_t)(run - arena->base) >> SLICE_SHIFT;
        mip_arena_return(arena, first + 6, 1);
    }
    return 0;
}

START_TEST(test_given_back_behind_a_purge) {
    bool is_zero;
    if (!CAN_GIVE_BACK) {
        printf("arena: nothing is given back behind a purge: there is none\n");
        return;
    }
    mip_os_init();
    mip_option_set(MIP_OPTION_PAGE_RESET, 0);
    run = mip_arena_take(RUN, SLICE_SIZE, 0, &run_arena, &is_zero);
    ck_assert_ptr_nonnull(run);
    struct arena *arena = mip_arena_at(run_arena);
    size_t first = (size_t)(run - arena->base) >> SLICE_SHIFT;
    mip_arena_give(run_arena, run + 6 * SLICE_SIZE, 1);
    mip_arena_give(run_arena, run + 2 * SLICE_SIZE, 1);
    ck_assert(mip_bitset_claim(arena->taken, first + 6, 1));
    mip_os_fault_hook = give_back_at_first_advice;
    mip_arena_collect(true);
    mip_os_fault_hook = NULL;
    ck_assert_int_eq(advices, 1);
    ck_assert(mip_bitset_is_any_set(arena->warm, first + 6, 1));
    mip_arena_collect(true);
    ck_assert(!mip_bitset_is_any_set(arena->warm, first + 6, 1));
}
END_TEST

/* Who needs what a purge holds waits for it: it takes 16 MiB at once at most. */
static size_t most_held;

static int count_held(enum mip_os_call call) {
    struct arena *arena = mip_arena_at(run_arena);
    if (call == MIP_OS_MADVISE)
        most_held = mip_max(most_held, mip_bitset_count(arena->taken, 0, arena->slices));
    return 0;
}

START_TEST(test_purge_in_portions) {
    enum { PORTION = 256, SLICES = 2 * PORTION };
    bool is_zero;
    if (!CAN_GIVE_BACK) {
        printf("arena: no purge in portions: there is none\n");
        return;
    }
    mip_os_init();
    mip_option_set(MIP_OPTION_PAGE_RESET, 0);
    char *p = mip_arena_take(SLICES, SLICE_SIZE, 0, &run_arena, &is_zero);
    ck_assert_ptr_nonnull(p);
    mip_arena_give(run_arena, p, SLICES);
    size_t before = purged();
    mip_os_fault_hook = count_held;
    mip_arena_collect(true);
    mip_os_fault_hook = NULL;
    ck_assert_uint_eq(purged() - before, SLICES * SLICE_SIZE);
    ck_assert_uint_ge(most_held, 1);
    ck_assert_uint_le(most_held, PORTION);
}
END_TEST

/* A child of fork, made by a signal handler that interrupted a purge, goes on with it. */
static int fork_in_advice(enum mip_os_call call) {
    if (call == MIP_OS_MADVISE && ++advices == 1)
        mip_arena_fork_child(true);
    return 0;
}

START_TEST(test_fork_within_a_purge) {
    unsigned arena;
    bool is_zero;
    mip_os_init();
    mip_option_set(MIP_OPTION_PAGE_RESET, 0);
    void *p = mip_arena_take(4, SLICE_SIZE, 0, &arena, &is_zero);
    mip_arena_give(arena, p, 4);
    ck_assert(!mip_arena_is_held());
    mip_os_fault_hook = fork_in_advice;
    mip_arena_collect(true);
    mip_os_fault_hook = NULL;
    ck_assert(!mip_arena_is_held());
}
END_TEST

static size_t committed(void) {
    struct mip_stat_values values;
    mip_stat_read(MIP_STAT_COMMITTED, &values);
    return (size_t)values.total;
}

/* An arena of many slices, none of which is open. */
enum { CLOSED = 2500 };

static unsigned reserve_closed(void) {
    mip_os_init();
    char *start = mip_os_reserve(NULL, CLOSED * SLICE_SIZE, SLICE_SIZE);
    ck_assert_ptr_nonnull(start);
    unsigned arena = mip_arena_add(start, CLOSED * SLICE_SIZE, false, true, ARENA_EXCLUSIVE);
    ck_assert_uint_ne(arena, ARENA_NONE);
    return arena;
}

static char *take_one(unsigned id, size_t alignment) {
    unsigned got;
    bool is_zero;
    return mip_arena_take(1, alignment, id + 1, &got, &is_zero);
}

/* A slice at a multiple of many, which is not the arena's first. */
enum { APART = 1024 };

static size_t take_far(unsigned id) {
    const struct arena *arena = mip_arena_at(id);
    size_t phase = (uintptr_t)arena->base >> SLICE_SHIFT, at = 0;
    while (at < APART / 4)
        at = (size_t)(take_one(id, APART * SLICE_SIZE) - arena->base) >> SLICE_SHIFT;
    ck_assert_uint_lt(at, CLOSED);
    ck_assert_uint_eq((at + phase) % APART, 0);
    arena->base[at * SLICE_SIZE] = 1;
    return at;
}

static size_t described(unsigned id) {
    struct mip_arena_state state;
    ck_assert(mip_arena_describe(id + 1, true, &state));
    return state.committed;
}

static int protects;

static int count_protects(enum mip_os_call call) {
    protects += call == MIP_OS_MPROTECT;
    return 0;
}

/* What an alignment passes over is opened with the rest: else each block would be a mapping. */
START_TEST(test_gap_is_opened) {
    unsigned id = reserve_closed();
    struct arena *arena = mip_arena_at(id);
    size_t before = committed();
    mip_os_fault_hook = count_protects;
    size_t at = take_far(id);
    mip_os_fault_hook = NULL;
    ck_assert_int_le(protects, 2);
    ck_assert_uint_gt(mip_load_relaxed(&arena->a_frontier), at);
    ck_assert(is_accessible(arena->base + (at - 1) * SLICE_SIZE));
    ck_assert_uint_eq(described(id), committed() - before);
}
END_TEST

/* Also while another thread opens a step, and should that one never come to its end. */
START_TEST(test_gaps_beside_another) {
    enum { COUNT = 100, EACH = 16 };
    unsigned id = reserve_closed();
    if (SLOTS) {
        printf("arena: each slice is opened by itself here\n");
        return;
    }
    struct arena *arena = mip_arena_at(id);
    size_t last = 0;
    mip_store_relaxed(&arena->a_opening, true);
    for (int i = 0; i < COUNT; i++) {
        char *p = take_one(id, EACH * SLICE_SIZE);
        ck_assert_ptr_nonnull(p);
        last = (size_t)(p - arena->base) >> SLICE_SHIFT;
    }
    ck_assert_uint_ge(last, (COUNT - 1) * EACH);
    ck_assert_uint_eq(mip_load_relaxed(&arena->a_frontier), last + 1);
    ck_assert_uint_eq(mip_bitset_count(arena->open, 0, CLOSED), last + 1);
}
END_TEST

static int fail_protect(enum mip_os_call call) {
    return call == MIP_OS_MPROTECT ? 12 : 0;
}

/* Another thread has a slice of what is passed over and has not opened it: it stays closed.
   What is open behind it is found when the kernel gives nothing more. */
START_TEST(test_gap_below_what_is_open) {
    enum { OTHER = 100 };
    unsigned id = reserve_closed();
    struct arena *arena = mip_arena_at(id);
    size_t before = committed();
    size_t place = mip_bitset_next_clear(arena->taken, OTHER, CLOSED);
    ck_assert(mip_bitset_claim(arena->taken, place, 1));
    size_t at = take_far(id);
    ck_assert_uint_gt(at, place);
    ck_assert(!is_accessible(arena->base + place * SLICE_SIZE));
    ck_assert(is_accessible(arena->base + (place + 1) * SLICE_SIZE));
    ck_assert_uint_le(mip_load_relaxed(&arena->a_frontier), place);
    ck_assert_uint_eq(described(id), committed() - before);
    size_t open = mip_bitset_count(arena->open, 0, CLOSED);
    size_t taken = mip_bitset_count(arena->taken, 0, CLOSED) - 1;
    mip_os_fault_hook = fail_protect;
    for (; taken < open; taken++)
        ck_assert_ptr_nonnull(take_one(id, SLICE_SIZE));
    ck_assert_ptr_null(take_one(id, SLICE_SIZE));
    mip_os_fault_hook = NULL;
    mip_arena_return(arena, place, 1);
    /* Whoever opens a step closes the gap, also when it takes what lies elsewhere. */
    unsigned got;
    bool is_zero;
    ck_assert_ptr_nonnull(mip_arena_take(2, SLICE_SIZE, id + 1, &got, &is_zero));
    ck_assert_uint_gt(mip_load_relaxed(&arena->a_frontier), at);
    ck_assert_uint_eq(described(id), committed() - before);
}
END_TEST

/* A child of fork has what other threads were about to open. */
static int child_status;

static int fork_at_first_protect(enum mip_os_call call) {
    if (call != MIP_OS_MPROTECT || child_status != 0)
        return 0;
    child_status = 1;
    pid_t child = fork();
    if (child == 0) {
        unsigned id = run_arena;
        const struct arena *arena = mip_arena_at(id);
        size_t held = mip_bitset_count(arena->taken, 0, arena->slices);
        mip_arena_fork_child(false);
        bool is_good = held > 1 && mip_bitset_count(arena->taken, 0, arena->slices) == 0 &&
                       !mip_arena_is_held();
        _exit(is_good ? 0 : 3);
    }
    waitpid(child, &child_status, 0);
    return 0;
}

START_TEST(test_fork_while_opening) {
    unsigned id = run_arena = reserve_closed();
    if (SLOTS) {
        printf("arena: nothing is opened ahead here\n");
        return;
    }
    mip_os_fault_hook = fork_at_first_protect;
    ck_assert_ptr_nonnull(take_one(id, SLICE_SIZE));
    mip_os_fault_hook = NULL;
    ck_assert_int_eq(child_status, 0);
}
END_TEST

/* While one thread opens its run, another takes one beyond it, and the program takes the access to
   that away: it stays away. */
static unsigned closed_arena;
static char *others;

static int take_at_first_protect(enum mip_os_call call) {
    unsigned got;
    bool is_zero;
    if (call != MIP_OS_MPROTECT || others != NULL)
        return 0;
    mip_os_fault_hook = NULL;
    others = mip_arena_take(1, SLICE_SIZE, closed_arena + 1, &got, &is_zero);
    if (others != NULL)
        mprotect(others, SLICE_SIZE, PROT_NONE);
    return 0;
}

/* And what they had just opened; what somebody has stays taken.  A fork in the midst of all this
   lets all as it is, but for the right to open a step. */
START_TEST(test_fork_after_opening) {
    enum { HELD = 5 };
    unsigned id = reserve_closed();
    if (SLOTS) {
        printf("arena: nothing is opened ahead here\n");
        return;
    }
    struct arena *arena = mip_arena_at(id);
    ck_assert_ptr_nonnull(take_one(id, SLICE_SIZE));
    ck_assert_ptr_nonnull(take_one(id, SLICE_SIZE));
    ck_assert(mip_bitset_is_all_set(arena->open, 2, HELD));
    ck_assert(mip_bitset_claim(arena->taken, 2, HELD));
    mip_store_relaxed(&arena->a_opening, true);
    mip_arena_fork_child(true);
    ck_assert(!mip_load_relaxed(&arena->a_opening));
    ck_assert_uint_eq(mip_bitset_count(arena->taken, 0, CLOSED), HELD + 2);
    mip_arena_fork_child(false);
    ck_assert_uint_eq(mip_bitset_count(arena->taken, 0, CLOSED), 2);
    ck_assert(mip_bitset_is_all_set(arena->taken, 0, 2));
}
END_TEST

static void take_beside_another(size_t alignment) {
    enum { MORE = 40 };
    closed_arena = reserve_closed();
    others = NULL;
    struct arena *arena = mip_arena_at(closed_arena);
    size_t phase = (uintptr_t)arena->base >> SLICE_SHIFT, step = 8;
    size_t gap = (0 - phase) & ((alignment >> SLICE_SHIFT) - 1);
    mip_os_fault_hook = take_at_first_protect;
    char *p = take_one(closed_arena, alignment);
    mip_os_fault_hook = NULL;
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_nonnull(others);
    ck_assert_ptr_ne(p, others);
    ck_assert(is_accessible(p));
    ck_assert(!is_accessible(others));
    /* One at a time opens more than it needs. */
    ck_assert_uint_eq(mip_bitset_count(arena->open, 0, CLOSED), mip_max(gap + 1, step) + 1);
    /* Nor do those who come after it change that, whatever the step. */
    for (int i = 0; i < MORE; i++)
        ck_assert_ptr_nonnull(take_one(closed_arena, SLICE_SIZE));
    ck_assert(!is_accessible(others));
    ck_assert(!mip_arena_is_held());
    ck_assert_uint_eq(mip_bitset_count(arena->taken, 0, CLOSED), MORE + 2);
    /* What was passed over for a moment was never anybody's. */
    ck_assert_uint_eq(mip_bitset_count(arena->touched, 0, CLOSED), MORE + 2);
}

START_TEST(test_access_of_others) {
    mip_os_init();
    if (SLOTS || !CAN_GIVE_BACK) {
        printf("arena: access is not changed here\n");
        return;
    }
    take_beside_another(SLICE_SIZE);
    take_beside_another(64 * SLICE_SIZE);
    take_beside_another(APART * SLICE_SIZE);
}
END_TEST

/* Our own arenas double; how many the program has says nothing. */
START_TEST(test_growth) {
    enum { OTHERS = 20, FIRST = 16 }; /* the first of 1 MiB */
    static char memory[(OTHERS + 1) * SLICE_SIZE];
    char *start = (char *)mip_round_up((uintptr_t)memory, SLICE_SIZE);
    unsigned first, second, flags = ARENA_EXTERNAL | ARENA_REQUESTED | ARENA_EXCLUSIVE;
    bool is_zero;
    mip_os_init();
    mip_option_set(MIP_OPTION_ARENA_RESERVE, 1024);
    ck_assert_ptr_nonnull(mip_arena_take(FIRST, SLICE_SIZE, 0, &first, &is_zero));
    ck_assert_uint_eq(mip_arena_at(first)->slices, FIRST);
    for (int i = 0; i < OTHERS; i++)
        ck_assert_uint_ne(mip_arena_add(start + i * SLICE_SIZE, SLICE_SIZE, true, true, flags),
                          ARENA_NONE);
    ck_assert_ptr_nonnull(mip_arena_take(FIRST, SLICE_SIZE, 0, &second, &is_zero));
    ck_assert_uint_ne(second, first);
    ck_assert_uint_le(mip_arena_at(second)->slices, 2 * FIRST);
}
END_TEST

/* No place for another arena: asking for one costs nothing. */
START_TEST(test_full_table) {
    enum { ATTEMPTS = 500 };
    static char memory[(ARENA_COUNT_MAX + 1) * SLICE_SIZE];
    char *start = (char *)mip_round_up((uintptr_t)memory, SLICE_SIZE);
    unsigned arena, flags = ARENA_EXTERNAL | ARENA_REQUESTED | ARENA_EXCLUSIVE;
    bool is_zero;
    int count = 0;
    mip_os_init();
    while (count < ARENA_COUNT_MAX &&
           mip_arena_add(start + count * SLICE_SIZE, SLICE_SIZE, true, true, flags) != ARENA_NONE)
        count++;
    ck_assert_int_eq(count, ARENA_COUNT_MAX);
    size_t before = committed();
    for (int i = 0; i < ATTEMPTS; i++) {
        ck_assert_uint_eq(mip_arena_add(memory, 1024 * MIP_MIB, false, true, flags), ARENA_NONE);
        ck_assert_ptr_null(mip_arena_take(1, SLICE_SIZE, 0, &arena, &is_zero));
    }
    ck_assert_uint_eq(committed(), before);
}
END_TEST

static bool is_gap(const struct arena *arena, size_t start, size_t length) {
    return start + length <= arena->slices && !mip_bitset_is_any_set(arena->taken, start, length);
}

/* Where a search begins is where the first gap of that length is, whatever came and went. */
static void expect_lows(struct arena *arena) {
    for (size_t length = 1; length <= (size_t)1 << (ARENA_LOWS - 1); length *= 2) {
        size_t first = 0;
        while (first < arena->slices && !is_gap(arena, first, length))
            first++;
        ck_assert_uint_eq(mip_arena_low(arena, length), first);
        ck_assert_uint_eq(mip_arena_low(arena, 2 * length - 1), first);
    }
}

START_TEST(test_lows) {
    enum { STEPS = 3000, HELD = 64 };
    static struct {
        char *p;
        size_t slices;
    } held[HELD];
    unsigned id = reserve_closed(), got;
    struct arena *arena = mip_arena_at(id);
    uint64_t random = 1;
    bool is_zero;
    expect_lows(arena);
    for (int i = 0; i < STEPS; i++) {
        size_t k = next_random(&random) % HELD;
        if (held[k].p == NULL) {
            held[k].slices = 1 + next_random(&random) % (next_random(&random) % 8 == 0 ? 200 : 12);
            held[k].p = mip_arena_take(held[k].slices, SLICE_SIZE, id + 1, &got, &is_zero);
        } else {
            mip_arena_give(id, held[k].p, held[k].slices);
            held[k].p = NULL;
        }
        if (i % 8 == 0)
            expect_lows(arena);
    }
    for (int k = 0; k < HELD; k++)
        if (held[k].p != NULL)
            mip_arena_give(id, held[k].p, held[k].slices);
    expect_lows(arena);
    if (SLOTS) {
        printf("arena: places are random here\n");
        return;
    }
    /* From end to end, and no search looks at what was taken before the last one. */
    for (size_t i = 0; i < arena->slices / 16; i++) {
        ck_assert_ptr_nonnull(mip_arena_take(16, SLICE_SIZE, id + 1, &got, &is_zero));
        ck_assert_uint_eq(mip_load_relaxed(&arena->a_low[4]), i * 16);
    }
    expect_lows(arena);
}
END_TEST

enum { WORKERS = 4, ROUNDS = 3000 };
static _Atomic(int) a_bad;

/* Each run carries its owner's mark from one end to the other. */
static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg * 7919 + 1;
    struct {
        char *p;
        size_t slices;
        unsigned arena;
    } held[16];
    memset(held, 0, sizeof(held));
    char mark = (char)((uintptr_t)arg + 1);
    for (int i = 0; i < ROUNDS; i++) {
        size_t k = next_random(&random) % LENGTH_OF(held);
        bool is_zero = false;
        if (held[k].p == NULL) {
            size_t slices = 1 + next_random(&random) % 70;
            held[k].p = mip_arena_take(slices, SLICE_SIZE, 0, &held[k].arena, &is_zero);
            held[k].slices = slices;
            if (held[k].p == NULL)
                continue; /* another thread is reserving: the heap would map */
            for (size_t s = 0; s < slices; s++) {
                char *at = held[k].p + s * SLICE_SIZE;
                if (is_zero && *at != 0)
                    atomic_fetch_add(&a_bad, 1);
                *at = mark;
            }
        } else {
            for (size_t s = 0; s < held[k].slices; s++)
                if (held[k].p[s * SLICE_SIZE] != mark)
                    atomic_fetch_add(&a_bad, 1);
            mip_arena_give(held[k].arena, held[k].p, held[k].slices);
            held[k].p = NULL;
        }
    }
    return NULL;
}

START_TEST(test_threads) {
    pthread_t threads[WORKERS];
    mip_os_init();
    for (uintptr_t t = 0; t < WORKERS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, churn, (void *)t), 0);
    for (int t = 0; t < WORKERS; t++)
        pthread_join(threads[t], NULL);
    ck_assert_int_eq(atomic_load(&a_bad), 0);
}
END_TEST

static TCase *arenas(void) {
    TCase *test_case = tcase_create("arenas");
    tcase_set_timeout(test_case, 60);
    tcase_add_test(test_case, test_runs);
    tcase_add_test(test_case, test_extend);
    tcase_add_test(test_case, test_give_back);
    tcase_add_test(test_case, test_swing_is_kept);
    tcase_add_test(test_case, test_page_reset_off);
    tcase_add_test(test_case, test_purge_refused);
    tcase_add_test(test_case, test_no_memory);
    tcase_add_test(test_case, test_external);
    tcase_add_test(test_case, test_freed_behind_a_purge);
    tcase_add_test(test_case, test_given_back_behind_a_purge);
    tcase_add_test(test_case, test_purge_in_portions);
    tcase_add_test(test_case, test_fork_within_a_purge);
    tcase_add_test(test_case, test_gap_is_opened);
    tcase_add_test(test_case, test_gaps_beside_another);
    tcase_add_test(test_case, test_fork_after_opening);
    tcase_add_test(test_case, test_gap_below_what_is_open);
    tcase_add_test(test_case, test_fork_while_opening);
    tcase_add_test(test_case, test_access_of_others);
    tcase_add_test(test_case, test_growth);
    tcase_add_test(test_case, test_full_table);
    tcase_add_test(test_case, test_lows);
    tcase_add_test(test_case, test_threads);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {arenas};
    return run_suite("arena", cases, LENGTH_OF(cases));
}
