/* SPDX-License-Identifier: MIT */
/* Floor 5, api: bool mip_api_call_catching(void (*function)(void *), void *argument), true when the
   function returned, false when it threw something, which is then caught and dropped.  C has no
   catch, so the table that a C++ compiler would write for `try { function(argument); } catch (...)
   {}` is written here.  Needed where nothrow forms run a new-handler or a program's operator new
   themselves: in programs whose C++ runtime the weak names below reach.  Without a runtime nothing
   can be thrown, and the names are not used.  The byte mip_api_can_catch is 0 on architectures that
   have no such function. */

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#if defined(__ELF__) &&                                                                            \
    ((defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))) || defined(__i386__))

        .weak   __gxx_personality_v0
        .weak   __cxa_begin_catch
        .weak   __cxa_end_catch

        .text
        .globl  mip_api_call_catching
        .hidden mip_api_call_catching
        .type   mip_api_call_catching, %function
        .balign 16
mip_api_call_catching:
.Lfunction:
        .cfi_startproc
        .cfi_personality 0x9b, .Lpersonality /* indirect, relative, 4 bytes */
        .cfi_lsda 0x1b, .Ltable

#if defined(__x86_64__)
#ifdef __CET__
        endbr64
#endif
        subq    $8, %rsp
        .cfi_def_cfa_offset 16
        movq    %rdi, %rax
        movq    %rsi, %rdi
.Ltry:
        call    *%rax
.Ltry_end:
        movl    $1, %eax
        addq    $8, %rsp
        .cfi_remember_state
        .cfi_def_cfa_offset 8
        ret
.Lcatch:
        .cfi_restore_state
#ifdef __CET__
        endbr64
#endif
        movq    %rax, %rdi
        call    *__cxa_begin_catch@GOTPCREL(%rip)
        call    *__cxa_end_catch@GOTPCREL(%rip)
        xorl    %eax, %eax
        addq    $8, %rsp
        .cfi_def_cfa_offset 8
        ret
#elif defined(__i386__)
#ifdef __CET__
        endbr32
#endif
        subl    $12, %esp
        .cfi_def_cfa_offset 16
        movl    20(%esp), %eax
        movl    %eax, (%esp)
.Ltry:
        call    *16(%esp)
.Ltry_end:
        movl    $1, %eax
        addl    $12, %esp
        .cfi_remember_state
        .cfi_def_cfa_offset 4
        ret
.Lcatch:
        .cfi_restore_state
#ifdef __CET__
        endbr32
#endif
        movl    %eax, (%esp)
        call    .Lhere
.Lhere:
        .cfi_adjust_cfa_offset 4
        popl    %eax
        .cfi_adjust_cfa_offset -4
        leal    .Lruntime - .Lhere(%eax), %eax
        movl    %eax, 4(%esp)
        call    *(%eax)
        movl    4(%esp), %eax
        call    *4(%eax)
        xorl    %eax, %eax
        addl    $12, %esp
        .cfi_def_cfa_offset 4
        ret
#else
        hint    #34 /* bti c */
        stp     x29, x30, [sp, #-16]!
        .cfi_def_cfa_offset 16
        .cfi_offset 29, -16
        .cfi_offset 30, -8
        mov     x29, sp
        mov     x2, x0
        mov     x0, x1
.Ltry:
        blr     x2
.Ltry_end:
        mov     w0, #1
        ldp     x29, x30, [sp], #16
        .cfi_remember_state
        .cfi_restore 29
        .cfi_restore 30
        .cfi_def_cfa_offset 0
        ret
.Lcatch:
        .cfi_restore_state
        hint    #36 /* bti j */
        adrp    x1, :got:__cxa_begin_catch
        ldr     x1, [x1, :got_lo12:__cxa_begin_catch]
        blr     x1
        adrp    x1, :got:__cxa_end_catch
        ldr     x1, [x1, :got_lo12:__cxa_end_catch]
        blr     x1
        mov     w0, #0
        ldp     x29, x30, [sp], #16
        .cfi_restore 29
        .cfi_restore 30
        .cfi_def_cfa_offset 0
        ret
#endif
        .cfi_endproc
        .size   mip_api_call_catching, .-mip_api_call_catching

        .section .gcc_except_table,"a",%progbits
        .balign 4
.Ltable:
        .byte   0xff /* landing pads are relative to the function */
        .byte   0x9b /* types: indirect, relative, 4 bytes */
        .uleb128 .Ltypes - .Ltypes_from
.Ltypes_from:
        .byte   0x01 /* call sites: uleb128 */
        .uleb128 .Lsites_end - .Lsites
.Lsites:
        .uleb128 .Ltry - .Lfunction
        .uleb128 .Ltry_end - .Ltry
        .uleb128 .Lcatch - .Lfunction
        .uleb128 1 /* first action */
.Lsites_end:
        .byte   1 /* type 1 */
        .byte   0 /* no further action */
        .balign 4
        .long   0 /* type 1: any */
.Ltypes:

        .section .data.rel.ro,"aw",%progbits
        .balign 8
.Lpersonality:
#if defined(__i386__)
        .long   __gxx_personality_v0
.Lruntime: /* the code has no other way to names that may not be there */
        .long   __cxa_begin_catch
        .long   __cxa_end_catch
#else
        .quad   __gxx_personality_v0
#endif

        .section .rodata
        .globl  mip_api_can_catch
        .hidden mip_api_can_catch
        .type   mip_api_can_catch, %object
mip_api_can_catch:
        .byte   1
        .size   mip_api_can_catch, 1

#elif defined(__ELF__)

        .section .rodata
        .globl  mip_api_can_catch
        .hidden mip_api_can_catch
        .type   mip_api_can_catch, %object
        .globl  mip_api_call_catching
        .hidden mip_api_call_catching
mip_api_can_catch:
mip_api_call_catching:
        .byte   0
        .size   mip_api_can_catch, 1

#endif

#include "../os/asm_note.h"
