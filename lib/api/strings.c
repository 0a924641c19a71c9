/* SPDX-License-Identifier: MIT */
/* Chapter "basic", and the same in heaps: functions that duplicate strings.  Any thread. */
#include "api.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* `length` bytes of s and `terminator` bytes of zero. */
static void *duplicate(struct heap *heap, const void *s, size_t length, size_t terminator) {
    char *block = mip_heap_malloc(heap, length + terminator, false);
    if (block == NULL) {
        return NULL;
    }
    memcpy(block, s, length);
    memset(block + length, 0, terminator);
    return block;
}

static char *duplicate_string(struct heap *heap, const char *s, size_t limit) {
    return s == NULL ? NULL : duplicate(heap, s, strnlen(s, limit), 1);
}

/* A buffer of our own, because realpath(3) would allocate its result by malloc, which need not be
   ours. */
static char *resolve(struct heap *heap, const char *fname, char *resolved_name) {
    char buffer[PATH_MAX];
    int saved_errno = errno;
    /* Two calls, so that the size of the buffer is seen where the C library's header checks it. */
    char *path = resolved_name != NULL ? realpath(fname, resolved_name) : realpath(fname, buffer);
    if (path == NULL) {
        return NULL;
    }
    errno = saved_errno; /* which realpath(3) changes although it succeeds */
    return resolved_name != NULL ? path : duplicate_string(heap, buffer, PATH_MAX);
}

char *mi_strdup(const char *s) {
    return duplicate_string(NULL, s, PTRDIFF_MAX);
}

char *mi_strndup(const char *s, size_t n) {
    return duplicate_string(NULL, s, n);
}

char *mi_realpath(const char *fname, char *resolved_name) {
    return resolve(NULL, fname, resolved_name);
}

char *mi_heap_strdup(mi_heap_t *heap, const char *s) {
    return duplicate_string(heap_of(heap), s, PTRDIFF_MAX);
}

char *mi_heap_strndup(mi_heap_t *heap, const char *s, size_t n) {
    return duplicate_string(heap_of(heap), s, n);
}

char *mi_heap_realpath(mi_heap_t *heap, const char *fname, char *resolved_name) {
    return resolve(heap_of(heap), fname, resolved_name);
}

unsigned char *mi_mbsdup(const unsigned char *s) {
    return (unsigned char *)duplicate_string(NULL, (const char *)s, PTRDIFF_MAX);
}

unsigned short *mi_wcsdup(const unsigned short *s) {
    size_t length = 0;
    if (s == NULL) {
        return NULL;
    }
    while (s[length] != 0) {
        length++;
    }
    return duplicate(NULL, s, length * sizeof(*s), sizeof(*s));
}

int mi_dupenv_s(char **buf, size_t *size, const char *name) {
    const char *value;
    int saved_errno = errno;
    if (size != NULL) {
        *size = 0;
    }
    if (buf == NULL || name == NULL) {
        return EINVAL;
    }
    *buf = NULL;
    value = getenv(name);
    if (value == NULL) {
        return 0;
    }
    *buf = duplicate_string(NULL, value, PTRDIFF_MAX);
    if (*buf == NULL) {
        errno = saved_errno;
        return ENOMEM;
    }
    if (size != NULL) {
        *size = strlen(*buf) + 1;
    }
    return 0;
}

int mi_wdupenv_s(unsigned short **buf, size_t *size, const unsigned short *name) {
    (void)name;
    if (buf != NULL) {
        *buf = NULL;
    }
    if (size != NULL) {
        *size = 0;
    }
    return EINVAL;
}
