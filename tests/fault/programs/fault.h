/* SPDX-License-Identifier: MIT */
/* What the programs share.  NAME SIZE PLACE [clean]: commits the fault in the initial thread
   (main), in a second one (thread) or in a forked child (child); with `clean` it does all but the
   fault. Prints the address at which it commits it.  Exit status 3: nothing happened; 0: clean, or
   what was to be shown holds. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* RTLD_DEFAULT */
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each program has one. */
static void fault(size_t size);

static bool is_faulty = true;
static int status = 3;

/* No stdio: it allocates. */
__attribute__((unused)) static void say(const char *what, const volatile void *p) {
    char line[64];
    int length = snprintf(line, sizeof line, "%s %p\n", what, (void *)(uintptr_t)p);
    if (write(1, line, (size_t)length) != length) {
        _exit(4);
    }
}

/* The compiler knows nothing of it. */
__attribute__((unused)) static char *hide(volatile void *p) {
    __asm__ volatile("" : "+r"(p) : : "memory");
    return (char *)(uintptr_t)p;
}

__attribute__((unused)) static char *take(size_t size) {
    char *p = hide(malloc(size));
    say("P", p);
    return p;
}

/* For programs that show something which is no crash. */
__attribute__((unused)) static void holds(bool what) {
    status = what ? 0 : 5;
}

/* A block between others of its class that are live, as far as they share pages. */
enum { MANY = 1024 };
__attribute__((unused)) static struct {
    char *block[MANY];
    size_t step;
} taken;

__attribute__((unused)) static char *taken_at(uintptr_t address) {
    for (int i = 0; i < MANY; i++) {
        if ((uintptr_t)taken.block[i] == address) {
            return taken.block[i];
        }
    }
    return NULL;
}

__attribute__((unused)) static char *take_between(size_t size) {
    int count = size <= 8 ? 2 : 1;
    taken.step = size <= 8 ? 16 : 4608;
    if (size > 64 * 1024) {
        return take(size);
    }
    for (int i = 0; i < MANY; i++) {
        taken.block[i] = hide(malloc(size));
    }
    for (int i = 0; i < MANY; i++) {
        bool is_between = true;
        for (int j = -count; is_between && j <= count; j++) {
            is_between = taken_at((uintptr_t)taken.block[i] + (uintptr_t)j * taken.step) != NULL;
        }
        if (is_between) {
            say("P", taken.block[i]);
            return taken.block[i];
        }
    }
    return take(size);
}

static size_t size_now;

static void *run(void *arg) {
    fault(size_now);
    return arg;
}

/* For what another thread does to a block. */
__attribute__((unused)) static void in_thread(void *(*function)(void *), void *p) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, p) != 0) {
        _exit(4);
    }
    pthread_join(thread, NULL);
}

static void *free_it(void *p) {
    free(p);
    return NULL;
}

__attribute__((unused)) static void free_in_thread(void *p) {
    in_thread(free_it, p);
}

/* A function of the library's own interface; the others have none. */
__attribute__((unused)) static void *named(const char *name) {
    void *function = dlsym(RTLD_DEFAULT, name);
    if (function == NULL) {
        _exit(6);
    }
    return function;
}

__attribute__((unused)) static void *new_heap(void) {
    return ((void *(*)(void))named("mi_heap_new"))();
}

__attribute__((unused)) static char *take_from(void *heap, size_t size) {
    return hide(((void *(*)(void *, size_t))named("mi_heap_malloc"))(heap, size));
}

/* A function that takes a heap and whose result does not matter. */
static const char *called;
static void *call_it(void *heap) {
    ((void (*)(void *, int))named(called))(heap, 1);
    return NULL;
}

__attribute__((unused)) static void call_with(const char *name, void *heap) {
    called = name;
    call_it(heap);
}

/* Likewise, with a heap that has a block, by another thread than the heap's; by its own without the
   fault. */
__attribute__((unused)) static void call_elsewhere(const char *name, size_t size) {
    void *heap = new_heap();
    (void)take_from(heap, size);
    called = name;
    if (is_faulty) {
        in_thread(call_it, heap);
    } else {
        call_it(heap);
    }
}

/* A block is asked of a heap after a function that ends it. */
__attribute__((unused)) static void take_after(const char *name, size_t size) {
    void *heap = new_heap();
    (void)take_from(heap, size);
    if (is_faulty) {
        call_with(name, heap);
    }
    (void)take_from(heap, size);
}

#ifdef __cplusplus
#include <new>
__attribute__((unused)) static void *take_by_new(size_t size) {
    void *p = hide(static_cast<volatile char *>(::operator new(size)));
    say("P", p);
    return p;
}
#endif

int main(int argc, char **argv) {
    size_now = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 8;
    const char *place = argc > 2 ? argv[2] : "main";
    is_faulty = argc < 4;
    if (strcmp(place, "thread") == 0) {
        in_thread(run, NULL);
    } else if (strcmp(place, "child") == 0) {
        pid_t child = fork();
        if (child == 0) {
            run(NULL);
            _exit(is_faulty || status != 3 ? status : 0);
        }
        int ended;
        if (waitpid(child, &ended, 0) != child) {
            return 4;
        }
        if (WIFSIGNALED(ended)) {
            signal(WTERMSIG(ended), SIG_DFL);
            raise(WTERMSIG(ended));
        }
        return WEXITSTATUS(ended);
    } else {
        run(NULL);
    }
    return is_faulty || status != 3 ? status : 0;
}
