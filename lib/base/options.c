/* SPDX-License-Identifier: MIT */
/* Room base: the options.  Owns their values and tells report.c what concerns it.  A value knows
   where it comes from, and gives way only to one of the same or a higher source.  Any thread;
   mip_options_init only once the C library has started. */
#include "options.h"

#include "../atomic.h"
#include "../bits.h"
#include "../os/os.h"
#include "../variant.h"
#include "report.h"

#include <string.h>

/* In rising order. */
enum source { FROM_TABLE, FROM_PROGRAM_DEFAULT, FROM_STRING, FROM_ENVIRONMENT, FROM_PROGRAM };

enum kind { BOOL, NUMBER, KIBIBYTES };

enum { NAME_SIZE = 16, TEXT_SIZE = 32 };

/* Value and source in one word, so that they change together; no value is negative. */
#define SOURCE_BITS 3
#define WORD_OF(value, source) (((unsigned long)(value) << SOURCE_BITS) | (unsigned long)(source))

struct option {
    _Atomic(unsigned long) a_word;
    const long initial, minimum, maximum;
    const unsigned char kind;
    const char name[NAME_SIZE];
};

#define OPTION(initial_, minimum_, maximum_, kind_, name_)                                         \
    {                                                                                              \
        .a_word = WORD_OF(initial_, FROM_TABLE), .initial = (initial_), .minimum = (minimum_),     \
        .maximum = (maximum_), .kind = (kind_), .name = (name_),                                   \
    }
#define SWITCH(initial, name) OPTION(initial, 0, 1, BOOL, name)

enum { DAY_MS = 24 * 60 * 60 * 1000, MANY = 1 << 28 };
#define KIB_MAX ((long)(PTRDIFF_MAX >> 10))

static struct option options[MIP_OPTION_COUNT] = {
    [MIP_OPTION_PAGE_RESET] = SWITCH(1, "page_reset"),
    [MIP_OPTION_CACHE_RESET] = SWITCH(0, "cache_reset"),
    [MIP_OPTION_POOL_COMMIT] = SWITCH(0, "pool_commit"),
    [MIP_OPTION_SHOW_STATS] = SWITCH(0, "show_stats"),
    [MIP_OPTION_SHOW_ERRORS] = SWITCH(CHECK_LEVEL > 0, "show_errors"),
    [MIP_OPTION_VERBOSE] = OPTION(0, 0, 2, NUMBER, "verbose"),
    [MIP_OPTION_PURGE_DELAY] = OPTION(500, 0, DAY_MS, NUMBER, "purge_delay"),
    [MIP_OPTION_ARENA_RESERVE] = OPTION(1048576, 64, KIB_MAX, KIBIBYTES, "arena_reserve"),
    [MIP_OPTION_LARGE_PAGES] = OPTION(1, 0, 2, NUMBER, "large_pages"),
    [MIP_OPTION_MAX_ERRORS] = OPTION(16, 0, MANY, NUMBER, "max_errors"),
    [MIP_OPTION_MAX_WARNINGS] = OPTION(16, 0, MANY, NUMBER, "max_warnings"),
    [MIP_OPTION_KEEP_DEEPBIND] = SWITCH(0, "keep_deepbind"),
};

/* A program may define this: "name=value,name=value", below the environment in rank.  A preloaded
   library sees it when the program exports it. */
extern const char *mi_options MIP_WEAK;

enum { NOT_READ, IN_WORK, READY };
static _Atomic(int) a_state;

static bool is_option(enum mip_option option) {
    return (unsigned)option < MIP_OPTION_COUNT;
}

long mip_option_get(enum mip_option option) {
    return is_option(option) ? (long)(mip_load_relaxed(&options[option].a_word) >> SOURCE_BITS) : 0;
}

const char *mip_option_name(enum mip_option option) {
    return is_option(option) ? options[option].name : "";
}

long mip_option_default(enum mip_option option) {
    return is_option(option) ? options[option].initial : 0;
}

static void tell_report(void) {
    if (mip_load_relaxed(&a_state) == READY) {
        mip_report_configure(mip_option_is_enabled(MIP_OPTION_VERBOSE),
                             mip_option_is_enabled(MIP_OPTION_SHOW_ERRORS),
                             (size_t)mip_option_get(MIP_OPTION_MAX_ERRORS),
                             (size_t)mip_option_get(MIP_OPTION_MAX_WARNINGS));
    }
}

/* False when the value is out of range. */
static bool apply(enum mip_option option, long value, enum source source) {
    struct option *entry = &options[option];
    unsigned long word = mip_load_relaxed(&entry->a_word);
    if (value < entry->minimum || value > entry->maximum) {
        return false;
    }
    while ((word & ((1u << SOURCE_BITS) - 1)) <= (unsigned long)source &&
           !mip_cas_weak_relaxed(&entry->a_word, &word, WORD_OF(value, source))) {
    }
    return true;
}

static void set_from_program(enum mip_option option, long value, enum source source) {
    if (!is_option(option)) {
        mip_warning("there is no option %d", (int)option);
    } else if (!apply(option, value, source)) {
        mip_warning("option %s: %ld is not within %ld and %ld", options[option].name, value,
                    options[option].minimum, options[option].maximum);
    } else {
        tell_report();
    }
}

void mip_option_set(enum mip_option option, long value) {
    set_from_program(option, value, FROM_PROGRAM);
}

