/* SPDX-License-Identifier: MIT */
/* Floor 4, core: see trace.h. */
#include "trace.h"

#include <errno.h>

#include "../base/format.h"
#include "../base/options.h"
#include "../base/report.h"
#include "../os/os.h"
#include "core.h"
#include "meta.h"

enum { PLACE_SHIFT = 16, WAYS = 8, FRAMES = 12, FRAMES_OF_OURS = 2, REPORTED_MAX = 64 };

static struct place {
    const void *p; /* NULL: nobody was here */
    size_t size;
    unsigned allocated_count, freed_count; /* freed 0: live */
    void *allocated[FRAMES], *freed[FRAMES];
    mip_flag a_lock;
} * places;

_Atomic(size_t) mip_trace_every;
static _Atomic(size_t) a_count, a_lost;           /* lost: chosen, but there was no place */
static int (*stack_of)(void **frames, int count); /* backtrace(3) of the C library */

/* In the constructor: what is looked up here may allocate, and so may the first call. */
void mip_trace_start(void) {
    size_t every = (size_t)mip_option_get(MIP_OPTION_TRACE);
    if (!TRACES || every == 0)
        return;
    int saved = errno;
    stack_of = (int (*)(void **, int))(uintptr_t)mip_os_first_symbol("backtrace");
    void *frames[FRAMES];
    places = mip_meta_alloc(sizeof(struct place) << PLACE_SHIFT);
    if (stack_of != NULL && places != NULL && stack_of(frames, FRAMES) > 0)
        mip_store_release(&mip_trace_every, every);
    errno = saved;
}

/* Number `way` of the places that may know of the address. */
static struct place *place_at(const void *p, unsigned way) {
    uint64_t mixed = (uint64_t)(uintptr_t)p * 0x9e3779b97f4a7c15u;
    size_t first = (size_t)(mixed >> (64 - PLACE_SHIFT));
    return &places[(first + way) % ((size_t)1 << PLACE_SHIFT)];
}

/* The place that knows of the address, or NULL. */
static struct place *place_of(const void *p) {
    for (unsigned way = 0; way < WAYS; way++) {
        struct place *place = place_at(p, way);
        if (place->p == p)
            return place;
    }
    return NULL;
}

/* Whoever holds one holds it for a moment, but for a thread that a signal's handler cut off. */
static bool try_lock(struct place *place) {
    enum { TRIES = 1000 };
    int tries = 0;
    /* acquire: pairs with the release below */
    while (tries < TRIES && mip_exchange_acquire(&place->a_lock, true))
        tries++;
    return tries < TRIES;
}

static void unlock(struct place *place) {
    mip_store_release(&place->a_lock, false);
}

static struct place *lock_place_of(const void *p) {
    struct place *place = place_of(p);
    if (place == NULL || !try_lock(place))
        return NULL;
    if (place->p == p)
        return place;
    unlock(place);
    return NULL;
}

/* A place for the address, locked: one that nobody had, or else that of a block which was freed.
   NULL: blocks that are in use have all of them. */
static struct place *take_place(const void *p, unsigned turn) {
    for (unsigned way = 0; way < WAYS; way++) {
        struct place *place = place_at(p, way);
        if (place->p != NULL || !try_lock(place))
            continue;
        if (place->p == NULL)
            return place;
        unlock(place);
    }
    for (unsigned way = 0; way < WAYS; way++) {
        struct place *place = place_at(p, (way + turn) % WAYS);
        if (place->freed_count == 0 || !try_lock(place))
            continue;
        if (place->freed_count > 0)
            return place;
        unlock(place);
    }
    return NULL;
}

static MIP_NOINLINE unsigned take_stack(void *frames[FRAMES]) {
    void *all[FRAMES + FRAMES_OF_OURS];
    int saved = errno;
    int count = stack_of(all, FRAMES + FRAMES_OF_OURS) - FRAMES_OF_OURS;
    for (int i = 0; i < count; i++)
        frames[i] = all[i + FRAMES_OF_OURS];
    errno = saved;
    return count < 0 ? 0 : (unsigned)count;
}

void mip_trace_note(const void *p, size_t size) {
    /* acquire: pairs with mip_trace_start.  Once: the process may be ending. */
    size_t every = mip_load_acquire(&mip_trace_every);
    if (p == NULL || every == 0)
        return;
    size_t count = mip_add_relaxed(&a_count, 1);
    bool is_chosen = count % every == 0;
    struct place *place = lock_place_of(p);
    if (place == NULL && is_chosen) {
        place = take_place(p, (unsigned)(count / every));
        mip_add_relaxed(&a_lost, place == NULL);
    }
    if (place == NULL)
        return;
    place->p = is_chosen ? p : NULL; /* what was known of the address is history */
    place->size = size;
    place->freed_count = 0;
    if (is_chosen)
        place->allocated_count = take_stack(place->allocated);
    unlock(place);
}

void mip_trace_note_free(const void *p) {
    if (mip_load_acquire(&mip_trace_every) == 0) /* acquire: likewise */
        return;
    struct place *place = lock_place_of(p);
    if (place == NULL)
        return;
    place->freed_count = take_stack(place->freed);
    unlock(place);
}

/* "program+0x1234" for each; what addr2line reads. */
static void tell_stack(const char *what, const struct place *place, void *const *frames,
                       unsigned count) {
    mip_print(NULL, NULL, "mimalloc: trace: %p of %zu bytes was %s by\n", place->p, place->size,
              what);
    for (unsigned i = 0; i < count; i++) {
        const char *module;
        /* Of the call, not of what comes after it. */
        uintptr_t offset = mip_os_module_of((const char *)frames[i] - 1, &module);
        mip_print(NULL, NULL, "mimalloc: trace:   %s+0x%zx\n", module, (size_t)offset);
    }
}

void mip_trace_tell(const void *p) {
    if (!TRACES || mip_load_relaxed(&mip_trace_every) == 0)
        return;
    const struct place *place = place_of(p);
    if (place == NULL)
        return;
    tell_stack("allocated", place, place->allocated, place->allocated_count);
    if (place->freed_count > 0)
        tell_stack("freed", place, place->freed, place->freed_count);
}

void mip_trace_report(void) {
    size_t every = mip_load_acquire(&mip_trace_every); /* acquire: pairs with mip_trace_start */
    if (!TRACES || every == 0)
        return;
    mip_store_relaxed(&mip_trace_every, 0);
    size_t live = 0;
    for (size_t i = 0; i < (size_t)1 << PLACE_SHIFT; i++) {
        struct place *place = &places[i];
        if (place->p == NULL || place->freed_count > 0)
            continue;
        if (live++ < REPORTED_MAX)
            tell_stack("not freed: allocated", place, place->allocated, place->allocated_count);
    }
    mip_print(NULL, NULL, "mimalloc: trace: %zu sampled blocks were not freed\n", live);
    size_t lost = mip_load_relaxed(&a_lost);
    if (lost > 0)
        mip_print(NULL, NULL,
                  "mimalloc: trace: of %zu more nothing is known: too many were in use\n", lost);
}
