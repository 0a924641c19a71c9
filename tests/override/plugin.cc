/* SPDX-License-Identifier: MIT */
/* A plug-in in C++, loaded with RTLD_LOCAL by a program in C: its runtime is in no scope but its
   own.  plugin_check returns the number of the first rule that does not hold, or 0. */
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

/* With 32 bits a block of almost PTRDIFF_MAX bytes may be had. */
static const std::size_t TOO_LARGE =
    (std::size_t)PTRDIFF_MAX + (sizeof(std::size_t) > 4 ? -4096 : 4096);

static int handled;

static void give_up_at_third() {
    if (++handled >= 3) {
        std::set_new_handler(nullptr);
    }
}

static void throw_at_once() {
    throw 42;
}

extern "C"
    __attribute__((visibility("default"))) int plugin_check(std::size_t (*usable)(const void *));

int plugin_check(std::size_t (*usable)(const void *)) {
    volatile std::size_t size = TOO_LARGE;

    char *p = new char[1000];
    if (usable(p) < 1000) {
        return 1;
    }
    delete[] p;
    std::string text(5000, 'x');
    if (usable(text.data()) < 5000) {
        return 2;
    }

    try {
        ::operator delete(::operator new(size));
        return 3;
    } catch (const std::bad_alloc &) {
    }
    try {
        ::operator delete[](::operator new[](size, std::align_val_t{128}), std::align_val_t{128});
        return 4;
    } catch (const std::bad_alloc &) {
    }
    if (::operator new(size, std::nothrow) != nullptr ||
        ::operator new (size, std::align_val_t{64}, std::nothrow) != nullptr) {
        return 5;
    }

    handled = 0;
    std::set_new_handler(give_up_at_third);
    try {
        ::operator delete(::operator new(size));
        return 6;
    } catch (const std::bad_alloc &) {
    }
    if (handled != 3) {
        return 7;
    }

    std::set_new_handler(throw_at_once);
    if (::operator new[](size, std::nothrow) != nullptr) {
        return 8;
    }
    try {
        ::operator delete(::operator new(size));
        return 9;
    } catch (int value) {
        if (value != 42) {
            return 10;
        }
    }
    std::set_new_handler(nullptr);
    return 0;
}
