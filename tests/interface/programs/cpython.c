/* SPDX-License-Identifier: MIT */
/* A run time without a global lock: each thread has one heap for objects that a collector looks
   after and one for all else; the collector walks the blocks of the one, clears and sets marks in
   them, and frees what was not reached once the walk is over. */
#include <mimalloc.h>

#include "support.h"

#include <pthread.h>

enum { LINKS = 3, OBJECTS = 1000 };

struct object {
    size_t mark;
    struct object *links[LINKS];
    size_t payload_size;
    unsigned char payload[];
};

struct interpreter {
    mi_heap_t *objects, *others;
    uint32_t random;
    struct object *root;
};

static struct object *make(struct interpreter *interpreter, size_t payload_size) {
    /* As the interpreter does: every allocation of this moment goes to the chosen heap. */
    mi_heap_t *before = mi_heap_set_default(interpreter->objects);
    struct object *object = mi_calloc(1, sizeof(struct object) + payload_size);
    CHECK(object != NULL && mi_heap_set_default(before) == interpreter->objects);
    object->payload_size = payload_size;
    memset(object->payload, (int)payload_size, payload_size);
    return object;
}

struct walk {
    size_t areas, blocks, bytes, unreached;
    struct object **found;
    int odd;
};

static bool visit(const mi_heap_t *heap, const mi_heap_area_t *area, void *block, size_t block_size,
                  void *arg) {
    struct walk *walk = arg;
    (void)heap;
    if (block == NULL) {
        walk->areas++;
        walk->odd |= area->used > area->committed || area->committed > area->reserved;
        return true;
    }
    struct object *object = block;
    walk->blocks++;
    walk->bytes += block_size;
    walk->odd |= (char *)block < (char *)area->blocks ||
                 (char *)block >= (char *)area->blocks + area->reserved ||
                 block_size < sizeof(struct object) + object->payload_size ||
                 !is_all(object->payload, object->payload_size, (int)object->payload_size);
    if (walk->found != NULL) {
        if (!object->mark) {
            walk->found[walk->unreached++] = object;
        }
        object->mark = 0;
    }
    return true;
}

static bool stop_at_once(const mi_heap_t *heap, const mi_heap_area_t *area, void *block,
                         size_t block_size, void *arg) {
    (void)heap;
    (void)area;
    (void)block_size;
    ++*(int *)arg;
    return block == NULL;
}

/* Each object is noted once at most. */
static size_t mark(struct object *root, struct object **noted) {
    size_t count = 0, done = 0;
    if (root != NULL) {
        root->mark = 1;
        noted[count++] = root;
    }
    while (done < count) {
        struct object *object = noted[done++];
        for (int i = 0; i < LINKS; i++) {
            struct object *other = object->links[i];
            if (other != NULL && !other->mark) {
                other->mark = 1;
                noted[count++] = other;
            }
        }
    }
    return count;
}

static size_t collect(struct interpreter *interpreter, size_t expected_blocks) {
    mi_block_visit_fun *visitor = visit;
    struct walk walk = {0};
    CHECK(mi_heap_visit_blocks(interpreter->objects, true, visitor, &walk));
    CHECK(walk.blocks == expected_blocks && walk.areas > 0 && !walk.odd);

    struct object **noted = mi_heap_mallocn_tp(interpreter->others, struct object *, walk.blocks);
    size_t reached = mark(interpreter->root, noted);
    walk = (struct walk){.found = noted};
    CHECK(mi_heap_visit_blocks(interpreter->objects, true, visitor, &walk));
    CHECK(walk.blocks == expected_blocks && walk.unreached == expected_blocks - reached);
    for (size_t i = 0; i < walk.unreached; i++) {
        mi_free(walk.found[i]);
    }
    mi_free(noted);

    int calls = 0;
    bool all = mi_heap_visit_blocks(interpreter->objects, true, stop_at_once, &calls);
    CHECK(reached == 0 || (!all && calls == 2));
    return reached;
}

static void *run(void *arg) {
    struct interpreter interpreter = {mi_heap_new(), mi_heap_new(), (uint32_t)(size_t)arg, NULL};
    CHECK(interpreter.objects != NULL && interpreter.others != NULL);
    size_t live = 0;
    for (int round = 0; round < 5; round++) {
        struct object *made[OBJECTS];
        for (int i = 0; i < OBJECTS; i++) {
            size_t size = next_random(&interpreter.random) % (i % 100 == 0 ? 70000 : 200);
            made[i] = make(&interpreter, size);
            CHECK(mi_heap_contains_block(interpreter.objects, made[i]));
            CHECK(!mi_heap_contains_block(interpreter.others, made[i]));
            /* Links lead to what was made just before, so that the marking is not deep. */
            for (int k = 0; k < LINKS && i > 0; k++) {
                made[i]->links[k] = made[next_random(&interpreter.random) % (unsigned)i];
            }
        }
        live += OBJECTS;
        interpreter.root = make(&interpreter, 0);
        for (int k = 0; k < LINKS; k++) {
            interpreter.root->links[k] = made[OBJECTS / 3 * k];
        }
        live = collect(&interpreter, live + 1);
        CHECK(live > 0 && live <= 1 + (size_t)OBJECTS);
    }
    interpreter.root = NULL;
    CHECK(collect(&interpreter, live) == 0);
    /* Objects that others still hold outlive the interpreter's heap; the scratch heap goes whole.
     */
    struct object *kept = make(&interpreter, 100);
    CHECK(mi_heap_malloc(interpreter.others, 5000) != NULL);
    mi_heap_delete(interpreter.objects);
    mi_heap_destroy(interpreter.others);
    CHECK(is_all(kept->payload, 100, 100));
    return kept;
}

int main(void) {
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, run, (void *)(i + 1)) == 0);
    }
    mi_free(run((void *)(size_t)17));
    for (size_t i = 0; i < 3; i++) {
        void *kept = NULL;
        pthread_join(threads[i], &kept);
        CHECK(is_all(((struct object *)kept)->payload, 100, 100));
        mi_free(kept);
    }
    return failures != 0;
}
