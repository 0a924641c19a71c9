/* SPDX-License-Identifier: MIT */
/* Floor 2, base: a function of the program and its argument, which change together whoever reads
   them meanwhile.  Zero memory is a hook without a function.  Any thread, and signal handlers;
   nobody waits for one who is stopped in the middle of a change. */
#ifndef MIP_HOOK_H
#define MIP_HOOK_H

#include "../atomic.h"

/* There are two pairs, of which the lowest bit of `a_version` names the valid one.  A new pair is
   written to the other place; one who reads starts again when the version has moved on. */
struct mip_hook {
    struct {
        _Atomic(uintptr_t) a_function;
        _Atomic(void *) a_arg;
    } pairs[2];
    _Atomic(unsigned) a_version;
    mip_flag a_is_changing;
};

/* `function` 0: none. */
void mip_hook_set(struct mip_hook *hook, uintptr_t function, void *arg);

/* The function, or 0, and its argument. */
uintptr_t mip_hook_get(struct mip_hook *hook, void **arg);

#endif
