// SPDX-License-Identifier: MIT
// The headers from C++: every address, both shapes of what has two, the typed macros.  Linked in
// every way by tests/interface/addresses.sh.
#ifndef MI_API_VERSION
#define MI_API_VERSION 2
#endif
#include <mimalloc-stats.h>
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

#if MI_API_VERSION >= 2
void count_calls(bool, unsigned long long, void *arg) {
    ++*static_cast<size_t *>(arg);
}

void count_collections() {
    mi_register_deferred_free(&count_calls, &calls);
    mi_collect(true);
    mi_register_deferred_free(NULL, NULL);
}

void enable(mi_option_t option) {
    void (*function)(mi_option_t) = &mi_option_enable;
    function(option);
}
#else
void count_calls(bool, unsigned long long) {
    ++calls;
}

void count_collections() {
    mi_register_deferred_free(&count_calls);
    mi_collect(true);
    mi_register_deferred_free(NULL);
}

void enable(mi_option_t option) {
    void (*function)(mi_option_t, bool) = &mi_option_enable;
    function(option, true);
}
#endif

bool work() {
    enable(mi_option_cache_reset);
    item *one = mi_zalloc_tp(item);
    mi_heap_t *heap = mi_heap_new();
    item *many = mi_heap_calloc_tp(heap, item, 10);
    count_collections();
    bool good = one != NULL && one->number == 0 && many != NULL && many[9].number == 0 &&
                mi_heap_contains_block(heap, many) && mi_option_is_enabled(mi_option_cache_reset) &&
                calls > 0;
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
