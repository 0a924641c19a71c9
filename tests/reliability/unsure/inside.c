/* SPDX-License-Identifier: MIT */
/* Pointers into blocks of ours that are not what malloc gave: interior, misaligned, freed.
   Debug and secure: free, realloc and usable size of them end the process with a message that names
   function and fault.  Release: realloc and usable size of them do not crash. */
#include "case.h"

static char *block;
static size_t size;

static void interior_free(void) {
    free(block + size / 2 / 16 * 16 + 16);
}

static void misaligned_free(void) {
    free(block + 1);
}

static void interior_realloc(void) {
    free(realloc(block + 16, 200));
}

static void interior_size(void) {
    (void)malloc_usable_size(block + 16);
}

static void twice(void) {
    free(block);
    free(block);
}

static void freed_realloc(void) {
    free(block);
    free(realloc(block, 300));
}

static int try(void (*use)(void), char *said, size_t room) {
    int ends[2], status;
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        die_after(20);
        dup2(ends[1], STDERR_FILENO);
        block = malloc(size);
        memset(block, 1, size < MIB ? size : MIB);
        use();
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

#define INSIDE "not the start of a block"
#define FREED "freed already"

/* A block with pages of its own is not found by a pointer to its midst: it may also be nobody's. */
static bool names_fault(const char *said, const char *fault) {
    return strstr(said, fault) != NULL ||
           (size > 64 * KIB && strstr(said, "not from this allocator, or " FREED) != NULL);
}

int main(void) {
    static const struct {
        const char *name, *function, *fault;
        void (*use)(void);
        bool release_too;
    } faults[] = {
        {"free of an interior pointer", "free", INSIDE, interior_free, false},
        {"free of a misaligned pointer", "free", INSIDE, misaligned_free, false},
        {"realloc of an interior pointer", "realloc", INSIDE, interior_realloc, true},
        {"usable size of an interior pointer", "usable_size", INSIDE, interior_size, true},
        {"a double free", "free", FREED, twice, false},
        {"realloc of a freed pointer", "realloc", FREED, freed_realloc, false},
    };
    static const size_t sizes[] = {48, 1000, 40000, 700000, 300 << 20};
    char said[1500];
    begin();
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        for (size_t j = 0; j < COUNT_OF(sizes); j++) {
            if (!is_checking() && !faults[i].release_too)
                continue;
            size = sizes[j];
            int status = try(faults[i].use, said, sizeof said);
            if (!is_checking()) {
                if (status != 0)
                    FAIL("%s, %zu bytes: status %x: %s", faults[i].name, size, status, said);
                continue;
            }
            if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
                FAIL("%s, %zu bytes, is not detected (status %x)", faults[i].name, size, status);
            char start[60];
            snprintf(start, sizeof start, "mimalloc: fatal: %s: pointer ", faults[i].function);
            if (strstr(said, start) == NULL || !names_fault(said, faults[i].fault))
                FAIL("%s, %zu bytes: the message is: %s", faults[i].name, size, said);
        }
    }
    return 0;
}
