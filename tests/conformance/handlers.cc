/* SPDX-License-Identifier: MIT */
/* No memory in C++: exceptions, NULL, and new-handlers. */
#include "forms.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

#ifdef WITH_MI
#include <mimalloc.h>
#endif

namespace {
constexpr std::size_t LARGE = 64 * MIB + 36; /* a multiple of no alignment */
constexpr std::size_t TOO_LARGE[] = {(std::size_t)PTRDIFF_MAX + (IS_WIDE ? 0 : 1),
                                     (std::size_t)PTRDIFF_MAX + (IS_WIDE ? -4096 : 4096),
                                     (std::size_t)PTRDIFF_MAX + 2, SIZE_MAX / 4 * 3};
constexpr std::size_t NEAR_SIZE_MAX[] = {SIZE_MAX,      SIZE_MAX - 1,    SIZE_MAX - 15,
                                         SIZE_MAX - 62, SIZE_MAX - 4096, SIZE_MAX - 70000};

enum outcome { BLOCK, NOTHING, BAD_ALLOC, EXHAUSTED, OTHER };

struct exhausted : std::bad_alloc {};

outcome attempt(const form_of_new &form, std::size_t size, void **block = nullptr) {
    try {
        void *p = form.allocate(HIDDEN(size), 64);
        if (block != nullptr) {
            *block = p;
        }
        return p != nullptr ? BLOCK : NOTHING;
    } catch (const exhausted &) {
        return EXHAUSTED;
    } catch (const std::bad_alloc &) {
        return BAD_ALLOC;
    } catch (...) {
        return OTHER;
    }
}

outcome failure_of(const form_of_new &form) {
    return form.throws ? BAD_ALLOC : NOTHING;
}

int handled;

/* Every rule of this file leaves without a handler, however it ends. */
struct handler_scope {
    explicit handler_scope(std::new_handler handler) {
        handled = 0;
        std::set_new_handler(handler);
    }
    ~handler_scope() {
        std::set_new_handler(nullptr);
    }
};

void give_up_at_third() {
    if (++handled == 3) {
        std::set_new_handler(nullptr);
    }
}

/* ---- Sizes -------------------------------------------------------------------------
 */

void check_failure(const form_of_new &form, std::size_t size) {
    for (int round = 0; round < 2; round++) {
        outcome o = attempt(form, size);
        expect(o == failure_of(form), "%s(%#zx): outcome %d", form.name, size, o);
    }
    handler_scope scope(give_up_at_third);
    outcome o = attempt(form, size);
    expect(o == failure_of(form) && handled == 3, "%s(%#zx): outcome %d, %d calls", form.name, size,
           o, handled);
    expect(std::get_new_handler() == nullptr, "%s: there is a handler again", form.name);
}

void too_large() {
    std::set_new_handler(nullptr);
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        for (std::size_t size : TOO_LARGE) {
            check_failure(*n, size);
        }
    }
}

void near_size_max() {
    std::set_new_handler(nullptr);
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        for (std::size_t size : NEAR_SIZE_MAX) {
            check_failure(*n, size);
        }
    }
}

/* Memory that runs out indeed: every block of the program stays as it is. */
void *kept[4096];
std::size_t kept_count;

void keep_all(const form_of_new &form) {
    while (kept_count < COUNT_OF(kept) && attempt(form, LARGE, &kept[kept_count]) == BLOCK) {
        static_cast<char *>(kept[kept_count++])[0] = 1;
    }
    expect(kept_count > 0 && kept_count < COUNT_OF(kept), "%s: memory does not run out", form.name);
}

void release_one(const form_of_new &form) {
    release(form, kept[--kept_count], LARGE, 64);
}

void release_all(const form_of_new &form) {
    while (kept_count > 0) {
        release_one(form);
    }
}

