/* SPDX-License-Identifier: MIT */
/* sandboxed-start PROGRAM: started under a filter that refuses with EPERM what an allocator could
   do without: the table below.  The program is run again with each of them refused alone, and all
   together.  (Without files of /proc and /sys it is started by bare.sh.) */
#include "case.h"

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static const struct {
    const char *name;
    unsigned number;
} calls[] = {
    {"madvise", SYS_madvise},     {"prctl", SYS_prctl},
    {"getrandom", SYS_getrandom}, {"mremap", SYS_mremap},
    {"getcpu", SYS_getcpu},       {"sched_getaffinity", SYS_sched_getaffinity},
    {"sysinfo", SYS_sysinfo},     {"clock_gettime", SYS_clock_gettime},
    {"readlink", SYS_readlinkat},
};
enum { CALLS = COUNT_OF(calls) };

static void refuse(size_t which) {
    struct sock_filter filter[2 * CALLS + 2];
    size_t length = 0;
    filter[length++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < CALLS; i++) {
        if (which != CALLS && which != i)
            continue;
        filter[length++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1);
        filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)length, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        leave(77, "no seccomp filters here");
}

int main(int argc, char **argv) {
    const char *preload = getenv("CASE_PRELOAD");
    CHECK(argc > 1);
    for (size_t which = 0; which <= CALLS; which++) {
        pid_t pid = fork();
        if (pid == 0) {
            refuse(which);
            if (preload != NULL && *preload != '\0')
                setenv("LD_PRELOAD", preload, 1);
            execv(argv[1], argv + 1);
            _exit(127);
        }
        expect_child(pid, which == CALLS ? "without any of them" : calls[which].name);
    }
    return 0;
}
#else
int main(void) {
    SKIP("no seccomp filters here");
}
#endif
