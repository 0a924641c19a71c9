/* SPDX-License-Identifier: MIT */
/* Floor 6, override: dlopen without RTLD_DEEPBIND.  A library loaded with that flag finds the C
   library before this one: it would free there what strdup or getline allocated here.  The entry
   is in dlopen_entry.S: the real dlopen must see the return address of its true caller, whose
   RUNPATH and $ORIGIN it follows, so it is not called but jumped to. */
#include "dlopen_entry.h"

#include "../atomic.h"
#include "../base/options.h"
#include "../compiler.h"
#include "../os/os.h"

#include <dlfcn.h>

#if MIP_OVERRIDE_DLOPEN

typedef void *dlopen_function(const char *name, int flags);

/* Returned in two registers. */
struct mip_override_dlopen_call {
    dlopen_function *function;
    long flags;
};
struct mip_override_dlopen_call mip_override_dlopen_prepare(int flags);

static void *no_dlopen(const char *name, int flags) {
    (void)name;
    (void)flags;
    return NULL;
}

static dlopen_function *real_dlopen(void) {
    static _Atomic(dlopen_function *) found; /* every thread finds the same */
    dlopen_function *function = mip_load_relaxed(&found);
    if (MIP_UNLIKELY(function == NULL)) {
        void *next = mip_os_next_symbol("dlopen");
        function = next != NULL ? (dlopen_function *)(uintptr_t)next : no_dlopen;
        mip_store_relaxed(&found, function);
    }
    return function;
}

struct mip_override_dlopen_call mip_override_dlopen_prepare(int flags) {
    if ((flags & RTLD_DEEPBIND) != 0 && !mip_option_is_enabled(MIP_OPTION_KEEP_DEEPBIND)) {
        flags &= ~RTLD_DEEPBIND;
    }
    return (struct mip_override_dlopen_call){real_dlopen(), flags};
}

#endif
