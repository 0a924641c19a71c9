// SPDX-License-Identifier: MIT
// A program of pictures: what one frame needs for a moment comes from a heap of the thread, is
// zero, and is destroyed with the heap at the frame's end.  The threads' heaps are destroyed by the
// destructors of thread-local objects, which run while the thread's state goes away.
#include <mimalloc.h>

#include "support.h"

#include <thread>
#include <vector>

namespace {

struct temporary_heap {
    mi_heap_t *heap = nullptr;
    ~temporary_heap() {
        free_all();
    }
    void *allocate(size_t size) {
        if (heap == nullptr) {
            heap = mi_heap_new();
        }
        void *p = heap == nullptr ? nullptr : mi_heap_zalloc(heap, size);
        CHECK(p != nullptr);
        return p;
    }
    void free_all() {
        if (heap != nullptr) {
            mi_heap_destroy(heap);
            heap = nullptr;
        }
    }
};

thread_local temporary_heap temporary;

struct vertex {
    double x, y, z;
    vertex *next;
};

void frame(uint32_t seed) {
    vertex *list = nullptr;
    for (int i = 0; i < 500; i++) {
        vertex *v = static_cast<vertex *>(temporary.allocate(sizeof(vertex)));
        CHECK(is_all(v, sizeof(*v), 0));
        v->x = i;
        v->next = list;
        list = v;
        // Lists of every length, dirty when the heap goes.
        size_t size = next_random(&seed) % (i % 100 == 0 ? 300000 : 1000);
        void *scratch = temporary.allocate(size);
        CHECK(is_all(scratch, size, 0));
        memset(scratch, 0xff, size);
    }
    CHECK(mi_heap_contains_block(temporary.heap, list));
    int left = 500;
    for (const vertex *v = list; v != nullptr; v = v->next) {
        CHECK(v->x == --left);
    }
    CHECK(left == 0);
}

void frames(uint32_t seed) {
    std::vector<int> kept; // what outlives the frames does not come from their heap
    for (int i = 0; i < 10; i++) {
        frame(seed + (uint32_t)i);
        kept.push_back(i);
        temporary.free_all();
    }
    CHECK(kept.size() == 10);
    frame(seed); // left to the destructor
}

} // namespace

int main() {
    for (uint32_t round = 0; round < 3; round++) {
        std::vector<std::thread> threads;
        for (uint32_t i = 0; i < 4; i++) {
            threads.emplace_back(frames, round * 10 + i);
        }
        for (auto &thread : threads) {
            thread.join();
        }
    }
    frames(7);
    return failures != 0;
}
