/* SPDX-License-Identifier: MIT */
/* Included before every source of the library that model.c is linked with: each atomic operation is
   a point at which the enumerator may let another thread go on. */
#ifndef MODEL_SCHEDULED_H
#define MODEL_SCHEDULED_H

#include "../../lib/atomic.h"

/* Which of the protocols it belongs to; counters, options and the like belong to none. */
enum model_protocol {
    MODEL_NONE,
    MODEL_SLICES = 1,
    MODEL_MESSAGES = 2,
    MODEL_LOWS = 4,
    MODEL_SLICES_AND_LOWS = 5
};
void model_point(enum model_protocol protocol, bool is_load);

#define MODEL_IN(name) (__builtin_strstr(__FILE__, name) != NULL)
#define MODEL_PROTOCOL                                                                             \
    (MODEL_IN("base/bitset") || MODEL_IN("core/arena") || MODEL_IN("core/purge") ? MODEL_SLICES    \
     : MODEL_IN("core/fit")                                                      ? MODEL_LOWS      \
     : MODEL_IN("core/message") || MODEL_IN("core/record") || MODEL_IN("core/thread") ||           \
             MODEL_IN("core/free") || MODEL_IN("core/page.") || MODEL_IN("core/heap.") ||          \
             MODEL_IN("core/made") || MODEL_IN("core/merge") || MODEL_IN("core/fast") ||           \
             MODEL_IN("core/tick")                                                                 \
         ? MODEL_MESSAGES                                                                          \
         : MODEL_NONE)
#define MODEL_POINT() (MODEL_PROTOCOL != MODEL_NONE ? model_point(MODEL_PROTOCOL, false) : (void)0)
#define MODEL_LOAD_POINT()                                                                         \
    (MODEL_PROTOCOL != MODEL_NONE ? model_point(MODEL_PROTOCOL, true) : (void)0)

#undef mip_load_relaxed
#undef mip_load_acquire
#undef mip_store_relaxed
#undef mip_store_release
#undef mip_exchange_relaxed
#undef mip_exchange_acquire
#undef mip_exchange_acq_rel
#undef mip_add_relaxed
#undef mip_sub_relaxed
#undef mip_add_release
#undef mip_add_acq_rel
#undef mip_sub_acq_rel
#undef mip_or_relaxed
#undef mip_or_acq_rel
#undef mip_and_relaxed
#undef mip_and_acq_rel
#undef mip_cas_relaxed
#undef mip_cas_acquire
#undef mip_cas_release
#undef mip_cas_acq_rel
#undef mip_cas_weak_release
#undef mip_cas_weak_relaxed

/* What the enumerator is shown to find: one kind of operation that is done in two steps. */
enum model_fault { PLANT_NONE, PLANT_CAS, PLANT_LOCK, PLANT_OR };
extern enum model_fault model_planted;

#define MODEL_CAS(fault, p, expected, v)                                                           \
    __extension__({                                                                                \
        __typeof__(expected) model_expected = (expected);                                          \
        bool model_same;                                                                           \
        MODEL_POINT();                                                                             \
        if (model_planted == PLANT_NONE || model_planted != (fault)) {                             \
            model_same = atomic_compare_exchange_strong((p), model_expected, (v));                 \
        } else {                                                                                   \
            __typeof__(*model_expected) model_found = atomic_load(p);                              \
            MODEL_POINT();                                                                         \
            model_same = model_found == *model_expected;                                           \
            if (model_same)                                                                        \
                atomic_store((p), (v));                                                            \
            else                                                                                   \
                *model_expected = model_found;                                                     \
        }                                                                                          \
        model_same;                                                                                \
    })
#define MODEL_OR(p, v)                                                                             \
    __extension__({                                                                                \
        MODEL_POINT();                                                                             \
        __typeof__(v) model_found;                                                                 \
        if (model_planted != PLANT_OR) {                                                           \
            model_found = atomic_fetch_or((p), (v));                                               \
        } else {                                                                                   \
            model_found = atomic_load(p);                                                          \
            MODEL_POINT();                                                                         \
            atomic_store((p), model_found | (v));                                                  \
        }                                                                                          \
        model_found;                                                                               \
    })

#define mip_load_relaxed(p) (MODEL_LOAD_POINT(), atomic_load(p))
#define mip_load_acquire(p) (MODEL_LOAD_POINT(), atomic_load(p))
#define mip_store_relaxed(p, v) (MODEL_POINT(), atomic_store((p), (v)))
#define mip_store_release(p, v) (MODEL_POINT(), atomic_store((p), (v)))
#define mip_exchange_relaxed(p, v) (MODEL_POINT(), atomic_exchange((p), (v)))
#define mip_exchange_acquire(p, v) (MODEL_POINT(), atomic_exchange((p), (v)))
#define mip_exchange_acq_rel(p, v) (MODEL_POINT(), atomic_exchange((p), (v)))
#define mip_add_relaxed(p, v) (MODEL_POINT(), atomic_fetch_add((p), (v)))
#define mip_sub_relaxed(p, v) (MODEL_POINT(), atomic_fetch_sub((p), (v)))
#define mip_add_release(p, v) (MODEL_POINT(), atomic_fetch_add((p), (v)))
#define mip_add_acq_rel(p, v) (MODEL_POINT(), atomic_fetch_add((p), (v)))
#define mip_sub_acq_rel(p, v) (MODEL_POINT(), atomic_fetch_sub((p), (v)))
#define mip_or_relaxed(p, v) MODEL_OR(p, v)
#define mip_or_acq_rel(p, v) MODEL_OR(p, v)
#define mip_and_relaxed(p, v) (MODEL_POINT(), atomic_fetch_and((p), (v)))
#define mip_and_acq_rel(p, v) (MODEL_POINT(), atomic_fetch_and((p), (v)))
#define mip_cas_relaxed(p, expected, v) MODEL_CAS(PLANT_NONE, p, expected, v)
#define mip_cas_acquire(p, expected, v) MODEL_CAS(PLANT_LOCK, p, expected, v)
#define mip_cas_release(p, expected, v) MODEL_CAS(PLANT_NONE, p, expected, v)
#define mip_cas_acq_rel(p, expected, v) MODEL_CAS(PLANT_NONE, p, expected, v)
#define mip_cas_weak_release(p, expected, v) MODEL_CAS(PLANT_CAS, p, expected, v)
#define mip_cas_weak_relaxed(p, expected, v) MODEL_CAS(PLANT_CAS, p, expected, v)

#endif
