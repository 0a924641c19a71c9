/* SPDX-License-Identifier: MIT */
/* What the C library tells of its heap and lets programs tune, where it has such functions: the
   numbers are those of the allocator that serves. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(WITH_LIBC) && defined(HAVE_MALLINFO2) && defined(HAVE_MALLINFO) &&                     \
    defined(HAVE_MALLOPT) && defined(HAVE_MALLOC_INFO) && defined(HAVE_MALLOC_STATS) &&            \
    defined(HAVE_MALLOC_TRIM)
#define HAS_REPORTS 1
#include <malloc.h>
#else
#define HAS_REPORTS 0
#endif

#if HAS_REPORTS

static size_t resident(void) {
    size_t pages = 0, all;
    FILE *stream = fopen("/proc/self/statm", "r");
    if (stream == NULL || fscanf(stream, "%zu %zu", &all, &pages) != 2) {
        pages = 0;
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void trim_gives_back(void) {
    enum { BLOCKS = 4000, BLOCK = 16000 };
    static void *block[BLOCKS];
    size_t before = resident();
    for (int i = 0; i < BLOCKS; i++) {
        block[i] = malloc(HIDDEN(BLOCK));
        memset(block[i], 1, BLOCK);
    }
    expect(resident() > before + BLOCKS * BLOCK / 2, "nothing became resident");
    for (int i = 0; i < BLOCKS; i++) {
        free(block[i]);
    }
    errno = ERRNO_UNTOUCHED;
    int first = malloc_trim(0);
    expect(first == 0 || first == 1, "malloc_trim: %d", first);
    expect(resident() < before + 8 * MIB, "malloc_trim: %zu resident bytes more than before",
           resident() - before);
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

/* Nothing is left to give back, and it says so. */
static void trim_ends(void) {
    int last = 1;
    for (int i = 0; last != 0 && i < 10; i++) {
        last = malloc_trim(0);
    }
    expect(last == 0, "malloc_trim goes on");
}

static void tuning(void) {
    static const int known[] = {M_MXFAST,         M_TRIM_THRESHOLD, M_TOP_PAD,
                                M_MMAP_THRESHOLD, M_MMAP_MAX,       M_PERTURB,
                                M_CHECK_ACTION,   M_ARENA_TEST,     M_ARENA_MAX};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        expect(mallopt(known[i], 1) == 1, "mallopt(%d, 1)", known[i]);
    }
    void *volatile p = malloc(HIDDEN(100000));
    expect(is_served(p), "malloc after mallopt");
    free(p);
}

static void tuning_of_the_unknown(void) {
    expect(mallopt(12345, 1) == 0 && mallopt(-12345, 1) == 0, "mallopt of nothing known");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static struct mallinfo old_totals(void) {
    return mallinfo();
}
#pragma GCC diagnostic pop

static void totals(void) {
    enum { LARGE = 64 << 20 };
    struct mallinfo2 before = mallinfo2();
    char *p = malloc(HIDDEN(LARGE));
    memset(p, 1, LARGE);
    struct mallinfo2 after = mallinfo2();
    expect(after.uordblks + after.hblkhd >= before.uordblks + before.hblkhd + LARGE,
           "in use: %zu, then %zu", before.uordblks + before.hblkhd, after.uordblks + after.hblkhd);
    expect(after.arena == after.uordblks + after.fordblks, "arena %zu, in use %zu, free %zu",
           after.arena, after.uordblks, after.fordblks);
    expect(way->kind != BY_LIBC || after.usmblks >= after.arena, "peak %zu, arena %zu",
           after.usmblks, after.arena);
    struct mallinfo small = old_totals();
    expect(small.arena == small.uordblks + small.fordblks, "arena %d, in use %d, free %d",
           small.arena, small.uordblks, small.fordblks);
    expect((size_t)small.uordblks + (size_t)small.hblkhd > LARGE / 2 && small.fordblks >= 0,
           "in use: %d", small.uordblks);
    free(p);
    struct mallinfo2 end = mallinfo2();
    expect(end.uordblks + end.hblkhd < after.uordblks + after.hblkhd, "in use: %zu, then %zu",
           after.uordblks, end.uordblks);
    expect(end.arena == end.uordblks + end.fordblks, "arena %zu, in use %zu, free %zu", end.arena,
           end.uordblks, end.fordblks);
}

/* Elements are nested properly; good enough for text without quoted brackets. */
static bool is_well_formed(const char *text) {
    char open[16][32];
    int depth = 0;
    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        if (end == NULL) {
            return false;
        }
        size_t length = strcspn(at + 1, " />");
        if (strncmp(at, "<!--", 4) == 0) {
            end = strstr(at, "-->");
            if (end == NULL) {
                return false;
            }
        } else if (at[1] == '/') {
            length = strcspn(at + 2, " >");
            if (depth-- == 0 || strlen(open[depth]) != length ||
                strncmp(open[depth], at + 2, length) != 0) {
                return false;
            }
        } else if (end[-1] != '/') {
            if (depth == 16 || length >= sizeof open[0]) {
                return false;
            }
            memcpy(open[depth], at + 1, length);
            open[depth++][length] = '\0';
        }
        at = end;
    }
    return depth == 0;
}

