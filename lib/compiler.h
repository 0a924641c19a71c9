/* SPDX-License-Identifier: MIT */
/* Floor 0: what differs between compilers, said once.  No other header of lib/ tests a
   compiler, and this one includes nothing of ours. */
#ifndef MIP_COMPILER_H
#define MIP_COMPILER_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIP_LIKELY(x) __builtin_expect(!!(x), 1)
#define MIP_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define MIP_PREFETCH(p) __builtin_prefetch(p)
#define MIP_COLD __attribute__((cold, noinline))
#define MIP_NOINLINE __attribute__((noinline))
#define MIP_INLINE static inline __attribute__((always_inline, unused))
#define MIP_EXPORT __attribute__((visibility("default")))
/* For data: -fvisibility=hidden does not reach declarations, and what may be elsewhere is read
   through a table of addresses. */
#define MIP_HIDDEN __attribute__((visibility("hidden")))
#define MIP_ALIGNED(n) __attribute__((aligned(n)))
#define MIP_CONSTRUCTOR __attribute__((constructor))
#define MIP_DESTRUCTOR __attribute__((destructor))
#define MIP_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))
#define MIP_UNUSED __attribute__((unused))
#define MIP_WEAK __attribute__((weak))
/* From here on the compiler, also one that sees all objects at once, knows nothing of the value. */
#define MIP_FORGET(x) __asm__("" : "+r"(x))
/* Likewise, and the value is kept out of the register in which a function returns its own. */
#if defined(__x86_64__)
#define MIP_FORGET_ASIDE(x) __asm__("" : "+c"(x))
#else
#define MIP_FORGET_ASIDE(x) MIP_FORGET(x)
#endif

/* The TLS model of our few thread-local words.  configure sets MIP_TLS_INITIAL_EXEC where the C
   library keeps room in the static TLS block for libraries that are loaded late (glibc does);
   elsewhere the model the compiler picks for position-independent code is used. */
#ifdef MIP_TLS_INITIAL_EXEC
#define MIP_TLS _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define MIP_TLS _Thread_local
#endif

#if defined(__SANITIZE_THREAD__)
#define MIP_HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MIP_HAS_TSAN 1
#endif
#endif
#ifndef MIP_HAS_TSAN
#define MIP_HAS_TSAN 0
#endif

#endif
