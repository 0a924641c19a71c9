/* SPDX-License-Identifier: MIT */
/* Finds the copy of the library for the target's ABI and C library: beside the launcher in the
   build tree, else in the installation that the launcher belongs to, wherever that was moved. */
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* What the search has seen, for the message at its end. */
struct finding {
    struct library *library;
    const struct target *target;
    const char *name;
    bool is_found, is_damaged, has_other_abi, has_other_c_library;
};

const char *mip_run_library_name(enum variant variant) {
    static const char *const names[VARIANT_COUNT] = {
        [VARIANT_OVERRIDE] = "libmimalloc-override.so." MIP_RUN_SONAME_NUMBER,
        [VARIANT_DEBUG] = "libmimalloc-debug.so." MIP_RUN_SONAME_NUMBER,
        [VARIANT_SECURE] = "libmimalloc-secure.so." MIP_RUN_SONAME_NUMBER,
    };
    return names[variant];
}

/* Without /proc: as the kernel was asked to execute it. */
void mip_run_self_path(char *path) {
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length > 0) {
        path[length] = '\0';
        return;
    }
    if (realpath((const char *)getauxval(AT_EXECFN), path) == NULL) {
        mip_run_fail(EXIT_CANNOT_EXECUTE, "cannot tell where mimalloc-run itself is: %s",
                     strerror(errno));
    }
}

/* What remains of the root directory is empty. */
static void cut_last(char *path) {
    char *slash = strrchr(path, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
}

static bool ends_with(const char *path, const char *end) {
    size_t length = strlen(path), end_length = strlen(end);
    return length >= end_length && strcmp(path + length - end_length, end) == 0;
}

static bool is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_same_file(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static bool is_fitting(struct finding *finding, int fd) {
    const struct elf *program = &finding->target->program;
    struct elf elf;
    enum c_library ours, theirs;
    if (!mip_run_elf_read(fd, &elf)) {
        finding->is_damaged = true;
        return false;
    }
    if (!mip_run_elf_is_same_abi(&elf, program)) {
        finding->has_other_abi = true;
        return false;
    }
    ours = mip_run_elf_c_library(&elf);
    theirs = mip_run_elf_c_library(program);
    if (ours != C_LIBRARY_UNKNOWN && theirs != C_LIBRARY_UNKNOWN && ours != theirs) {
        finding->has_other_c_library = true;
        return false;
    }
    return fstat(fd, &finding->library->status) == 0;
}

static void try_directory(struct finding *finding, const char *directory) {
    int fd;
    if (finding->is_found) {
        return;
    }
    mip_run_path(finding->library->path, "%s/%s", directory, finding->name);
    fd = open(finding->library->path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        finding->is_found = is_fitting(finding, fd);
        close(fd);
    }
}

/* Directories named after a system, like lib/x86_64-linux-gnu. */
static void try_system_directories(struct finding *finding, const char *parent) {
    DIR *stream = finding->is_found ? NULL : opendir(parent);
    struct dirent *entry;
    char directory[PATH_MAX];
    if (stream == NULL) {
        return;
    }
    while (!finding->is_found && (entry = readdir(stream)) != NULL) {
        if (strstr(entry->d_name, "-linux-") != NULL) {
            mip_run_path(directory, "%s/%s", parent, entry->d_name);
            try_directory(finding, directory);
        }
    }
    closedir(stream);
}

/* The configured library directory, moved with the prefix. */
static void try_moved_directory(struct finding *finding, const char *prefix) {
    char configured[] = MIP_RUN_BINDIR, directory[PATH_MAX];
    size_t length;
    cut_last(configured);
    length = strlen(configured);
    if (strncmp(MIP_RUN_LIBDIR, configured, length) == 0) {
        const char *rest = &MIP_RUN_LIBDIR[length];
        mip_run_path(directory, "%s/%s", prefix, rest + strspn(rest, "/"));
        try_directory(finding, directory);
    }
}

static void try_installation(struct finding *finding, const char *bin) {
    static const char *const names[] = {"lib", "lib64", "lib32", "libx32"};
    char *prefix = finding->library->prefix;
    char directory[PATH_MAX];
    mip_run_path(prefix, "%s", bin);
    cut_last(prefix);
    finding->library->is_installed = true;
    if (is_same_file(bin, MIP_RUN_BINDIR)) {
        try_directory(finding, MIP_RUN_LIBDIR);
    }
    try_moved_directory(finding, prefix);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        mip_run_path(directory, "%s/%s", prefix, names[i]);
        try_directory(finding, directory);
    }
    mip_run_path(directory, "%s/lib", prefix);
    try_system_directories(finding, directory);
    try_directory(finding, MIP_RUN_LIBDIR);
}

static _Noreturn void fail_missing(const struct finding *finding, const char *bin) {
    const char *program = finding->target->program_path;
    if (finding->has_other_c_library) {
        mip_run_fail(EXIT_CANNOT_EXECUTE,
                     "refusing to run '%s': it uses another C library than the installed %s; "
                     "install a copy that was built for that C library",
                     program, finding->name);
    }
    if (finding->has_other_abi) {
        mip_run_fail(EXIT_CANNOT_EXECUTE,
                     "refusing to run '%s': it is a program for another ABI or processor than the "
                     "installed %s; install the library for that one too",
                     program, finding->name);
    }
    if (finding->is_damaged) {
        mip_run_fail(EXIT_CANNOT_EXECUTE, "the installed %s is no shared library; install it anew",
                     finding->name);
    }
    if (!finding->library->is_installed) {
        mip_run_fail(EXIT_CANNOT_EXECUTE,
                     "%s has not been built; run make in the build tree, configured with this "
                     "variant",
                     finding->name);
    }
    mip_run_fail(EXIT_CANNOT_EXECUTE,
                 "%s is not installed with %s/mimalloc-run or in %s; install the package that "
                 "holds it",
                 finding->name, bin, MIP_RUN_LIBDIR);
}

void mip_run_library_find(struct library *library, enum variant variant,
                          const struct target *target) {
    struct finding finding = {
        .library = library, .target = target, .name = mip_run_library_name(variant)};
    char bin[PATH_MAX], built[PATH_MAX];
    mip_run_self_path(bin);
    cut_last(bin);
    library->is_installed = false;
    mip_run_path(built, "%s/.libs", bin);
    if (is_directory(built)) {
        try_directory(&finding, built);
    } else if (ends_with(bin, "/.libs")) {
        try_directory(&finding, bin);
    } else {
        try_installation(&finding, bin);
    }
    if (!finding.is_found) {
        fail_missing(&finding, bin);
    }
}
