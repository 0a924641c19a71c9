/* SPDX-License-Identifier: MIT */
/* A virtual machine behind four functions: wrappers that end the process when there is no memory,
   and on them a hash table with chains and arrays that grow. */
#include <mimalloc.h>

#include "support.h"

#include <stdlib.h>

static void out_of_memory(size_t size) {
    printf("no memory for %lu bytes\n", (unsigned long)size);
    exit(1);
}

static void *vm_malloc(size_t size) {
    void *p = mi_malloc(size);
    if (p == NULL) {
        out_of_memory(size);
    }
    return p;
}

static void *vm_calloc(size_t count, size_t size) {
    void *p = mi_calloc(count, size);
    if (p == NULL) {
        out_of_memory(count * size);
    }
    return p;
}

static void *vm_realloc(void *p, size_t size) {
    void *q = mi_realloc(p, size);
    if (q == NULL && size > 0) {
        out_of_memory(size);
    }
    return q;
}

/* The machine knows the old size and clears the rest by itself. */
static void *vm_recalloc(void *p, size_t old_size, size_t size) {
    char *q = vm_realloc(p, size);
    if (size > old_size) {
        memset(q + old_size, 0, size - old_size);
    }
    return q;
}

#define vm_free_null(p) (mi_free(p), (p) = NULL)

struct entry {
    struct entry *next;
    char *key;
    size_t value;
};

struct table {
    struct entry **buckets;
    size_t bucket_count, entry_count;
};

static size_t hash(const char *key) {
    size_t sum = 5381;
    while (*key != '\0') {
        sum = sum * 33 + (unsigned char)*key++;
    }
    return sum;
}

static void grow(struct table *table) {
    size_t count = table->bucket_count == 0 ? 8 : table->bucket_count * 2;
    struct entry **buckets = vm_calloc(count, sizeof(*buckets));
    for (size_t i = 0; i < table->bucket_count; i++) {
        struct entry *entry = table->buckets[i];
        while (entry != NULL) {
            struct entry *next = entry->next;
            size_t place = hash(entry->key) % count;
            entry->next = buckets[place];
            buckets[place] = entry;
            entry = next;
        }
    }
    mi_free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
}

static void insert(struct table *table, const char *key, size_t value) {
    if (table->entry_count == table->bucket_count) {
        grow(table);
    }
    struct entry *entry = vm_malloc(sizeof(*entry));
    size_t length = strlen(key) + 1;
    entry->key = vm_malloc(length);
    memcpy(entry->key, key, length);
    entry->value = value;
    size_t place = hash(key) % table->bucket_count;
    entry->next = table->buckets[place];
    table->buckets[place] = entry;
    table->entry_count++;
}

static struct entry *find(const struct table *table, const char *key) {
    struct entry *entry = table->buckets[hash(key) % table->bucket_count];
    while (entry != NULL && strcmp(entry->key, key) != 0) {
        entry = entry->next;
    }
    return entry;
}

static void clear(struct table *table) {
    for (size_t i = 0; i < table->bucket_count; i++) {
        while (table->buckets[i] != NULL) {
            struct entry *entry = table->buckets[i];
            table->buckets[i] = entry->next;
            mi_free(entry->key);
            mi_free(entry);
        }
    }
    vm_free_null(table->buckets);
}

static void hashes(void) {
    struct table table = {NULL, 0, 0};
    char key[32];
    for (size_t i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "key %lu", (unsigned long)(i * 7919));
        insert(&table, key, i);
    }
    for (size_t i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "key %lu", (unsigned long)(i * 7919));
        const struct entry *entry = find(&table, key);
        CHECK(entry != NULL && entry->value == i);
    }
    clear(&table);
    CHECK(table.buckets == NULL);
}

static void arrays(void) {
    unsigned char *array = NULL;
    size_t size = 0;
    while (size < (size_t)1 << 20) {
        size_t more = size + size / 2 + 24;
        array = vm_recalloc(array, size, more);
        CHECK(is_all(array + size, more - size, 0));
        CHECK(size == 0 || is_all(array, size, 3));
        memset(array, 3, more);
        size = more;
    }
    vm_free_null(array);
    vm_free_null(array);
}

int main(void) {
    hashes();
    arrays();
    /* Nothing is asked for, and still a block comes that can grow and be freed. */
    void *nothing = vm_malloc(0);
    nothing = vm_realloc(nothing, 100);
    memset(nothing, 1, 100);
    mi_free(nothing);
    return failures != 0;
}
