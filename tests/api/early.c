/* SPDX-License-Identifier: MIT */
/* A program for early.sh that is served before the C library and the allocator have started: its
   first argument says what it does then, and main prints what came of it.

   With -DPRELOADED it is a program that knows nothing of the allocator but what is preloaded. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <mimalloc-stats.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef PRELOADED
#define FUNCTION(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_DEFAULT, #name))
#define early_malloc malloc
#else
#define FUNCTION(name) (&name)
#define early_malloc mi_malloc
#endif

static void *volatile early_block;

/* A function of .preinit_array is called before every constructor. */
static void preinit(int argc, char **argv, char **environment) {
    const char *what = argc > 1 ? argv[1] : "";
    (void)environment;
    for (; *what != '\0'; what++) {
        switch (*what) {
        case 'a': /* allocate */
            early_block = early_malloc(1000);
            break;
#ifndef PRELOADED
        case 's': /* set */
            mi_option_set(mi_option_arena_reserve, 32 * 1024);
            break;
        case 'd': /* set a default */
            mi_option_set_default(mi_option_arena_reserve, 32 * 1024);
            break;
        case 'w': /* set wrongly */
            mi_option_set(mi_option_arena_reserve, -1);
            break;
#endif
        default:
            break;
        }
    }
}

typedef void function_of_start(int, char **, char **);
__attribute__((section(".preinit_array"), used)) static function_of_start *preinit_entry = preinit;

#ifdef STRING
MI_EXPORT const char *mi_options = STRING;
#endif

int main(void) {
    mi_stats_t stats = {.size = sizeof(stats), .version = MI_STAT_VERSION};
    char *p = early_block != NULL ? early_block : early_malloc(1000);
    if (FUNCTION(mi_stats_get) == NULL) {
        puts("not served");
        return 1;
    }
    memset(p, 1, 1000);
    if (!FUNCTION(mi_stats_get)(&stats)) {
        puts("no statistics");
        return 1;
    }
    printf("segments=%ld reserved_mib=%ld arena_reserve=%ld purge_delay=%ld\n",
           (long)stats.segments.current, (long)(stats.reserved.current >> 20),
           FUNCTION(mi_option_get)(mi_option_arena_reserve),
           FUNCTION(mi_option_get)(mi_option_purge_delay));
    return 0;
}
