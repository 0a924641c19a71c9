/* SPDX-License-Identifier: MIT */
/* Floor 5, api: running out of memory in C++; see new_failure.h.

   The exception and the catch of the nothrow forms belong to the C++ runtime, and C can neither
   throw nor catch.  So its own operator is called.  Where this library overrides malloc, it is the
   one of the same form: it asks malloc again, which is ours, runs the handler, throws or returns.
   Where this library does not, the block would be another allocator's, and memory that a handler
   gives back to us would be no memory to it: the loop runs here, with the runtime's handler, and
   the operator only throws in the end. Where the runtime is looked for, in this order:
   1. in the scope of the library that asked: right for a plug-in loaded with RTLD_LOCAL, for one
      that contains its runtime, and where two runtimes are loaded;
   2. in what follows this library in the global scope: right for programs linked to a runtime;
   3. among the runtimes by name, when they are loaded.
   A static program has no loader to ask; there the runtime is part of the program, and weak
   references reach as much of it as the program contains.  They never decide while a loader can
   answer.  Nothing here allocates unless the search fails. */
#include "new_failure.h"

#include "../base/report.h"
#include "../bits.h"
#include "../core/core.h"
#include "../core/watched.h"
#include "../os/os.h"
#include "../variant.h"
#include "cxx_names.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>

typedef void generic_function(void);
typedef void *plain_new(size_t size);
typedef void *nothrow_new(size_t size, const void *tag);
typedef void *aligned_new(size_t size, size_t alignment);
typedef void *aligned_nothrow_new(size_t size, size_t alignment, const void *tag);
typedef void new_handler(void);
typedef new_handler *get_new_handler(void);
typedef void plain_delete(void *p);
typedef void aligned_delete(void *p, size_t alignment);

/* Nobody has it, and a runtime that rounds it up to an alignment does not come out at 0, as some do
   from sizes near SIZE_MAX. */
#define IMPOSSIBLE_SIZE (MIP_SIZE_MAX + 1)

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
extern MIP_WEAK new_handler *cxx_get_new_handler(void) MIP_CXX_NAME(MIP_CXX_GET_NEW_HANDLER);
extern MIP_WEAK void cxx_throw_bad_alloc(void) MIP_CXX_NAME(MIP_CXX_THROW_BAD_ALLOC);
extern MIP_WEAK void *cxx_allocate_exception(size_t size) MIP_CXX_NAME("__cxa_allocate_exception");
extern MIP_WEAK void cxx_throw(void *exception, void *type, void (*destroy)(void *))
    MIP_CXX_NAME("__cxa_throw");
extern MIP_WEAK char cxx_bad_alloc_type[] MIP_CXX_NAME("_ZTISt9bad_alloc");
extern MIP_WEAK void *cxx_bad_alloc_vtable[] MIP_CXX_NAME("_ZTVSt9bad_alloc");
extern MIP_WEAK void cxx_bad_alloc_destroy(void *object) MIP_CXX_NAME("_ZNSt9bad_allocD1Ev");

/* catching.S: false when the function threw; not to be called where the byte is 0.  No weak
   references: those would not bring it out of a static library. */
bool mip_api_call_catching(void (*function)(void *argument), void *argument);
extern MIP_HIDDEN const unsigned char mip_api_can_catch;

extern MIP_WEAK void cxx_personality(void) MIP_CXX_NAME("__gxx_personality_v0");
extern MIP_WEAK void cxx_begin_catch(void) MIP_CXX_NAME("__cxa_begin_catch");

static bool can_catch(void) {
    return mip_api_can_catch != 0 && cxx_personality != NULL && cxx_begin_catch != NULL;
}

static bool is_nothrow(enum mip_new_form form) {
    return form == MIP_NEW_NOTHROW || form == MIP_NEW_ALIGNED_NOTHROW;
}

static bool is_aligned(enum mip_new_form form) {
    return form == MIP_NEW_ALIGNED || form == MIP_NEW_ALIGNED_NOTHROW;
}

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

static void *allocate(struct heap *heap, enum mip_new_form form, size_t size, size_t alignment) {
    return is_aligned(form) ? mip_heap_malloc_aligned(heap, size, alignment, 0, false)
                            : mip_heap_malloc(heap, size, false);
}

static void call_handler(void *handler) {
    (*(new_handler **)handler)();
}

/* The loop that every operator new runs.  A block, NULL of a nothrow form, or what the handler
   throws; NULL of the others when there is no handler left and they have to throw. */
static void *run_handlers(get_new_handler *get_handler, struct heap *heap, enum mip_new_form form,
                          size_t size, size_t alignment) {
    while (get_handler != NULL) {
        new_handler *handler = get_handler();
        if (handler == NULL) {
            break;
        }
        if (is_nothrow(form) && can_catch()) {
            if (!mip_api_call_catching(call_handler, &handler)) {
                return NULL;
            }
        } else {
            handler();
        }
        void *p = allocate(heap, form, size, alignment);
        if (p != NULL) {
            return p;
        }
    }
    return NULL;
}

static void *loop_without_runtime(enum mip_new_form form, size_t size, size_t alignment) {
    void *p = run_handlers(cxx_get_new_handler, NULL, form, size, alignment);
    if (p == NULL && !is_nothrow(form)) {
        throw_bad_alloc(size);
    }
    return p;
}

/* The function that only throws is no standard one; operator new, the other way, is a sanitizer's
   in its builds, and ends the process there. */
