/* SPDX-License-Identifier: MIT */
/* Chapter "extended": small blocks, sizes, collection, threads, deferred frees.  Any thread. */
#include "api.h"

void *mi_malloc_small(size_t size) {
    return mip_fast_malloc(size);
}

void *mi_zalloc_small(size_t size) {
    return mip_fast_zalloc(size);
}

size_t mi_usable_size(void *p) {
    return mip_usable_size(p);
}

size_t mi_good_size(size_t size) {
    return mip_good_size(size);
}

void mi_collect(bool force) {
    mip_collect(force);
}

void mi_collect_reduce(size_t target_size) {
    (void)target_size; /* what a thread owns is not told apart: collecting all is within the law */
    mip_collect(true);
}

void mi_thread_init(void) {
    mip_thread_init();
}

void mi_thread_done(void) {
    mip_thread_done();
}

void mi_thread_set_in_threadpool(void) {
}

/* The core passes an argument, a function of level 1 takes none: it travels as the argument. */
static void call_without_argument(bool force, unsigned long long heartbeat, void *arg) {
    ((mi_deferred_free_fun *)(uintptr_t)arg)(force, heartbeat);
}

void mi_register_deferred_free(mi_deferred_free_fun *deferred_free) {
    if (deferred_free == NULL) {
        mip_register_deferred_free(NULL, NULL);
    } else {
        mip_register_deferred_free(call_without_argument, (void *)(uintptr_t)deferred_free);
    }
}

void mi_register_deferred_free_v2(mi_deferred_free_v2_fun *deferred_free, void *arg) {
    mip_register_deferred_free(deferred_free, arg);
}
