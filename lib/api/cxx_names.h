/* SPDX-License-Identifier: MIT */
/* Floor 5, api: the names C++ gives to what we define or call from C, and the one place that knows
   which letter size_t has in them.  Declare with MIP_CXX_NAME and call by the C name. */
#ifndef MIP_CXX_NAMES_H
#define MIP_CXX_NAMES_H

#include "../compiler.h"

/* The Itanium C++ ABI (Linux, the BSDs) writes size_t as the integer type behind it. */
#define MIP_CXX_SIZE_4 "j" /* unsigned int */
#define MIP_CXX_SIZE_8 "m" /* unsigned long */
#define MIP_CXX_JOIN_(a, b) a##b
#define MIP_CXX_JOIN(a, b) MIP_CXX_JOIN_(a, b)
#define MIP_CXX_SIZE MIP_CXX_JOIN(MIP_CXX_SIZE_, __SIZEOF_SIZE_T__)
#define MIP_CXX_ALIGN "St11align_val_t"
#define MIP_CXX_NOTHROW "RKSt9nothrow_t"

#define MIP_CXX_TEXT_(x) #x
#define MIP_CXX_TEXT(x) MIP_CXX_TEXT_(x)
#define MIP_CXX_NAME(name) __asm__(MIP_CXX_TEXT(__USER_LABEL_PREFIX__) name)

#define MIP_CXX_NEW "_Znw" MIP_CXX_SIZE
#define MIP_CXX_NEW_ARRAY "_Zna" MIP_CXX_SIZE
#define MIP_CXX_DELETE "_ZdlPv"
#define MIP_CXX_DELETE_ARRAY "_ZdaPv"
#define MIP_CXX_GET_NEW_HANDLER "_ZSt15get_new_handlerv"
#define MIP_CXX_THROW_BAD_ALLOC "_ZSt17__throw_bad_allocv" /* libstdc++ */

_Static_assert(_Generic((size_t)0, unsigned int : 4, unsigned long : 8, default : 0) ==
                   sizeof(size_t),
               "size_t has another letter in mangled names here");

#endif
