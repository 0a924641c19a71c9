/* SPDX-License-Identifier: MIT */
/* A program that replaces the nothrow forms of operator new alone, by longer blocks and by the
   other form's: what delete is told of them is not what the library made. */
#include "support.h"

#include <new>

static int made;

void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
    made++;
    try {
        return ::operator new(size + 16);
    } catch (...) {
        return nullptr;
    }
}

void *operator new[](std::size_t size, const std::nothrow_t &) noexcept {
    made++;
    return ::operator new(size, std::nothrow);
}

struct thing {
    long value[5];
};

int main() {
    for (int i = 0; i < 100; i++) {
        thing *volatile one = new (std::nothrow) thing;
        CHECK(one != nullptr);
        delete one;
        thing *volatile many = new (std::nothrow) thing[3];
        CHECK(many != nullptr);
        delete[] many;
    }
    CHECK(made == 300);
    return failures == 0 ? 0 : 1;
}
