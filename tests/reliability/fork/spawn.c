/* SPDX-License-Identifier: MIT */
/* vfork, posix_spawn, system and popen with busy threads: the parent's blocks stay as they are. */
#include "case.h"
#include <spawn.h>

extern char **environ;
static atomic_bool a_stop;

static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg;
    unsigned char tag = (unsigned char)((uintptr_t)arg + 1);
    while (!atomic_load(&a_stop)) {
        size_t size = random_size(&random, 15);
        unsigned char *p = malloc(size);
        memset(p, tag, size);
        for (size_t i = 0; i < size; i += 97)
            CHECK(p[i] == tag);
        free(p);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[8];
    char *argv[] = {"true", NULL};
    static unsigned char *blocks[200];
    begin();
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        memset(blocks[i] = malloc(1 + i * 50), (int)i, 1 + i * 50);
    for (uintptr_t i = 0; i < COUNT_OF(threads); i++)
        threads[i] = start(churn, (void *)i);
    for (size_t i = 0; i < times(5, 200); i++) {
        pid_t pid = vfork();
        if (pid == 0) {
            execve("/bin/true", argv, environ);
            _exit(127);
        }
        expect_child(pid, "vfork");
        CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) == 0);
        expect_child(pid, "posix_spawn");
        CHECK(system("true") == 0);
        FILE *stream = popen("echo x", "r");
        CHECK(stream != NULL && fgetc(stream) == 'x' && pclose(stream) == 0);
    }
    atomic_store(&a_stop, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        finish(threads[i]);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        for (size_t j = 0; j < 1 + i * 50; j++)
            CHECK(blocks[i][j] == (unsigned char)i);
        free(blocks[i]);
    }
    return 0;
}
