/* SPDX-License-Identifier: MIT */
/* Chapter "options": the public numbers are those of base/options.h.  Any thread. */
#include "api.h"

#include "../base/options.h"
#include "../base/report.h"
#include "../variant.h"

_Static_assert((int)mi_option_page_reset == (int)MIP_OPTION_PAGE_RESET, "one numbering");
_Static_assert((int)mi_option_cache_reset == (int)MIP_OPTION_CACHE_RESET, "one numbering");
_Static_assert((int)mi_option_pool_commit == (int)MIP_OPTION_POOL_COMMIT, "one numbering");
_Static_assert((int)mi_option_show_stats == (int)MIP_OPTION_SHOW_STATS, "one numbering");
_Static_assert((int)mi_option_show_errors == (int)MIP_OPTION_SHOW_ERRORS, "one numbering");
_Static_assert((int)mi_option_verbose == (int)MIP_OPTION_VERBOSE, "one numbering");
_Static_assert((int)mi_option_purge_delay == (int)MIP_OPTION_PURGE_DELAY, "one numbering");
_Static_assert((int)mi_option_arena_reserve == (int)MIP_OPTION_ARENA_RESERVE, "one numbering");
_Static_assert((int)mi_option_large_pages == (int)MIP_OPTION_LARGE_PAGES, "one numbering");
_Static_assert((int)mi_option_max_errors == (int)MIP_OPTION_MAX_ERRORS, "one numbering");
_Static_assert((int)mi_option_max_warnings == (int)MIP_OPTION_MAX_WARNINGS, "one numbering");
_Static_assert((int)mi_option_keep_deepbind == (int)MIP_OPTION_KEEP_DEEPBIND, "one numbering");
_Static_assert((int)mi_option_populate_step == (int)MIP_OPTION_POPULATE_STEP, "one numbering");
_Static_assert((int)mi_option_stats_detail == (int)MIP_OPTION_STATS_DETAIL, "one numbering");
_Static_assert((int)mi_option_secure_level == (int)MIP_OPTION_SECURE_LEVEL, "one numbering");
_Static_assert((int)mi_option_trace == (int)MIP_OPTION_TRACE, "one numbering");
_Static_assert((int)mi_option_check_origin == (int)MIP_OPTION_CHECK_ORIGIN, "one numbering");
_Static_assert((int)_mi_option_last == (int)MIP_OPTION_COUNT, "an option without a public name");

/* A program may have been compiled with a later header: unknown numbers are 0 and not set. */
static bool is_known(mi_option_t option) {
    return (unsigned)option < (unsigned)MIP_OPTION_COUNT;
}

static long get(mi_option_t option) {
    return is_known(option) ? mip_option_get((enum mip_option)option) : 0;
}

static void set(mi_option_t option, long value) {
    if (is_known(option)) {
        mip_option_set((enum mip_option)option, value);
    }
}

static void set_default(mi_option_t option, long value) {
    if (is_known(option)) {
        mip_option_set_default((enum mip_option)option, value);
    }
}

bool mi_option_enabled(mi_option_t option) {
    return get(option) != 0;
}

bool mi_option_is_enabled(mi_option_t option) {
    return get(option) != 0;
}

void mi_option_enable(mi_option_t option, bool enable) {
    set(option, enable ? 1 : 0);
}

void mi_option_enable_v2(mi_option_t option) {
    set(option, 1);
}

void mi_option_enable_default(mi_option_t option, bool enable) {
    set_default(option, enable ? 1 : 0);
}

void mi_option_disable(mi_option_t option) {
    set(option, 0);
}

void mi_option_set_enabled(mi_option_t option, bool enable) {
    set(option, enable ? 1 : 0);
}

void mi_option_set_enabled_default(mi_option_t option, bool enable) {
    set_default(option, enable ? 1 : 0);
}

long mi_option_get(mi_option_t option) {
    return get(option);
}

void mi_option_set(mi_option_t option, long value) {
    set(option, value);
}

void mi_option_set_default(mi_option_t option, long value) {
    set_default(option, value);
}

long mi_option_get_clamp(mi_option_t option, long min, long max) {
    long value = get(option);
    return value < min ? min : value > max ? max : value;
}

size_t mi_option_get_size(mi_option_t option) {
    long value = get(option);
    size_t bytes;
    if (value < 0) {
        return 0;
    }
    if (option != mi_option_arena_reserve && option != mi_option_populate_step) {
        return (size_t)value;
    }
    return mip_multiply_overflows((size_t)value, MIP_KIB, &bytes) ? SIZE_MAX : bytes;
}

void mi_options_print(void) {
    mip_print(NULL, NULL, "libmimalloc %s (%s)\n", MIMALLOC_PACKAGE_VERSION, MIP_VARIANT_NAME);
    for (int option = 0; option < MIP_OPTION_COUNT; option++) {
        mip_print(NULL, NULL, "option '%s': %ld\n", mip_option_name((enum mip_option)option),
                  mip_option_get((enum mip_option)option));
    }
}
