/* SPDX-License-Identifier: MIT */
/* Floor 5, api: running out of memory in C++; see new_failure.h.

   The handler loop, the exception and the catch of the nothrow forms belong to the C++ runtime, and
   C can neither throw nor catch.  So its own operator of the same form is called: it asks malloc
   again (ours, where the library overrides it), runs the handler, throws or returns.  Where the
   runtime is looked for, in this order:
   1. in the scope of the library that asked: right for a plug-in loaded with RTLD_LOCAL, for one
      that contains its runtime, and where two runtimes are loaded;
   2. in what follows this library in the global scope: right for programs linked to a runtime;
   3. among the runtimes by name, when they are loaded.
   A static program has no loader to ask; there the runtime is part of the program, and weak
   references reach as much of it as the program contains.  They never decide while a loader can
   answer.  Nothing here allocates unless the search fails. */
#include "new_failure.h"

#include "../base/report.h"
#include "../core/core.h"
#include "../os/os.h"
#include "cxx_names.h"

#include <dlfcn.h>
#include <link.h>

typedef void generic_function(void);
typedef void *plain_new(size_t size);
typedef void *nothrow_new(size_t size, const void *tag);
typedef void *aligned_new(size_t size, size_t alignment);
typedef void *aligned_nothrow_new(size_t size, size_t alignment, const void *tag);

static const char *const form_name[MIP_NEW_FORM_COUNT] = {
    [MIP_NEW_PLAIN] = MIP_CXX_NEW,
    [MIP_NEW_NOTHROW] = MIP_CXX_NEW MIP_CXX_NOTHROW,
    [MIP_NEW_ALIGNED] = MIP_CXX_NEW MIP_CXX_ALIGN,
    [MIP_NEW_ALIGNED_NOTHROW] = MIP_CXX_NEW MIP_CXX_ALIGN MIP_CXX_NOTHROW,
};

static const char *const runtime_name[] = {"libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"};

/* The loader's functions are looked up too: a static program has none, and `dlopen` is a name that
   the floor above defines. */
struct loader {
    void *(*open)(const char *name, int mode);
    void *(*symbol)(void *handle, const char *name);
    int (*locate)(const void *address, Dl_info *info, void **extra, int which);
};
enum { LOCATE_LINK_MAP = 2 }; /* RTLD_DL_LINKMAP, where there is a dladdr1 */

static generic_function *as_function(const void *address) {
    return (generic_function *)(uintptr_t)address;
}

static bool find_loader(struct loader *loader) {
    void *open = mip_os_next_symbol("dlopen");
    void *symbol = mip_os_next_symbol("dlsym");
    void *locate = mip_os_next_symbol("dladdr1");
    loader->open = (void *(*)(const char *, int))as_function(open);
    loader->symbol = (void *(*)(void *, const char *))as_function(symbol);
    loader->locate = (int (*)(const void *, Dl_info *, void **, int))as_function(locate);
    return open != NULL && symbol != NULL;
}

/* The loaded object that contains an address, or NULL where the loader cannot say. */
static const struct link_map *object_of(const struct loader *loader, const void *address) {
    Dl_info info;
    void *object = NULL;
    if (loader->locate == NULL || loader->locate(address, &info, &object, LOCATE_LINK_MAP) == 0) {
        return NULL;
    }
    return object;
}

/* A handle on what is loaded already, or NULL.  It is never closed: the runtime that will throw
   must stay. */
static void *handle_of(const struct loader *loader, const char *name) {
    return loader->open(name, RTLD_LAZY | RTLD_NOLOAD);
}

/* Is the operator ours, or that of another copy or variant of this library?  They would come back
   here without end. */
static bool is_our_kind(const struct loader *loader, const void *operator_new) {
    const struct link_map *theirs = object_of(loader, operator_new);
    if (theirs == NULL) {
        return false;
    }
    if (theirs == object_of(loader, (const void *)(uintptr_t)&mip_api_new_failed)) {
        return true;
    }
    if (theirs->l_name[0] == '\0') {
        return false; /* the program's own operator */
    }
    void *handle = handle_of(loader, theirs->l_name);
    void *mark = handle != NULL ? loader->symbol(handle, "mi_version") : NULL;
    return mark != NULL && object_of(loader, mark) == theirs;
}

static const void *operator_in(const struct loader *loader, void *handle, const char *name) {
    const void *found = handle != NULL ? loader->symbol(handle, name) : NULL;
    return found != NULL && !is_our_kind(loader, found) ? found : NULL;
}

