/* SPDX-License-Identifier: MIT */
/* A process made by clone with the parent's memory and without thread-local data of its own (as
   posix_spawn makes it) allocates and frees while its parent waits. */
#include "case.h"
#include <sched.h>

static void *left;

static int live(void *arg) {
    use_every_size(18);
    left = malloc(5000);
    free(arg);
    return left == NULL;
}

int main(void) {
    begin();
    char *stack = own_memory(MIB);
    for (int i = 0; i < 20; i++) {
        int pid = clone(live, stack + MIB, CLONE_VM | CLONE_VFORK | SIGCHLD, malloc(100));
        expect_child(pid, "the clone");
        memset(left, 1, 5000);
        free(left);
        use_every_size(16);
    }
    return 0;
}
