/* SPDX-License-Identifier: MIT */
/* Floor 5, api: what the C++ forms of allocation (mi_new..., and the operators in lib/override)
   do when there is no memory.  This library is C and is loaded by C programs, so it must not need
   the C++ runtime: the one that the process has is looked up when it is needed, here. */
#ifndef MIP_API_NEW_FAILURE_H
#define MIP_API_NEW_FAILURE_H

#include "../compiler.h"

enum mip_new_form {
    MIP_NEW_PLAIN,
    MIP_NEW_NOTHROW,
    MIP_NEW_ALIGNED,
    MIP_NEW_ALIGNED_NOTHROW,
    MIP_NEW_FORM_COUNT
};

/* `size` bytes could not be had: run the program's new-handler as long as there is one, trying
   again after each call.  A block, or: std::bad_alloc (or what the handler throws) is thrown by
   the plain and the aligned form, NULL is returned by the nothrow forms.  `alignment` is that of
   the aligned forms.  `caller` is an address in the code that asked (its return address): its
   C++ runtime is the one that throws.  Without any C++ runtime the throwing forms end the process
   with a message. */
MIP_COLD void *mip_api_new_failed(enum mip_new_form form, size_t size, size_t alignment,
                                  const void *caller);

/* At once, whatever new-handler there is, where the runtime has a function that only throws. */
_Noreturn MIP_COLD void mip_api_throw_bad_alloc(size_t size, const void *caller);

/* As mip_api_new_failed in a heap, which has no memory: a block of this heap, or bad_alloc. */
struct heap;
MIP_COLD void *mip_api_heap_new_failed(struct heap *heap, size_t size, const void *caller);

/* A program called a nothrow form of operator new and has, of its own, only the throwing form that
   this stands for: what `operator_new`, that form, gives, or NULL when it throws.  `form` is the
   nothrow one, `name` its symbol. */
MIP_COLD void *mip_api_new_of_program(const void *operator_new, const char *name,
                                      enum mip_new_form form, size_t size, size_t alignment,
                                      const void *caller);

#endif
