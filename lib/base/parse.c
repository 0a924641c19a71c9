/* SPDX-License-Identifier: MIT */
/* Room base: see parse.h. */
#include "parse.h"

#include <string.h>

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool mip_is_same_word(const char *text, const char *word) {
    while (*text != '\0' && lower(*text) == *word) {
        text++;
        word++;
    }
    return *text == *word;
}

static bool parse_word(const char *text, long *value) {
    static const char words[][6] = {"no", "yes", "off", "on", "false", "true"};
    for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
        if (mip_is_same_word(text, words[i])) {
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
    return text[1] == '\0' || mip_is_same_word(text + 1, "b") || mip_is_same_word(text + 1, "ib");
}

static bool parse_number(const char *text, enum value_kind kind, long *value) {
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

bool mip_parse_value(const char *text, enum value_kind kind, long *value) {
    if (*text == '\0') {
        *value = 1;
        return kind == BOOL;
    }
    return parse_number(text, kind, value) || (kind != KIBIBYTES && parse_word(text, value));
}
