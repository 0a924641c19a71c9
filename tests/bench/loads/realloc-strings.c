/* SPDX-License-Identifier: MIT */
/* realloc-strings [strings [appends [vectors [mib [append [final [repeats]]]]]]]: many strings at a
   time grow by small random appends, as long as it takes; between them a few vectors double from 1
   KiB to `mib` MiB; and one block grows to `final` MiB by steps of `append` KiB, `repeats` times.
   Contents are verified. */
#include "load.h"

enum { STRINGS, APPENDS, VECTORS, VECTOR_MIB, APPEND_KIB, FINAL_MIB, REPEATS, OPTION_COUNT };
static struct load_option options[] = {{"strings", 20000}, {"appends", 10000000}, {"vectors", 30},
                                       {"mib", 32},        {"append", 64},        {"final", 0},
                                       {"repeats", 1}};

enum { LENGTH_MAX = 2000 };

struct string {
    char *text;
    size_t length;
};

static char letter(size_t at) {
    return (char)('a' + at % 26);
}

static void drop(struct string *string) {
    size_t middle = string->length / 2;
    if (string->length > 0 && (string->text[0] != 'a' || string->text[middle] != letter(middle) ||
                               string->text[string->length - 1] != letter(string->length - 1))) {
        load_fail("a string of %zu letters lost one", string->length);
    }
    free(string->text);
    *string = (struct string){NULL, 0};
}

static void append(struct string *string, size_t count) {
    string->text = load_realloc(string->text, string->length + count + 1);
    for (size_t i = 0; i < count; i++, string->length++) {
        string->text[string->length] = letter(string->length);
    }
    string->text[string->length] = '\0';
}

/* Grows a vector from `size` bytes by doubling (step 0) or by steps; each page is written once,
   when it is reached, and read once in the end. */
static void grow(size_t size, size_t step, size_t final) {
    unsigned char *vector = NULL;
    size_t written = 0;
    while (size <= final) {
        vector = load_realloc(vector, size);
        for (; written < size; written += KIB) {
            vector[written] = (unsigned char)(written / KIB % 251);
        }
        size += step == 0 ? size : step;
    }
    for (size_t i = 0; i < written; i += KIB) {
        if (vector[i] != (unsigned char)(i / KIB % 251)) {
            load_fail("byte %zu of a vector was lost", i);
        }
    }
    free(vector);
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "realloc-strings", options, OPTION_COUNT);
    size_t count = (size_t)options[STRINGS].value;
    struct string *strings = load_calloc(count, sizeof *strings);
    struct load_random random = load_seed(0);
    unsigned long long appends = options[APPENDS].value;
    unsigned long long vectors = options[VECTORS].value;
    unsigned long long apart = appends / (vectors + 1) + 1;
    for (unsigned long long i = 1; i <= appends; i++) {
        struct string *string = &strings[load_below(&random, count)];
        append(string, load_between(&random, 1, 24));
        if (string->length > LENGTH_MAX || load_below(&random, 20) == 0) {
            drop(string);
        }
        if (i % apart == 0) {
            grow(KIB, 0, (size_t)options[VECTOR_MIB].value * MIB);
        }
    }
    for (size_t i = 0; i < count; i++) {
        drop(&strings[i]);
    }
    free(strings);
    for (unsigned long long i = 0; i < options[REPEATS].value && options[APPEND_KIB].value > 0;
         i++) {
        grow((size_t)options[APPEND_KIB].value * KIB, (size_t)options[APPEND_KIB].value * KIB,
             (size_t)options[FINAL_MIB].value * MIB);
    }
    return 0;
}