static const void *find_operator(const char *name, const void *caller) {
    struct loader loader;
    if (!find_loader(&loader)) {
        return NULL;
    }
    /* The program itself has an empty name; what its scope finds first is this library. */
    const struct link_map *asking = object_of(&loader, caller);
    if (asking != NULL && asking->l_name[0] != '\0') {
        const void *found = operator_in(&loader, handle_of(&loader, asking->l_name), name);
        if (found != NULL) {
            return found;
        }
    }
    const void *next = mip_os_next_symbol(name);
    if (next != NULL && !is_our_kind(&loader, next)) {
        return next;
    }
    for (size_t i = 0; i < sizeof runtime_name / sizeof *runtime_name; i++) {
        const void *found = operator_in(&loader, handle_of(&loader, runtime_name[i]), name);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static void *call_operator(const void *operator_new, enum mip_new_form form, size_t size,
                           size_t alignment) {
    static const char tag; /* stands for std::nothrow: only its type has a meaning */
    generic_function *function = as_function(operator_new);
    switch (form) {
    case MIP_NEW_NOTHROW:
        return ((nothrow_new *)function)(size, &tag);
    case MIP_NEW_ALIGNED:
        return ((aligned_new *)function)(size, alignment);
    case MIP_NEW_ALIGNED_NOTHROW:
        return ((aligned_nothrow_new *)function)(size, alignment, &tag);
    default:
        return ((plain_new *)function)(size);
    }
}

/* The runtime as part of a static program. */
typedef void new_handler(void);
extern MIP_WEAK new_handler *cxx_get_new_handler(void) MIP_CXX_NAME("_ZSt15get_new_handlerv");
extern MIP_WEAK void cxx_throw_bad_alloc(void) MIP_CXX_NAME("_ZSt17__throw_bad_allocv");
extern MIP_WEAK void *cxx_allocate_exception(size_t size) MIP_CXX_NAME("__cxa_allocate_exception");
extern MIP_WEAK void cxx_throw(void *exception, void *type, void (*destroy)(void *))
    MIP_CXX_NAME("__cxa_throw");
extern MIP_WEAK char cxx_bad_alloc_type[] MIP_CXX_NAME("_ZTISt9bad_alloc");
extern MIP_WEAK void *cxx_bad_alloc_vtable[] MIP_CXX_NAME("_ZTVSt9bad_alloc");
extern MIP_WEAK void cxx_bad_alloc_destroy(void *object) MIP_CXX_NAME("_ZNSt9bad_allocD1Ev");

/* catching.S: false when the handler threw.  NULL on architectures that have none. */
extern MIP_WEAK bool mip_api_call_catching(new_handler *handler);

_Noreturn static void throw_bad_alloc(size_t size) {
    if (cxx_throw_bad_alloc != NULL) {
        cxx_throw_bad_alloc();
    }
    if (cxx_allocate_exception != NULL && cxx_throw != NULL && cxx_bad_alloc_type != NULL &&
        cxx_bad_alloc_vtable != NULL && cxx_bad_alloc_destroy != NULL) {
        void **exception = cxx_allocate_exception(sizeof *exception);
        *exception = &cxx_bad_alloc_vtable[2]; /* behind offset-to-top and type */
        cxx_throw(exception, cxx_bad_alloc_type, cxx_bad_alloc_destroy);
    }
    mip_fatal("operator new: out of memory (%zu bytes), and no C++ runtime to throw bad_alloc",
              size);
}

static void *loop_without_runtime(enum mip_new_form form, size_t size, size_t alignment) {
    bool nothrow = form == MIP_NEW_NOTHROW || form == MIP_NEW_ALIGNED_NOTHROW;
    bool aligned = form == MIP_NEW_ALIGNED || form == MIP_NEW_ALIGNED_NOTHROW;
    while (cxx_get_new_handler != NULL) {
        new_handler *handler = cxx_get_new_handler();
        if (handler == NULL) {
            break;
        }
        if (nothrow && mip_api_call_catching != NULL) {
            if (!mip_api_call_catching(handler)) {
                return NULL;
            }
        } else {
            handler();
        }
        void *p =
            aligned ? mip_heap_malloc_aligned(NULL, size, alignment, 0, false) : mip_malloc(size);
        if (p != NULL) {
            return p;
        }
    }
    if (nothrow) {
        return NULL;
    }
    throw_bad_alloc(size);
}

void *mip_api_new_failed(enum mip_new_form form, size_t size, size_t alignment,
                         const void *caller) {
    const void *operator_new = find_operator(form_name[form], caller);
    if (operator_new != NULL) {
        return call_operator(operator_new, form, size, alignment);
    }
    return loop_without_runtime(form, size, alignment);
}
