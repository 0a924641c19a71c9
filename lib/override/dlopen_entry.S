/* SPDX-License-Identifier: MIT */
/* Floor 6, override: void *dlopen(const char *name, int flags).  Asks mip_override_dlopen_prepare
   (dlopen.c) for the real function and its flags, then leaves by a jump with the caller's return
   address in place. */
#include "dlopen_entry.h"

#if MIP_OVERRIDE_DLOPEN
        .text
        .globl  dlopen
        .type   dlopen, %function
        .hidden mip_override_dlopen_prepare
        .balign 16
dlopen:
        .cfi_startproc
#if defined(__x86_64__)
#ifdef __CET__
        endbr64
#endif
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        movl    %esi, %edi
        call    mip_override_dlopen_prepare
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        movl    %edx, %esi
        jmp     *%rax
#else
        hint    #34 /* bti c */
        stp     x30, x0, [sp, #-16]!
        .cfi_def_cfa_offset 16
        .cfi_offset 30, -16
        mov     w0, w1
        bl      mip_override_dlopen_prepare
        mov     x16, x0
        ldp     x30, x0, [sp], #16
        .cfi_restore 30
        .cfi_def_cfa_offset 0
        br      x16
#endif
        .cfi_endproc
        .size   dlopen, .-dlopen
#endif

#include "../os/asm_note.h"
