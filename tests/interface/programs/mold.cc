// SPDX-License-Identifier: MIT
// A linker: one file of it, mold-operators.cc, includes mimalloc-new-delete.h, and all that the
// others and the C++ library make with new comes from the library, in many threads at once.
#include <mimalloc.h>

#include "support.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

bool is_ours(const void *p) {
    return mi_is_in_heap_region(p);
}

template <size_t alignment> struct alignas(alignment) record {
    unsigned char bytes[3 * alignment];
};

// Each kind of expression that ends in an operator of its own; `served` sees the blocks.
template <size_t alignment> void expressions() {
    for (int i = 0; i < 100; i++) {
        auto *one = new record<alignment>;
        auto *many = new record<alignment>[(size_t)i + 1];
        auto *quiet = new (std::nothrow) record<alignment>;
        auto *quiet_many = new (std::nothrow) record<alignment>[(size_t)i + 1];
        for (void *p : {(void *)one, (void *)many, (void *)quiet, (void *)quiet_many}) {
            CHECK(p != nullptr && is_ours(p) && is_aligned(p, alignment));
        }
        memset(many, 1, sizeof(*many) * ((size_t)i + 1));
        delete one;
        delete[] many;
        delete quiet;
        delete[] quiet_many;
    }
}

// The forms that no expression reaches, by name.
void functions() {
    const std::align_val_t line{64};
    for (size_t size : {0, 1, 100, 5000, 1000000}) {
        void *p = ::operator new(size);
        CHECK(is_ours(p));
        ::operator delete(p, std::nothrow);
        p = ::operator new[](size);
        ::operator delete[](p, std::nothrow);
        p = ::operator new(size);
        ::operator delete(p, size);
        p = ::operator new[](size);
        ::operator delete[](p, size);
        p = ::operator new(size, line);
        CHECK(is_ours(p) && is_aligned(p, 64));
        ::operator delete(p, line, std::nothrow);
        p = ::operator new[](size, line);
        ::operator delete[](p, line, std::nothrow);
        p = ::operator new(size, line, std::nothrow);
        CHECK(is_ours(p) && is_aligned(p, 64));
        ::operator delete(p, size, line);
        p = ::operator new[](size, line, std::nothrow);
        ::operator delete[](p, size, line);
    }
    // An operator's block is a block of the library, and the other way about.
    mi_free(::operator new(100));
    ::operator delete(mi_malloc(100));
}

/* With 32 bits a block of PTRDIFF_MAX bytes may be had. */
volatile size_t too_large = SIZE_MAX / 2 + (sizeof(size_t) > 4 ? 0 : 1);
int handled;

void give_up() {
    handled++;
    std::set_new_handler(nullptr);
}

void failures_of_new() {
    std::set_new_handler(give_up);
    bool thrown = false;
    try {
        ::operator delete(::operator new(too_large));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    CHECK(thrown && handled == 1);
    std::set_new_handler(give_up);
    CHECK(::operator new(too_large, std::nothrow) == nullptr &&handled == 2);
    CHECK(::operator new (too_large, std::align_val_t{64}, std::nothrow) == nullptr);
}

// Symbols of many files, resolved by threads into one table; the table and its strings are freed by
// whoever is last.
struct symbol {
    std::string name;
    std::atomic<int> uses{0};
};

void resolve() {
    std::mutex mutex;
    auto symbols = std::make_shared<std::unordered_map<std::string, std::unique_ptr<symbol>>>();
    std::vector<std::thread> threads;
    for (int file = 0; file < 4; file++) {
        threads.emplace_back([&mutex, symbols, file] {
            std::vector<symbol *> resolved;
            for (int i = 0; i < 2000; i++) {
                std::string name =
                    "a_name_that_is_too_long_to_be_kept_within_" + std::to_string(i * (file + 1));
                CHECK(is_ours(name.data()));
                std::lock_guard<std::mutex> guard(mutex);
                auto &entry = (*symbols)[name];
                if (entry == nullptr) {
                    entry.reset(new symbol);
                    entry->name = name;
                }
                resolved.push_back(entry.get());
                entry->uses++;
            }
            CHECK(is_ours(resolved.data()) && resolved.size() == 2000);
        });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    int uses = 0;
    for (auto &entry : *symbols) {
        CHECK(entry.first == entry.second->name && is_ours(entry.second.get()));
        uses += entry.second->uses;
    }
    CHECK(uses == 4 * 2000);
}

} // namespace

int main() {
    expressions<8>();
    expressions<64>();
    expressions<4096>();
    functions();
    failures_of_new();
    resolve();
    return failures != 0;
}
