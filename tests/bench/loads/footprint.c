/* SPDX-License-Identifier: MIT */
/* footprint [least [most [mib [ms [order]]]]]: allocates blocks of `least` to `most` bytes, each
   doubling as likely, until `mib` MiB are live, and prints resident memory beyond that of the
   start, over usable and over requested bytes.  Then it frees all, three times from such a peak:
   the first time it sleeps for `ms` milliseconds, the second it goes on as long with light
   activity, the third it sleeps, as a program that had been busy up to then.  It prints what is
   resident at once and after.  Order 0 frees in random order, 1 the oldest first, 2 the youngest
   first. */
#include "load.h"

#include <fcntl.h>
#include <malloc.h>
#include <time.h>

enum { LEAST, MOST, LIVE_MIB, MILLISECONDS, ORDER, OPTION_COUNT };
static struct load_option options[] = {
    {"least", 64}, {"most", 32768}, {"mib", 400}, {"ms", 2000}, {"order", 0}};

enum { LISTS = 256, ACTIVE_BLOCKS = 100, ACTIVE_BYTES = 64 * KIB };

/* Blocks are linked through themselves, so that there is no table to be counted. */
struct block {
    struct block *next;
};

static struct block *first[LISTS], *last[LISTS];

/* Bytes; 0 where the system does not tell. */
static double resident(void) {
    char text[128];
    int file = open("/proc/self/statm", O_RDONLY);
    if (file < 0) {
        load_fail("this system has no /proc/self/statm");
    }
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    unsigned long size = 0;
    unsigned long pages = 0;
    text[length < 0 ? 0 : length] = '\0';
    if (sscanf(text, "%lu %lu", &size, &pages) != 2) {
        load_fail("/proc/self/statm cannot be read");
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double at_start, peak;

static void print_resident(const char *when) {
    printf("%s, %% of the peak: %.2f\n", when, 100 * (resident() - at_start) / peak);
}

static unsigned long long milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

static void rest(unsigned long long ms) {
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

static size_t draw(struct load_random *random) {
    size_t least = (size_t)options[LEAST].value;
    size_t most = (size_t)options[MOST].value;
    unsigned doublings = 0;
    while (least << doublings < most) {
        doublings++;
    }
    size_t low = doublings == 0 ? least : least << load_below(random, doublings);
    return load_between(random, low, 2 * low < most ? 2 * low : most);
}

static void fill(struct load_random *random, bool is_first) {
    double usable = 0;
    double requested = 0;
    while (usable < (double)options[LIVE_MIB].value * MIB) {
        size_t size = draw(random);
        struct block *block = load_malloc(size);
        load_touch(block, size);
        usable += (double)malloc_usable_size(block);
        requested += (double)size;
        size_t list = options[ORDER].value == 0 ? load_below(random, LISTS) : 0;
        block->next = NULL;
        if (first[list] == NULL) {
            first[list] = last[list] = block;
        } else if (options[ORDER].value == 1) {
            last[list]->next = block;
            last[list] = block;
        } else {
            block->next = first[list];
            first[list] = block;
        }
    }
    peak = resident() - at_start;
    if (is_first) {
        printf("peak, MiB: %.1f\n", peak / MIB);
        printf("peak / usable bytes: %.4f\n", peak / usable);
        printf("peak / requested bytes: %.4f\n", peak / requested);
    }
}

static void empty(const char *when) {
    for (size_t i = 0; i < LISTS; i++) {
        while (first[i] != NULL) {
            struct block *block = first[i];
            first[i] = block->next;
            free(block);
        }
    }
    print_resident(when);
}

/* A few blocks come and go every millisecond, as in a program that waits for requests. */
static void be_active(struct load_random *random) {
    unsigned long long end = milliseconds() + options[MILLISECONDS].value;
    while (milliseconds() < end) {
        static struct block *blocks[ACTIVE_BLOCKS];
        size_t count = 0;
        for (size_t live = 0; count < ACTIVE_BLOCKS && live < ACTIVE_BYTES; count++) {
            size_t size = draw(random);
            blocks[count] = load_malloc(size);
            live += size;
        }
        while (count > 0) {
            free(blocks[--count]);
        }
        rest(1);
    }
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "footprint", options, OPTION_COUNT);
    if (options[LEAST].value < sizeof(struct block) || options[MOST].value < options[LEAST].value) {
        load_usage(options, OPTION_COUNT);
    }
    struct load_random random = load_seed(0);
    printf("blocks of %llu to %llu bytes\n", options[LEAST].value, options[MOST].value);
    fflush(stdout); /* its buffer is no block of the load */
    at_start = resident();
    fill(&random, true);
    empty("all freed");
    rest(options[MILLISECONDS].value);
    print_resident("after a sleep");
    fill(&random, false);
    empty("all freed again");
    be_active(&random);
    print_resident("after light activity");
    fill(&random, false);
    empty("all freed a third time");
    rest(options[MILLISECONDS].value);
    print_resident("after activity, a peak and a sleep");
    return 0;
}
