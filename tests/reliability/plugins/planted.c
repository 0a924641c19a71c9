/* SPDX-License-Identifier: MIT */
/* The C library's malloc with a fault planted, named by PLANTED.  The cases are run over it to show
   that each can fail. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);
extern char **environ;

enum fault {
    NONE,
    LOCK,       /* one lock around everything: not for forks, signals, stopped threads */
    HANDLERS,   /* the same, and fork waits for it */
    SPIN,       /* the same, and who waits never yields */
    LEAK,       /* nothing is ever freed */
    THREAD,     /* each thread leaves 16 KiB behind */
    FAIL,       /* one in 40 allocations gives NULL */
    ERRNO,      /* failures leave errno alone, frees change it */
    DIRTY,      /* calloc clears all but a byte */
    TWICE,      /* one block in 100 is given to two callers */
    EARLY,      /* crashes when it is called before its constructor */
    LATE,       /* crashes when it is called after its destructor */
    ENDED,      /* crashes in a thread whose keys have been destroyed */
    MAP,        /* each block of 16 KiB and more is a mapping that is never merged */
    STACK,      /* needs 32 KiB of stack */
    TOUCH,      /* what it gives is resident */
    COPY,       /* realloc always copies, to fresh memory */
    KEEP,       /* gives nothing back to the kernel */
    PRCTL,      /* changes its process for all children */
    CHAT,       /* says something on stderr */
    LOOK,       /* opens a file now and then */
    KEY,        /* needs a thread key, and a value that is not 0 */
    HELPER,     /* has a thread of its own */
    SHARE,      /* blocks of different threads share cache lines */
    DESCRIPTOR, /* loses a file descriptor at each fork */
    DEFINITE,   /* ends the process when the kernel refuses anything */
    CHILD,      /* writes to 8 MiB in each child */
    LARGE,      /* begins with 8 MiB */
    FAULT_COUNT
};
static const char *const names[FAULT_COUNT] = {
    "",      "lock",   "handlers", "spin",       "leak",     "thread", "fail",
    "errno", "dirty",  "twice",    "early",      "late",     "ended",  "map",
    "stack", "touch",  "copy",     "keep",       "prctl",    "chat",   "look",
    "key",   "helper", "share",    "descriptor", "definite", "child",  "large"};

static enum fault fault;
static bool is_known, is_started, is_over;
static _Atomic(unsigned) a_calls;
static __thread bool thread_is_counted, thread_has_ended;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile int spin;
static pthread_key_t key;

static void know(const char *name) {
    for (int i = 1; i < FAULT_COUNT; i++)
        if (strcmp(name, names[i]) == 0)
            fault = (enum fault)i;
    is_known = true;
}

/* The environment as the kernel has it: the loader is not ready yet. */
static void ask_kernel(void) {
    static char text[65536];
    int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < length; i += (ssize_t)strlen(text + i) + 1)
        if (strncmp(text + i, "PLANTED=", 8) == 0)
            know(text + i + 8);
}

static bool has(enum fault one) {
    if (!is_known && environ == NULL)
        ask_kernel();
    if (!is_known) {
        for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
            if (strncmp(*entry, "PLANTED=", 8) == 0)
                know(*entry + 8);
        is_known = is_known || environ != NULL;
    }
    return fault == one;
}

static void enter(void) {
    if (has(LOCK) || has(HANDLERS))
        pthread_mutex_lock(&mutex);
    if (has(SPIN))
        while (__atomic_exchange_n(&spin, 1, __ATOMIC_ACQUIRE) != 0)
            continue;
    if (has(EARLY) && !is_started)
        abort();
    if (has(LATE) && is_over)
        abort();
    if (has(ENDED) && thread_has_ended)
        abort();
    if (has(LOOK) && __atomic_add_fetch(&a_calls, 1, __ATOMIC_RELAXED) % 10 == 0) {
        int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            abort();
        close(fd);
    }
    if (has(STACK)) {
        volatile char deep[32768];
        memset((char *)deep, 1, sizeof deep);
    }
    if (has(THREAD) && !thread_is_counted) {
        thread_is_counted = true;
        char *lost = __libc_malloc(16384);
        if (lost != NULL)
            memset(lost, 1, 16384);
    }
    if ((has(ENDED) || has(KEY)) && is_started && pthread_getspecific(key) == NULL)
        pthread_setspecific(key, &key);
}

static void out(void) {
    if (fault == LOCK || fault == HANDLERS)
        pthread_mutex_unlock(&mutex);
    if (fault == SPIN)
        __atomic_store_n(&spin, 0, __ATOMIC_RELEASE);
}

static void ends(void *value) {
    (void)value;
    thread_has_ended = true;
}

static void *wait_for_ever(void *arg) {
    for (;;)
        pause();
    return arg;
}

static void lock(void) {
    pthread_mutex_lock(&mutex);
}

