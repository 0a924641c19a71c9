/* SPDX-License-Identifier: MIT */
/* operator new and delete in all forms: they serve, and they fail as C++ demands. */
#include "support.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>

static const std::size_t LARGE = (std::size_t)64 << 20;
/* With 32 bits a block of almost PTRDIFF_MAX bytes may be had. */
static const bool IS_WIDE = sizeof(std::size_t) > 4;
static const std::size_t TOO_LARGE = (std::size_t)PTRDIFF_MAX + (IS_WIDE ? -4096 : 4096);

static std::size_t hide(std::size_t size) {
    return HIDDEN(size);
}

/* Every form of new with every form of delete that may follow it. */
static void pairs() {
    static const std::size_t sizes[] = {0, 1, 8, 24, 100, 1000, 20000, 300000, 3000000};
    const std::align_val_t aligned{256};
    for (std::size_t size : sizes) {
        void *p = ::operator new(hide(size));
        CHECK(served(p) && (std::uintptr_t)p % 16 == 0);
        std::memset(p, 1, size);
        ::operator delete(p);
        p = ::operator new(hide(size));
        ::operator delete(p, size);
        p = ::operator new(hide(size), std::nothrow);
        CHECK(served(p));
        ::operator delete(p, std::nothrow);
        p = ::operator new[](hide(size));
        CHECK(served(p));
        ::operator delete[](p);
        p = ::operator new[](hide(size));
        ::operator delete[](p, size);
        p = ::operator new[](hide(size), std::nothrow);
        CHECK(served(p));
        ::operator delete[](p, std::nothrow);
        p = ::operator new(hide(size), aligned);
        CHECK(served(p) && (std::uintptr_t)p % 256 == 0);
        ::operator delete(p, aligned);
        p = ::operator new(hide(size), aligned);
        ::operator delete(p, size, aligned);
        p = ::operator new(hide(size), aligned, std::nothrow);
        CHECK(served(p) && (std::uintptr_t)p % 256 == 0);
        ::operator delete(p, aligned, std::nothrow);
        p = ::operator new[](hide(size), aligned);
        CHECK(served(p) && (std::uintptr_t)p % 256 == 0);
        ::operator delete[](p, aligned);
        p = ::operator new[](hide(size), aligned);
        ::operator delete[](p, size, aligned);
        p = ::operator new[](hide(size), aligned, std::nothrow);
        CHECK(served(p) && (std::uintptr_t)p % 256 == 0);
        ::operator delete[](p, aligned, std::nothrow);
    }
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    ::operator delete(nullptr, aligned);
}

static void containers() {
    std::vector<std::string> words;
    for (int i = 0; i < 10000; i++) {
        words.push_back(std::string((std::size_t)(i % 300), 'x'));
    }
    CHECK(served(words.data()) && served(words[299].data()));
}

static void *new_plain(std::size_t size) {
    return ::operator new(size);
}
static void *new_array(std::size_t size) {
    return ::operator new[](size);
}
static void *new_aligned(std::size_t size) {
    return ::operator new (size, std::align_val_t{64});
}
static void *new_array_aligned(std::size_t size) {
    return ::operator new[](size, std::align_val_t{64});
}
static void *new_nothrow(std::size_t size) {
    return ::operator new(size, std::nothrow);
}
static void *new_array_nothrow(std::size_t size) {
    return ::operator new[](size, std::nothrow);
}
static void *new_aligned_nothrow(std::size_t size) {
    return ::operator new (size, std::align_val_t{64}, std::nothrow);
}
static void *new_array_aligned_nothrow(std::size_t size) {
    return ::operator new[](size, std::align_val_t{64}, std::nothrow);
}

static const struct {
    void *(*allocate)(std::size_t size);
    bool throws;
    bool aligned;
} forms[] = {
    {new_plain, true, false},           {new_array, true, false},
    {new_aligned, true, true},          {new_array_aligned, true, true},
    {new_nothrow, false, false},        {new_array_nothrow, false, false},
    {new_aligned_nothrow, false, true}, {new_array_aligned_nothrow, false, true},
};

enum outcome { BLOCK, NOTHING, BAD_ALLOC, OTHER };

static void *block; /* of the last attempt */

static outcome attempt(void *(*allocate)(std::size_t), std::size_t size) {
    block = nullptr;
    try {
        block = allocate(hide(size));
        return block != nullptr ? BLOCK : NOTHING;
    } catch (const std::bad_alloc &) {
        return BAD_ALLOC;
    } catch (...) {
        return OTHER;
    }
}

