/* SPDX-License-Identifier: MIT */
/* No fault: the program's own operator delete frees what the library's operator new made. */
#include "fault.h"

static int deleted;

void operator delete(void *p) noexcept {
    deleted++;
    free(p);
}

void operator delete(void *p, size_t) noexcept {
    deleted++;
    free(p);
}

static void fault(size_t size) {
    ::operator delete(take_by_new(size));
    ::operator delete(take_by_new(size), size);
    ::operator delete[](hide(static_cast<volatile char *>(::operator new[](size))));
    free(realloc(take_by_new(size), 2 * size));
    holds(deleted == 3);
}
