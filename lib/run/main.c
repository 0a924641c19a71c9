/* SPDX-License-Identifier: MIT */
/* mimalloc-run: reads its options, prepares the environment and becomes the command. */
#include "run.h"

#include <errno.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

struct request {
    enum variant variant;
    bool has_variant, is_print;
    char **command; /* ends with NULL; empty: none */
};

static const char usage[] =
    "Usage: mimalloc-run [options] command [args]\n"
    "Run a command with the mimalloc allocator in place of malloc.\n"
    "\n"
    "  --debug              use the debug library: checks, detailed statistics\n"
    "  --secure             use the secure library\n"
    "  --stats              print statistics when the program ends\n"
    "  --verbose            print messages of the allocator\n"
    "  --option NAME=VALUE  set an option of the allocator; may be repeated\n"
    "  --print              print what would be set in the environment, run nothing\n"
    "  --help               print this text\n"
    "  --version            print the version\n"
    "  --                   end of options\n"
    "\n"
    "The exit status is that of the command, or 125 for wrong usage, 126 when the\n"
    "command cannot be run or the allocator would not serve it, 127 when the command\n"
    "is not found.  See mimalloc-run(1).\n";

static _Noreturn void finish_output(void) {
    if (fflush(stdout) != 0 || ferror(stdout)) {
        mip_run_fail(EXIT_USAGE, "cannot write: %s", strerror(errno));
    }
    exit(EXIT_SUCCESS);
}

static _Noreturn void fail_usage(const char *what, const char *argument) {
    mip_run_fail(EXIT_USAGE, "%s%s; see mimalloc-run --help", what, argument);
}

static void set_variant(struct request *request, enum variant variant) {
    if (request->has_variant && request->variant != variant) {
        fail_usage("--debug and --secure exclude each other", "");
    }
    request->has_variant = true;
    request->variant = variant;
}

static void read_flag(struct request *request, const char *flag) {
    if (strcmp(flag, "--debug") == 0) {
        set_variant(request, VARIANT_DEBUG);
    } else if (strcmp(flag, "--secure") == 0) {
        set_variant(request, VARIANT_SECURE);
    } else if (strcmp(flag, "--stats") == 0) {
        mip_run_option_set_flag("show_stats");
    } else if (strcmp(flag, "--verbose") == 0) {
        mip_run_option_set_flag("verbose");
    } else if (strcmp(flag, "--print") == 0) {
        request->is_print = true;
    } else if (strcmp(flag, "--help") == 0) {
        fputs(usage, stdout);
        finish_output();
    } else if (strcmp(flag, "--version") == 0) {
        puts("mimalloc-run (" PACKAGE_NAME ") " PACKAGE_VERSION);
        finish_output();
    } else {
        fail_usage("unknown option ", flag);
    }
}

static void read_arguments(struct request *request, char **arguments) {
    for (; *arguments != NULL && (*arguments)[0] == '-' && (*arguments)[1] != '\0'; arguments++) {
        if (strcmp(*arguments, "--") == 0) {
            arguments++;
            break;
        }
        if (strcmp(*arguments, "--option") == 0) {
            if (*++arguments == NULL) {
                fail_usage("--option needs NAME=VALUE", "");
            }
            mip_run_option_set(*arguments);
        } else if (strncmp(*arguments, "--option=", 9) == 0) {
            mip_run_option_set(*arguments + 9);
        } else {
            read_flag(request, *arguments);
        }
    }
    request->command = arguments;
    if (*arguments == NULL && !request->is_print) {
        fail_usage("no command", "");
    }
}

/* What is neither a program nor a script for the kernel is run by the shell, as execvp does. */
static void execute_by_shell(const char *path, char **command) {
    size_t count = 0;
    char **arguments;
    while (command[count] != NULL) {
        count++;
    }
    arguments = malloc((count + 2) * sizeof(*arguments));
    if (arguments == NULL) {
        mip_run_fail_execute(path, ENOMEM);
    }
    arguments[0] = (char *)_PATH_BSHELL;
    arguments[1] = (char *)path;
    memcpy(arguments + 2, command + 1, count * sizeof(*arguments));
    execv(arguments[0], arguments);
}

int main(int count, char **arguments) {
    static struct target target;
    static struct library library;
    char expression[PATH_MAX];
    struct request request = {.variant = VARIANT_OVERRIDE};
    if (getauxval(AT_SECURE) != 0) {
        mip_run_fail(EXIT_CANNOT_EXECUTE, "refusing to run with privileges that the caller lacks");
    }
    read_arguments(&request, arguments + (count > 0));
    if (request.command[0] == NULL) {
        mip_run_target_self(&target);
    } else {
        mip_run_target_find(&target, request.command);
    }
    mip_run_library_find(&library, request.variant, &target);
    mip_run_loader_expression(expression, &library, request.variant, &target);
    mip_run_environment_preload(expression);
    if (request.is_print) {
        mip_run_environment_print();
        finish_output();
    }
    execv(target.path, request.command);
    if (errno == ENOEXEC) {
        execute_by_shell(target.path, request.command);
    }
    mip_run_fail_execute(target.path, errno);
}