void exhaustion() {
    if (!limit_address_space(256 * MIB)) {
        return;
    }
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        keep_all(*n);
        outcome o = attempt(*n, LARGE);
        expect(o == failure_of(*n), "%s: outcome %d", n->name, o);
        release_all(*n);
        void *p = nullptr;
        expect(attempt(*n, LARGE, &p) == BLOCK && is_served(p), "%s: no block when there is memory",
               n->name);
        release(*n, p, LARGE, 64);
    }
    limit_no_more();
}

/* ---- Handlers ----------------------------------------------------------------------------------
 */

void throw_at_second() {
    if (++handled == 2) {
        throw exhausted();
    }
}

/* What is derived from bad_alloc passes the throwing forms as it is, and ends in the others. */
void handler_throws() {
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        for (std::size_t size : TOO_LARGE) {
            handler_scope scope(throw_at_second);
            outcome o = attempt(*n, size);
            expect(o == (n->throws ? EXHAUSTED : NOTHING) && handled == 2,
                   "%s: outcome %d, %d calls", n->name, o, handled);
            expect(std::get_new_handler() == throw_at_second, "%s: the handler is gone", n->name);
        }
    }
}

/* A handler may install another, which is asked from then on. */
int handed_over;
void hand_over() {
    handed_over++;
    std::set_new_handler(give_up_at_third);
}

void handler_hands_over() {
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        handler_scope scope(hand_over);
        handed_over = 0;
        outcome o = attempt(*n, TOO_LARGE[0]);
        expect(o == failure_of(*n) && handed_over == 1 && handled == 3,
               "%s: outcome %d, %d and %d calls", n->name, o, handed_over, handled);
    }
}

/* A handler that frees what the program kept for that; each call frees a part. */
const form_of_new *freeing;
void free_one() {
    handled++;
    if (kept_count > 0) {
        release_one(*freeing);
    } else {
        std::set_new_handler(nullptr);
    }
}

void handler_frees() {
    if (!limit_address_space(256 * MIB)) {
        return;
    }
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        keep_all(*n);
        freeing = n;
        handler_scope scope(free_one);
        void *p = nullptr;
        outcome o = attempt(*n, LARGE, &p);
        expect(o == BLOCK && handled > 0, "%s: outcome %d, %d calls", n->name, o, handled);
        expect(is_served(p), "%s: the block after the handler is another allocator's", n->name);
        std::memset(p, 1, 1000);
        expect(std::get_new_handler() == free_one, "%s: the handler is gone", n->name);
        std::set_new_handler(nullptr);
        release(*n, p, LARGE, 64);
        release_all(*n);
    }
    limit_no_more();
}

/* A handler may allocate: small blocks are still there. */
void allocate_some() {
    void *p = nullptr;
    if (++handled == 3 || attempt(*freeing, 100, &p) != BLOCK) {
        std::set_new_handler(nullptr);
    }
    if (p != nullptr) {
        release(*freeing, p, 100, 64);
    }
}

void handler_allocates() {
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        freeing = n;
        handler_scope scope(allocate_some);
        outcome o = attempt(*n, TOO_LARGE[0]);
        expect(o == failure_of(*n) && handled == 3, "%s: outcome %d, %d calls", n->name, o,
               handled);
    }
}

/* Success asks no handler. */
void handler_of_success() {
    handler_scope scope(throw_at_second);
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        for (std::size_t size = 1; size < 16 * MIB; size *= 7) {
            release(*n, n->allocate(HIDDEN(size), 64), size, 64);
        }
    }
    expect(handled == 0, "%d calls", handled);
}

/* ---- Products ----------------------------------------------------------------------------------
 */

template <class T> outcome new_array(std::size_t count) {
    try {
        T *volatile p = new T[HIDDEN(count)];
        delete[] p;
        return BLOCK;
    } catch (const std::bad_array_new_length &) {
        return EXHAUSTED;
    } catch (const std::bad_alloc &) {
        return BAD_ALLOC;
    }
}

template <class T> outcome new_array_nothrow(std::size_t count) {
    try {
        T *volatile p = new (std::nothrow) T[HIDDEN(count)];
        delete[] p;
        return p == nullptr ? NOTHING : BLOCK;
    } catch (...) {
        return OTHER; /* the compiler may throw bad_array_new_length before it asks */
    }
}

