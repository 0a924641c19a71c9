/* SPDX-License-Identifier: MIT */
/* Many threads on one heap, every block verified.
     stress [-f] [LOAD [THREADS [OPERATIONS [SEED]]]]
   LOAD: mixed   allocate, verify, reallocate, free; blocks change hands through shared slots
         churn   the same with threads that come and go: others free what the dead have left
         pipe    some allocate, others only free; peak memory is held to 1.3 times what is live
         crowd   mixed, with eight threads per processor
         all     each of them, briefly (the default)
   OPERATIONS is the number of all threads together.  -f verifies every byte of large blocks. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    LOCAL_COUNT = 64,    /* items a worker holds */
    SHARED_COUNT = 1024, /* slots through which items change hands */
    THREAD_MAX = 512,
    PRIVATE_COUNT = 100 /* blocks of a heap that is destroyed as a whole */
};
static const size_t size_max = 16 * MIB;
static const size_t live_max = 256 * MIB;

/* Where a block is known; whoever holds the item owns the block (p NULL: an empty item). */
struct item {
    unsigned char *p;
    size_t size;
    uint64_t tag;
};

struct worker {
    pthread_t thread;
    struct rng rng;
    size_t operations;
    struct item *local[LOCAL_COUNT];
#ifndef STRESS_LIBC
    mi_heap_t *heap;
#endif
};

static struct {
    const char *load;
    uint64_t seed;
    bool full;
    struct item *_Atomic slots[SHARED_COUNT];
    atomic_size_t live; /* bytes */
    struct worker *workers;
} shared;

#define FAIL(format, ...)                                                                          \
    fail("stress: %s, seed %llu: " format, shared.load, (unsigned long long)shared.seed,           \
         __VA_ARGS__)

/* ---- one block -------------------------------------------------------------------------- */

static void verify(struct item *item) {
    if (!pattern_holds(item->p, item->size, item->size, item->tag, shared.full)) {
        FAIL("block %p of %zu bytes has changed", (void *)item->p, item->size);
    }
}

static void accept(struct item *item, void *p, size_t size, size_t alignment, uint64_t tag) {
    if (p == NULL) {
        FAIL("no memory for %zu bytes", size);
    }
    if ((uintptr_t)p % alignment != 0) {
        FAIL("block %p of %zu bytes is not aligned to %zu", p, size, alignment);
    }
    if (t_usable_size(p) < size) {
        FAIL("block %p has %zu usable bytes, %zu asked for", p, t_usable_size(p), size);
    }
    item->p = p;
    item->size = size;
    item->tag = tag;
    pattern_fill(p, size, tag, shared.full);
}

static void expect_zero(void *p, size_t size) {
    if (p != NULL && !is_zero(p, 0, size, shared.full)) {
        FAIL("zeroed block %p of %zu bytes is not zero", p, size);
    }
}

/* A size that the bound on live memory admits; what it returns is already counted. */
static size_t claim_size(struct rng *rng) {
    size_t size = rng_size(rng, size_max);
    if (atomic_fetch_add(&shared.live, size) + size > live_max && size > KIB) {
        size_t small = 1 + size % KIB;
        atomic_fetch_sub(&shared.live, size - small);
        size = small;
    }
    return size;
}

static void release(struct item *item) {
    verify(item);
    atomic_fetch_sub(&shared.live, item->size);
    t_free(item->p);
    item->p = NULL;
}

static void *allocate_in_heap(struct worker *worker, size_t size, bool zero) {
#ifdef STRESS_LIBC
    (void)worker;
    return zero ? t_zalloc(size) : t_malloc(size);
#else
    if (worker->heap == NULL) {
        worker->heap = mi_heap_new();
        if (worker->heap == NULL) {
            FAIL("mi_heap_new failed, %zu bytes wanted", size);
        }
    }
    return zero ? mi_heap_zalloc(worker->heap, size) : mi_heap_malloc(worker->heap, size);
#endif
}

static void allocate(struct worker *worker, struct item *item) {
    struct rng *rng = &worker->rng;
    size_t size = claim_size(rng);
    size_t alignment = size < 16 && !HAS_MI ? 1 : 16;
    size_t choice = rng_below(rng, 100);
    void *p;
    if (choice < 50) {
        p = t_malloc(size);
    } else if (choice < 60) {
        p = t_zalloc(size);
        expect_zero(p, size);
    } else if (choice < 70) {
        size_t count = 1 + rng_below(rng, 7);
        atomic_fetch_sub(&shared.live, size - (size + count - 1) / count * count);
        size = (size + count - 1) / count * count;
        p = t_calloc(count, size / count);
        expect_zero(p, size);
    } else if (choice < 85) {
        alignment = (size_t)1 << rng_below(rng, choice == 84 ? 23 : 17);
        p = t_aligned(size, alignment);
    } else {
        bool zero = choice < 88;
        p = allocate_in_heap(worker, size, zero);
        if (zero) {
            expect_zero(p, size);
        }
    }
    accept(item, p, size, alignment, rng_next(rng));
}