static void unlock(void) {
    pthread_mutex_unlock(&mutex);
}

static void lose_descriptor(void) {
    open("/dev/null", O_RDONLY);
}

static void write_much(void) {
    void *p = __libc_malloc(8 << 20);
    if (p != NULL)
        memset(p, 1, 8 << 20);
}

__attribute__((constructor)) static void begin(void) {
    if (has(PRCTL))
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    if (has(CHAT) && write(2, "planted: a fallback is used\n", 28) < 0)
        abort();
    if (has(KEEP)) {
        mallopt(M_TRIM_THRESHOLD, -1);
        mallopt(M_MMAP_MAX, 0);
    }
    if ((has(ENDED) || has(KEY)) && (pthread_key_create(&key, ends) != 0 || key == 0) && has(KEY))
        abort();
    if (has(HANDLERS))
        pthread_atfork(lock, unlock, unlock);
    if (has(DESCRIPTOR))
        pthread_atfork(NULL, lose_descriptor, NULL);
    if (has(LARGE))
        write_much();
    if (has(CHILD))
        pthread_atfork(NULL, NULL, write_much);
    if (has(HELPER)) {
        pthread_t helper;
        pthread_create(&helper, NULL, wait_for_ever, NULL);
    }
    is_started = true;
}

__attribute__((destructor)) static void end(void) {
    is_over = true;
    if (has(LATE))
        usleep(20000); /* the other threads go on meanwhile */
}

static void *finish(void *p, size_t size) {
    static void *given;
    static size_t given_size;
    unsigned call = 0;
    if (has(FAIL) || has(TWICE))
        call = __atomic_add_fetch(&a_calls, 1, __ATOMIC_RELAXED);
    if (has(FAIL) && call % 40 == 39) {
        out();
        errno = ENOMEM;
        return NULL;
    }
    if (has(TWICE) && call % 100 == 99 && given != NULL && size <= given_size)
        p = given;
    else if (has(TWICE) && size >= 16) {
        given = p;
        given_size = size;
    }
    if (has(TOUCH) && p != NULL)
        memset(p, 0, size);
    if (has(ERRNO) && p == NULL)
        errno = 0;
    if (has(DEFINITE) && p == NULL)
        abort();
    out();
    return p;
}

static void *mapping(size_t size) {
    char *p = mmap(NULL, size + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    mprotect(p + ((size + 4095) & ~(size_t)4095), 4096, PROT_NONE);
    return p;
}

/* Two threads take turns: their blocks lie side by side. */
static void *shared(size_t size) {
    static char room[1 << 20];
    static _Atomic(size_t) a_used;
    size_t at = __atomic_fetch_add(&a_used, (size + 15) & ~(size_t)15, __ATOMIC_RELAXED);
    return at + size < sizeof room ? room + at : __libc_malloc(size);
}

/* Is there memory?  The C library would try elsewhere. */
static void insist(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        abort();
    munmap(p, size);
}

void *malloc(size_t size) {
    enter();
    if (has(DEFINITE) && size >= 16384 && size <= PTRDIFF_MAX)
        insist(size);
    if (has(MAP) && size >= 16384)
        return finish(mapping(size), size);
    if (has(SHARE) && size < 64)
        return finish(shared(size), size);
    return finish(__libc_malloc(size), size);
}

void *calloc(size_t count, size_t size) {
    enter();
    unsigned char *p = __libc_calloc(count, size);
    if (has(DIRTY) && p != NULL && count * size > 0)
        p[count * size - 1] = 0x5a;
    return finish(p, p == NULL ? 0 : count * size);
}

void *realloc(void *p, size_t size) {
    enter();
    if (has(COPY) && p != NULL && size != 0) {
        size_t old = malloc_usable_size(p);
        void *q = __libc_malloc(size);
        if (q != NULL) {
            memcpy(q, p, old < size ? old : size);
            __libc_free(p);
        }
        return finish(q, size);
    }
    return finish(__libc_realloc(p, size), 0);
}

void *memalign(size_t alignment, size_t size) {
    enter();
    return finish(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    void *p = memalign(alignment, size);
    if (p == NULL)
        return ENOMEM;
    *result = p;
    return 0;
}

void free(void *p) {
    if (has(LEAK) || has(MAP) || has(SHARE) || (has(TWICE) && p != NULL))
        return;
    enter();
    __libc_free(p);
    if (has(ERRNO))
        errno = EINVAL;
    out();
}

/* Asked by cases about pointers and options: says yes to everything, and knows no option. */
bool mi_is_in_heap_region(const void *p);
bool mi_check_owned(const void *p);
long mi_option_get(int option);

bool mi_is_in_heap_region(const void *p) {
    (void)p;
    return true;
}

bool mi_check_owned(const void *p) {
    (void)p;
    return true;
}

long mi_option_get(int option) {
    (void)option;
    return 0;
}
