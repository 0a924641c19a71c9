/* SPDX-License-Identifier: MIT */
/* host PLUGIN...: a program in C that loads plug-ins in C++ as programs load plug-ins, all first,
   and then runs the check of each.  Without an argument: what becomes of mi_new in a process that
   has no C++ runtime at all. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "support.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int check_function(usable_size_function *usable);
typedef void *new_function(size_t size);

static int maps_contain(const char *name) {
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        found += strstr(line, name) != NULL;
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return found;
}

static void fail_without_runtime(void) {
    new_function *mi_new = (new_function *)(uintptr_t)dlsym(RTLD_DEFAULT, "mi_new");
    new_function *mi_new_nothrow = (new_function *)(uintptr_t)dlsym(RTLD_DEFAULT, "mi_new_nothrow");
    int pair[2];
    char text[1024];
    CHECK(mi_new != NULL && mi_new_nothrow != NULL);
    CHECK(mi_new_nothrow(HIDDEN(SIZE_MAX)) == NULL);
    CHECK(pipe(pair) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pair[1], 2);
        mi_new(HIDDEN(SIZE_MAX));
        _exit(0);
    }
    close(pair[1]);
    size_t length = 0;
    for (ssize_t got; length < sizeof text - 1 &&
                      (got = read(pair[0], text + length, sizeof text - 1 - length)) > 0;) {
        length += (size_t)got;
    }
    text[length] = '\0';
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(strstr(text, "mimalloc: ") != NULL && strstr(text, "out of memory") != NULL);
}

int main(int argc, char **argv) {
    void *p = malloc(HIDDEN(10));
    CHECK(served(p));
    free(p);
    CHECK(!maps_contain("libstdc++") && !maps_contain("libc++"));
#ifndef __arm__ /* where exceptions pass through C by a function of that library */
    CHECK(!maps_contain("libgcc_s"));
#endif
    if (argc == 1) {
        fail_without_runtime();
        CHECK(!maps_contain("libstdc++") && !maps_contain("libc++"));
    }
    check_function *check[16];
    usable_size_function *usable =
        (usable_size_function *)(uintptr_t)dlsym(RTLD_DEFAULT, "mi_usable_size");
    for (int i = 1; i < argc && i < 16; i++) {
        void *plugin = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        if (plugin == NULL) {
            printf("%s\n", dlerror());
            return 1;
        }
        check[i] = (check_function *)(uintptr_t)dlsym(plugin, "plugin_check");
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i < argc && i < 16; i++) {
            int rule = check[i](usable);
            if (rule != 0) {
                printf("%s: rule %d of plugin_check does not hold\n", argv[i], rule);
                failures++;
            }
        }
    }
    return failures == 0 ? 0 : 1;
}
