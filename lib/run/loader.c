/* SPDX-License-Identifier: MIT */
/* Asks the target's own loader what it would preload, without running anything of the target or of
   the library: `ld.so --list program` only maps files and names them. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum answer { CANNOT_ASK, IS_MAPPED, IS_NOT_MAPPED };

/* "\tname => path (0x...)" or "\tpath (0x...)". */
static bool names_library(char *line, const struct library *library) {
    char *path = strstr(line, " => ");
    char *end = strrchr(line, '(');
    struct stat status;
    if (line[0] != '\t' || end == NULL || end == line || end[-1] != ' ') {
        return false;
    }
    end[-1] = '\0';
    path = path == NULL ? line + 1 : path + 4;
    return path[0] == '/' && stat(path, &status) == 0 && status.st_dev == library->status.st_dev &&
           status.st_ino == library->status.st_ino;
}

static enum answer read_answer(int fd, const struct library *library) {
    FILE *stream = fdopen(fd, "r");
    char line[2 * PATH_MAX];
    enum answer answer = IS_NOT_MAPPED;
    if (stream == NULL) {
        close(fd);
        return CANNOT_ASK;
    }
    while (fgets(line, sizeof(line), stream) != NULL) {
        if (answer == IS_NOT_MAPPED && names_library(line, library)) {
            answer = IS_MAPPED;
        }
    }
    fclose(stream);
    return answer;
}

/* When the kernel has started a program, its loader takes $ORIGIN from the file itself, all links
   resolved; when it is asked, from the path that it is given. */
static const char *resolve_path(const char *path, char resolved[PATH_MAX]) {
    return realpath(path, resolved) != NULL ? resolved : path;
}

/* Messages of the loader would be about this question, not about what the user asked for. */
static int start_loader(pid_t *pid, int output, const struct target *target, char **environment) {
    char list[] = "--list";
    char resolved[PATH_MAX];
    char *arguments[] = {(char *)target->program.interpreter, list,
                         (char *)resolve_path(target->program_path, resolved), NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (error == 0) {
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    if (error == 0) {
        error = posix_spawn(pid, arguments[0], &actions, NULL, arguments, environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The environment with `preload` and without what makes a loader do more; NULL: no memory. */
static char **environment_with(char *preload) {
    size_t count = 0, kept = 0;
    char **environment;
    while (environ[count] != NULL) {
        count++;
    }
    environment = malloc((count + 2) * sizeof(*environment));
    if (environment == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0 &&
            strncmp(environ[i], "LD_DEBUG", 8) != 0 && strncmp(environ[i], "LD_WARN=", 8) != 0) {
            environment[kept++] = environ[i];
        }
    }
    environment[kept++] = preload;
    environment[kept] = NULL;
    return environment;
}

static enum answer ask_loader(const char *expression, const struct library *library,
                              const struct target *target) {
    char preload[PATH_MAX + sizeof("LD_PRELOAD=")];
    char **environment;
    enum answer answer = CANNOT_ASK;
    int ends[2];
    pid_t pid;
    int error;
    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", expression);
    environment = environment_with(preload);
    if (environment == NULL) {
        return CANNOT_ASK;
    }
    if (pipe2(ends, O_CLOEXEC) == 0) {
        error = start_loader(&pid, ends[1], target, environment);
        close(ends[1]);
        if (error == 0) {
            answer = read_answer(ends[0], library);
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
            }
        } else {
            close(ends[0]);
        }
    }
    free(environment);
    return answer;
}

void mip_run_loader_expression(char *expression, const struct library *library,
                               enum variant variant, const struct target *target) {
    const char *name = mip_run_library_name(variant);
    if (library->is_installed) {
        mip_run_path(expression, "%s", name);
        if (!mip_run_elf_has_search_path(&target->program) &&
            ask_loader(expression, library, target) == IS_MAPPED) {
            return;
        }
        mip_run_path(expression, "%s/$LIB/%s", library->prefix, name);
        if (strpbrk(expression, " :") == NULL &&
            ask_loader(expression, library, target) == IS_MAPPED) {
            return;
        }
    }
    mip_run_path(expression, "%s", library->path);
    if (strpbrk(expression, " :") != NULL) {
        mip_run_fail(EXIT_CANNOT_EXECUTE,
                     "the path '%s' cannot be written in LD_PRELOAD, since it has a space or a "
                     "colon; move the library or install it where the loader looks",
                     expression);
    }
    if (ask_loader(expression, library, target) == IS_NOT_MAPPED) {
        char resolved[PATH_MAX];
        mip_run_fail(
            EXIT_CANNOT_EXECUTE,
            "refusing to run '%s': its loader does not load '%s'; '%s --list %s' tells whether "
            "the program lacks a library of its own, LD_PRELOAD=%s with it why else",
            target->program_path, expression, target->program.interpreter,
            resolve_path(target->program_path, resolved), expression);
    }
}
