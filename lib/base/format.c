/* SPDX-License-Identifier: MIT */
/* Room base: the writer behind all messages.  Knows what report.h lists and nothing else: no
   locale, no floating point, no allocation.  Any thread, async-signal-safe. */
#include "format.h"

#include <string.h>

struct spec {
    bool is_left;     /* '-' */
    bool is_zero;     /* '0' */
    size_t width;     /* 0: none */
    size_t precision; /* SIZE_MAX: none */
    int longs;        /* how many l; z counts as what size_t is */
};

void mip_text_flush(struct mip_text *text) {
    if (text->size > 0) {
        text->buffer[text->used] = '\0';
    }
    if (text->output != NULL && text->used > 0) {
        text->output(text->buffer, text->arg);
        text->used = 0;
    }
}

static void put(struct mip_text *text, char c) {
    text->length++;
    if (text->used + 1 >= text->size) {
        if (text->output == NULL) {
            return;
        }
        mip_text_flush(text);
    }
    text->buffer[text->used++] = c;
}

static void put_repeated(struct mip_text *text, char c, size_t count) {
    while (count-- > 0) {
        put(text, c);
    }
}

static void put_characters(struct mip_text *text, const char *string, size_t length) {
    for (size_t i = 0; i < length; i++) {
        put(text, string[i]);
    }
}

void mip_text_put(struct mip_text *text, const char *string) {
    put_characters(text, string, strlen(string));
}

/* `prefix` (a sign or 0x) stands before zeros and after spaces. */
static void put_field(struct mip_text *text, const struct spec *spec, const char *prefix,
                      const char *body, size_t body_length) {
    size_t length = strlen(prefix) + body_length;
    size_t padding = spec->width > length ? spec->width - length : 0;
    if (!spec->is_left && !spec->is_zero) {
        put_repeated(text, ' ', padding);
    }
    mip_text_put(text, prefix);
    if (!spec->is_left && spec->is_zero) {
        put_repeated(text, '0', padding);
    }
    put_characters(text, body, body_length);
    if (spec->is_left) {
        put_repeated(text, ' ', padding);
    }
}

static void put_number(struct mip_text *text, const struct spec *spec, const char *prefix,
                       unsigned long long value, unsigned base) {
    char digits[20]; /* 2^64 - 1 has 20 */
    size_t start = sizeof(digits);
    do {
        digits[--start] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    put_field(text, spec, prefix, digits + start, sizeof(digits) - start);
}

static void put_string(struct mip_text *text, struct spec *spec, const char *string) {
    size_t length = 0;
    spec->is_zero = false;
    if (string == NULL) {
        string = "(null)";
    }
    while (length < spec->precision && string[length] != '\0') {
        length++;
    }
    put_field(text, spec, "", string, length);
}

static void put_pointer(struct mip_text *text, struct spec *spec, const void *pointer) {
    spec->is_zero = false;
    if (pointer == NULL) {
        put_field(text, spec, "", "(nil)", 5);
    } else {
        put_number(text, spec, "0x", (uintptr_t)pointer, 16);
    }
}

static const char *read_number(const char *format, size_t *number) {
    *number = 0;
    for (; *format >= '0' && *format <= '9'; format++) {
        *number = *number * 10 + (size_t)(*format - '0');
    }
    return format;
}

/* A va_list that can be passed by address: as a parameter it may be an array. */
struct arguments {
    va_list list;
};

static const char *read_spec(const char *format, struct spec *spec, struct arguments *args) {
    int number;
    *spec = (struct spec){.precision = SIZE_MAX};
    for (; *format == '-' || *format == '0'; format++) {
        spec->is_left |= *format == '-';
        spec->is_zero |= *format == '0';
    }
    if (*format == '*') {
        number = va_arg(args->list, int);
        spec->is_left |= number < 0;
        spec->width = number < 0 ? 0u - (size_t)number : (size_t)number;
        format++;
    } else {
        format = read_number(format, &spec->width);
    }
    if (*format == '.' && format[1] == '*') {
        number = va_arg(args->list, int);
        spec->precision = number < 0 ? SIZE_MAX : (size_t)number;
        format += 2;
    } else if (*format == '.') {
        format = read_number(format + 1, &spec->precision);
    }
    for (; *format == 'l' || *format == 'z'; format++) {
        spec->longs++;
    }
    return format;
}

_Static_assert(sizeof(size_t) == sizeof(long), "z is read as l");

static unsigned long long read_unsigned(const struct spec *spec, struct arguments *args) {
    if (spec->longs == 0) {
        return va_arg(args->list, unsigned);
    }
    return spec->longs == 1 ? va_arg(args->list, unsigned long)
                            : va_arg(args->list, unsigned long long);
}

static long long read_signed(const struct spec *spec, struct arguments *args) {
    if (spec->longs == 0) {
        return va_arg(args->list, int);
    }
    return spec->longs == 1 ? va_arg(args->list, long) : va_arg(args->list, long long);
}

static void put_signed(struct mip_text *text, const struct spec *spec, long long value) {
    unsigned long long magnitude = (unsigned long long)value;
    put_number(text, spec, value < 0 ? "-" : "", value < 0 ? 0 - magnitude : magnitude, 10);
}

static void put_conversion(struct mip_text *text, char conversion, struct spec *spec,
                           struct arguments *args) {
    char character;
    switch (conversion) {
    case 'd':
    case 'i':
        put_signed(text, spec, read_signed(spec, args));
        break;
    case 'u':
        put_number(text, spec, "", read_unsigned(spec, args), 10);
        break;
    case 'x':
        put_number(text, spec, "", read_unsigned(spec, args), 16);
        break;
    case 's':
        put_string(text, spec, va_arg(args->list, const char *));
        break;
    case 'p':
        put_pointer(text, spec, va_arg(args->list, const void *));
        break;
    case 'c':
        character = (char)va_arg(args->list, int);
        spec->is_zero = false;
        put_field(text, spec, "", &character, 1);
        break;
    default: /* %% and what we do not know stand for themselves */
        put(text, conversion);
        break;
    }
}

void mip_text_put_format(struct mip_text *text, const char *format, va_list list) {
    struct arguments args;
    struct spec spec;
    va_copy(args.list, list);
    while (*format != '\0') {
        if (*format != '%') {
            put(text, *format++);
            continue;
        }
        format = read_spec(format + 1, &spec, &args);
        if (*format != '\0') {
            put_conversion(text, *format++, &spec, &args);
        }
    }
    va_end(args.list);
}

size_t mip_vformat(char *buffer, size_t size, const char *format, va_list args) {
    struct mip_text text = {.buffer = buffer, .size = size};
    mip_text_put_format(&text, format, args);
    mip_text_flush(&text);
    return text.length;
}

size_t mip_format(char *buffer, size_t size, const char *format, ...) {
    va_list args;
    size_t length;
    va_start(args, format);
    length = mip_vformat(buffer, size, format, args);
    va_end(args);
    return length;
}
