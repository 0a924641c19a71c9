/* SPDX-License-Identifier: MIT */
/* What an interpreter line runs, as the kernel reads it, and what env(1) behind it runs. */
#include "run.h"

#include <string.h>

enum { WORD_MAX = 32, TEXT_SIZE = 256 };

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

static const char *program_of_split(const char *text, char *const *rest) {
    char copy[TEXT_SIZE];
    char *words[WORD_MAX];
    static char program[TEXT_SIZE];
    const char *found;
    if (strlen(text) >= sizeof(copy)) {
        return NULL;
    }
    memcpy(copy, text, strlen(text) + 1);
    if (!split(copy, words)) {
        return NULL;
    }
    if (words[0] == NULL) {
        return mip_run_env_program(rest);
    }
    found = mip_run_env_program(words);
    if (found == NULL) {
        return NULL;
    }
    memmove(program, found, strlen(found) + 1);
    return program;
}

/* The text of an option that is spelled `-xTEXT` (also behind flags that take none) or
   `--long=TEXT`, or NULL. */
static const char *text_of(const char *argument, char letter, const char *long_name) {
    size_t length = strlen(long_name);
    if (argument[1] != '-') {
        const char *p = argument + 1 + strspn(argument + 1, "v0");
        return *p == letter ? p + 1 : NULL;
    }
    return strncmp(argument + 2, long_name, length) == 0 && argument[2 + length] == '='
               ? argument + 3 + length
               : NULL;
}

static bool is_clearing(const char *argument) {
    return strcmp(argument, "-") == 0 || strcmp(argument, "--ignore-environment") == 0 ||
           (argument[1] != '-' && argument[1 + strspn(argument + 1, "v0")] == 'i');
}

static bool is_harmless(const char *argument) {
    return strcmp(argument, "--debug") == 0 || strcmp(argument, "--null") == 0 ||
           (argument[1] == '-' && strstr(argument, "-signal") != NULL) ||
           (argument[1] != '-' && argument[1 + strspn(argument + 1, "v0")] == '\0');
}

static const char *program_of_operands(char *const *arguments) {
    for (; *arguments != NULL && strchr(*arguments, '=') != NULL; arguments++) {
        if (strncmp(*arguments, "LD_PRELOAD=", 11) == 0) {
            fail_dropped(*arguments);
        }
        if (strncmp(*arguments, "PATH=", 5) == 0) {
            return NULL;
        }
    }
    return *arguments;
}

const char *mip_run_env_program(char *const *arguments) {
    for (; *arguments != NULL && (*arguments)[0] == '-'; arguments++) {
        const char *argument = *arguments;
        const char *text;
        if (strcmp(argument, "--") == 0) {
            arguments++;
            break;
        }
        if (is_clearing(argument)) {
            fail_dropped(argument);
        }
        if ((text = text_of(argument, 'S', "split-string")) != NULL) {
            /* The letter may stand alone, with the text in the next argument. */
            if (*text == '\0' && arguments[1] != NULL) {
                text = *++arguments;
            }
            return program_of_split(text, arguments + 1);
        }
        if ((text = text_of(argument, 'u', "unset")) != NULL) {
            if (*text == '\0' && arguments[1] != NULL) {
                text = *++arguments;
            }
            check_unset(text);
        } else if ((text = text_of(argument, 'C', "chdir")) != NULL) {
            /* A relative program would be looked for elsewhere. */
            return NULL;
        } else if (!is_harmless(argument)) {
            return NULL;
        }
    }
    return program_of_operands(arguments);
}
