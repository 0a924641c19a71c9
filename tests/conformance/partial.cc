/* SPDX-License-Identifier: MIT */
/* A program that replaces a part of the operators.  The others must act as if they called its own:
   C++ says which form asks which.  Compiled twice: here new and delete (one block has a header in
   front of what the program gets, so a block that passes by an operator of another is lost), and
   with ONLY_NEW new alone, which is a longer block of malloc's. */
#include "suite.h"

#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wsized-deallocation" /* on purpose */
#endif

static int made, released;

#ifdef ONLY_NEW
enum { HEADER = 0, TRAILER = 24 };
#else
enum { HEADER = 16, TRAILER = 0 };
static const std::uint64_t MARK = 0x6d61726b6d61726bu;

__attribute__((noinline)) void operator delete(void *p) noexcept {
    if (p == nullptr) {
        return;
    }
    std::uint64_t *header = reinterpret_cast<std::uint64_t *>(static_cast<char *>(p) - HEADER);
    if (*header != MARK) {
        std::abort();
    }
    *header = 0;
    released++;
    std::free(header);
}
#endif

void *operator new(std::size_t size) {
    void *p = size <= PTRDIFF_MAX ? std::malloc(size + HEADER + TRAILER) : nullptr;
    if (p == nullptr) {
        throw std::bad_alloc();
    }
    made++;
#ifndef ONLY_NEW
    *static_cast<std::uint64_t *>(p) = MARK;
#endif
    return static_cast<char *>(p) + HEADER;
}

/* ---- Each form asks the program's
 * ---------------------------------------------------------------- */

struct form {
    const char *name;
    void *(*allocate)(std::size_t size);
    void (*release)(void *p, std::size_t size);
};

static void *by_new(std::size_t n) {
    return ::operator new(n);
}
static void *by_new_nothrow(std::size_t n) {
    return ::operator new(n, std::nothrow);
}
static void *by_new_array(std::size_t n) {
    return ::operator new[](n);
}
static void *by_new_array_nothrow(std::size_t n) {
    return ::operator new[](n, std::nothrow);
}
static void by_delete(void *p, std::size_t) {
    ::operator delete(p);
}
static void by_delete_sized(void *p, std::size_t n) {
    ::operator delete(p, n);
}
static void by_delete_nothrow(void *p, std::size_t) {
    ::operator delete(p, std::nothrow);
}
static void by_delete_array(void *p, std::size_t) {
    ::operator delete[](p);
}
static void by_delete_array_sized(void *p, std::size_t n) {
    ::operator delete[](p, n);
}
static void by_delete_array_nothrow(void *p, std::size_t) {
    ::operator delete[](p, std::nothrow);
}

static const form forms[] = {
    {"new, delete", by_new, by_delete},
    {"new, delete sized", by_new, by_delete_sized},
    {"new, delete nothrow", by_new, by_delete_nothrow},
    {"new nothrow, delete", by_new_nothrow, by_delete},
    {"new nothrow, delete sized", by_new_nothrow, by_delete_sized},
    {"new nothrow, delete nothrow", by_new_nothrow, by_delete_nothrow},
    {"new[], delete[]", by_new_array, by_delete_array},
    {"new[], delete[] sized", by_new_array, by_delete_array_sized},
    {"new[], delete[] nothrow", by_new_array, by_delete_array_nothrow},
    {"new[] nothrow, delete[]", by_new_array_nothrow, by_delete_array},
    {"new[] nothrow, delete[] sized", by_new_array_nothrow, by_delete_array_sized},
    {"new[] nothrow, delete[] nothrow", by_new_array_nothrow, by_delete_array_nothrow},
};

static void pairs_agree() {
    for (const form &f : forms) {
        for (std::size_t size = 0; size < 3 * MIB; size = size * 5 + 1) {
            void *live[3];
            for (unsigned i = 0; i < COUNT_OF(live); i++) {
                live[i] = f.allocate(HIDDEN(size));
                expect(live[i] != nullptr, "%s: %zu bytes", f.name, size);
                fill(live[i], size, i);
            }
            for (unsigned i = 0; i < COUNT_OF(live); i++) {
                expect(is_filled(live[i], size, i), "%s: %zu bytes overlap", f.name, size);
                f.release(live[i], size);
            }
        }
    }
    std::vector<int> v;
    for (int i = 0; i < 10000; i++) {
        v.push_back(i);
    }
    expect(v[9999] == 9999, "vector");
}

static void the_program_is_asked() {
    for (const form &f : forms) {
        int before = made, released_before = released;
        void *p = f.allocate(HIDDEN(100));
        expect(made == before + 1, "%s: the program's new was called %d times", f.name,
               made - before);
        f.release(p, 100);
        expect(HEADER == 0 || released == released_before + 1,
               "%s: the program's delete was called %d times", f.name, released - released_before);
    }
}

/* What the program's throws, the nothrow forms hide. */
static void failures() {
    expect(::operator new(HIDDEN(SIZE_MAX), std::nothrow) == nullptr, "new, nothrow");
    expect(::operator new[](HIDDEN(SIZE_MAX), std::nothrow) == nullptr, "new[], nothrow");
    int caught = 0;
    try {
        ::operator delete(::operator new(HIDDEN(SIZE_MAX)));
    } catch (const std::bad_alloc &) {
        caught++;
    }
    try {
        ::operator delete[](::operator new[](HIDDEN(SIZE_MAX)));
    } catch (const std::bad_alloc &) {
        caught++;
    }
    expect(caught == 2, "%d of 2 exceptions", caught);
}

static const struct rule rules[] = {
    {"B3", "pairs agree", pairs_agree, BY_NATIVE, nullptr},
    {"B3", "the program is asked", the_program_is_asked, BY_NATIVE, nullptr},
    {"B1", "failures", failures, BY_NATIVE, nullptr},
    {nullptr, nullptr, nullptr, 0, nullptr},
};

int main() {
    static const struct rule *const tables[] = {rules, nullptr};
    const struct way ways[] = {{"a program's own operators", expected_server(), nullptr},
                               {nullptr, 0, nullptr}};
    return run_rules("conformance of partly replaced operators", tables, ways);
}
