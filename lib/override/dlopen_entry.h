/* SPDX-License-Identifier: MIT */
/* Floor 6, override: where dlopen is wrapped; read by C and by the assembler. */
#ifndef MIP_OVERRIDE_DLOPEN_ENTRY_H
#define MIP_OVERRIDE_DLOPEN_ENTRY_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

/* Only where the C library has the flag (musl has not); and each architecture needs an entry of its
   own. */
#if HAVE_DECL_RTLD_DEEPBIND && defined(__linux__) && defined(__ELF__) && defined(__LP64__) &&      \
    (defined(__x86_64__) || defined(__aarch64__))
#define MIP_OVERRIDE_DLOPEN 1
#else
#define MIP_OVERRIDE_DLOPEN 0
#endif

#endif
