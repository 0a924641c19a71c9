/* SPDX-License-Identifier: MIT */
/* The allocator's options as the launcher accepts them.  It refuses what the library would ignore;
   names, kinds and ranges are those of lib/base/options.c (tests/run/options.sh compares them), and
   what is read of a value is read by the same function. */
#include "run.h"

#include "../base/options.h"
#include "../base/parse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_SIZE = 16, LIST_SIZE = 512 };
enum { DAY_MS = 24 * 60 * 60 * 1000, MANY = 1 << 28 };
#define KIB_MAX ((long)(PTRDIFF_MAX >> 10))

static const char variable_prefix[] = "MIMALLOC_";

static const struct option {
    char name[NAME_SIZE];
    enum value_kind kind;
    long minimum, maximum;
} options[MIP_OPTION_COUNT] = {
    [MIP_OPTION_PAGE_RESET] = {"page_reset", BOOL, 0, 1},
    [MIP_OPTION_CACHE_RESET] = {"cache_reset", BOOL, 0, 1},
    [MIP_OPTION_POOL_COMMIT] = {"pool_commit", BOOL, 0, 1},
    [MIP_OPTION_SHOW_STATS] = {"show_stats", BOOL, 0, 1},
    [MIP_OPTION_SHOW_ERRORS] = {"show_errors", BOOL, 0, 1},
    [MIP_OPTION_VERBOSE] = {"verbose", NUMBER, 0, 2},
    [MIP_OPTION_PURGE_DELAY] = {"purge_delay", NUMBER, 0, DAY_MS},
    [MIP_OPTION_ARENA_RESERVE] = {"arena_reserve", KIBIBYTES, 64, KIB_MAX},
    [MIP_OPTION_LARGE_PAGES] = {"large_pages", NUMBER, 0, 2},
    [MIP_OPTION_MAX_ERRORS] = {"max_errors", NUMBER, 0, MANY},
    [MIP_OPTION_MAX_WARNINGS] = {"max_warnings", NUMBER, 0, MANY},
    [MIP_OPTION_KEEP_DEEPBIND] = {"keep_deepbind", BOOL, 0, 1},
    [MIP_OPTION_POPULATE_STEP] = {"populate_step", KIBIBYTES, 0, KIB_MAX},
    [MIP_OPTION_STATS_DETAIL] = {"stats_detail", BOOL, 0, 1},
    [MIP_OPTION_SECURE_LEVEL] = {"secure_level", NUMBER, 1, 2},
    [MIP_OPTION_TRACE] = {"trace", NUMBER, 0, MANY},
    [MIP_OPTION_CHECK_ORIGIN] = {"check_origin", BOOL, 0, 1},
};

static const struct option *find_option(const char *name, size_t length) {
    for (size_t i = 0; i < MIP_OPTION_COUNT; i++) {
        if (strlen(options[i].name) == length && strncasecmp(options[i].name, name, length) == 0) {
            return &options[i];
        }
    }
    /* The other name of the environment variable. */
    if (length == strlen("stats") && strncasecmp("stats", name, length) == 0) {
        return &options[MIP_OPTION_SHOW_STATS];
    }
    return NULL;
}

static _Noreturn void fail_unknown(const char *name, size_t length) {
    char list[LIST_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < MIP_OPTION_COUNT; i++) {
        used += (size_t)snprintf(list + used, sizeof(list) - used, " %s", options[i].name);
    }
    mip_run_fail(EXIT_USAGE, "the allocator has no option '%.*s'; it has:%s", (int)length, name,
                 list);
}

static void check_value(const struct option *option, const char *text) {
    long value;
    if (mip_parse_value(text, option->kind, &value) && value >= option->minimum &&
        value <= option->maximum) {
        return;
    }
    if (option->kind == BOOL) {
        mip_run_fail(EXIT_USAGE, "option %s is 0 or 1, not '%s'", option->name, text);
    }
    mip_run_fail(EXIT_USAGE, "option %s is a number from %ld to %ld%s, not '%s'", option->name,
                 option->minimum, option->maximum,
                 option->kind == KIBIBYTES ? " KiB, or with unit K, M or G" : "", text);
}

static void set(const struct option *option, const char *value) {
    char variable[sizeof(variable_prefix) + NAME_SIZE];
    char *p = variable + sizeof(variable_prefix) - 1;
    memcpy(variable, variable_prefix, sizeof(variable_prefix));
    for (const char *from = option->name; *from != '\0'; from++) {
        *p++ = *from >= 'a' && *from <= 'z' ? (char)(*from - 'a' + 'A') : *from;
    }
    *p = '\0';
    mip_run_environment_set(variable, value);
}

void mip_run_option_set(const char *assignment) {
    size_t length = strcspn(assignment, "=");
    const struct option *option = find_option(assignment, length);
    if (option == NULL) {
        fail_unknown(assignment, length);
    }
    if (assignment[length] != '=') {
        mip_run_fail(EXIT_USAGE, "option %s has no value; write --option %s=VALUE", option->name,
                     option->name);
    }
    check_value(option, assignment + length + 1);
    set(option, assignment + length + 1);
}

void mip_run_option_set_flag(const char *name) {
    set(find_option(name, strlen(name)), "1");
}
