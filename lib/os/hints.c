/* SPDX-License-Identifier: MIT */
/* Room os: what the kernel is told of memory, and may leave alone: names, and nodes of the machine.
   Owns a flag.  Any thread, async-signal-safe. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "os.h"

#include "../atomic.h"
#include "../bits.h"

#include <errno.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* Names have ended, or the kernel gives none. */
static _Atomic(bool) a_names_nothing;

void mip_os_name(void *address, size_t size, const char *name) {
#if HAVE_DECL_PR_SET_VMA_ANON_NAME
    if (mip_load_relaxed(&a_names_nothing)) {
        return;
    }
    if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, (unsigned long)address, (unsigned long)size,
              (unsigned long)name) != 0 &&
        errno == EINVAL) {
        mip_store_relaxed(&a_names_nothing, true);
    }
#else
    (void)address, (void)size, (void)name;
#endif
}

void mip_os_end_names(void) {
    mip_store_relaxed(&a_names_nothing, true);
}

void mip_os_prefer_node(void *address, size_t size, unsigned node) {
#if defined(__linux__) && defined(SYS_mbind)
    enum { PREFERRED = 1 };
    unsigned long nodes[16] = {0};
    if (node < sizeof(nodes) * 8) {
        nodes[node / MIP_WORD_BITS] = 1ul << (node % MIP_WORD_BITS);
        (void)syscall(SYS_mbind, address, size, (long)PREFERRED, nodes, (long)sizeof(nodes) * 8,
                      0L);
    }
#else
    (void)address, (void)size, (void)node;
#endif
}
