/* SPDX-License-Identifier: MIT */
/* Room base: see hook.h. */
#include "hook.h"

#include "../os/os.h"

enum { PATIENCE = 1000 };

void mip_hook_set(struct mip_hook *hook, uintptr_t function, void *arg) {
    unsigned version;
    /* Not for ever: the one who is changing it may be whom we interrupted. */
    for (int i = 0; i < PATIENCE; i++) {
        // acquire: pairs with the release below, of the one who changed it last
        if (!mip_exchange_acquire(&hook->a_is_changing, true)) {
            version = mip_load_relaxed(&hook->a_version) + 1;
            // release, all: who reads the new function or argument sees the version before them
            mip_store_release(&hook->pairs[version & 1].a_function, function);
            mip_store_release(&hook->pairs[version & 1].a_arg, arg);
            mip_store_release(&hook->a_version, version);
            mip_store_release(&hook->a_is_changing, false);
            return;
        }
        mip_os_yield();
    }
}

uintptr_t mip_hook_get(struct mip_hook *hook, void **arg) {
    // acquire, all: pair with the releases above
    unsigned version = mip_load_acquire(&hook->a_version);
    for (;;) {
        unsigned again;
        uintptr_t function = mip_load_acquire(&hook->pairs[version & 1].a_function);
        *arg = mip_load_acquire(&hook->pairs[version & 1].a_arg);
        again = mip_load_acquire(&hook->a_version);
        if (again == version) {
            return function;
        }
        version = again;
    }
}