static void release(bool aligned) {
    if (aligned) {
        ::operator delete (block, std::align_val_t{64});
    } else {
        ::operator delete(block);
    }
}

static int handled;

static void no_handler() {
    std::set_new_handler(nullptr);
    for (const auto &form : forms) {
        for (int round = 0; round < 3; round++) {
            CHECK(attempt(form.allocate, TOO_LARGE) == (form.throws ? BAD_ALLOC : NOTHING));
        }
    }
}

static void give_up_at_third() {
    if (++handled == 3) {
        std::set_new_handler(nullptr);
    }
}

static void handler_gives_up() {
    for (const auto &form : forms) {
        handled = 0;
        std::set_new_handler(give_up_at_third);
        CHECK(attempt(form.allocate, TOO_LARGE) == (form.throws ? BAD_ALLOC : NOTHING));
        CHECK(handled == 3);
    }
}

/* A handler may throw what is derived from bad_alloc; the nothrow forms hide it. */
struct exhausted : std::bad_alloc {};

static void throw_at_second() {
    if (++handled == 2) {
        throw exhausted();
    }
}

static void handler_throws() {
    std::set_new_handler(throw_at_second);
    for (const auto &form : forms) {
        handled = 0;
        if (form.throws) {
            bool caught = false;
            try {
                form.allocate(hide(TOO_LARGE));
            } catch (const exhausted &) {
                caught = true;
            }
            CHECK(caught);
        } else {
            CHECK(attempt(form.allocate, TOO_LARGE) == NOTHING);
        }
        CHECK(handled == 2);
    }
    std::set_new_handler(nullptr);
}

/* Memory runs out and the handler frees what the program kept for that. */
static void *kept[4096];
static int kept_count;

static void free_one() {
    handled++;
    if (kept_count > 0) {
        std::free(kept[--kept_count]);
    } else {
        std::set_new_handler(nullptr);
    }
}

static void handler_frees() {
    struct rlimit before, limit;
    CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    limit = before;
    const std::size_t gibibytes = IS_WIDE ? 4 : 1;
    limit.rlim_cur = (rlim_t)gibibytes << 30;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    const std::size_t beyond = gibibytes << 31;
    void *probe = mmap(nullptr, beyond, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe != MAP_FAILED) {
        std::printf("no limit on address space here: memory cannot be exhausted\n");
        munmap(probe, beyond);
        return;
    }
    for (const auto &form : forms) {
        while (kept_count < 4096 && (kept[kept_count] = std::malloc(hide(LARGE))) != nullptr) {
            kept_count++;
        }
        CHECK(kept_count > 0 && kept_count < 4096);
        CHECK(attempt(form.allocate, LARGE) == (form.throws ? BAD_ALLOC : NOTHING));
        handled = 0;
        std::set_new_handler(free_one);
        CHECK(attempt(form.allocate, LARGE) == BLOCK);
        CHECK(handled > 0 && served(block));
        std::set_new_handler(nullptr);
        release(form.aligned);
    }
    while (kept_count > 0) {
        std::free(kept[--kept_count]);
    }
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
}

static void arrays_overflow() {
    bool caught = false;
    try {
        volatile std::size_t count = SIZE_MAX / 4;
        double *volatile p = new double[count];
        delete[] p;
    } catch (const std::bad_array_new_length &) {
        caught = true;
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
    caught = false;
    try {
        std::vector<char> v(hide(TOO_LARGE - 1));
    } catch (const std::bad_alloc &) {
        caught = true;
    } catch (const std::length_error &) {
        caught = !IS_WIDE; /* longer than any vector */
    }
    CHECK(caught);
}

static const struct {
    const char *name;
    void (*rule)();
} rules[] = {
    {"pairs of new and delete", pairs},
    {"containers", containers},
    {"no handler", no_handler},
    {"the handler gives up", handler_gives_up},
    {"the handler throws", handler_throws},
    {"the handler frees memory", handler_frees},
    {"arrays overflow", arrays_overflow},
};

int main() {
    for (const auto &rule : rules) {
        int before = failures;
        rule.rule();
        if (failures != before) {
            std::printf("failed: %s\n", rule.name);
            std::fflush(stdout);
        }
    }
    return failures == 0 ? 0 : 1;
}
