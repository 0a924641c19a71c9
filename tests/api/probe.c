/* SPDX-License-Identifier: MIT */
/* A program for environment.sh: prints options by number, all options on stderr ("options"),
   statistics as JSON ("json"), lets a thread begin by allocating from a heap of another
   ("foreign"), and a word at the end. */
#include <mimalloc-stats.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_json(void) {
    void *p = mi_malloc(5000);
    char *text = mi_stats_get_json(0, NULL);
    puts(text != NULL ? text : "no JSON");
    mi_free(text);
    mi_free(p);
}

static void *allocate_from(void *heap) {
    return mi_heap_malloc(heap, 100);
}

static void use_foreign_heap(void) {
    pthread_t thread;
    void *p = NULL;
    if (pthread_create(&thread, NULL, allocate_from, mi_heap_new()) == 0) {
        pthread_join(thread, &p);
    }
    mi_free(p);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "json") == 0) {
            print_json();
        } else if (strcmp(argv[i], "options") == 0) {
            mi_options_print();
        } else if (strcmp(argv[i], "foreign") == 0) {
            use_foreign_heap();
        } else {
            printf("%ld\n", mi_option_get((mi_option_t)atoi(argv[i])));
        }
    }
    void *p = mi_malloc(1000);
    puts(p != NULL ? "done" : "no memory");
    mi_free(p);
    return 0;
}
