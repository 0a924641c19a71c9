/* SPDX-License-Identifier: MIT */
/* The forms of operator new and delete, or the functions of mimalloc.h that stand for them, as
   tables: each new is tried with each delete that may follow it. */
#ifndef TESTS_CONFORMANCE_FORMS_H
#define TESTS_CONFORMANCE_FORMS_H

#include "suite.h"

#include <cstddef>
#include <cstring>

/* Which deletes may follow which news: a bit in common. */
enum group : unsigned { SINGLE = 1, ARRAY = 2, SINGLE_ALIGNED = 4, ARRAY_ALIGNED = 8 };
constexpr unsigned ALIGNED = SINGLE_ALIGNED | ARRAY_ALIGNED;

struct form_of_new {
    const char *name;
    void *(*allocate)(std::size_t size, std::size_t alignment);
    group follows;
    bool throws;
};

struct form_of_delete {
    const char *name;
    void (*release)(void *p, std::size_t size, std::size_t alignment);
    unsigned follows;
};

/* Both tables end with an element without name. */
struct forms {
    const form_of_new *news;
    const form_of_delete *deletes;
};

static inline const forms *current_forms() {
    return static_cast<const forms *>(way->names);
}

/* Of the deletes that may follow the first one that is told the size, which some variants check. */
static inline void release(const form_of_new &form, void *p, std::size_t size,
                           std::size_t alignment) {
    const form_of_delete *found = nullptr;
    for (const form_of_delete *d = current_forms()->deletes; d->name != nullptr; d++) {
        const bool is_sized = std::strstr(d->name, "size") != nullptr;
        if ((d->follows & form.follows) != 0 &&
            (found == nullptr || (is_sized && std::strstr(found->name, "size") == nullptr))) {
            found = d;
        }
    }
    found->release(p, size, alignment);
}

enum { WAYS_MAX = 4 };
static inline struct way way_of(const char *title, unsigned kind, const void *names) {
    struct way result = {title, kind, names};
    return result;
}
/* The ways of this program, ended by one without title. */
void list_ways(struct way *list);

extern const struct rule form_rules[], handler_rules[], program_rules[];

#endif
