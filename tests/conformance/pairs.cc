/* SPDX-License-Identifier: MIT */
/* Every new with every delete that may follow it, and with some that may not. */
#include "forms.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <sys/wait.h>
#include <vector>

static void the_right_one_serves() {
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        void *p = n->allocate(HIDDEN(100), 64);
        expect(is_served(p), "%s: not from the allocator under test", n->name);
        release(*n, p, 100, 64);
    }
}

static void the_system_serves_alone() {
    expect(find_function("mi_version") == nullptr, "this library is in the process");
}

static void every_pair() {
    static const std::size_t sizes[] = {0,    1,    8,     16,    17,     24,     100,     1000,
                                        4096, 5000, 20000, 40000, 300000, 600000, 3u << 20};
    enum { LIVE = 4, ALIGNMENT = 256 };
    errno = ERRNO_UNTOUCHED;
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        std::size_t alignment =
            (n->follows & ALIGNED) != 0 ? (std::size_t)ALIGNMENT : alignof(std::max_align_t);
        for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
            if ((n->follows & d->follows) == 0) {
                continue;
            }
            for (std::size_t size : sizes) {
                void *live[LIVE];
                for (unsigned i = 0; i < LIVE; i++) {
                    live[i] = n->allocate(HIDDEN(size), ALIGNMENT);
                    expect(is_served(live[i]), "%s(%zu): no block", n->name, size);
                    expect((std::uintptr_t)live[i] % alignment == 0, "%s(%zu): %p", n->name, size,
                           live[i]);
                    expect(i == 0 || live[i] != live[i - 1], "%s(%zu): one block twice", n->name,
                           size);
                    fill(live[i], size, i);
                }
                for (unsigned i = 0; i < LIVE; i++) {
                    expect(is_filled(live[i], size, i), "%s(%zu): overlap", n->name, size);
                    d->release(live[i], size, ALIGNMENT);
                }
            }
        }
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

/* As many in a row as would not fit if the delete did nothing. */
static void every_pair_frees() {
    const std::size_t size = MIB;
    if (!limit_address_space(256 * MIB)) {
        return;
    }
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
            for (int i = 0; (n->follows & d->follows) != 0 && i < 2000; i++) {
                void *p = nullptr;
                try {
                    p = n->allocate(HIDDEN(size), 64);
                } catch (const std::bad_alloc &) {
                }
                expect(p != nullptr, "%s, %s: memory does not come back", n->name, d->name);
                d->release(p, size, 64);
            }
        }
    }
    limit_no_more();
}

static void every_delete_takes_null() {
    errno = ERRNO_UNTOUCHED;
    for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
        d->release(nullptr, 0, 64);
        d->release(nullptr, 100, 64);
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

static void every_alignment() {
    const unsigned shift_max = IS_WIDE ? 30 : 26;
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        for (unsigned shift = 0; (n->follows & ALIGNED) != 0 && shift <= shift_max; shift++) {
            std::size_t alignment = (std::size_t)1 << shift;
            const std::size_t sizes[] = {0, 1, 24, 1000, alignment / 2 + 1, alignment};
            for (std::size_t size : sizes) {
                if (size > 64 * MIB) {
                    continue;
                }
                for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
                    if ((n->follows & d->follows) == 0) {
                        continue;
                    }
                    char *p = static_cast<char *>(n->allocate(HIDDEN(size), alignment));
                    expect(is_served(p) && (std::uintptr_t)p % alignment == 0, "%s(%zu, %#zx): %p",
                           n->name, size, alignment, static_cast<void *>(p));
                    if (size > 0) {
                        p[0] = p[size - 1] = 1;
                    }
                    d->release(p, size, alignment);
                }
            }
        }
    }
}

/* ---- Deletes of another kind: one heap is behind all -------------------------------------------
 */

static void mixed_pairs() {
    if (knows_names()) {
        return; /* it ends the process: tests/fault, delete-array and others */
    }
    /* So do all strict variants where new and delete name different alignments, or only one of
       them does: delete-aligned, delete-unaligned. */
    unsigned no_more = is_strict() ? ALIGNED : 0;
    for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
        if ((n->follows & no_more) != 0) {
            continue;
        }
        for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
            if ((d->follows & no_more) != 0) {
                continue;
            }
            for (std::size_t size = 1; size < 2000000; size *= 5) {
                void *p = n->allocate(HIDDEN(size), 64);
                expect(is_served(p), "%s(%zu)", n->name, size);
                std::memset(p, 1, size);
                d->release(p, size, 64);
            }
        }
    }
    void *p = std::malloc(HIDDEN(100));
    if (is_served(p)) { /* malloc is ours too */
        for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
            if ((d->follows & no_more) != 0) {
                continue;
            }
            d->release(p, 100, 16);
            p = std::malloc(HIDDEN(100));
        }
        std::free(p);
        for (const form_of_new *n = current_forms()->news; n->name != nullptr; n++) {
            std::free(n->allocate(HIDDEN(100), 64));
        }
    } else {
        std::free(p);
    }
}