struct odd {
    char bytes[24];
    ~odd() {
        bytes[0] = 0;
    }
};

/* bad_array_new_length or, from compilers that ask for SIZE_MAX bytes then, bad_alloc. */
void arrays_overflow() {
    for (std::size_t i = 1; i < 10; i++) {
        outcome o = new_array<double>(SIZE_MAX / sizeof(double) + i);
        expect(o == EXHAUSTED || o == BAD_ALLOC, "new double[SIZE_MAX / 8 + %zu]: outcome %d", i,
               o);
        o = new_array<odd>(SIZE_MAX / sizeof(odd) + i);
        expect(o == EXHAUSTED || o == BAD_ALLOC, "new odd[SIZE_MAX / 24 + %zu]: outcome %d", i, o);
        if (!IS_WIDE) {
            continue; /* may be had */
        }
        o = new_array<double>(PTRDIFF_MAX / sizeof(double) - i);
        expect(o == BAD_ALLOC, "new double[PTRDIFF_MAX / 8 - %zu]: outcome %d", i, o);
        o = new_array_nothrow<double>(PTRDIFF_MAX / sizeof(double) - i);
        expect(o == NOTHING, "new (nothrow) double[PTRDIFF_MAX / 8 - %zu]: outcome %d", i, o);
        o = new_array<char>((std::size_t)PTRDIFF_MAX - i);
        expect(o == BAD_ALLOC, "new char[PTRDIFF_MAX - %zu]: outcome %d", i, o);
    }
    bool caught = false;
    try {
        std::vector<char> v(HIDDEN((std::size_t)PTRDIFF_MAX - 4096));
        caught = !IS_WIDE;
    } catch (const std::bad_alloc &) {
        caught = true;
    } catch (const std::length_error &) { /* longer than any vector */
        caught = true;
    }
    expect(caught, "a vector of PTRDIFF_MAX - 4096");
}

#ifdef WITH_MI
void mi_products_overflow() {
    static const std::size_t factors[] = {2, 3, 8, 24, 4096, 65536};
    void *old = mi_new(100);
    fill(old, 100, 8);
    for (std::size_t factor : factors) {
        for (std::size_t i = 0; i < 5; i++) {
            std::size_t other = SIZE_MAX / factor - 2 + i;
            int thrown = 0;
            void *p = nullptr;
            try {
                p = mi_new_n(other, factor);
            } catch (const std::bad_alloc &) {
                thrown++;
            }
            try {
                p = mi_new_reallocn(old, factor, other);
            } catch (const std::bad_alloc &) {
                thrown++;
            }
            try {
                p = mi_heap_alloc_new_n(mi_heap_get_default(), other, factor);
            } catch (const std::bad_alloc &) {
                thrown++;
            }
            expect(thrown == 3 && p == nullptr, "%#zx * %zu: thrown %d times", other, factor,
                   thrown);
        }
    }
    expect(is_filled(old, 100, 8), "the old block changed");
    mi_free(old);
}

