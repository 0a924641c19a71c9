/* SPDX-License-Identifier: MIT */
/* The run time of another functional language: a context for each thread, which keeps the thread's
   default heap and gives it to every call; statistics are printed through the program's own
   function. */
#define MI_API_VERSION 2
#include <mimalloc.h>

#include "support.h"

#include <pthread.h>

struct context {
    mi_heap_t *heap;
    uint32_t random;
};

static _Thread_local struct context *current;

static struct context *get_context(void) {
    if (current == NULL) {
        mi_heap_t *heap = mi_heap_get_default();
        struct context *context = mi_heap_zalloc(heap, sizeof(*context));
        context->heap = heap;
        current = context;
    }
    return current;
}

static void free_context(void) {
    mi_free(current);
    current = NULL;
    mi_collect(true);
}

struct cell {
    struct cell *next;
    size_t value;
};

static struct cell *cons(struct context *context, size_t value, struct cell *next) {
    struct cell *cell = mi_heap_malloc_small(context->heap, sizeof(*cell));
    cell->value = value;
    cell->next = next;
    return cell;
}

/* In place, as long as a list is nobody else's. */
static struct cell *reverse(struct cell *list) {
    struct cell *result = NULL;
    while (list != NULL) {
        struct cell *next = list->next;
        list->next = result;
        result = list;
        list = next;
    }
    return result;
}

static char *append(struct context *context, char *text, size_t *length, const char *more) {
    size_t more_length = strlen(more);
    if (text == NULL || *length + more_length + 1 > mi_usable_size(text)) {
        text = mi_heap_realloc(context->heap, text, (*length + more_length + 1) * 3 / 2);
        CHECK(text != NULL);
    }
    memcpy(text + *length, more, more_length + 1);
    *length += more_length;
    return text;
}

static void *work(void *arg) {
    struct context *context = get_context();
    for (int round = 0; round < 50; round++) {
        struct cell *list = NULL;
        for (size_t i = 0; i < 1000; i++) {
            list = cons(context, i, list);
        }
        list = reverse(list);
        size_t expected = 0;
        while (list != NULL) {
            struct cell *next = list->next;
            CHECK(list->value == expected++);
            mi_free(list);
            list = next;
        }
        CHECK(expected == 1000);
        char *text = NULL;
        size_t length = 0;
        for (int i = 0; i < 1000; i++) {
            text = append(context, text, &length, "word ");
        }
        CHECK(length == 5000 && strlen(text) == 5000);
        mi_free(text);
        void *zero = mi_heap_zalloc_small(context->heap, 100);
        CHECK(is_all(zero, 100, 0));
        mi_free(zero);
    }
    free_context();
    mi_thread_set_in_threadpool();
    return arg;
}

static void collect_text(const char *message, void *arg) {
    size_t *length = arg;
    *length += strlen(message);
}

static void note_error(int error, void *arg) {
    *(int *)arg = error;
}

int main(void) {
    size_t printed = 0;
    int noted = 0;
    mi_error_fun *on_error = note_error;
    mi_register_error(on_error, &noted);
    mi_output_fun *out = collect_text;
    mi_option_set_enabled(mi_option_show_errors, true);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    }
    work(NULL);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    mi_register_error(NULL, NULL);
    CHECK(noted == 0);
    mi_stats_merge();
    mi_stats_print_out(out, &printed);
    CHECK(printed > 0);
    printed = 0;
    mi_thread_stats_print_out(out, &printed);
    CHECK(printed > 0);
    return failures != 0;
}
