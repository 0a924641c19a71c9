/* SPDX-License-Identifier: MIT */
/* Finds the command like execvp(3) and judges it before it is executed: whether a preloaded library
   would reach it.  Scripts are judged by their interpreter, and by the program that env(1) runs
   where that is the interpreter. */
#include "run.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Scripts that run scripts: as many as the kernel follows.  LINE_SIZE: as much of the first line as
   it reads. */
enum { SCRIPT_MAX = 5, LINE_SIZE = 256 };

static void judge(struct target *target, const char *path, char *const *arguments, int depth);

/* ------------------------------------------------------------------ the search */
/* 0, or the error that execve(2) would give. */
static int check_file(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return errno;
    }
    if (!S_ISREG(status.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0) {
        return EACCES;
    }
    return 0;
}

static bool is_search_over(int error) {
    return error != ENOENT && error != ENOTDIR && error != EACCES && error != ESTALE &&
           error != ENODEV && error != ETIMEDOUT;
}

static const char *search_list(void) {
    const char *list = getenv("PATH");
    return list == NULL ? "/bin:/usr/bin" : list;
}

/* As execvp: an element that may not be read does not end the search, but is told at its end. */
static int search(const char *command, char *path) {
    int error = *command == '\0' ? ENOENT : 0, kept = ENOENT;
    const char *list = search_list();
    if (strchr(command, '/') != NULL) {
        mip_run_path(path, "%s", command);
        return check_file(path);
    }
    while (error == 0) {
        size_t length = strcspn(list, ":");
        /* An empty element is the current directory; a name without a slash would make the loader
           search for it. */
        if (length + strlen(command) + 2 < PATH_MAX) {
            mip_run_path(path, "%.*s/%s", length == 0 ? 1 : (int)length, length == 0 ? "." : list,
                         command);
            error = check_file(path);
            if (error == 0) {
                return 0;
            }
        } else {
            error = ENOENT;
        }
        kept = error == EACCES ? EACCES : kept;
        error = is_search_over(error) ? error : 0;
        list += length;
        if (*list == '\0') {
            break;
        }
        list++;
    }
    return error != 0 ? error : kept;
}

/* ------------------------------------------------------------------ programs */
static bool is_privileged(mode_t mode) {
    /* Without the group's execute bit the other one asks for mandatory locks. */
    return (mode & S_ISUID) != 0 || (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
}

static _Noreturn void refuse(const char *path, const char *why) {
    mip_run_fail(EXIT_CANNOT_EXECUTE, "refusing to run '%s': %s", path, why);
}

static void check_privileges(const char *path, int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) {
        mip_run_fail_execute(path, errno);
    }
    if (is_privileged(status.st_mode)) {
        refuse(path, "it is set-user-ID or set-group-ID, and the loader does not preload libraries "
                     "into such programs; run a copy without these bits");
    }
    if (fgetxattr(fd, "security.capability", NULL, 0) >= 0) {
        refuse(path, "it has file capabilities, and the loader does not preload libraries into "
                     "such programs; run a copy without them");
    }
}

static void judge_program(struct target *target, const char *path) {
    const struct elf *program = &target->program;
    check_privileges(path, program->fd);
    if (program->interpreter[0] == '\0') {
        refuse(path, "it is statically linked, and nothing can be preloaded into it; link it "
                     "dynamically, or with mimalloc-override.o");
    }
    if (mip_run_elf_defines(program, "malloc")) {
        refuse(path, "it defines malloc itself, which a preloaded library cannot replace");
    }
    if (access(program->interpreter, X_OK) != 0) {
        mip_run_fail(errno == EACCES ? EXIT_CANNOT_EXECUTE : EXIT_NOT_FOUND,
                     "cannot execute '%s': its loader '%s': %s", path, program->interpreter,
                     strerror(errno));
    }
    /* The loader would take a leading '-' for an option. */
    mip_run_path(target->program_path, "%s%s", path[0] == '-' ? "./" : "", path);
}

