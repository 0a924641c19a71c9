/* SPDX-License-Identifier: MIT */
/* What an interpreter line runs, as the kernel reads it, and what env(1) behind it runs. */
#include "run.h"

#include <string.h>

enum { WORD_MAX = 32, TEXT_SIZE = 256, HARMLESS = '-' };

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

char *mip_run_script_interpreter(char *line, size_t length, char **argument) {
    char *end = memchr(line, '\n', length);
    char *name;
    *argument = NULL;
    if (end == NULL) {
        end = line + length;
    }
    while (end > line && (is_blank(end[-1]) || end[-1] == '\0')) {
        end--;
    }
    *end = '\0';
    name = line + strspn(line, " \t");
    if (*name == '\0') {
        return NULL;
    }
    line = name + strcspn(name, " \t");
    if (*line != '\0') {
        *line = '\0';
        *argument = line + 1 + strspn(line + 1, " \t");
    }
    return name;
}

bool mip_run_is_env(const char *path) {
    const char *slash = strrchr(path, '/');
    return strcmp(slash == NULL ? path : slash + 1, "env") == 0;
}

static _Noreturn void fail_dropped(const char *argument) {
    mip_run_fail(EXIT_CANNOT_EXECUTE,
                 "env is told '%s', which takes the allocator away from the program that it runs; "
                 "run that program itself under mimalloc-run",
                 argument);
}

static void check_unset(const char *name) {
    if (strcmp(name, "LD_PRELOAD") == 0) {
        fail_dropped(name);
    }
}

/* Cut into words like env -S.  False when the text uses escapes or variables, which are not
   followed here. */
static bool split(char *text, char **words) {
    size_t count = 0;
    char quote;
    char *to;
    if (strpbrk(text, "\\$#") != NULL) {
        return false;
    }
    for (;;) {
        text += strspn(text, " \t");
        if (*text == '\0') {
            words[count] = NULL;
            return true;
        }
        if (count == WORD_MAX - 1) {
            return false;
        }
        words[count++] = to = text;
        for (quote = '\0'; *text != '\0' && (quote != '\0' || !is_blank(*text)); text++) {
            if (*text == quote) {
                quote = '\0';
            } else if (quote == '\0' && (*text == '"' || *text == '\'')) {
                quote = *text;
            } else {
                *to++ = *text;
            }
        }
        text += *text != '\0';
        *to = '\0';
    }
}

/* The words of the text stand in front of the rest. */
static const char *program_of_split(const char *text, char *const *rest) {
    char copy[TEXT_SIZE];
    char *words[2 * WORD_MAX];
    static char program[TEXT_SIZE];
    const char *found;
    size_t count = 0;
    if (strlen(text) >= sizeof(copy)) {
        return NULL;
    }
    memcpy(copy, text, strlen(text) + 1);
    if (!split(copy, words)) {
        return NULL;
    }
    while (words[count] != NULL) {
        count++;
    }
    while (count < 2 * WORD_MAX - 1 && *rest != NULL) {
        words[count++] = *rest++;
    }
    words[count] = NULL;
    found = mip_run_env_program(words);
    if ((uintptr_t)found - (uintptr_t)copy >= sizeof(copy)) {
        return found; /* NULL, or of the rest */
    }
    memmove(program, found, strlen(found) + 1);
    return program;
}

/* The letter that an option of env's with a long name stands for, which may be cut short as far as
   it is the only one; 0: none. */
static char letter_of(const char *name, size_t length) {
    static const struct {
        const char *name;
        char letter;
    } option[] = {
        {"argv0", 'a'},
        {"block-signal", HARMLESS},
        {"chdir", 'C'},
        {"debug", HARMLESS},
        {"default-signal", HARMLESS},
        {"ignore-environment", 'i'},
        {"ignore-signal", HARMLESS},
        {"list-signal-handling", HARMLESS},
        {"null", HARMLESS},
        {"split-string", 'S'},
        {"unset", 'u'},
    };
    char letter = 0;
    for (size_t i = 0; i < sizeof(option) / sizeof(*option); i++) {
        if (strncmp(option[i].name, name, length) == 0) {
            if (letter != 0) {
                return 0;
            }
            letter = option[i].letter;
        }
    }
    return letter;
}

/* The letter of an option, behind flags that say nothing about what is run, and its text where it
   stands in the same argument. */
static char option_of(const char *argument, const char **text) {
    if (argument[1] == '-') {
        const char *name = argument + 2;
        size_t length = strcspn(name, "=");
        *text = name[length] == '=' ? name + length + 1 : NULL;
        return letter_of(name, length);
    }
    const char *letter = argument + 1 + strspn(argument + 1, "v0");
    if (*letter == '\0') {
        return argument[1] == '\0' ? 'i' : HARMLESS; /* - alone is -i */
    }
    *text = letter[1] != '\0' ? letter + 1 : NULL;
    return *letter;
}

/* is_elsewhere: it is looked for where this does not look. */
static const char *program_of_operands(char *const *arguments, bool is_elsewhere) {
    for (; *arguments != NULL && strchr(*arguments, '=') != NULL; arguments++) {
        if (strncmp(*arguments, "LD_PRELOAD=", 11) == 0) {
            fail_dropped(*arguments);
        }
        is_elsewhere = is_elsewhere || strncmp(*arguments, "PATH=", 5) == 0;
    }
    return is_elsewhere ? NULL : *arguments;
}

const char *mip_run_env_program(char *const *arguments) {
    bool is_elsewhere = false;
    for (; *arguments != NULL && (*arguments)[0] == '-'; arguments++) {
        const char *argument = *arguments;
        const char *text = NULL;
        if (strcmp(argument, "--") == 0) {
            arguments++;
            break;
        }
        char letter = option_of(argument, &text);
        if (letter == 'i') {
            fail_dropped(argument);
        }
        if (letter == HARMLESS) {
            continue;
        }
        if (letter == 0 || strchr("aCSu", letter) == NULL) {
            return NULL;
        }
        if (text == NULL) {
            text = arguments[1];
            if (text == NULL) {
                return NULL; /* env will say what is missing */
            }
            arguments++;
        }
        if (letter == 'S') {
            const char *found = program_of_split(text, arguments + 1);
            return is_elsewhere ? NULL : found;
        }
        if (letter == 'u') {
            check_unset(text);
        }
        /* A relative program would be looked for elsewhere. */
        is_elsewhere = is_elsewhere || letter == 'C';
    }
    return program_of_operands(arguments, is_elsewhere);
}