static void reallocate(struct worker *worker, struct item *item) {
    verify(item);
    size_t size = claim_size(&worker->rng);
    size_t kept = item->size < size ? item->size : size;
    unsigned char *p = t_realloc(item->p, size);
    if (p == NULL) {
        FAIL("no memory to reallocate %zu bytes to %zu", item->size, size);
    }
    if (!pattern_holds(p, item->size, kept, item->tag, shared.full)) {
        FAIL("contents lost when %zu bytes were reallocated to %zu", item->size, size);
    }
    atomic_fetch_sub(&shared.live, item->size);
    accept(item, p, size, 1, rng_next(&worker->rng));
}

/* ---- heaps ------------------------------------------------------------------------------ */

/* Others still hold and free blocks of the heap while it is being deleted. */
static void drop_heap(struct worker *worker) {
#ifdef STRESS_LIBC
    (void)worker;
#else
    mi_heap_delete(worker->heap);
    worker->heap = NULL;
#endif
}

/* A heap whose blocks stay in this thread, some freed, the rest destroyed with it. */
static void use_and_destroy_heap(struct rng *rng) {
#ifdef STRESS_LIBC
    (void)rng;
#else
    struct item items[PRIVATE_COUNT];
    mi_heap_t *heap = mi_heap_new();
    if (heap == NULL) {
        FAIL("mi_heap_new failed after %d blocks", 0);
    }
    for (size_t i = 0; i < PRIVATE_COUNT; i++) {
        size_t size = rng_size(rng, 8 * KIB);
        accept(&items[i], mi_heap_malloc(heap, size), size, 16, rng_next(rng));
    }
    for (size_t i = 0; i < PRIVATE_COUNT; i++) {
        verify(&items[i]);
        if (rng_below(rng, 2) == 0) {
            mi_free(items[i].p);
        }
    }
    mi_heap_destroy(heap);
#endif
}

/* ---- mixed, churn, crowd ---------------------------------------------------------------- */

static void step(struct worker *worker) {
    struct rng *rng = &worker->rng;
    size_t index = rng_below(rng, LOCAL_COUNT);
    if (rng_below(rng, 100) < 40) {
        struct item *_Atomic *slot = &shared.slots[rng_below(rng, SHARED_COUNT)];
        worker->local[index] = atomic_exchange(slot, worker->local[index]);
    }
    struct item *item = worker->local[index];
    if (item->p == NULL) {
        allocate(worker, item);
        return;
    }
    size_t choice = rng_below(rng, 100);
    if (choice < 65) {
        release(item);
    } else if (choice < 85) {
        reallocate(worker, item);
    } else {
        verify(item);
    }
}

static void *work(void *arg) {
    struct worker *worker = arg;
    for (size_t i = 0; i < worker->operations; i++) {
        step(worker);
        if (rng_below(&worker->rng, 500) == 0) {
            drop_heap(worker);
        }
        if (rng_below(&worker->rng, 1000) == 0) {
            use_and_destroy_heap(&worker->rng);
        }
    }
    /* One in two leaves its heap alive when it ends. */
    if (rng_below(&worker->rng, 2) == 0) {
        drop_heap(worker);
    }
#ifndef STRESS_LIBC
    worker->heap = NULL;
#endif
    return NULL;
}

static void start(struct worker *worker, size_t operations) {
    worker->operations = operations;
    int error = pthread_create(&worker->thread, NULL, work, worker);
    if (error != 0) {
        FAIL("pthread_create: error %d", error);
    }
}

