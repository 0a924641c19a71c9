/* SPDX-License-Identifier: MIT */
/* The allocator's options as the launcher accepts them.  It refuses what the library would ignore;
   names, kinds and ranges are those of lib/base/options.c (tests/run/options compares them). */
#include "run.h"

#include "../base/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind { SWITCH, NUMBER, KIBIBYTES };
enum { NAME_SIZE = 16, LIST_SIZE = 512 };
enum { DAY_MS = 24 * 60 * 60 * 1000, MANY = 1 << 28 };
#define KIB_MAX ((long)(PTRDIFF_MAX >> 10))

static const char variable_prefix[] = "MIMALLOC_";

static const struct option {
    char name[NAME_SIZE];
    enum kind kind;
    long minimum, maximum;
} options[MIP_OPTION_COUNT] = {
    [MIP_OPTION_PAGE_RESET] = {"page_reset", SWITCH, 0, 1},
    [MIP_OPTION_CACHE_RESET] = {"cache_reset", SWITCH, 0, 1},
    [MIP_OPTION_POOL_COMMIT] = {"pool_commit", SWITCH, 0, 1},
    [MIP_OPTION_SHOW_STATS] = {"show_stats", SWITCH, 0, 1},
    [MIP_OPTION_SHOW_ERRORS] = {"show_errors", SWITCH, 0, 1},
    [MIP_OPTION_VERBOSE] = {"verbose", NUMBER, 0, 2},
    [MIP_OPTION_PURGE_DELAY] = {"purge_delay", NUMBER, 0, DAY_MS},
    [MIP_OPTION_ARENA_RESERVE] = {"arena_reserve", KIBIBYTES, 64, KIB_MAX},
    [MIP_OPTION_LARGE_PAGES] = {"large_pages", NUMBER, 0, 2},
    [MIP_OPTION_MAX_ERRORS] = {"max_errors", NUMBER, 0, MANY},
    [MIP_OPTION_MAX_WARNINGS] = {"max_warnings", NUMBER, 0, MANY},
    [MIP_OPTION_KEEP_DEEPBIND] = {"keep_deepbind", SWITCH, 0, 1},
    [MIP_OPTION_POPULATE_STEP] = {"populate_step", KIBIBYTES, 0, KIB_MAX},
    [MIP_OPTION_STATS_DETAIL] = {"stats_detail", SWITCH, 0, 1},
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

static bool is_word(const char *text) {
    static const char words[][6] = {"no", "yes", "off", "on", "false", "true"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* KiB in a unit: K, M or G, with B or iB behind; 0 when it is none. */
static long unit_factor(const char *text) {
    static const char units[] = "kmg";
    const char *unit = strchr(units, *text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    if (*text == '\0') {
        return 1;
    }
    if (unit == NULL ||
        (text[1] != '\0' && strcasecmp(text + 1, "b") != 0 && strcasecmp(text + 1, "ib") != 0)) {
        return 0;
    }
    return 1L << (10 * (unit - units));
}

static bool is_number_in_range(const char *text, const struct option *option) {
    char *end;
    long value, factor;
    if (*text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    value = strtol(text, &end, 10);
    factor = option->kind == KIBIBYTES || *end == '\0' ? unit_factor(end) : 0;
    return errno == 0 && factor != 0 && !__builtin_mul_overflow(value, factor, &value) &&
           value >= option->minimum && value <= option->maximum;
}

static void check_value(const struct option *option, const char *text) {
    if (is_number_in_range(text, option) || (option->kind == SWITCH && *text == '\0') ||
        (option->kind != KIBIBYTES && option->minimum == 0 && is_word(text))) {
        return;
    }
    if (option->kind == SWITCH) {
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
