/* SPDX-License-Identifier: MIT */
/* What the C library allocates for its caller comes from the allocator, and goes back to it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "names.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

static void strings_and_paths(void) {
    const struct names *n = names();
    errno = ERRNO_UNTOUCHED;
    for (size_t length = 0; length < 100000; length += length / 2 + 1) {
        char *text = n->malloc(length + 1);
        memset(text, 'x', length);
        text[length] = '\0';
        char *copy = n->strdup(text);
        expect(is_served(copy) && strcmp(copy, text) == 0, "strdup of %zu bytes", length);
        n->free(copy);
        copy = n->strndup(text, length / 2);
        expect(is_served(copy) && strlen(copy) == length / 2, "strndup of %zu bytes", length / 2);
        n->free(copy);
        copy = n->strndup(text, SIZE_MAX);
        expect(is_served(copy) && strcmp(copy, text) == 0, "strndup of %zu bytes", length);
        n->free(copy);
        n->free(text);
    }
    char *path = n->realpath("/", NULL);
    expect(is_served(path) && strcmp(path, "/") == 0, "realpath");
    n->free(path);
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
    path = n->malloc(PATH_MAX);
    expect(n->realpath("/", path) == path, "realpath into the caller's block");
    n->free(path);
    expect_fails(n->realpath("/no/such/file", NULL), ENOENT, "realpath: %p, errno %d",
                 result_of_call, errno_of_call);
}

static void formatted(void) {
    char *text = NULL;
    expect(asprintf(&text, "%d %s", 12, "parts") == 8 && is_served(text), "asprintf");
    names()->free(text);
    expect(asprintf(&text, "%070000d", 1) == 70000 && is_served(text), "asprintf, long");
    names()->free(text);
}

/* Lines of growing length through a pipe. */
static void lines(void) {
    enum { LINES = 12 };
    FILE *stream = tmpfile();
    expect(stream != NULL, "tmpfile: errno %d", errno);
    for (int i = 0; i < LINES; i++) {
        fprintf(stream, "%0*d\n", 1 << i, i);
    }
    rewind(stream);
    char *line = NULL;
    size_t room = 0;
    for (int i = 0; i < LINES; i++) {
        expect(getline(&line, &room, stream) == (1 << i) + 1 && is_served(line), "line %d", i);
    }
    names()->free(line);
    rewind(stream);
    line = NULL;
    room = 0;
    for (int i = 0; i < LINES; i++) {
        expect(getdelim(&line, &room, '\n', stream) == (1 << i) + 1 && is_served(line), "piece %d",
               i);
    }
    names()->free(line);
    /* Into a block of the caller. */
    rewind(stream);
    room = 2;
    line = names()->malloc(room);
    for (int i = 0; i < LINES; i++) {
        expect(getline(&line, &room, stream) == (1 << i) + 1 && is_served(line), "own line %d", i);
    }
    names()->free(line);
    fclose(stream);
}

static void streams_and_others(void) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    for (int i = 0; i < 10000; i++) {
        fputs("grow", stream);
    }
    fclose(stream);
    expect(is_served(text) && length == 40000, "open_memstream: %zu bytes", length);
    names()->free(text);
    text = getcwd(NULL, 0);
    expect(is_served(text), "getcwd");
    names()->free(text);
    wchar_t *wide = wcsdup(L"wide");
    expect(is_served(wide) && wcscmp(wide, L"wide") == 0, "wcsdup");
    names()->free(wide);
}

#define OF_LIBC "the functions of the C library allocate by its own names"

const struct rule library_rules[] = {
    {"A19", "strings and paths", strings_and_paths, BY_ALL, NULL},
    {"A19", "formatted text", formatted, BY_NATIVE, OF_LIBC},
    {"A19", "lines", lines, BY_NATIVE, OF_LIBC},
    {"A19", "streams and others", streams_and_others, BY_NATIVE, OF_LIBC},
    {NULL, NULL, NULL, 0, NULL},
};
