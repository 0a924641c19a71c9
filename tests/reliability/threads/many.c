/* SPDX-License-Identifier: MIT */
/* 4096 threads at once on the smallest stacks, each of which allocates, zeroes, grows and frees. */
#include "case.h"
#include <limits.h>

enum { THREADS = 4096 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t ready;
static bool go;

static void *live(void *arg) {
    char *p = malloc(100);
    pthread_mutex_lock(&lock);
    ready++;
    pthread_cond_broadcast(&changed);
    while (!go)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    char *q = calloc(10, 200);
    CHECK(p != NULL && q != NULL && q[1999] == 0);
    q = realloc(q, 70000);
    CHECK(q != NULL);
    char *r = malloc(3 * MIB);
    CHECK(r != NULL);
    r[0] = 1;
    free(r);
    free(q);
    free(p);
    return arg;
}

int main(void) {
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    begin();
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN) == 0);
    size_t count = 0;
    while (count < THREADS && pthread_create(&threads[count], &attributes, live, NULL) == 0)
        count++;
    pthread_mutex_lock(&lock);
    while (ready < count)
        pthread_cond_wait(&changed, &lock);
    go = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < count; i++)
        finish(threads[i]);
    if (count < THREADS)
        SKIP("only %zu threads are allowed", count);
    return 0;
}
