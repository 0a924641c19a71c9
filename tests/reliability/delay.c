/* SPDX-License-Identifier: MIT */
/* Linked into a build of the override library whose threads stop where another thread, or the child
   of a fork, can find them in the midst of something (DELAYS, see lib/atomic.h). */
#include "atomic.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOT_ITSELF __attribute__((no_instrument_function))

/* Once in about so many calls, and of the stops one in SLEEP_EACH is a sleep. */
enum { STEP_EACH = 64, FUNCTION_EACH = 2048, SLEEP_EACH = 8, SLEEP_NS = 50000 };

static __thread uint32_t calls __attribute__((tls_model("initial-exec")));

NOT_ITSELF MIP_NOINLINE static void stop(uint32_t random) {
    int saved = errno;
#if defined(SYS_nanosleep) && !(defined(__x86_64__) && defined(__ILP32__))
    if (random % SLEEP_EACH == 0) {
        /* Not by the C library's function, where a thread may be cancelled. */
        const struct { long seconds, nanoseconds; } request = {0, SLEEP_NS};
        (void)syscall(SYS_nanosleep, &request, NULL);
    }
#endif
    (void)syscall(SYS_sched_yield);
    errno = saved;
}

/* Different in each thread. */
NOT_ITSELF MIP_INLINE void stop_once_in(uint32_t many) {
    uint32_t mixed = (++calls + (uint32_t)((uintptr_t)&calls >> 6)) * 0x9e3779b1u;
    mixed = (mixed ^ mixed >> 15) * 0x85ebca77u;
    mixed ^= mixed >> 13;
    if (MIP_UNLIKELY(mixed % many == 0))
        stop(mixed / many);
}

NOT_ITSELF void mip_delay(void) {
    stop_once_in(STEP_EACH);
}

/* What -finstrument-functions calls. */
NOT_ITSELF MIP_HIDDEN void __cyg_profile_func_enter(void *function, void *caller);
NOT_ITSELF MIP_HIDDEN void __cyg_profile_func_exit(void *function, void *caller);

void __cyg_profile_func_enter(void *function, void *caller) {
    (void)function;
    (void)caller;
    stop_once_in(FUNCTION_EACH);
}

void __cyg_profile_func_exit(void *function, void *caller) {
    __cyg_profile_func_enter(function, caller);
}
