/* SPDX-License-Identifier: MIT */
/* mi_memory_resource under the containers of std::pmr.  Needs C++17. */
#include "cxx.h"

#include <mimalloc-memory-resource.h>

#ifdef MI_HAS_MEMORY_RESOURCE

#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <new>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

bool is_on(const void *p, std::size_t alignment) {
    return reinterpret_cast<std::size_t>(p) % alignment == 0;
}

void blocks(mi_memory_resource &resource, const mi_heap_t *heap) {
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        for (std::size_t size : {std::size_t(0), alignment - 1, alignment, 3 * alignment}) {
            void *p = resource.allocate(size, alignment);
            CHECK(served(p) && is_on(p, alignment) && mi_usable_size(p) >= size);
            CHECK(mi_heap_of(p) == heap);
            std::memset(p, 1, size);
            resource.deallocate(p, size, alignment);
        }
    }
}

void containers(mi_memory_resource &resource) {
    std::pmr::vector<std::pmr::string> words(&resource);
    std::pmr::map<int, std::pmr::string> map(&resource);
    std::pmr::unordered_map<std::pmr::string, int> hashed(&resource);
    std::pmr::deque<int> deque(&resource);
    std::pmr::list<long double> list(&resource);
    for (int i = 0; i < 1000; i++) {
        words.emplace_back(static_cast<std::size_t>(i % 100), 'x');
        map[i] = words.back();
        hashed[words.back()] = i;
        deque.push_front(i);
        list.push_back(i);
    }
    CHECK(served(words.data()) && served(words[99].data()) && served(&list.back()));
    CHECK(map[150].size() == 50 && hashed.size() == 100 && deque.back() == 0);
    CHECK(words[99].get_allocator().resource() == &resource); // passed on to what is inside

    std::pmr::vector<int> here({1, 2, 3}, &resource), elsewhere;
    elsewhere = std::move(here);
    CHECK(elsewhere.size() == 3);

    std::pmr::monotonic_buffer_resource buffer(&resource);
    std::pmr::unsynchronized_pool_resource pool(&resource);
    std::pmr::vector<int> bumped(1000, 1, &buffer);
    std::pmr::list<int> pooled(1000, 2, &pool);
    CHECK(served(&bumped[999]) && served(&pooled.back()));
}

void equality() {
    mi_memory_resource one, other;
    mi_heap_t *heap = mi_heap_new();
    mi_memory_resource bound(heap), bound_too(heap);
    CHECK(one.is_equal(one) && bound.is_equal(bound));
    CHECK(!one.is_equal(*std::pmr::new_delete_resource()) && !one.is_equal(bound));
    CHECK(!std::pmr::new_delete_resource()->is_equal(one));
#if defined(__GXX_RTTI)
    CHECK(one == other && bound == bound_too);
    /* Equal resources hand their memory over. */
    std::pmr::vector<int> from({1, 2}, &one), to(&other);
    const int *block = from.data();
    to = std::move(from);
    CHECK(to.data() == block);
#else
    CHECK(one != other && bound != bound_too);
#endif
    mi_heap_destroy(heap);
}

/* The heap frees what the resource was not told of. */
void bound_to_heap() {
    mi_heap_t *heap = mi_heap_new();
    mi_memory_resource resource(heap);
    blocks(resource, heap);
    containers(resource);
    void *p = resource.allocate(1000);
    CHECK(mi_heap_contains(heap, p));
    mi_heap_destroy(heap);
    CHECK(mi_heap_of(p) == nullptr || !mi_heap_contains(mi_heap_of(p), p));
}

/* Any thread may use the default heap's, and free. */
void threads(mi_memory_resource &resource) {
    std::pmr::vector<int> *made = nullptr;
    std::thread([&] {
        made = new std::pmr::vector<int>(100, 7, &resource);
        containers(resource);
    }).join();
    CHECK(made->at(99) == 7);
    delete made;
}

void as_default(mi_memory_resource &resource) {
    std::pmr::memory_resource *before = std::pmr::set_default_resource(&resource);
    std::pmr::string text(1000, 'x');
    CHECK(served(text.data()));
    std::pmr::set_default_resource(before);
}

#if CAN_FAIL
int handled;

void give_up_at_third() {
    if (++handled == 3) {
        std::set_new_handler(nullptr);
    }
}

/* Nobody serves it, and no handler can help. */
void impossible_alignment(mi_memory_resource &resource) {
    bool caught = false;
    handled = 0;
    std::set_new_handler(give_up_at_third);
    try {
        static_cast<void>(resource.allocate(hide(8), hide(static_cast<std::size_t>(1) << 31)));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    std::set_new_handler(nullptr);
    CHECK(caught && handled == 0);
}

void failure(mi_memory_resource &resource) {
    const crowd others;
    impossible_alignment(resource);
    const std::size_t too_large = static_cast<std::size_t>(-1) / 2 - 4096;
    for (std::size_t alignment : {1, 4096}) {
        bool caught = false;
        handled = 0;
        std::set_new_handler(give_up_at_third);
        try {
            static_cast<void>(resource.allocate(hide(too_large), alignment));
        } catch (const std::bad_alloc &) {
            caught = true;
        }
        CHECK(caught && handled == 3);
    }
}
#endif

} // namespace

int main() {
    mi_memory_resource resource;
    blocks(resource, mi_heap_get_default());
    containers(resource);
    equality();
    bound_to_heap();
    threads(resource);
    as_default(resource);
#if CAN_FAIL
    failure(resource);
    mi_heap_t *heap = mi_heap_new();
    mi_memory_resource bound(heap);
    failure(bound);
    mi_heap_destroy(heap);
#endif
    return failures == 0 ? 0 : 1;
}

#else
int main() {
    printf("no <memory_resource>\n");
    return failures == 0 ? 77 : 1;
}
#endif
