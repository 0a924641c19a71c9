// SPDX-License-Identifier: MIT
#include <mimalloc-new-delete.h>
#include <mimalloc.h>

#include <string>
#include <vector>

int main() {
    std::vector<std::string> words(1000, std::string(100, 'x'));
    bool good = mi_is_in_heap_region(words.data()) && mi_is_in_heap_region(words[500].data());
    mi_heap_t *heap = mi_heap_new();
    good = good && mi_heap_zalloc(heap, 100) != nullptr;
    mi_heap_destroy(heap);
    return good ? 0 : 1;
}
