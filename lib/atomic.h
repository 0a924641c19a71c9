/* SPDX-License-Identifier: MIT */
/* Floor 0: C11 atomics under short names.  The order is part of the name, so that every order
   other than relaxed stands out at its use, where a comment names its partner. */
#ifndef MIP_ATOMIC_H
#define MIP_ATOMIC_H

#include "compiler.h"
#include "variant.h"

#include <stdatomic.h>

/* In a build for tests, of tests/reliability/delay.c: the thread may sleep here, between a look and
   the change that relies on it, and while it holds what it gives back by a store.  Keeps errno. */
MIP_HIDDEN void mip_delay(void);

MIP_INLINE void mip_maybe_delay(void) {
    if (DELAYS)
        mip_delay();
}

/* What is exchanged is a word at least: not every machine can exchange a byte without a function of
   the compiler's (libatomic). */
#define MIP_IS_WORD(p) ((void)sizeof(char[sizeof(*(p)) >= sizeof(unsigned) ? 1 : -1]))

#define mip_load_relaxed(p) atomic_load_explicit((p), memory_order_relaxed)
#define mip_load_acquire(p) atomic_load_explicit((p), memory_order_acquire)
#define mip_store_relaxed(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define mip_store_release(p, v)                                                                    \
    (mip_maybe_delay(), atomic_store_explicit((p), (v), memory_order_release))
#define mip_exchange_relaxed(p, v)                                                                 \
    (MIP_IS_WORD(p), mip_maybe_delay(), atomic_exchange_explicit((p), (v), memory_order_relaxed))
#define mip_exchange_acquire(p, v)                                                                 \
    (MIP_IS_WORD(p), mip_maybe_delay(), atomic_exchange_explicit((p), (v), memory_order_acquire))
#define mip_exchange_acq_rel(p, v)                                                                 \
    (MIP_IS_WORD(p), mip_maybe_delay(), atomic_exchange_explicit((p), (v), memory_order_acq_rel))
#define mip_add_relaxed(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define mip_sub_relaxed(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_relaxed)
#define mip_add_release(p, v)                                                                      \
    (mip_maybe_delay(), atomic_fetch_add_explicit((p), (v), memory_order_release))
#define mip_add_acq_rel(p, v)                                                                      \
    (mip_maybe_delay(), atomic_fetch_add_explicit((p), (v), memory_order_acq_rel))
#define mip_sub_acq_rel(p, v)                                                                      \
    (mip_maybe_delay(), atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel))
#define mip_or_relaxed(p, v) atomic_fetch_or_explicit((p), (v), memory_order_relaxed)
#define mip_or_acq_rel(p, v)                                                                       \
    (mip_maybe_delay(), atomic_fetch_or_explicit((p), (v), memory_order_acq_rel))
#define mip_and_relaxed(p, v) atomic_fetch_and_explicit((p), (v), memory_order_relaxed)
#define mip_and_acq_rel(p, v)                                                                      \
    (mip_maybe_delay(), atomic_fetch_and_explicit((p), (v), memory_order_acq_rel))

/* Compare and exchange: *expected is updated on failure; the failure order is relaxed. */
#define mip_cas_relaxed(p, expected, v)                                                            \
    (mip_maybe_delay(), atomic_compare_exchange_strong_explicit(                                   \
                            (p), (expected), (v), memory_order_relaxed, memory_order_relaxed))
#define mip_cas_acquire(p, expected, v)                                                            \
    (mip_maybe_delay(), atomic_compare_exchange_strong_explicit(                                   \
                            (p), (expected), (v), memory_order_acquire, memory_order_relaxed))
#define mip_cas_release(p, expected, v)                                                            \
    (mip_maybe_delay(), atomic_compare_exchange_strong_explicit(                                   \
                            (p), (expected), (v), memory_order_release, memory_order_relaxed))
#define mip_cas_acq_rel(p, expected, v)                                                            \
    (mip_maybe_delay(), atomic_compare_exchange_strong_explicit(                                   \
                            (p), (expected), (v), memory_order_acq_rel, memory_order_relaxed))
#define mip_cas_weak_release(p, expected, v)                                                       \
    (mip_maybe_delay(), atomic_compare_exchange_weak_explicit(                                     \
                            (p), (expected), (v), memory_order_release, memory_order_relaxed))
#define mip_cas_weak_relaxed(p, expected, v)                                                       \
    (mip_maybe_delay(), atomic_compare_exchange_weak_explicit(                                     \
                            (p), (expected), (v), memory_order_relaxed, memory_order_relaxed))

/* A flag that is taken by an exchange. */
typedef _Atomic(unsigned) mip_flag;

/* 64 bits where the machine changes them in one piece, also without such a function; else 32. */
typedef __typeof__(__builtin_choose_expr(ATOMIC_LLONG_LOCK_FREE == 2, (uint64_t)0,
                                         (size_t)0)) mip_wide_word;

/* A word that is stored once while others may read it already, on a path where every instruction
   counts: an aligned word is read whole on every machine, and compilers fold the plain load into
   the instruction that uses it, which they do not with an atomic one. */
#define mip_store_word(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#if MIP_HAS_TSAN
#define mip_load_word(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#else
#define mip_load_word(p) (*(p))
#endif

/* 0, but the machine knows it only when it has `value`: what is read at an address with this added
   is read after `value` was.  Machines that read in the order of the program need no such help. */
MIP_INLINE uintptr_t mip_zero_after(uintptr_t value) {
#if defined(__x86_64__) || defined(__i386__) || defined(__s390__)
    (void)value;
    return 0;
#else
    uintptr_t same = value;
    MIP_FORGET(same);
    return same ^ value;
#endif
}

/* Orders what comes before it before what comes after it, a store before a load too.  Two threads
   that each write, pass this, and read what the other writes: at least one of them sees it. */
#define mip_full_fence() atomic_thread_fence(memory_order_seq_cst)

/* Keeps the compiler from moving stores across it; no instruction.  What another thread had done
   when a process forked is a prefix of its program order: see core/fork.c. */
#define mip_store_fence() (mip_maybe_delay(), atomic_signal_fence(memory_order_acq_rel))

#endif