/* The old block stays when nothing helps, and moves when the handler helped. */
void mi_reallocation() {
    char *old = static_cast<char *>(mi_new_realloc(mi_new(100), 5000));
    fill(old, 5000, 9);
    bool caught = false;
    try {
        old = static_cast<char *>(mi_new_realloc(old, HIDDEN(SIZE_MAX - 5)));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    expect(caught && is_filled(old, 5000, 9), "the old block changed");
    const form_of_new &plain = current_forms()->news[0];
    if (limit_address_space(256 * MIB)) {
        keep_all(plain);
        freeing = &plain;
        handler_scope scope(free_one);
        old = static_cast<char *>(mi_new_realloc(old, LARGE));
        expect(handled > 0 && is_served(old) && is_filled(old, 5000, 9),
               "%d calls, contents changed or another allocator's", handled);
        std::set_new_handler(nullptr);
        release_all(plain);
        limit_no_more();
    }
    mi_free(old);
}

void free_nothing() {
    if (++handled == 1000) {
        throw exhausted();
    }
}

/* What is no block has no contents that could be kept, and nothing that a handler frees helps. */
void mi_reallocation_of_no_block() {
    if (is_strict()) {
        return; /* ends the process */
    }
    char *block = static_cast<char *>(mi_malloc(1000));
    static char no_block[100];
    for (void *p : {static_cast<void *>(block + 64), static_cast<void *>(no_block)}) {
        bool caught = false;
        handler_scope scope(free_nothing);
        try {
            (void)mi_new_realloc(p, 5000);
        } catch (const std::bad_alloc &) {
            caught = true;
        }
        expect(caught && handled == 0, "%p: %s, %d calls", p, caught ? "none" : "a block", handled);
    }
    mi_free(block);
}

mi_heap_t *full_heap;
void *in_full_heap[10000];
std::size_t in_full_heap_count;

void free_in_full_heap() {
    handled++;
    if (in_full_heap_count == 0) {
        std::set_new_handler(nullptr);
        return;
    }
    while (in_full_heap_count > 0) {
        mi_free(in_full_heap[--in_full_heap_count]);
    }
}

/* A heap that is full asks the handler, and takes nothing from elsewhere. */
void mi_heap_of_an_arena() {
    constexpr std::size_t SIZE = 20000;
    mi_arena_id_t id = 0;
    expect(mi_reserve_os_memory_ex(8 * MIB, true, false, true, &id) == 0, "no arena");
    full_heap = mi_heap_new_in_arena(id);
    for (void *p; (p = mi_heap_malloc(full_heap, SIZE)) != nullptr;) {
        in_full_heap[in_full_heap_count++] = p;
    }
    handled = 0;
    bool caught = false;
    {
        handler_scope scope(free_in_full_heap);
        void *p = mi_heap_alloc_new(full_heap, SIZE);
        expect(handled == 1 && mi_arena_contains(id, p), "handler called %d times", handled);
        mi_free(p);
        try {
            (void)mi_heap_alloc_new(full_heap, 20 * MIB);
        } catch (const std::bad_alloc &) {
            caught = true;
        }
    }
    expect(caught && handled == 2, "handler called %d times", handled);
}
#define OF_MI(ways) ways
#else
void mi_reallocation_of_no_block() {
}
void mi_heap_of_an_arena() {
}
void mi_products_overflow() {
}
void mi_reallocation() {
}
#define OF_MI(ways) 0
#endif
} // namespace

const struct rule handler_rules[] = {
    {"B1 B2 B7", "too large", too_large, BY_ALL, nullptr},
    {"B1 B2 B7", "near SIZE_MAX", near_size_max, BY_OURS,
     "rounded up to an alignment, some libraries of C++ make them 0"},
    {"B1", "memory runs out", exhaustion, BY_ALL, nullptr},
    {"B2", "the handler throws", handler_throws, BY_ALL, nullptr},
    {"B2", "the handler hands over", handler_hands_over, BY_ALL, nullptr},
    {"B2", "the handler frees memory", handler_frees, BY_ALL, nullptr},
    {"B2", "the handler allocates", handler_allocates, BY_ALL, nullptr},
    {"B2", "success asks no handler", handler_of_success, BY_ALL, nullptr},
    {"B7", "arrays overflow", arrays_overflow, BY_NATIVE, "the language calls the operators"},
    {"B7", "products overflow", mi_products_overflow, OF_MI(BY_MI), "operators know no counts"},
    {"B2", "reallocation", mi_reallocation, OF_MI(BY_MI), "no operator reallocates"},
    {"B2", "reallocation of no block", mi_reallocation_of_no_block, OF_MI(BY_MI), "likewise"},
    {"B2", "a heap without memory", mi_heap_of_an_arena, OF_MI(BY_MI), "operators know no heaps"},
    {nullptr, nullptr, nullptr, 0, nullptr},
};
