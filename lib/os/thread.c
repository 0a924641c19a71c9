/* SPDX-License-Identifier: MIT */
/* Room os: threads, forks and processors.  Owns the one key whose destructor tells that a thread
   ends.  Holds no lock: the C library may allocate inside pthread_setspecific and pthread_atfork
   and so come back to us.  Any thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "os.h"

#include "../atomic.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif
#if !defined(HAVE_PTHREAD_KEY_CREATE) && !defined(__STDC_NO_THREADS__) && __has_include(<threads.h>)
#include <threads.h>
#define HAS_TSS_CREATE 1
#endif
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define HAS_SINGLE_THREADED 1
#endif

/* POSIX's key, else C11's of the same kind, else none. */
#if defined(HAVE_PTHREAD_KEY_CREATE)
#define HAS_KEY 1
typedef pthread_key_t thread_key;
#define key_create(key, destroy) (pthread_key_create((key), (destroy)) == 0)
#define key_delete(key) ((void)pthread_key_delete(key))
#define key_set(key, value) (pthread_setspecific((key), (value)) == 0)
#elif defined(HAS_TSS_CREATE)
#define HAS_KEY 1
typedef tss_t thread_key;
#define key_create(key, destroy) (tss_create((key), (destroy)) == thrd_success)
#define key_delete(key) tss_delete(key)
#define key_set(key, value) (tss_set((key), (value)) == thrd_success)
#endif

#ifdef HAS_KEY
typedef void thread_hook(void *value);

/* The key plus one: 0 is a key like any other. */
static _Atomic(uintptr_t) a_key_plus_one;
static _Atomic(thread_hook *) a_hook;

static void run_hook(void *value) {
    // acquire: pairs with the release in mip_os_thread_hook_arm
    thread_hook *hook = mip_load_acquire(&a_hook);
    if (hook != NULL) {
        hook(value);
    }
}

/* The process's key, made by whoever is first; a thread that lost the race deletes its own. */
static bool find_key(thread_key *key) {
    uintptr_t known = mip_load_relaxed(&a_key_plus_one);
    if (MIP_UNLIKELY(known == 0)) {
        if (!key_create(key, run_hook)) {
            return false;
        }
        if (mip_cas_relaxed(&a_key_plus_one, &known, (uintptr_t)*key + 1)) {
            return true;
        }
        key_delete(*key);
    }
    *key = (thread_key)(known - 1);
    return true;
}

bool mip_os_thread_hook_arm(void (*hook)(void *value), void *value) {
    thread_key key;
    if (value == NULL && mip_load_relaxed(&a_key_plus_one) == 0) {
        return true;
    }
    // release: pairs with the acquire in run_hook
    mip_store_release(&a_hook, hook);
    return find_key(&key) && key_set(key, value);
}
#else
bool mip_os_thread_hook_arm(void (*hook)(void *value), void *value) {
    (void)hook;
    return value == NULL;
}
#endif

bool mip_os_fork_hooks(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
#ifdef HAVE_PTHREAD_ATFORK
    return pthread_atfork(prepare, parent, child) == 0;
#else
    (void)prepare, (void)parent, (void)child;
    return false;
#endif
}

bool mip_os_is_multi_threaded(void) {
#ifdef HAS_SINGLE_THREADED
    return !__libc_single_threaded;
#else
    return true;
#endif
}

/* Programs that allow themselves few system calls allow this one. */
#if defined(__linux__) && defined(SYS_futex) && !(defined(__x86_64__) && defined(__ILP32__))
static bool wait_while(const _Atomic(uint32_t) *word, uint32_t value, long nanoseconds) {
    enum { FUTEX_WAIT_PRIVATE = 128 };
    const struct { long seconds, nanoseconds; } moment = {0, nanoseconds};
    int saved = errno;
    /* It fails at once where the word cannot be read (EFAULT) or has another value (EAGAIN). */
    bool has_waited =
        syscall(SYS_futex, word, (long)FUTEX_WAIT_PRIVATE, (long)value, &moment, NULL, 0L) == 0 ||
        errno == ETIMEDOUT || errno == EINTR;
    errno = saved;
    return has_waited;
}

bool mip_os_holds(const uint32_t *address, uint32_t value) {
    return wait_while((const _Atomic(uint32_t) *)address, value, 0);
}

void mip_os_yield(void) {
    static _Atomic(uint32_t) a_nobody_wakes;
    (void)wait_while(&a_nobody_wakes, 0, 20000);
}
#else
bool mip_os_holds(const uint32_t *address, uint32_t value) {
    (void)address, (void)value;
    return false;
}

void mip_os_yield(void) {
    (void)sched_yield();
}
#endif

unsigned mip_os_processor_count(void) {
    long count = 0;
#if defined(__linux__) && defined(SYS_sched_getaffinity)
    unsigned long words[1024 / sizeof(unsigned long)]; /* 8192 processors */
    long size = syscall(SYS_sched_getaffinity, 0L, sizeof(words), words);
    for (long i = 0; i < size / (long)sizeof(words[0]); i++) {
        count += __builtin_popcountl(words[i]);
    }
#endif
#ifdef _SC_NPROCESSORS_ONLN
    if (count < 1) {
        count = sysconf(_SC_NPROCESSORS_ONLN);
    }
#endif
    return count < 1 ? 1 : (unsigned)count;
}

unsigned mip_os_processor(void) {
#ifdef __linux__
    int processor = sched_getcpu();
    return processor < 0 ? 0 : (unsigned)processor;
#else
    return 0;
#endif
}
