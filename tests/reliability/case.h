/* SPDX-License-Identifier: MIT */
/* What the cases share.  A case is a program of one job: status 0 means that it held, 77 that it
   cannot be tried here, anything else, or an end by a signal, that it failed; the last line on
   stderr says why.  Nothing here allocates. */
#ifndef RELIABILITY_CASE_H
#define RELIABILITY_CASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

__attribute__((noreturn, format(printf, 2, 3), unused)) static void leave(int status,
                                                                          const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    size_t end = length < 0 ? 0 : (size_t)length;
    end = end > sizeof text - 2 ? sizeof text - 2 : end;
    text[end] = '\n';
    ssize_t written = write(STDERR_FILENO, text, end + 1);
    (void)written;
    _exit(status);
}

#define FAIL(...) leave(1, __VA_ARGS__)
#define SKIP(...) leave(77, __VA_ARGS__)
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            leave(1, "line %d: %s", __LINE__, #condition);                                         \
    } while (0)

/* The column: linked, preload, debug, secure, glibc, mimalloc, jemalloc, tcmalloc, planted,
   sanitized, delayed. */
UNUSED static bool column_is(const char *name) {
    const char *column = getenv("CASE_COLUMN");
    return column != NULL && strcmp(column, name) == 0;
}

UNUSED static bool is_checking(void) {
    return column_is("debug") || column_is("secure");
}

UNUSED static bool is_ours(void) {
    return column_is("linked") || column_is("preload") || column_is("delayed") || is_checking();
}

/* A bound, and what the debug and secure variants are held to where cases.txt tells why it is
   another. */
UNUSED static size_t allowed(size_t plain, size_t checking) {
    return is_checking() ? checking : plain;
}

/* The calling process is to end by itself before that, or by SIGALRM. */
UNUSED static void die_after(unsigned seconds) {
    alarm(column_is("delayed") ? 4 * seconds : seconds);
}

/* How often: in `make check`, and in `make check-reliability-full`. */
UNUSED static size_t times(size_t quick, size_t full) {
    return getenv("CASE_FULL") != NULL ? full : quick;
}

/* First of all in main: is it really our allocator that is tested? */
UNUSED static void begin(void) {
    if (is_ours()) {
        size_t (*usable)(const void *) =
            (size_t(*)(const void *))(uintptr_t)dlsym(RTLD_DEFAULT, "mi_usable_size");
        void *p = malloc(1);
        if (usable == NULL || p == NULL || usable(p) == 0)
            FAIL("malloc is not served by the library under test");
        free(p);
    }
}

/* Is there so much memory for the case, and as much again for others? */
UNUSED static bool machine_has(size_t size) {
    return (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE) / 2 > size;
}

UNUSED static uint64_t next_random(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* Log-uniform in [1, 2^bits). */
UNUSED static size_t random_size(uint64_t *state, unsigned bits) {
    size_t top = (size_t)1 << (next_random(state) % bits);
    return top + (size_t)(next_random(state) % top);
}

UNUSED static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

UNUSED static void pause_ms(long ms) {
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* From /proc, without stdio; 0 where there is none, and under a sanitizer, which keeps memory of
   its own for ours. */
UNUSED static size_t resident(void) {
    if (column_is("sanitized"))
        return 0;
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    char *second = strchr(text, ' ');
    return second == NULL ? 0 : strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* Lines of /proc/self/maps. */
UNUSED static size_t mappings(void) {
    static char text[65536];
    size_t lines = 0;
    ssize_t length;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while ((length = read(fd, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < length; i++)
            lines += text[i] == '\n';
    close(fd);
    return lines;
}

UNUSED static void touch(void *block, size_t size) {
    volatile unsigned char *p = block;
    for (size_t i = 0; i < size; i += 4096)
        p[i] = 1;
    if (size > 0)
        p[size - 1] = 1;
}

/* Memory of the case itself, not of the heap under test; resident at once. */
UNUSED static void *own_memory(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        FAIL("no memory for the case itself");
    memset(p, 0, size);
    return p;
}

UNUSED static pthread_t start(void *(*function)(void *), void *arg) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, function, arg);
    if (error != 0)
        FAIL("no thread: error %d", error);
    return thread;
}

UNUSED static void finish(pthread_t thread) {
    CHECK(pthread_join(thread, NULL) == 0);
}

/* The child must end by itself, with status 0. */
UNUSED static void expect_child(pid_t pid, const char *what) {
    int status;
    if (pid < 0)
        FAIL("%s: fork fails with error %d", what, errno);
    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR)
            FAIL("%s: lost", what);
    if (WIFSIGNALED(status))
        FAIL("%s %s", what, WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) == 77)
        _exit(77);
    if (status != 0)
        FAIL("%s fails with status %d", what, WEXITSTATUS(status));
}

/* The next larger one of those sizes that divide each doubling in eight, from 16 to 128 in
   sixteens: no class of any allocator known is left out, but of glibc, which has 64 from 16 to
   1024. */
UNUSED static size_t next_class(size_t size) {
    size_t step = 16;
    while (step * 16 <= size)
        step *= 2;
    return (size / step + 1) * step;
}

static size_t size_of_many(size_t i) {
    static const unsigned char eighths[] = {9, 10, 11, 12, 13, 14, 15};
    size_t top = (size_t)1 << i / 10, which = i % 10;
    return which < 3 ? top + which - 1 : top / 8 * eighths[which - 3];
}

/* A block of every power of two, of its neighbours, and of sizes an eighth of the doubling apart,
   so that each class is met; filled, checked and freed.  Those of more than 128 KiB that are no
   powers do not live at the same time. */
UNUSED static void use_every_size(unsigned bits) {
    void *blocks[10 * 48];
    size_t count = 10 * bits + 3;
    for (size_t i = 0; i < count; i++) {
        size_t size = size_of_many(i);
        unsigned char *p = malloc(size);
        if (p == NULL)
            FAIL("no memory for %zu bytes", size);
        memset(p, (int)i, size < 4096 ? size : 4096);
        if (size > 0)
            p[size - 1] = (unsigned char)i;
        if (size > 128 * KIB && i % 10 >= 3) {
            free(p);
            p = NULL;
        }
        blocks[i] = p;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned char *p = blocks[i];
        size_t size = size_of_many(i);
        if (p != NULL && size > 0 && (p[0] != (unsigned char)i || p[size - 1] != (unsigned char)i))
            FAIL("a block of %zu bytes has changed", size);
        free(p);
    }
}

#endif
