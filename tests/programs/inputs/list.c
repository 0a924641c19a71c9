/* SPDX-License-Identifier: MIT */
/* Work for gdb and valgrind: a list on the heap.  With an argument it also goes wrong: `leak`
   forgets a block, `past` writes behind one. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    int key;
    char name[20];
    struct node *next;
};

static struct node *prepend(struct node *next, int key) {
    struct node *node = calloc(1, sizeof *node);
    node->key = key;
    snprintf(node->name, sizeof node->name, "node %d", key);
    node->next = next;
    return node;
}

__attribute__((noinline)) static int reached(struct node *node) {
    return node->key;
}

__attribute__((noinline)) static int walk(struct node *node) {
    int key = reached(node);
    return node->next ? key + walk(node->next) : key;
}

__attribute__((noinline)) static void misbehave(const char *how) {
    char *block = malloc(40);
    if (strcmp(how, "past") == 0)
        ((char volatile *)block)[40] = 1;
    if (strcmp(how, "leak") != 0)
        free(block);
}

int main(int argc, char **argv) {
    struct node *list = prepend(NULL, 1);
    list = prepend(list, 2);
    int sum = walk(list);
    for (struct node *next; list; list = next) {
        next = list->next;
        free(list);
    }
    for (int i = 0; i < 1000; i++) {
        char *text = strdup("a text for the heap");
        text = realloc(text, 100 + (size_t)i);
        free(text);
    }
    if (argc > 1)
        misbehave(argv[1]);
    printf("sum %d usable %d\n", sum, malloc_usable_size(NULL) == 0);
    return 0;
}
