/* SPDX-License-Identifier: MIT */
/* mimalloc-run, the launcher: what its files know of each other.  It links nothing of the library
   (lib/base/parse.c is compiled into it as well), looks at the command before it starts it, and
   ends with a message rather than start it without the allocator.  One thread. */
#ifndef MIP_RUN_H
#define MIP_RUN_H

#include "../compiler.h"

#include <limits.h>
#include <sys/stat.h>

/* As env(1) has them. */
enum { EXIT_USAGE = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

enum variant { VARIANT_OVERRIDE, VARIANT_DEBUG, VARIANT_SECURE, VARIANT_COUNT };

enum c_library { C_LIBRARY_UNKNOWN, C_LIBRARY_GNU, C_LIBRARY_MUSL, C_LIBRARY_OTHER };

struct elf {
    int fd;
    bool is_wide; /* ELFCLASS64 */
    bool is_big;  /* big-endian */
    unsigned type, machine, flags;
    uint64_t segments_offset;
    unsigned segment_size, segment_count;
    char interpreter[PATH_MAX]; /* the loader it asks for; empty: none */
};

/* What a command comes down to. */
struct target {
    char path[PATH_MAX]; /* what is executed */
    /* What the loader maps: the same, or the interpreter of a script. */
    char program_path[PATH_MAX];
    struct elf program;
};

struct library {
    char path[PATH_MAX];
    bool is_installed;     /* not in the build tree */
    char prefix[PATH_MAX]; /* of the installation; empty: the root directory */
    struct stat status;
};

/* message.c: one sentence on stderr. */
_Noreturn void mip_run_fail(int status, const char *format, ...) MIP_FORMAT(2, 3);
/* "cannot execute 'path': why", with the status that env(1) has for `error`. */
_Noreturn void mip_run_fail_execute(const char *path, int error);
/* snprintf to a path; ends the program when it does not fit. */
void mip_run_path(char *path, const char *format, ...) MIP_FORMAT(2, 3);

/* elf.c: false when the file has no ELF header that makes sense.  Keeps `fd`. */
bool mip_run_elf_read(int fd, struct elf *elf);
bool mip_run_elf_is_same_abi(const struct elf *a, const struct elf *b);
enum c_library mip_run_elf_c_library(const struct elf *elf);
bool mip_run_elf_has_search_path(const struct elf *elf);
bool mip_run_elf_defines(const struct elf *elf, const char *symbol);

/* script.c: what an interpreter line, or the arguments of env(1), run. */
bool mip_run_is_env(const char *path);
/* Cuts the text behind "#!" in two; *argument is NULL when there is none.  NULL: no interpreter. */
char *mip_run_script_interpreter(char *line, size_t length, char **argument);
/* The program that env(1) runs when given these arguments (split like `-S` where asked), NULL when
   that cannot be told.  Ends the program when env would take the preload away. */
const char *mip_run_env_program(char *const *arguments);

/* target.c: like execvp(3), but judged first; ends the program with a message and the status that
   fits when the command cannot be executed or would not be served. */
void mip_run_target_find(struct target *target, char *const *command);
void mip_run_target_self(struct target *target);

/* library.c: the copy of the library for the ABI of the target. */
const char *mip_run_library_name(enum variant variant);
void mip_run_library_find(struct library *library, enum variant variant,
                          const struct target *target);
void mip_run_self_path(char *path);

/* loader.c: how to name the library in LD_PRELOAD, as the target's own loader sees it. */
void mip_run_loader_expression(char *expression, const struct library *library,
                               enum variant variant, const struct target *target);

/* options.c: checks NAME=VALUE and sets it in the environment. */
void mip_run_option_set(const char *assignment);
void mip_run_option_set_flag(const char *name);

/* environment.c */
void mip_run_environment_preload(const char *expression);
void mip_run_environment_print(void);
/* Remember that `variable` was set, for mip_run_environment_print. */
void mip_run_environment_set(const char *variable, const char *value);

#endif
