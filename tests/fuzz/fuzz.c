/* SPDX-License-Identifier: MIT */
/* Sequences of operations, read from bytes, against a shadow model: allocation, zeroing, alignment,
   growth, heaps made, deleted and destroyed, collection, options, in three threads that come and go
   (one at a time is at work, so that a sequence means the same each time).  Each block holds a
   pattern of its own, which is verified whenever the block is used again, and in the end.
     fuzz                      under libFuzzer: see its own options
     replay [FILE...|COUNT]    (-DREPLAY) the files, or so many sequences of a fixed generator */
#include "../stress/support.h"

#include <pthread.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCKS = 64, HEAPS = 4, THREADS = 3, LARGEST = 4 << 20 };

static struct block {
    unsigned char *p;
    size_t size;
    bool is_zeroed; /* and has only been resized so */
    int heap;       /* of those below, or -1 */
} blocks[BLOCKS];
static mi_heap_t *heaps[HEAPS];
static int heap_owner[HEAPS];
static uint64_t tag;

static struct input { const uint8_t *data, *end; } input;

static unsigned next_byte(void) {
    return input.data < input.end ? *input.data++ : 0;
}

/* Log-uniform, with its neighbours. */
static size_t next_size(void) {
    unsigned shift = next_byte() % 23;
    size_t size = ((size_t)1 << shift) + (next_byte() * ((size_t)1 << shift) >> 8);
    return size > LARGEST ? LARGEST : size - (next_byte() % 4 == 0);
}

static void write_block(struct block *block) {
    size_t index = (size_t)(block - blocks);
    pattern_fill(block->p, block->size, index * 77 + 1, false);
}

static void verify(const struct block *block) {
    size_t index = (size_t)(block - blocks);
    if (!pattern_holds(block->p, block->size, block->size, index * 77 + 1, false))
        fail("fuzz: a block of %zu bytes has changed", block->size);
    size_t usable = mi_usable_size(block->p);
    if (usable < block->size)
        fail("fuzz: %zu usable bytes of %zu", usable, block->size);
    if (block->is_zeroed && !is_zero(block->p, block->size, usable, false))
        fail("fuzz: what lies behind a zeroed block of %zu bytes is not zero", block->size);
}

static void release(struct block *block) {
    if (block->p == NULL)
        return;
    verify(block);
    mi_free(block->p);
    block->p = NULL;
}

static void accept(struct block *block, void *p, size_t size, size_t alignment, bool zero,
                   int heap) {
    if (p == NULL)
        fail("fuzz: no memory for %zu bytes", size);
    if ((uintptr_t)p % alignment != 0)
        fail("fuzz: %p is not aligned to %zu", p, alignment);
    if (zero && !is_zero(p, 0, mi_usable_size(p), size < 100000))
        fail("fuzz: %zu bytes are not zero", size);
    *block = (struct block){p, size, zero, heap};
    write_block(block);
}

static void resize(struct block *block, int how) {
    size_t size = next_size(), kept = size < block->size ? size : block->size;
    size_t index = (size_t)(block - blocks);
    verify(block);
    bool zero = how == 1 && block->is_zeroed;
    unsigned char *p = zero       ? mi_rezalloc(block->p, size)
                       : how == 2 ? mi_realloc_aligned(block->p, size, 256)
                                  : mi_realloc(block->p, size);
    if (p == NULL)
        fail("fuzz: no memory to grow to %zu bytes", size);
    if (!pattern_holds(p, block->size, kept, index * 77 + 1, false) && kept != 0)
        fail("fuzz: contents lost from %zu to %zu bytes", block->size, size);
    if (zero && size > kept && !is_zero(p, kept, size, false))
        fail("fuzz: grown from %zu to %zu bytes, not zero", block->size, size);
    /* What stays where it is stays in its heap, too. */
    *block = (struct block){p, size, zero, p == block->p ? block->heap : -1};
    write_block(block);
}

static void end_heap(int heap, bool destroy) {
    for (int i = 0; i < BLOCKS; i++) {
        if (blocks[i].p == NULL || blocks[i].heap != heap)
            continue;
        verify(&blocks[i]);
        blocks[i].heap = -1;
        if (destroy)
            blocks[i].p = NULL;
    }
    if (destroy)
        mi_heap_destroy(heaps[heap]);
    else
        mi_heap_delete(heaps[heap]);
    heaps[heap] = NULL;
}

static void use_heap(int self, struct block *block) {
    int heap = (int)(next_byte() % HEAPS);
    if (heaps[heap] == NULL) {
        heaps[heap] = mi_heap_new();
        heap_owner[heap] = self;
        if (heaps[heap] == NULL)
            fail("fuzz: no heap");
    }
    if (heap_owner[heap] != self)
        return;
    switch (next_byte() % 6) {
    case 0:
        end_heap(heap, false);
        break;
    case 1:
        end_heap(heap, true);
        break;
    case 2:
        mi_heap_collect(heaps[heap], next_byte() % 2 == 0);
        break;
    default: {
        size_t size = next_size() % 200000;
        bool zero = next_byte() % 2 == 0;
        release(block);
        accept(block, zero ? mi_heap_zalloc(heaps[heap], size) : mi_heap_malloc(heaps[heap], size),
               size, 8, zero, heap);
    }
    }
}