/* ------------------------------------------------------------------ scripts */
static void judge_interpreter(struct target *target, const char *script, const char *interpreter,
                              char *const *arguments, int depth) {
    int error = check_file(interpreter);
    if (error != 0) {
        mip_run_fail(error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE,
                     "cannot execute '%s': its interpreter '%s': %s", script, interpreter,
                     strerror(error));
    }
    judge(target, interpreter, arguments, depth + 1);
}

static void judge_env(struct target *target, char *const *arguments, int depth) {
    const char *program = arguments == NULL ? NULL : mip_run_env_program(arguments);
    struct elf env = target->program;
    char path[PATH_MAX];
    int error;
    if (program == NULL) {
        return;
    }
    error = search(program, path);
    if (error != 0) {
        mip_run_fail_execute(program, error);
    }
    judge(target, path, NULL, depth + 1);
    /* Both are given the same name of a library. */
    if (!mip_run_elf_is_same_abi(&env, &target->program) ||
        mip_run_elf_c_library(&env) != mip_run_elf_c_library(&target->program)) {
        refuse(path, "env, which starts it, is a program for another ABI or C library");
    }
    close(env.fd);
}

static void judge_script(struct target *target, const char *path, char *line, size_t length,
                         int depth) {
    bool is_whole = memchr(line, '\n', length) != NULL || length < LINE_SIZE;
    char *name = NULL, *argument = NULL;
    char script[PATH_MAX];
    char *words[3] = {NULL, NULL, NULL};
    if (length > 2 && memcmp(line, "#!", 2) == 0) {
        name = mip_run_script_interpreter(line + 2, length - 2, &argument);
    }
    /* As the kernel has it: no name, or perhaps only its beginning, and the file is no script.
       Then execvp gives it to the shell. */
    if (name == NULL || (!is_whole && argument == NULL)) {
        judge_interpreter(target, path, _PATH_BSHELL, NULL, depth);
        return;
    }
    mip_run_path(script, "%s", path);
    words[0] = argument == NULL ? script : argument;
    words[1] = argument == NULL ? NULL : script;
    judge_interpreter(target, path, name, words, depth);
}

static void judge(struct target *target, const char *path, char *const *arguments, int depth) {
    char line[LINE_SIZE + 1];
    ssize_t length;
    int fd;
    if (depth > SCRIPT_MAX) {
        mip_run_fail_execute(target->path, ELOOP);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        mip_run_fail(EXIT_CANNOT_EXECUTE,
                     "refusing to run '%s': it cannot be read (%s), so nobody can tell whether the "
                     "allocator would serve it",
                     path, strerror(errno));
    }
    length = pread(fd, line, LINE_SIZE, 0);
    if (length < 0) {
        mip_run_fail_execute(path, errno);
    }
    line[length] = '\0';
    if (length >= SELFMAG && memcmp(line, ELFMAG, SELFMAG) == 0) {
        if (!mip_run_elf_read(fd, &target->program)) {
            mip_run_fail_execute(path, ENOEXEC);
        }
        judge_program(target, path);
        if (mip_run_is_env(path)) {
            judge_env(target, arguments, depth);
        }
        return;
    }
    close(fd);
    judge_script(target, path, line, (size_t)length, depth);
}

void mip_run_target_find(struct target *target, char *const *command) {
    int error = search(command[0], target->path);
    if (error != 0) {
        mip_run_fail_execute(command[0], error);
    }
    judge(target, target->path, command + 1, 0);
}

void mip_run_target_self(struct target *target) {
    int fd;
    mip_run_self_path(target->path);
    mip_run_path(target->program_path, "%s", target->path);
    fd = open(target->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !mip_run_elf_read(fd, &target->program)) {
        mip_run_fail_execute(target->path, fd < 0 ? errno : ENOEXEC);
    }
}
