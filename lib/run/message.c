/* SPDX-License-Identifier: MIT */
/* The launcher's messages, and paths that must fit. */
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void mip_run_fail(int status, const char *format, ...) {
    va_list arguments;
    fputs("mimalloc-run: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(status);
}

_Noreturn void mip_run_fail_execute(const char *path, int error) {
    int status = error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
    mip_run_fail(status, "cannot execute '%s': %s", path, strerror(error));
}

void mip_run_path(char *path, const char *format, ...) {
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = vsnprintf(path, PATH_MAX, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= PATH_MAX) {
        mip_run_fail(EXIT_CANNOT_EXECUTE, "a path is too long: '%.100s...'", path);
    }
}
