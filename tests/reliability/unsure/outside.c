/* SPDX-License-Identifier: MIT */
/* Pointers that are not the allocator's: stack, static, a mapping, the C library's heap, odd
   values. Release: free has no effect, usable size is 0, nothing of ours is corrupted; realloc
   gives NULL and EINVAL, but a block of the C library's is resized there, with what it holds.
   Debug and secure: the process ends, and the message names the fault. */
#include "case.h"

static char static_room[4096];
static void *pointers[16];
static const char *names[16];
static size_t count;
static void *block_of_libc;

static void add(const char *name, void *p) {
    names[count] = name;
    pointers[count++] = p;
}

static void use_free(void *p) {
    free(p);
}

static void use_realloc(void *p) {
    errno = 0;
    char *q = realloc(p, 700);
    if (p == block_of_libc && (q == NULL || q[0] != 'x' || q[499] != 'x'))
        FAIL("realloc loses a block of the C library's");
    if (p != block_of_libc && q != NULL)
        FAIL("realloc gives a block");
    if (q == NULL && errno != EINVAL)
        FAIL("realloc gives NULL with errno %d", errno);
}

static void use_size(void *p) {
    size_t size = malloc_usable_size(p);
    if (size != 0)
        FAIL("usable size %zu", size);
}

/* The status of the child, and what it said. */
static int try(void (*use)(void *), void *p, char *said, size_t room) {
    int ends[2], status;
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        die_after(20);
        dup2(ends[1], STDERR_FILENO);
        use(p);
        use_every_size(20);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t more;
    while ((more = read(ends[0], said + length, room - 1 - length)) > 0)
        length += (size_t)more;
    said[length] = '\0';
    close(ends[0]);
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

int main(void) {
    static const struct {
        const char *name;
        void (*use)(void *);
    } uses[] = {{"free", use_free}, {"realloc", use_realloc}, {"usable size", use_size}};
    _Alignas(16) char stack[256];
    char said[1000];
    begin();
    char *mapped = own_memory(16 * MIB);
    char *aligned = (char *)(((uintptr_t)mapped + 4 * MIB) & ~(uintptr_t)(4 * MIB - 1));
    char *closed = aligned + 4 * MIB;
    memset(aligned + 2 * MIB - 64, 0xff, 128);
    CHECK(mprotect(closed, MIB, PROT_NONE) == 0);
    add("a stack address", stack);
    add("a static address", static_room + 64);
    add("a mapping", mapped);
    add("a mapping, aligned to 4 MiB", aligned);
    add("a mapping, within", aligned + 64 * KIB + 48);
    add("a mapping full of ones", aligned + 2 * MIB);
    add("a mapping that is closed", closed + 64 * KIB);
    add("the first byte behind a closed mapping", closed + MIB);
    add("a misaligned stack address", stack + 3);
    add("an odd small number", (void *)1);
    add("a small number", (void *)4096);
    add("the last address", (void *)(uintptr_t)-16);
    add("a non-canonical address", (void *)(uintptr_t)((uint64_t)0x1234 << 48));
    add("the program's code", (void *)((uintptr_t)main | 1));
#ifdef __GLIBC__
    void *(*libc_malloc)(size_t) =
        (void *(*)(size_t))(uintptr_t)dlsym(RTLD_DEFAULT, "__libc_malloc");
    if (libc_malloc != NULL && !column_is("glibc") && !column_is("planted"))
        add("the C library's heap", memset(block_of_libc = libc_malloc(500), 'x', 500));
#endif
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        for (size_t j = 0; j < count; j++) {
            int status = try(uses[i].use, pointers[j], said, sizeof said);
            if (!is_checking()) {
                if (WIFSIGNALED(status))
                    FAIL("%s of %s: %s", uses[i].name, names[j], strsignal(WTERMSIG(status)));
                if (status != 0)
                    FAIL("%s of %s: %s", uses[i].name, names[j], said);
                continue;
            }
            if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
                FAIL("%s of %s is not detected (status %x): %s", uses[i].name, names[j], status,
                     said);
            char address[32];
            snprintf(address, sizeof address, "%lx", (unsigned long)(uintptr_t)pointers[j]);
            if (strstr(said, address) == NULL || strstr(said, "mimalloc: ") == NULL)
                FAIL("%s of %s: the message names no pointer: %s", uses[i].name, names[j], said);
        }
    }
    return 0;
}