static void report_as_xml(void) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    expect(malloc_info(0, stream) == 0, "malloc_info");
    fclose(stream);
    expect(strncmp(text, "<malloc version=\"1\">", 20) == 0, "malloc_info: %.100s", text);
    expect(length > 10 && strcmp(text + length - 10, "</malloc>\n") == 0, "malloc_info: %s", text);
    expect(strstr(text, "<system type=\"current\" size=\"") != NULL, "malloc_info: %s", text);
    expect((strstr(text, "mimalloc") != NULL) == (way->kind == BY_LIBC), "malloc_info: %s", text);
    expect(is_well_formed(text), "malloc_info: %s", text);
    free(text);
    int error = malloc_info(1, stdout);
    expect(error == EINVAL, "malloc_info(1, stream): %d", error);
}

/* What a function writes to stderr, which is no stream of ours. */
static void capture(void (*function)(void), char *text, size_t size) {
    int pair[2];
    fflush(stderr);
    int saved = dup(2);
    expect(pipe(pair) == 0, "no pipe");
    dup2(pair[1], 2);
    function();
    fflush(stderr);
    dup2(saved, 2);
    close(pair[1]);
    ssize_t length = read(pair[0], text, size - 1);
    close(pair[0]);
    close(saved);
    text[length > 0 ? length : 0] = '\0';
}

static void report_as_text(void) {
    char text[4096];
    capture(malloc_stats, text, sizeof text);
    expect(strstr(text, "system bytes     = ") != NULL &&
               strstr(text, "in use bytes     = ") != NULL,
           "malloc_stats: %s", text);
}

/* ---- A thread that is cancelled while it reports -----------------------------------------------
 */

/* The request is pending when the report begins: it acts at the report's first cancellation point,
   if there is one. */
static void *report_cancelled(void *report) {
    pthread_cancel(pthread_self());
    void (*function)(void) = *(void (**)(void))report;
    function();
    return NULL;
}

static int nowhere = -1;
static void xml_to_nowhere(void) {
    FILE *stream = fdopen(dup(nowhere), "w");
    setvbuf(stream, NULL, _IONBF, 0);
    malloc_info(0, stream);
    fclose(stream);
}
static void text_to_nowhere(void) {
    malloc_stats();
}
static void trim_to_nowhere(void) {
    malloc_trim(0);
}

static void cancelled_reports_hold_nothing(void) {
    static void (*const reports[])(void) = {xml_to_nowhere, text_to_nowhere, trim_to_nowhere};
    nowhere = open("/dev/null", O_WRONLY);
    int saved = dup(2);
    expect(nowhere >= 0 && saved >= 0, "no /dev/null");
    dup2(nowhere, 2);
    for (size_t i = 0; i < COUNT_OF(reports); i++) {
        for (int round = 0; round < 20; round++) {
            void (*report)(void) = reports[i];
            pthread_t thread;
            expect(pthread_create(&thread, NULL, report_cancelled, (void *)&report) == 0,
                   "no thread");
            pthread_join(thread, NULL);
            /* Would wait for ever if a lock had been left. */
            for (size_t k = 0; k < COUNT_OF(reports); k++) {
                reports[k]();
            }
            void *volatile p = malloc(HIDDEN(5000));
            free(p);
            p = malloc(HIDDEN(3 * MIB));
            expect(is_served(p), "malloc after a cancelled report");
            free(p);
        }
    }
    dup2(saved, 2);
    close(saved);
    close(nowhere);
}

#define FOR(ways) ways

#else
#define FOR(ways) 0
static void trim_gives_back(void) {
}
#define trim_ends trim_gives_back
#define tuning trim_gives_back
#define tuning_of_the_unknown trim_gives_back
#define totals trim_gives_back
#define report_as_xml trim_gives_back
#define report_as_text trim_gives_back
#define cancelled_reports_hold_nothing trim_gives_back
#endif

#define OF_GLIBC "functions of the C library, and not of every one"
#define GLIBC_S "glibc's own answer differs, and no standard gives one"

const struct rule report_rules[] = {
    {"A22", "malloc_trim gives back", trim_gives_back, FOR(BY_NATIVE), OF_GLIBC},
    {"A22", "malloc_trim comes to an end", trim_ends, FOR(BY_LIBC), GLIBC_S},
    {"A22", "mallopt", tuning, FOR(BY_NATIVE), OF_GLIBC},
    {"A22", "mallopt of the unknown", tuning_of_the_unknown, FOR(BY_LIBC), GLIBC_S},
    {"A22", "mallinfo", totals, FOR(BY_NATIVE), OF_GLIBC},
    {"A22", "malloc_info", report_as_xml, FOR(BY_NATIVE), OF_GLIBC},
    {"A22", "malloc_stats", report_as_text, FOR(BY_NATIVE), OF_GLIBC},
    {"A23", "cancelled reports hold nothing", cancelled_reports_hold_nothing, FOR(BY_NATIVE),
     OF_GLIBC},
    {NULL, NULL, NULL, 0, NULL},
};
