/* SPDX-License-Identifier: MIT */
/* A small workload under address space limits from 16 MiB to 4 GiB.
     limits [MIB...]
   Each limit is set before the program starts, so that start-up is under it too.  Memory must run
   out with NULL and ENOMEM, a fair part of the limit must be had before, and the same again after
   all was freed. */
#include "../stress/support.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

static size_t limit;

#define FAIL(format, ...) fail("limits, %zu MiB: " format, limit / MIB, __VA_ARGS__)

enum { SMALL_COUNT = 2000, LARGE_MAX = 4096, SMALL_TABLE = 1 << 17 };
static void *small[SMALL_TABLE];
static void *large[LARGE_MAX];

/* 2000 small blocks, about a megabyte: must always be possible. */
static void use_small(void) {
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        size_t size = 1 + i * 37 % 1000;
        small[i] = t_malloc(size);
        if (small[i] == NULL) {
            FAIL("no memory for small block %zu", i);
        }
        pattern_fill(small[i], size, i, false);
    }
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        size_t size = 1 + i * 37 % 1000;
        if (!pattern_holds(small[i], size, size, i, false)) {
            FAIL("small block %zu has changed", i);
        }
        t_free(small[i]);
    }
}

static void check_out(const char *what) {
    if (errno != ENOMEM) {
        FAIL("out of %s with errno %d", what, errno);
    }
}

/* As many as there are. */
static size_t exhaust(void **blocks, size_t max, size_t size, const char *what) {
    size_t count = 0;
    errno = 0;
    while (count < max && (blocks[count] = t_malloc(size)) != NULL) {
        memset(blocks[count], 1, size < 64 ? size : 64);
        count++;
    }
    if (count < max) {
        check_out(what);
    }
    return count;
}

static void give_back(void **blocks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        t_free(blocks[i]);
    }
}

static void *in_thread(void *arg) {
    void *p = t_malloc(5000);
    *(bool *)arg = p != NULL;
    t_free(p);
    return NULL;
}

static void use_thread(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    bool good = true;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * KIB);
    if (pthread_create(&thread, &attributes, in_thread, &good) == 0) {
        pthread_join(thread, NULL);
    }
    pthread_attr_destroy(&attributes);
    if (!good) {
        FAIL("no memory in a thread, %d bytes wanted", 5000);
    }
}

static int run_child(void) {
    use_small();
    use_thread();
    size_t size = limit / 64 < 64 * KIB ? 64 * KIB : limit / 64;
    size_t first = exhaust(large, LARGE_MAX, size, "large blocks");
    /* some small ones may still be had, or not; nothing may break */
    give_back(small, exhaust(small, 100, 200, "small blocks"));
    give_back(large, first);
    t_collect();
    use_small();
    size_t second = exhaust(large, LARGE_MAX, size, "large blocks");
    give_back(large, second);
    t_collect();
    size_t few = 0;
    if (limit <= 64 * MIB) {
        few = exhaust(small, SMALL_TABLE, 1000, "small blocks");
        give_back(small, few);
        t_collect();
    }
    use_small();
    printf("limits: %zu MiB: %zu KiB in blocks of %zu KiB, %zu KiB when tried again", limit / MIB,
           first * size / KIB, size / KIB, second * size / KIB);
    if (few != 0) {
        printf(", %zu KiB in small blocks", few * 1000 / KIB);
    }
    printf("\n");
    size_t least = limit <= 32 * MIB ? limit / 4 : limit / 2;
    if (first * size < least) {
        FAIL("only %zu KiB could be allocated", first * size / KIB);
    }
    if (few != 0 && few < SMALL_TABLE && few * 1000 < least) {
        FAIL("only %zu KiB could be allocated in small blocks", few * 1000 / KIB);
    }
    if (second < first - first / 10) {
        FAIL("%zu blocks the first time, %zu the second", first, second);
    }
    return 0;
}

static int run_one(char **argv, size_t mebibytes) {
    char text[32];
    snprintf(text, sizeof text, "%zu", mebibytes);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit space = {(rlim_t)(mebibytes * MIB), (rlim_t)(mebibytes * MIB)};
        setenv("LIMITS_CHILD", text, 1);
        setrlimit(RLIMIT_AS, &space);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        fail("limits: no child process");
    }
    if (status != 0) {
        fprintf(stderr, "limits: %zu MiB: status %#x\n", mebibytes, (unsigned)status);
    }
    return status != 0;
}

int main(int argc, char **argv) {
    if (IS_SANITIZED) {
        printf("limits: skipped: a sanitizer needs more address space\n");
        return 77;
    }
    const char *text = getenv("LIMITS_CHILD");
    if (text != NULL) {
        limit = (size_t)strtoull(text, NULL, 10) * MIB;
        return run_child();
    }
    int failures = 0;
    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            failures += run_one(argv, (size_t)argument(argc, argv, i, 0));
        }
        return failures != 0;
    }
    for (size_t mebibytes = 16; mebibytes <= 4096 && mebibytes <= SIZE_MAX / MIB; mebibytes *= 2) {
        failures += run_one(argv, mebibytes);
    }
    return failures != 0;
}
