/* SPDX-License-Identifier: MIT */
/* Room os: the dynamic linker.  In a file of its own, so that a static program that has no use for
   it does not get it.  Any thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "os.h"

#include <dlfcn.h>

/* Weak: a static program without dlsym links all the same and learns that there is no next. */
extern void *dlsym(void *handle, const char *name) MIP_WEAK;

#ifdef __GLIBC__
extern int dladdr(const void *address, Dl_info *info) MIP_WEAK;
#endif

static void *find(void *handle, const char *name) {
    return dlsym == NULL ? NULL : dlsym(handle, name);
}

void *mip_os_first_symbol(const char *name) {
#ifdef RTLD_DEFAULT
    return find(RTLD_DEFAULT, name);
#else
    (void)name;
    return NULL;
#endif
}

void *mip_os_next_symbol(const char *name) {
#ifdef RTLD_NEXT
    return find(RTLD_NEXT, name);
#else
    (void)name;
    return NULL;
#endif
}

uintptr_t mip_os_module_of(const void *address, const char **name) {
    *name = "?";
#ifdef __GLIBC__
    Dl_info info;
    if (dladdr != NULL && dladdr(address, &info) != 0 && info.dli_fname != NULL) {
        *name = info.dli_fname;
        return (uintptr_t)address - (uintptr_t)info.dli_fbase;
    }
#endif
    return (uintptr_t)address;
}
