// SPDX-License-Identifier: MIT
// The header from C++: every address, the later shapes, the typed macros.
#define MI_API_VERSION 2
#include <mimalloc.h>

#include <cstdio>

namespace {

struct item {
    int number;
};

template <typename Function> bool is_there(Function *function) {
    Function *volatile address = function; // the compiler believes that no function is NULL
    return address != NULL;
}

bool are_there() {
    bool all = true;
#define NAME(name) all = is_there(&name) && all;
#include "names.h"
    return all;
}

size_t calls;

void count_calls(bool, unsigned long long, void *arg) {
    ++*static_cast<size_t *>(arg);
}

bool work() {
    void (*enable)(mi_option_t) = &mi_option_enable;
    enable(mi_option_cache_reset);
    mi_register_deferred_free(&count_calls, &calls);
    mi_collect(true);
    mi_register_deferred_free(NULL, NULL);
    item *one = mi_zalloc_tp(item);
    mi_heap_t *heap = mi_heap_new();
    item *many = mi_heap_calloc_tp(heap, item, 10);
    bool good = one != NULL && one->number == 0 && many != NULL && many[9].number == 0 &&
                mi_heap_contains_block(heap, many) && mi_option_is_enabled(mi_option_cache_reset);
    mi_free(one);
    mi_heap_destroy(heap);
    return good;
}

} // namespace

int main() {
    if (!are_there() || !work()) {
        std::puts("the header does not serve C++");
        return 1;
    }
    return 0;
}
