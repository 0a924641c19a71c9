/* SPDX-License-Identifier: MIT */
/* Room base: the options.  Owns their values and tells report.c what concerns it.  A value knows
   where it comes from, and gives way only to one of the same or a higher source.  Any thread;
   mip_options_init only once the C library has started; nothing here calls a function that could
   need it before. */
#include "options.h"

#include "../atomic.h"
#include "../bits.h"
#include "../os/os.h"
#include "../variant.h"
#include "parse.h"
#include "report.h"

#include <string.h>

/* In rising order. */
enum source { FROM_TABLE, FROM_PROGRAM_DEFAULT, FROM_STRING, FROM_ENVIRONMENT, FROM_PROGRAM };

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
    [MIP_OPTION_POPULATE_STEP] = OPTION(0, 0, KIB_MAX, KIBIBYTES, "populate_step"),
    [MIP_OPTION_STATS_DETAIL] = SWITCH(0, "stats_detail"),
    [MIP_OPTION_SECURE_LEVEL] = OPTION(2, 1, 2, NUMBER, "secure_level"),
    [MIP_OPTION_TRACE] = OPTION(0, 0, MANY, NUMBER, "trace"),
    [MIP_OPTION_CHECK_ORIGIN] = SWITCH(1, "check_origin"),
};

/* Other names of variables: that of the reference, and those of other releases that mean the same
   when `added` is added.  An option's own name wins over them. */
static const struct alias {
    unsigned char option, kind;
    unsigned char added;
    char name[21]; /* as in the environment, but in lower case */
    long maximum;
} aliases[] = {
    {MIP_OPTION_SHOW_STATS, BOOL, 0, "stats", 1},
    {MIP_OPTION_PURGE_DELAY, NUMBER, 0, "reset_delay", DAY_MS},
    {MIP_OPTION_POOL_COMMIT, BOOL, 0, "arena_eager_commit", 1},
    {MIP_OPTION_LARGE_PAGES, BOOL, 0, "allow_thp", 1},
    {MIP_OPTION_LARGE_PAGES, BOOL, 1, "large_os_pages", 1},
    {MIP_OPTION_LARGE_PAGES, BOOL, 1, "allow_large_os_pages", 1},
};
enum { ALIAS_COUNT = sizeof(aliases) / sizeof(aliases[0]) };

/* A program may define this: "name=value,name=value", below the environment in rank.  A preloaded
   library sees it when the program exports it. */
extern const char *mi_options MIP_WEAK;

enum { NOT_READ, IN_WORK, READY };
static _Atomic(int) a_state;
static mip_flag a_is_read_early;

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
    enum { TOLD = 4 };
    static const enum mip_option told[TOLD] = {MIP_OPTION_VERBOSE, MIP_OPTION_SHOW_ERRORS,
                                               MIP_OPTION_MAX_ERRORS, MIP_OPTION_MAX_WARNINGS};
    long values[TOLD];
    bool is_stale = mip_load_relaxed(&a_state) == READY;
    while (is_stale) {
        atomic_thread_fence(memory_order_seq_cst); /* our own option, then the others */
        for (int i = 0; i < TOLD; i++)
            values[i] = mip_option_get(told[i]);
        mip_report_configure(values[0], values[1], (size_t)values[2], (size_t)values[3]);
        /* Another thread may have told a newer value, which we have just overwritten. */
        atomic_thread_fence(memory_order_seq_cst);
        is_stale = false;
        for (int i = 0; i < TOLD; i++)
            is_stale |= values[i] != mip_option_get(told[i]);
    }
}

static bool is_in_range(const struct option *option, long value) {
    return value >= option->minimum && value <= option->maximum;
}