/* `new char` deleted as something of 72 bytes: a base class without virtual destructor. */
static const form_of_delete *wrong_delete;
static const form_of_new *fitting_new;
static void delete_as_larger() {
    wrong_delete->release(fitting_new->allocate(HIDDEN(1), 64), 72, 64);
    for (int i = 0; i < 1000; i++) {
        release(*fitting_new, fitting_new->allocate(HIDDEN(1), 64), 1, 64);
    }
}

static void wrong_sizes() {
    for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
        fitting_new = current_forms()->news;
        while ((fitting_new->follows & d->follows) == 0) {
            fitting_new++;
        }
        wrong_delete = d;
        char text[1000];
        int status = status_of(delete_as_larger, text, sizeof text);
        if (is_strict() && std::strstr(d->name, "size") != nullptr) {
            expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: status %#x", d->name,
                   (unsigned)status);
            expect(std::strstr(text, "72 bytes") != nullptr, "%s said: %s", d->name, text);
        } else {
            expect(status == 0, "%s: status %#x: %s", d->name, (unsigned)status, text);
        }
    }
}

/* ---- Through the language and its library ------------------------------------------------------
 */

namespace {
struct alignas(128) wide {
    char bytes[300];
    ~wide() {
        bytes[0] = 0;
    }
};
struct counted {
    static int live;
    char bytes[24];
    counted() {
        live++;
    }
    virtual ~counted() {
        live--;
    }
};
int counted::live;
struct throwing : counted {
    throwing() {
        throw 1;
    }
};
} // namespace

/* Cookies of arrays, over-aligned types, virtual destructors, and constructors that throw: the
   delete that belongs to the new runs. */
static void expressions() {
    for (std::size_t count = 0; count < 300; count += 7) {
        auto *things = new counted[HIDDEN(count)];
        expect(is_served(things) || (std::uintptr_t)things % 16 != 0, "new counted[]");
        expect(counted::live == (int)count, "%d live", counted::live);
        delete[] things;
        auto *wides = new wide[HIDDEN(count)];
#ifndef __arm__ /* whose ABI puts 8 bytes before an array, however its elements are aligned */
        expect((std::uintptr_t)wides % 128 == 0, "new wide[]: %p", static_cast<void *>(wides));
#endif
        delete[] wides;
        auto *one = new wide;
        expect(is_served(one) && (std::uintptr_t)one % 128 == 0, "new wide");
        delete one;
        auto *none = new (std::nothrow) wide;
        expect(is_served(none), "new (nothrow) wide");
        delete none;
    }
    for (int i = 0; i < 3; i++) {
        try {
            counted *volatile p = i == 0   ? new throwing
                                  : i == 1 ? new (std::nothrow) throwing
                                           : new throwing[5];
            expect(p == nullptr, "a constructor threw and there is an object");
        } catch (int) {
        }
        expect(counted::live == 0, "%d live", counted::live);
    }
}

static void containers() {
    std::vector<std::string> words;
    std::map<std::string, std::list<int>> index;
    for (int i = 0; i < 10000; i++) {
        words.push_back(std::string((std::size_t)(i % 300), 'x'));
        index[words.back()].push_back(i);
    }
    expect(is_served(words.data()) && is_served(words[299].data()), "vector, string");
    expect(index.size() == 300 && index[""].size() == 34, "map");
    auto shared = std::make_shared<wide>();
    auto unique = std::make_unique<int[]>(HIDDEN(1000));
    expect(is_served(unique.get()) && (std::uintptr_t)shared.get() % 128 == 0, "pointers");
}

#define OF_OPERATORS "the language calls the operators"

const struct rule form_rules[] = {
    {"0", "the allocator under test serves", the_right_one_serves, BY_ALL, nullptr},
    {"0", "the system serves alone", the_system_serves_alone, BY_SYSTEM,
     "this library is tested there"},
    {"B3", "every pair of new and delete", every_pair, BY_ALL, nullptr},
    {"B3", "every pair frees", every_pair_frees, BY_ALL, nullptr},
    {"B3", "every delete takes NULL", every_delete_takes_null, BY_ALL, nullptr},
    {"B4", "every alignment", every_alignment, BY_ALL, nullptr},
    {"B6", "mixed pairs", mixed_pairs, BY_OURS, "undefined"},
    {"B5", "wrong sizes", wrong_sizes, BY_OURS, "undefined"},
    {"B3", "expressions", expressions, BY_NATIVE, OF_OPERATORS},
    {"B3", "containers", containers, BY_NATIVE, OF_OPERATORS},
    {nullptr, nullptr, nullptr, 0, nullptr},
};