static void run_workers(unsigned threads, size_t operations, size_t generations) {
    size_t item_count = (size_t)threads * LOCAL_COUNT + SHARED_COUNT;
    struct item *items = harness_memory(item_count * sizeof *items);
    shared.workers = harness_memory(threads * sizeof *shared.workers);
    struct item *next = items;
    for (size_t i = 0; i < SHARED_COUNT; i++) {
        atomic_store(&shared.slots[i], next++);
    }
    for (unsigned t = 0; t < threads; t++) {
        shared.workers[t].rng.state = shared.seed * 1000003 + t;
        for (size_t i = 0; i < LOCAL_COUNT; i++) {
            shared.workers[t].local[i] = next++;
        }
    }
    size_t share = operations / threads / generations + 1;
    for (unsigned t = 0; t < threads; t++) {
        start(&shared.workers[t], share);
    }
    /* A thread that ended is replaced while the others run; its heir holds what it left. */
    for (size_t g = 1; g < generations; g++) {
        for (unsigned t = 0; t < threads; t++) {
            pthread_join(shared.workers[t].thread, NULL);
            start(&shared.workers[t], share);
        }
    }
    for (unsigned t = 0; t < threads; t++) {
        pthread_join(shared.workers[t].thread, NULL);
    }
    for (size_t i = 0; i < item_count; i++) {
        if (items[i].p != NULL) {
            release(&items[i]);
        }
    }
    if (atomic_load(&shared.live) != 0) {
        FAIL("%zu bytes are live in the end", atomic_load(&shared.live));
    }
    munmap(shared.workers, threads * sizeof *shared.workers);
    munmap(items, item_count * sizeof *items);
}

/* ---- pipe ------------------------------------------------------------------------------- */

enum { BATCH_COUNT = 128, RING_COUNT = 2048 };

struct batch {
    struct item items[BATCH_COUNT];
    size_t bytes;
};

/* Consumers wait until the window is nearly full, so that what is live stays known. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct batch *ring;
    size_t head, tail; /* next to take, next to fill */
    size_t live, live_peak;
    size_t resident_peak;
    unsigned producers;
} pipe_state = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static const size_t pipe_window = 64 * MIB;
static const size_t pipe_slack = 4 * MIB;

static void push(struct batch *batch) {
    pthread_mutex_lock(&pipe_state.lock);
    while (pipe_state.live + batch->bytes > pipe_window ||
           pipe_state.tail - pipe_state.head == RING_COUNT) {
        pthread_cond_wait(&pipe_state.changed, &pipe_state.lock);
    }
    pipe_state.ring[pipe_state.tail++ % RING_COUNT] = *batch;
    pipe_state.live += batch->bytes;
    if (pipe_state.live > pipe_state.live_peak) {
        pipe_state.live_peak = pipe_state.live;
    }
    bool sample = pipe_state.tail % 32 == 0;
    pthread_cond_broadcast(&pipe_state.changed);
    pthread_mutex_unlock(&pipe_state.lock);
    if (sample) {
        size_t resident = resident_bytes();
        pthread_mutex_lock(&pipe_state.lock);
        if (resident > pipe_state.resident_peak) {
            pipe_state.resident_peak = resident;
        }
        pthread_mutex_unlock(&pipe_state.lock);
    }
}

static bool pop(struct batch *batch) {
    pthread_mutex_lock(&pipe_state.lock);
    while (pipe_state.producers != 0 && pipe_state.live < pipe_window - pipe_slack &&
           pipe_state.tail - pipe_state.head != RING_COUNT) {
        pthread_cond_wait(&pipe_state.changed, &pipe_state.lock);
    }
    bool found = pipe_state.head != pipe_state.tail;
    if (found) {
        *batch = pipe_state.ring[pipe_state.head++ % RING_COUNT];
    }
    bool more = found || pipe_state.producers != 0;
    pthread_mutex_unlock(&pipe_state.lock);
    batch->bytes = found ? batch->bytes : 0;
    return more;
}

static void *produce(void *arg) {
    struct worker *worker = arg;
    struct batch batch;
    for (size_t done = 0; done < worker->operations; done += BATCH_COUNT) {
        batch.bytes = 0;
        for (size_t i = 0; i < BATCH_COUNT; i++) {
            size_t size = 8 + rng_size(&worker->rng, 4 * KIB);
            accept(&batch.items[i], t_malloc(size), size, 16, rng_next(&worker->rng));
            batch.bytes += size;
        }
        push(&batch);
    }
    pthread_mutex_lock(&pipe_state.lock);
    pipe_state.producers--;
    pthread_cond_broadcast(&pipe_state.changed);
    pthread_mutex_unlock(&pipe_state.lock);
    return NULL;
}

static void *consume(void *arg) {
    (void)arg;
    struct batch batch;
    while (pop(&batch)) {
        if (batch.bytes == 0) {
            continue;
        }
        for (size_t i = 0; i < BATCH_COUNT; i++) {
            verify(&batch.items[i]);
            t_free(batch.items[i].p);
        }
        pthread_mutex_lock(&pipe_state.lock);
        pipe_state.live -= batch.bytes;
        pthread_cond_broadcast(&pipe_state.changed);
        pthread_mutex_unlock(&pipe_state.lock);
    }
    return NULL;
}