/* False when the value is out of range. */
static bool apply(enum mip_option option, long value, enum source source) {
    struct option *entry = &options[option];
    unsigned long word = mip_load_relaxed(&entry->a_word);
    if (!is_in_range(entry, value)) {
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

static bool is_value(enum mip_option option, const char *text, long *value) {
    return mip_parse_value(text, (enum value_kind)options[option].kind, value) &&
           is_in_range(&options[option], *value);
}

static bool is_value_of_alias(const struct alias *alias, const char *text, long *value) {
    return mip_parse_value(text, (enum value_kind)alias->kind, value) && *value >= 0 &&
           *value <= alias->maximum;
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
        if (mip_is_same_word(name, options[i].name)) {
            long value;
            return is_value((enum mip_option)i, text, &value) &&
                   apply((enum mip_option)i, value, FROM_STRING);
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

/* What follows MIMALLOC_ in the variables of the environment that begin so. */
struct variables {
    const char *entries[64];
    int count;
};

/* The value of an entry that has this name, which is given in lower case; else NULL. */
static const char *value_of(const char *entry, const char *name) {
    while (*name != '\0' && *entry == (*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name)) {
        entry++;
        name++;
    }
    return *name == '\0' && *entry == '=' ? entry + 1 : NULL;
}

/* Is there an option of this name?  *wrong: its value when that is none, else NULL. */
static bool check_entry(const char *entry, const char **wrong) {
    long value;
    const char *text;
    for (int i = 0; i < MIP_OPTION_COUNT; i++) {
        text = value_of(entry, options[i].name);
        if (text != NULL) {
            *wrong = is_value((enum mip_option)i, text, &value) ? NULL : text;
            return true;
        }
    }
    for (int i = 0; i < ALIAS_COUNT; i++) {
        text = value_of(entry, aliases[i].name);
        if (text != NULL) {
            *wrong = is_value_of_alias(&aliases[i], text, &value) ? NULL : text;
            return true;
        }
    }
    return false;
}

/* Of those that name no option, which are only told of, a few. */
static void collect(struct variables *variables, char *const *environment) {
    static const char prefix[] = "MIMALLOC_";
    enum { ENTRY_MAX = sizeof(variables->entries) / sizeof(variables->entries[0]) };
    enum { UNKNOWN_MAX = ENTRY_MAX / 4 };
    int unknown = 0;
    variables->count = 0;
    for (; environment != NULL && *environment != NULL; environment++) {
        const char *entry = *environment + sizeof(prefix) - 1, *wrong;
        if (strncmp(*environment, prefix, sizeof(prefix) - 1) == 0 &&
            variables->count < ENTRY_MAX &&
            (check_entry(entry, &wrong) || unknown++ < UNKNOWN_MAX)) {
            variables->entries[variables->count++] = entry;
        }
    }
}

static const char *find(const struct variables *variables, const char *name) {
    const char *text = NULL;
    for (int i = 0; text == NULL && i < variables->count; i++) {
        text = value_of(variables->entries[i], name);
    }
    return text;
}

static void read_variables(const struct variables *variables) {
    long value;
    for (int i = 0; i < ALIAS_COUNT; i++) {
        const struct alias *alias = &aliases[i];
        const char *text = find(variables, alias->name);
        if (text != NULL && is_value_of_alias(alias, text, &value)) {
            (void)apply((enum mip_option)alias->option, value + alias->added, FROM_ENVIRONMENT);
        }
    }
    for (int i = 0; i < MIP_OPTION_COUNT; i++) {
        const char *text = find(variables, options[i].name);
        if (text != NULL && is_value((enum mip_option)i, text, &value)) {
            (void)apply((enum mip_option)i, value, FROM_ENVIRONMENT);
        }
    }
}

static bool is_set(enum mip_option option) {
    unsigned long word = mip_load_relaxed(&options[option].a_word);
    return (word & ((1u << SOURCE_BITS) - 1)) != FROM_TABLE;
}

/* A name that begins like ours may be another program's: it is told only to who asked. */
static void tell_wrong(const struct variables *variables) {
    enum { SHOWN = 32 };
    bool asked = is_set(MIP_OPTION_SHOW_ERRORS) || mip_option_is_enabled(MIP_OPTION_VERBOSE);
    for (int i = 0; i < variables->count; i++) {
        const char *entry = variables->entries[i], *wrong;
        int length = (int)mip_min(strcspn(entry, "="), SHOWN);
        if (!check_entry(entry, &wrong)) {
            if (asked) {
                mip_warning("MIMALLOC_%.*s: there is no such option", length, entry);
            }
        } else if (wrong != NULL) {
            mip_warning("MIMALLOC_%.*s: ignored value '%.32s'", length, entry, wrong);
        }
    }
}

static size_t read_program_string(void) {
    return &mi_options != NULL && mi_options != NULL ? read_string(mi_options) : 0;
}

/* While the C library has not set the environment, the program may not be relocated either, and its
   string is left for later. */
void mip_options_read_early(void) {
    struct variables variables;
    char *const *environment;
    if (mip_load_relaxed(&a_state) != NOT_READ || mip_exchange_relaxed(&a_is_read_early, true)) {
        return;
    }
    environment = mip_os_environment();
    if (environment != NULL) {
        read_program_string();
    } else {
        environment = mip_os_first_environment();
    }
    collect(&variables, environment);
    read_variables(&variables);
}

/* What is wrong is told only when all has been read, since what has been read says whether. */
void mip_options_init(void) {
    struct variables variables;
    size_t wrong_entries;
    int state = NOT_READ;
    if (!mip_cas_relaxed(&a_state, &state, IN_WORK)) {
        return;
    }
    wrong_entries = read_program_string();
    collect(&variables, mip_os_environment());
    read_variables(&variables);
    mip_store_relaxed(&a_state, READY);
    tell_report();
    if (wrong_entries != 0) {
        mip_warning("mi_options: entries ignored: %zu", wrong_entries);
    }
    tell_wrong(&variables);
}
