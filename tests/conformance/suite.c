/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "suite.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef WITH_CHECK
#include <check.h>
#endif

const struct way *way;
static const struct rule *rule; /* that is being checked */

/* ---- Running ------------------------------------------------------------------------------- */

static const struct {
    const struct rule *rule;
    const struct way *way;
} * plan; /* rules times ways */
static size_t planned;

static void print_excuse(const struct rule *excused, const struct way *by) {
    printf("not asked of %s: %s %s: %s\n", by->title, excused->number, excused->title,
           excused->because);
}

/* RULE, in the environment, picks the rules of one number, with those that tell who serves.  A rule
   may have several. */
static bool has_number(const struct rule *r) {
    const char *number = getenv("RULE");
    size_t length = number == NULL ? 0 : strlen(number);
    if (length == 0) {
        return true;
    }
    for (const char *at = r->number; (at = strstr(at, number)) != NULL; at += length) {
        if ((at == r->number || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' ')) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct rule *r, const struct way *w) {
    return has_number(r) || ((w->kind & BY_OURS) != 0 && strcmp(r->number, "0") == 0);
}

static bool is_anything_asked(void) {
    for (size_t i = 0; i < planned; i++) {
        if (has_number(plan[i].rule)) {
            return true;
        }
    }
    return false;
}

static void make_plan(const struct rule *const *tables, const struct way *ways) {
    static struct {
        const struct rule *rule;
        const struct way *way;
    } all[512];
    for (const struct way *w = ways; w->title != NULL; w++) {
        for (const struct rule *const *table = tables; *table != NULL; table++) {
            for (const struct rule *r = *table; r->title != NULL; r++) {
                if (!is_wanted(r, w)) {
                    continue;
                }
                if ((r->holds_for & w->kind) == 0) {
                    print_excuse(r, w);
                } else if (planned < COUNT_OF(all)) {
                    all[planned].rule = r;
                    all[planned++].way = w;
                } else {
                    printf("too many rules for the plan\n");
                    exit(EXIT_FAILURE);
                }
            }
        }
    }
    plan = (const void *)all;
    if (!is_anything_asked()) {
        printf("no such rule is asked of this way\n");
        exit(77);
    }
    fflush(stdout);
}

static void follow(size_t i) {
    rule = plan[i].rule;
    way = plan[i].way;
    rule->check();
}

static void describe(char *text, size_t size, const char *file, int line, const char *format,
                     va_list arguments) {
    int used = snprintf(text, size, "%s %s, %s: %s:%d: ", rule->number, rule->title, way->title,
                        file, line);
    if (used > 0 && (size_t)used < size) {
        vsnprintf(text + used, size - (size_t)used, format, arguments);
    }
}

#ifdef WITH_CHECK
void rule_broken(const char *file, int line, const char *format, ...) {
    static char text[1024];
    va_list arguments;
    va_start(arguments, format);
    describe(text, sizeof text, file, line, format, arguments);
    va_end(arguments);
    ck_abort_msg("%s", text);
    abort(); /* not reached: Check is not declared as leaving */
}

START_TEST(one_rule) {
    follow((size_t)_i);
}
END_TEST

int run_rules(const char *title, const struct rule *const *tables, const struct way *ways) {
    make_plan(tables, ways);
    Suite *suite = suite_create(title);
    TCase *rules = tcase_create(title);
    tcase_set_timeout(rules, 300);
    tcase_add_loop_test(rules, one_rule, 0, (int)planned);
    suite_add_tcase(suite, rules);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    int run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed == 0 && run == (int)planned && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
#else
static jmp_buf next_rule;

void rule_broken(const char *file, int line, const char *format, ...) {
    static char text[1024];
    va_list arguments;
    va_start(arguments, format);
    describe(text, sizeof text, file, line, format, arguments);
    va_end(arguments);
    printf("%s\n", text);
    fflush(stdout);
    longjmp(next_rule, 1);
}

int run_rules(const char *title, const struct rule *const *tables, const struct way *ways) {
    make_plan(tables, ways);
    volatile size_t failed = 0;
    for (volatile size_t i = 0; i < planned; i++) {
        if (setjmp(next_rule) == 0) {
            follow(i);
        } else {
            failed++;
        }
    }
    printf("%s, without Check: %zu rules, %zu broken\n", title, planned, failed);
    return failed == 0 && planned > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
#endif

/* ---- What rules need ----------------------------------------------------------------------- */

bool is_strict(void) {
    const char *strict = getenv("STRICT");
    return strict != NULL && *strict != '\0';
}

bool knows_names(void) {
    const char *strict = getenv("STRICT");
    return strict != NULL && strcmp(strict, "debug") == 0;
}

int status_of(void (*child)(void), char *text, size_t size) {
    int pair[2];
    expect(pipe(pair) == 0, "no pipe");
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        dup2(pair[1], 2);
        close(pair[0]);
        close(pair[1]);
        child();
        _exit(0);
    }
    close(pair[1]);
    expect(pid > 0, "no fork");
    size_t length = 0;
    for (;;) {
        char rest[256];
        bool fits = length + 1 < size;
        ssize_t got =
            read(pair[0], fits ? text + length : rest, fits ? size - 1 - length : sizeof rest);
        if (got <= 0) {
            break;
        }
        length += fits ? (size_t)got : 0;
    }
    if (size > 0) {
        text[length] = '\0';
    }
    close(pair[0]);
    int status = 0;
    expect(waitpid(pid, &status, 0) == pid, "no child");
    return status;
}

/* Read without stdio, which allocates. */
size_t address_space(void) {
    char text[64] = "";
    int file = open("/proc/self/statm", O_RDONLY);
    if (file < 0) {
        return 0;
    }
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    return length > 0 ? strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

static struct rlimit limit_before;

bool limit_address_space(size_t room) {
    size_t now = address_space();
    if (IS_SANITIZED || now == 0 || getrlimit(RLIMIT_AS, &limit_before) != 0) {
        printf("%s: the address space cannot be limited here\n", rule->number);
        return false;
    }
    struct rlimit limit = limit_before;
    limit.rlim_cur = (rlim_t)now + room;
    if (limit.rlim_cur > limit_before.rlim_cur || setrlimit(RLIMIT_AS, &limit) != 0) {
        printf("%s: the address space is limited already\n", rule->number);
        return false;
    }
    void *probe = mmap(NULL, room + room / 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe != MAP_FAILED) { /* some emulators do not limit */
        munmap(probe, room + room / 2);
        limit_no_more();
        printf("%s: limits have no effect here\n", rule->number);
        return false;
    }
    return true;
}

void limit_no_more(void) {
    setrlimit(RLIMIT_AS, &limit_before);
}