static void run_pipe(unsigned pairs, size_t operations) {
    pipe_state.ring = harness_memory(RING_COUNT * sizeof *pipe_state.ring);
    struct worker *workers = harness_memory(2 * pairs * sizeof *workers);
    static size_t base; /* of the young process; what a first run leaves counts in a second */
    if (base == 0) {
        base = resident_bytes();
    }
    pipe_state.head = pipe_state.tail = pipe_state.live = pipe_state.live_peak = 0;
    pipe_state.resident_peak = resident_bytes();
    pipe_state.producers = pairs;
    for (unsigned t = 0; t < 2 * pairs; t++) {
        workers[t].rng.state = shared.seed * 1000003 + t;
        workers[t].operations = operations / pairs;
        int error =
            pthread_create(&workers[t].thread, NULL, t < pairs ? produce : consume, &workers[t]);
        if (error != 0) {
            FAIL("pthread_create: error %d", error);
        }
    }
    for (unsigned t = 0; t < 2 * pairs; t++) {
        pthread_join(workers[t].thread, NULL);
    }
    size_t used = pipe_state.resident_peak - base;
    double ratio = (double)used / (double)pipe_state.live_peak;
    printf("stress: pipe, %u pairs: peak %zu MiB resident for %zu MiB live: %.2f\n", pairs,
           used / MIB, pipe_state.live_peak / MIB, ratio);
    /* Several producers that are stopped in turn hold free blocks of their own: more is allowed.
       Judged only where the window was filled and passed several times over. */
    double most = pairs == 1 ? 1.3 : 2.0;
    if (!IS_SANITIZED && pipe_state.live_peak >= pipe_window - pipe_slack && ratio > most) {
        FAIL("peak memory is %.2f times what is live (at most %.1f)", ratio, most);
    }
    munmap(workers, 2 * pairs * sizeof *workers);
    munmap(pipe_state.ring, RING_COUNT * sizeof *pipe_state.ring);
}

/* ---- choice ----------------------------------------------------------------------------- */

static unsigned processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > 64 ? 64 : (unsigned)count;
}

static void load_mixed(unsigned threads, size_t operations) {
    run_workers(threads != 0 ? threads : 4, operations, 1);
}

static void load_churn(unsigned threads, size_t operations) {
    run_workers(threads != 0 ? threads : 4, operations, operations / 800 + 1);
}

static void load_pipe(unsigned threads, size_t operations) {
    /* One block costs a twentieth of what one of the other loads costs. */
    if (threads != 0) {
        run_pipe(threads < 2 ? 1 : threads / 2, operations * 20);
        return;
    }
    run_pipe(1, operations * 20);
    run_pipe(2, operations * 20);
}

static void load_crowd(unsigned threads, size_t operations) {
    run_workers(threads != 0 ? threads : 8 * processors(), operations, 1);
}

static const struct {
    const char *name;
    void (*run)(unsigned threads, size_t operations);
} loads[] = {
    /* pipe first: its memory is measured against a young process */
    {"pipe", load_pipe},
    {"mixed", load_mixed},
    {"churn", load_churn},
    {"crowd", load_crowd},
};

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "-f") == 0) {
        shared.full = true;
        argv[1] = argv[0];
        argc--;
        argv++;
    }
    const char *wanted = argc > 1 ? argv[1] : "all";
    unsigned threads = (unsigned)argument(argc, argv, 2, 0);
    size_t operations = (size_t)argument(argc, argv, 3, IS_SANITIZED ? 4000 : 20000);
    shared.seed = argument(argc, argv, 4, 1);
    if (threads > THREAD_MAX) {
        fail("stress: at most %d threads", THREAD_MAX);
    }
    bool found = false;
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        if (strcmp(wanted, "all") == 0 || strcmp(wanted, loads[i].name) == 0) {
            found = true;
            shared.load = loads[i].name;
            double begin = seconds_now();
            loads[i].run(threads, operations);
            printf("stress: %s, seed %llu: good, %.1f s\n", shared.load,
                   (unsigned long long)shared.seed, seconds_now() - begin);
            fflush(stdout);
        }
    }
    if (!found) {
        fail("usage: stress [-f] [mixed|churn|pipe|crowd|all [THREADS [OPERATIONS [SEED]]]]");
    }
    return 0;
}
