// SPDX-License-Identifier: MIT
// A game engine's allocator: one virtual interface in which alignment 0 means "as the size wants
// it", realloc to 0 frees, sizes of blocks are asked for, and threads may drop their caches and go
// on.
#include <mimalloc.h>

#include "support.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace {

class engine_malloc {
  public:
    virtual ~engine_malloc() {
    }
    virtual void *allocate(size_t size, size_t alignment) = 0;
    virtual void *reallocate(void *p, size_t size, size_t alignment) = 0;
    virtual void release(void *p) = 0;
    virtual bool get_size(void *p, size_t &size) = 0;
    virtual size_t quantize(size_t size) = 0;
    virtual void trim(bool thread_caches) = 0;
};

class engine_mimalloc : public engine_malloc {
  public:
    void *allocate(size_t size, size_t alignment) override {
        if (alignment == 0) {
            return size == 0 ? mi_malloc(1) : mi_malloc(size);
        }
        alignment = std::max<size_t>(size >= 16 ? 16 : 8, alignment);
        return mi_malloc_aligned(size, alignment);
    }
    void *reallocate(void *p, size_t size, size_t alignment) override {
        if (size == 0) {
            mi_free(p);
            return nullptr;
        }
        if (alignment == 0) {
            return mi_realloc(p, size);
        }
        alignment = std::max<size_t>(size >= 16 ? 16 : 8, alignment);
        return mi_realloc_aligned(p, size, alignment);
    }
    void release(void *p) override {
        mi_free(p);
    }
    bool get_size(void *p, size_t &size) override {
        size = mi_malloc_size(p);
        return true;
    }
    size_t quantize(size_t size) override {
        return mi_good_size(size);
    }
    void trim(bool thread_caches) override {
        mi_collect(thread_caches);
    }
};

engine_mimalloc instance;
engine_malloc &engine = instance;

void exercise(uint32_t random) {
    std::vector<std::pair<unsigned char *, size_t>> blocks;
    for (int i = 0; i < 3000; i++) {
        size_t size = next_random(&random) % (i % 100 == 0 ? 500000 : 600);
        size_t alignment = i % 3 == 0 ? 0 : (size_t)1 << next_random(&random) % 9;
        auto *p = static_cast<unsigned char *>(engine.allocate(size, alignment));
        CHECK(p != nullptr && is_aligned(p, std::max<size_t>(alignment, 1)));
        size_t has = 0;
        CHECK(engine.get_size(p, has) && has >= size &&
              has <= std::max<size_t>(size, 16) * 2 + 4096);
        memset(p, i, size);
        if (i % 2 == 0) {
            size_t more = engine.quantize(size + size / 2 + 1);
            CHECK(more > size);
            p = static_cast<unsigned char *>(engine.reallocate(p, more, alignment));
            CHECK(p != nullptr && is_aligned(p, std::max<size_t>(alignment, 1)) &&
                  is_all(p, size, i));
            // What was quantized is used up to the last byte.
            CHECK(engine.get_size(p, has) && has >= more);
            memset(p, i, more);
            size = more;
        }
        blocks.emplace_back(p, size);
        if (i % 1000 == 999) {
            engine.trim(false);
        }
    }
    int i = 0;
    for (auto &block : blocks) {
        CHECK(is_all(block.first, block.second, i));
        if (i++ % 5 == 0) {
            CHECK(engine.reallocate(block.first, 0, 0) == nullptr);
        } else {
            engine.release(block.first);
        }
    }
}

void worker(uint32_t seed) {
    mi_thread_init();
    exercise(seed);
    engine.trim(true);
    mi_thread_done();
    // Between its caches' end and the thread's, a thread still frees and allocates.
    engine.release(engine.allocate(100, 0));
    mi_thread_init();
    exercise(seed + 1);
}

} // namespace

int main() {
    CHECK(engine.reallocate(nullptr, 0, 0) == nullptr);
    engine.release(engine.reallocate(nullptr, 100, 32));
    engine.release(nullptr);
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 3; i++) {
        threads.emplace_back(worker, i * 10);
    }
    exercise(99);
    for (auto &thread : threads) {
        thread.join();
    }
    engine.trim(true);
    return failures != 0;
}