/* All that may change while the program runs and say something about memory. */
static const struct {
    mi_option_t option;
    long values[4];
} options[] = {
    {mi_option_purge_delay, {0, 10, 20, 30}},
    {mi_option_page_reset, {0, 1, 0, 1}},
    {mi_option_cache_reset, {0, 1, 0, 1}},
    {mi_option_pool_commit, {0, 1, 0, 1}},
    {mi_option_large_pages, {0, 1, 2, 1}},
    {mi_option_populate_step, {0, 4, 64, 2048}},
    {mi_option_arena_reserve, {64, 1024, 8192, 1048576}},
    {mi_option_trace, {0, 1, 7, 100}},
};
enum { OPTIONS = sizeof options / sizeof *options };

static void set_option(void) {
    unsigned which = next_byte() % OPTIONS;
    mi_option_set(options[which].option, options[which].values[next_byte() % 4]);
}

/* What one input has set is not to be found by the next: or a finding would not come again. */
static void reset_options(void) {
    static bool is_known;
    static long initial[OPTIONS];
    for (unsigned i = 0; i < OPTIONS; i++) {
        if (is_known)
            mi_option_set(options[i].option, initial[i]);
        else
            initial[i] = mi_option_get(options[i].option);
    }
    is_known = true;
}

static void step(int self) {
    struct block *block = &blocks[next_byte() % BLOCKS];
    unsigned operation = next_byte() % 24;
    size_t size, alignment;
    tag++;
    if (operation < 6) {
        release(block);
    } else if (operation < 14) {
        bool zero = operation % 2 == 0;
        release(block);
        size = next_size();
        accept(block, zero ? mi_zalloc(size) : mi_malloc(size), size, 1, zero, -1);
    } else if (operation < 17 && block->p != NULL) {
        resize(block, (int)operation - 14);
    } else if (operation == 17) {
        release(block);
        alignment = (size_t)1 << next_byte() % 18;
        size = next_size() % 300000;
        accept(block, mi_malloc_aligned(size, alignment), size, alignment, false, -1);
    } else if (operation < 20) {
        use_heap(self, block);
    } else if (operation == 20) {
        mi_collect(next_byte() % 2 == 0);
    } else if (operation == 21) {
        set_option();
    } else if (operation == 22 && block->p != NULL) {
        verify(block);
        if (!mi_is_in_heap_region(block->p))
            fail("fuzz: a block that is in no region");
    }
}

/* ---- threads, one at a time */

static struct helper {
    pthread_t thread;
    bool is_alive;
} helpers[THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn = -1; /* whose step it is; -1: nobody's */
static bool must_end;

static void *help(void *arg) {
    int self = (int)(intptr_t)arg;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (turn != self)
            pthread_cond_wait(&changed, &lock);
        bool ends = must_end;
        if (!ends)
            step(self);
        turn = -1;
        pthread_cond_broadcast(&changed);
        if (ends)
            break;
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void in_thread(int self, bool end) {
    if (self == 0 && !end) {
        step(0);
        return;
    }
    struct helper *helper = &helpers[self];
    if (self == 0 || (end && !helper->is_alive))
        return;
    if (!helper->is_alive &&
        pthread_create(&helper->thread, NULL, help, (void *)(intptr_t)self) != 0)
        fail("fuzz: no thread");
    helper->is_alive = true;
    if (end) /* its heaps would end with it */
        for (int i = 0; i < HEAPS; i++)
            if (heaps[i] != NULL && heap_owner[i] == self) {
                heaps[i] = NULL;
                for (int j = 0; j < BLOCKS; j++)
                    if (blocks[j].heap == i)
                        blocks[j].heap = -1;
            }
    pthread_mutex_lock(&lock);
    must_end = end;
    turn = self;
    pthread_cond_broadcast(&changed);
    while (turn != -1)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    if (end) {
        pthread_join(helper->thread, NULL);
        helper->is_alive = false;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = (struct input){data, data + size};
    reset_options();
    while (input.data < input.end) {
        unsigned who = next_byte();
        in_thread((int)(who % 8 < 6 ? 0 : who % 8 - 5), who >= 250);
    }
    for (int i = 0; i < BLOCKS; i++)
        release(&blocks[i]);
    for (int self = THREADS - 1; self > 0; self--)
        in_thread(self, true);
    for (int i = 0; i < HEAPS; i++)
        if (heaps[i] != NULL)
            end_heap(i, i % 2 == 0);
    return 0;
}

#ifdef REPLAY
int main(int argc, char **argv) {
    static uint8_t bytes[1 << 16];
    size_t sequences = 0;
    struct rng rng = {2026};
    for (int i = 1; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            sequences = (size_t)argument(argc, argv, i, 0);
            continue;
        }
        ssize_t length = read(fd, bytes, sizeof bytes);
        close(fd);
        LLVMFuzzerTestOneInput(bytes, length < 0 ? 0 : (size_t)length);
    }
    for (size_t i = 0; i < sequences; i++) {
        size_t length = 1 + rng_below(&rng, 4000);
        for (size_t j = 0; j < length; j++)
            bytes[j] = (uint8_t)rng_next(&rng);
        LLVMFuzzerTestOneInput(bytes, length);
    }
    printf("fuzz: %zu sequences, %llu operations\n", sequences, (unsigned long long)tag);
    return 0;
}
#endif
