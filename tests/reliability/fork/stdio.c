/* SPDX-License-Identifier: MIT */
/* Four threads fork while eight others flush streams and read lines: the C library holds its own
   locks over calls of malloc. */
#include "case.h"

static atomic_bool a_stop;
static atomic_size_t a_forks;

static void *flush(void *arg) {
    while (!atomic_load(&a_stop)) {
        char *line = NULL;
        size_t room = 0;
        FILE *stream = fopen("/dev/zero", "r");
        if (stream == NULL)
            SKIP("no /dev/zero");
        fclose(stream);
        stream = fmemopen(arg, strlen(arg), "r");
        if (stream == NULL || getline(&line, &room, stream) <= 0)
            FAIL("getline fails");
        fclose(stream);
        free(line);
        fflush(NULL);
    }
    return NULL;
}

static void *fork_on(void *arg) {
    while (atomic_fetch_add(&a_forks, 1) < times(60, 2000)) {
        pid_t pid = fork();
        if (pid == 0) {
            die_after(20);
            free(malloc(1000));
            _exit(0);
        }
        expect_child(pid, "the child");
    }
    return arg;
}

int main(void) {
    static char text[] = "a line that is long enough to need memory of its own\n";
    pthread_t flushers[8], forkers[4];
    begin();
    for (int i = 0; i < 8; i++)
        flushers[i] = start(flush, text);
    for (int i = 0; i < 4; i++)
        forkers[i] = start(fork_on, NULL);
    for (int i = 0; i < 4; i++)
        finish(forkers[i]);
    atomic_store(&a_stop, true);
    for (int i = 0; i < 8; i++)
        finish(flushers[i]);
    return 0;
}