void mip_option_set_default(enum mip_option option, long value) {
    set_from_program(option, value, FROM_PROGRAM_DEFAULT);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_word(const char *text, const char *word) {
    while (*text != '\0' && lower(*text) == *word) {
        text++;
        word++;
    }
    return *text == *word;
}

static bool parse_word(const char *text, long *value) {
    static const char words[][6] = {"no", "yes", "off", "on", "false", "true"};
    for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
        if (is_same_word(text, words[i])) {
            *value = i & 1;
            return true;
        }
    }
    return false;
}

/* K, M or G, with an optional B or iB behind: how many KiB one is. */
static bool parse_unit(const char *text, long *factor) {
    static const char units[] = "kmg";
    const char *unit = *text == '\0' ? NULL : strchr(units, lower(*text));
    if (unit == NULL) {
        return false;
    }
    *factor = 1L << (10 * (unit - units));
    return text[1] == '\0' || is_same_word(text + 1, "b") || is_same_word(text + 1, "ib");
}

static bool parse_number(const char *text, enum kind kind, long *value) {
    long factor = 1;
    bool is_negative = *text == '-';
    const char *p = text + (*text == '-' || *text == '+');
    *value = 0;
    if (*p < '0' || *p > '9') {
        return false;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(*value, 10L, value) ||
            __builtin_add_overflow(*value, (long)(*p - '0'), value)) {
            return false;
        }
    }
    if (*p != '\0' && (kind != KIBIBYTES || !parse_unit(p, &factor))) {
        return false;
    }
    if (is_negative) {
        factor = -factor;
    }
    return !__builtin_mul_overflow(*value, factor, value);
}

/* An empty value switches on. */
static bool parse(const char *text, enum kind kind, long *value) {
    if (*text == '\0') {
        *value = 1;
        return kind == BOOL;
    }
    return parse_number(text, kind, value) || (kind != KIBIBYTES && parse_word(text, value));
}

static bool apply_text(enum mip_option option, const char *text, enum source source) {
    long value;
    return parse(text, (enum kind)options[option].kind, &value) && apply(option, value, source);
}

/* The next piece of a list, without the spaces around it, up to one of `ends`; NULL when it is
   too long.  *list is left at what ended it. */
static char *take_piece(const char **list, const char *ends, char *piece) {
    size_t length;
    *list += strspn(*list, " ");
    length = strcspn(*list, ends);
    if (length >= TEXT_SIZE) {
        *list += length;
        return NULL;
    }
    memcpy(piece, *list, length);
    *list += length;
    while (length > 0 && piece[length - 1] == ' ') {
        length--;
    }
    piece[length] = '\0';
    return piece;
}

static bool apply_named(const char *name, const char *text) {
    for (int i = 0; i < MIP_OPTION_COUNT; i++) {
        if (is_same_word(name, options[i].name)) {
            return apply_text((enum mip_option)i, text, FROM_STRING);
        }
    }
    return false;
}

/* How many entries were wrong. */
static size_t read_string(const char *list) {
    char name_buffer[TEXT_SIZE], text_buffer[TEXT_SIZE];
    size_t wrong = 0;
    while (*list != '\0') {
        const char *name = take_piece(&list, "=,", name_buffer);
        const char *text = "";
        if (*list == '=') {
            list++;
            text = take_piece(&list, ",", text_buffer);
        }
        wrong += name == NULL || text == NULL || (*name != '\0' && !apply_named(name, text));
        list += *list == ',';
    }
    return wrong;
}

static const char *variable_of(const char *option, char *variable) {
    static const char prefix[] = "MIMALLOC_";
    char *p = variable + sizeof(prefix) - 1;
    memcpy(variable, prefix, sizeof(prefix) - 1);
    do {
        *p++ = *option >= 'a' && *option <= 'z' ? (char)(*option - 'a' + 'A') : *option;
    } while (*option++ != '\0');
    return variable;
}

/* NULL, or the value, which is wrong. */
static const char *read_variable(enum mip_option option, const char *variable) {
    const char *text = mip_os_getenv(variable);
    if (text == NULL || apply_text(option, text, FROM_ENVIRONMENT)) {
        return NULL;
    }
    return text;
}

/* What is wrong is told only when all has been read, since what has been read says whether. */
void mip_options_init(void) {
    char variable[sizeof("MIMALLOC_") + NAME_SIZE];
    const char *wrong[MIP_OPTION_COUNT + 1];
    size_t wrong_entries = 0;
    int state = NOT_READ;
    if (!mip_cas_relaxed(&a_state, &state, IN_WORK)) {
        return;
    }
    if (&mi_options != NULL && mi_options != NULL) {
        wrong_entries = read_string(mi_options);
    }
    /* The name that the reference gives; the one made of the option's name comes second and wins.
     */
    wrong[MIP_OPTION_COUNT] = read_variable(MIP_OPTION_SHOW_STATS, "MIMALLOC_STATS");
    for (int i = 0; i < MIP_OPTION_COUNT; i++) {
        wrong[i] = read_variable((enum mip_option)i, variable_of(options[i].name, variable));
    }
    mip_store_relaxed(&a_state, READY);
    tell_report();
    if (wrong_entries != 0) {
        mip_warning("mi_options: entries ignored: %zu", wrong_entries);
    }
    for (int i = 0; i <= MIP_OPTION_COUNT; i++) {
        if (wrong[i] != NULL) {
            mip_warning("MIMALLOC_%s: ignored value '%.32s'",
                        i == MIP_OPTION_COUNT ? "STATS"
                                              : variable_of(options[i].name, variable) + 9,
                        wrong[i]);
        }
    }
}
