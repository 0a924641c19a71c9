/* SPDX-License-Identifier: MIT */
/* What the launcher changes in the environment, and how it shows that. */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGE_MAX = 32, NAME_SIZE = 40 };

static char changed[CHANGE_MAX][NAME_SIZE];
static size_t changed_count;

void mip_run_environment_set(const char *variable, const char *value) {
    size_t i = 0;
    if (setenv(variable, value, 1) != 0) {
        mip_run_fail(EXIT_USAGE, "cannot set %s: %s", variable, strerror(errno));
    }
    while (i < changed_count && strcmp(changed[i], variable) != 0) {
        i++;
    }
    if (i == changed_count && i < CHANGE_MAX) {
        snprintf(changed[changed_count++], NAME_SIZE, "%s", variable);
    }
}

/* One of this package's libraries, in whatever directory: one of them serves a process, and which
   one is decided anew by each launch. */
static bool is_ours(const char *entry, size_t length) {
    for (int i = 0; i < VARIANT_COUNT; i++) {
        const char *name = mip_run_library_name((enum variant)i);
        size_t size = strlen(name);
        if (length >= size && memcmp(entry + length - size, name, size) == 0 &&
            (length == size || entry[length - size - 1] == '/')) {
            return true;
        }
    }
    return false;
}

void mip_run_environment_preload(const char *expression) {
    const char *entry = getenv("LD_PRELOAD");
    size_t used = strlen(expression), length;
    char *value;
    entry = entry == NULL ? "" : entry;
    value = malloc(used + strlen(entry) + 2);
    if (value == NULL) {
        mip_run_fail(EXIT_USAGE, "cannot set LD_PRELOAD: %s", strerror(errno));
    }
    memcpy(value, expression, used);
    for (;; entry += length) {
        entry += strspn(entry, " :");
        length = strcspn(entry, " :");
        if (length == 0) {
            break;
        }
        if (!is_ours(entry, length)) {
            value[used++] = ':';
            memcpy(value + used, entry, length);
            used += length;
        }
    }
    value[used] = '\0';
    mip_run_environment_set("LD_PRELOAD", value);
    free(value);
}

static bool is_plain(const char *text) {
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "_-+./:,=@%")] == '\0';
}

static void print_quoted(const char *text) {
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
        } else {
            putchar(*text);
        }
    }
    putchar('\'');
}

/* One line of assignments, as a shell reads them. */
void mip_run_environment_print(void) {
    for (size_t i = 0; i < changed_count; i++) {
        const char *value = getenv(changed[i]);
        printf("%s%s=", i == 0 ? "" : " ", changed[i]);
        if (is_plain(value)) {
            fputs(value, stdout);
        } else {
            print_quoted(value);
        }
    }
    putchar('\n');
}