_Noreturn void mip_api_throw_bad_alloc(size_t size, const void *caller) {
    const void *thrower = find_operator(MIP_CXX_THROW_BAD_ALLOC, caller);
    if (thrower != NULL) {
        as_function(thrower)();
    }
    const void *operator_new = find_operator(form_name[MIP_NEW_PLAIN], caller);
    if (operator_new != NULL) {
        call_operator(operator_new, MIP_NEW_PLAIN, IMPOSSIBLE_SIZE, 0);
    }
    throw_bad_alloc(size);
}

/* With the handlers and the exception of the caller's runtime. */
static void *loop_with_runtime(const void *get_handler, enum mip_new_form form, size_t size,
                               size_t alignment, const void *caller) {
    void *p =
        run_handlers((get_new_handler *)as_function(get_handler), NULL, form, size, alignment);
    if (p != NULL || is_nothrow(form)) {
        return p;
    }
    mip_api_throw_bad_alloc(size, caller);
}

/* Gives a block back by the operator delete that belongs to the operator new. */
static void give_back(void *p, enum mip_new_form form, size_t alignment, const void *caller) {
    const char *name = is_aligned(form) ? MIP_CXX_DELETE MIP_CXX_ALIGN : MIP_CXX_DELETE;
    const void *operator_delete = find_operator(name, caller);
    if (operator_delete != NULL && is_aligned(form)) {
        ((aligned_delete *)as_function(operator_delete))(p, alignment);
    } else if (operator_delete != NULL) {
        ((plain_delete *)as_function(operator_delete))(p);
    }
}

/* A runtime may ask malloc for more than it was asked for: sized forms of delete would not know the
   block again where the size is kept. */
static void *as_asked_for(void *p, enum mip_new_form form, size_t size, size_t alignment) {
    if (!(SLOTS || WATCHED) || (size != 0 && mip_expand(p, size) != NULL)) {
        return p;
    }
    mip_free(p);
    return allocate(NULL, form, size, alignment);
}

/* A block that is not ours (malloc is another's, or the program has an operator new of its own)
   only shows that there is memory again.  After a few rounds in which there is none for us, the
   runtime is asked for what nobody has, so that the handler or the exception ends it. */
static void *ask_runtime(const void *operator_new, enum mip_new_form form, size_t size,
                         size_t alignment, const void *caller) {
    enum { TRIES = 4 };
    for (int i = 0; i < TRIES && size <= MIP_SIZE_MAX; i++) {
        void *p = call_operator(operator_new, form, size, alignment);
        if (p == NULL) {
            return NULL;
        }
        if (mip_heap_of(p) != NULL) {
            p = as_asked_for(p, form, size, alignment);
        } else {
            give_back(p, form, alignment, caller);
            p = allocate(NULL, form, size, alignment);
        }
        if (p != NULL) {
            return p;
        }
    }
    return call_operator(operator_new, form, IMPOSSIBLE_SIZE, alignment);
}

static void *new_failed(enum mip_new_form form, size_t size, size_t alignment, const void *caller) {
    /* No handler can help, and its loop would not end. */
    if (is_aligned(form) && (!mip_is_power_of_two(alignment) || alignment > MIP_ALIGNMENT_MAX)) {
        if (is_nothrow(form)) {
            return NULL;
        }
        mip_api_throw_bad_alloc(size, caller);
    }
    const void *operator_new = find_operator(form_name[form], caller);
    if (operator_new == NULL) {
        return loop_without_runtime(form, size, alignment);
    }
    if (!WITH_OVERRIDE && (!is_nothrow(form) || can_catch())) {
        const void *get_handler = find_operator(MIP_CXX_GET_NEW_HANDLER, caller);
        if (get_handler != NULL && find_operator(form_name[MIP_NEW_PLAIN], caller) != NULL) {
            return loop_with_runtime(get_handler, form, size, alignment, caller);
        }
    }
    return ask_runtime(operator_new, form, size, alignment, caller);
}

/* errno is that of the failed allocation, whatever a handler did to it. */
void *mip_api_new_failed(enum mip_new_form form, size_t size, size_t alignment,
                         const void *caller) {
    int error = errno;
    void *p = new_failed(form, size, alignment, caller);
    if (p == NULL) {
        errno = error;
    }
    return p;
}

void *mip_api_heap_new_failed(struct heap *heap, size_t size, const void *caller) {
    const void *found = find_operator(MIP_CXX_GET_NEW_HANDLER, caller);
    get_new_handler *get_handler =
        found != NULL ? (get_new_handler *)as_function(found) : cxx_get_new_handler;
    void *p = run_handlers(get_handler, heap, MIP_NEW_PLAIN, size, 0);
    if (p == NULL) {
        mip_api_throw_bad_alloc(size, caller);
    }
    return p;
}

struct call {
    const void *operator_new;
    enum mip_new_form form;
    size_t size, alignment;
    void *block;
};

static void perform(void *argument) {
    struct call *call = argument;
    call->block = call_operator(call->operator_new, call->form, call->size, call->alignment);
}

/* Where nothing is caught here, the runtime's own nothrow form catches: it, too, calls what the
   program has. */
void *mip_api_new_of_program(const void *operator_new, const char *name, enum mip_new_form form,
                             size_t size, size_t alignment, const void *caller) {
    if (can_catch()) {
        struct call call = {operator_new, is_aligned(form) ? MIP_NEW_ALIGNED : MIP_NEW_PLAIN, size,
                            alignment, NULL};
        return mip_api_call_catching(perform, &call) ? call.block : NULL;
    }
    const void *nothrow_new = find_operator(name, caller);
    if (nothrow_new != NULL) {
        return call_operator(nothrow_new, form, size, alignment);
    }
    return call_operator(operator_new, is_aligned(form) ? MIP_NEW_ALIGNED : MIP_NEW_PLAIN, size,
                         alignment);
}
