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

#if !defined(__ELF__)
#elif defined(__LP64__) &&                                                                         \
    (defined(__x86_64__) || defined(__aarch64__) || defined(__s390x__) || defined(__riscv) ||      \
     (defined(__powerpc64__) && _CALL_ELF == 2))
#define CAN_CATCH 1
#elif defined(__i386__)
#define CAN_CATCH 1
#elif defined(__ARM_EABI__) && __ARM_ARCH >= 5
#define CAN_CATCH 1
#define ARM_TABLES 1 /* the unwinder's of ARM, not those of DWARF */
#endif

#if defined(CAN_CATCH)

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
#if defined(ARM_TABLES)
        .syntax unified
        .arm
        .fnstart
#else
        .cfi_startproc
        .cfi_personality 0x9b, .Lpersonality /* indirect, relative, 4 bytes */
        .cfi_lsda 0x1b, .Ltable
#endif

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
#elif defined(__s390x__)
        stmg    %r6, %r15, 48(%r15)
        .cfi_offset 6, -112 /* 6 and 7 bring the exception */
        .cfi_offset 7, -104
        .cfi_offset 14, -48
        .cfi_offset 15, -40
        aghi    %r15, -160
        .cfi_def_cfa_offset 320
        lgr     %r1, %r2
        lgr     %r2, %r3
.Ltry:
        basr    %r14, %r1
.Ltry_end:
        lghi    %r2, 1
.Lleave:
        lmg     %r6, %r15, 208(%r15)
        .cfi_remember_state
        .cfi_restore 6
        .cfi_restore 7
        .cfi_restore 14
        .cfi_restore 15
        .cfi_def_cfa_offset 160
        br      %r14
.Lcatch:
        .cfi_restore_state
        lgr     %r2, %r6
        lgrl    %r1, __cxa_begin_catch@GOTENT
        basr    %r14, %r1
        lgrl    %r1, __cxa_end_catch@GOTENT
        basr    %r14, %r1
        lghi    %r2, 0
        j       .Lleave
#elif defined(__riscv)
        addi    sp, sp, -16
        .cfi_def_cfa_offset 16
        sd      ra, 8(sp)
        .cfi_offset 1, -8
        mv      a5, a0
        mv      a0, a1
.Ltry:
        jalr    a5
.Ltry_end:
        li      a0, 1
.Lleave:
        ld      ra, 8(sp)
        addi    sp, sp, 16
        .cfi_remember_state
        .cfi_restore 1
        .cfi_def_cfa_offset 0
        ret
.Lcatch:
        .cfi_restore_state
.Lbegin_catch:
        auipc   a5, %got_pcrel_hi(__cxa_begin_catch)
        ld      a5, %pcrel_lo(.Lbegin_catch)(a5)
        jalr    a5
.Lend_catch:
        auipc   a5, %got_pcrel_hi(__cxa_end_catch)
        ld      a5, %pcrel_lo(.Lend_catch)(a5)
        jalr    a5
        li      a0, 0
        j       .Lleave
#elif defined(__powerpc64__)
        addis   2, 12, .TOC. - .Lfunction@ha
        addi    2, 2, .TOC. - .Lfunction@l
        .localentry mip_api_call_catching, .-mip_api_call_catching
        mflr    0
        std     0, 16(1)
        .cfi_offset 65, 16
        stdu    1, -48(1)
        .cfi_def_cfa_offset 48
        std     2, 24(1)
        mtctr   3
        mr      12, 3
        mr      3, 4
.Ltry:
        bctrl
.Ltry_end:
        ld      2, 24(1) /* right here: by this the unwinder knows that 2 is to be restored */
        li      3, 1
.Lleave:
        addi    1, 1, 48
        .cfi_remember_state
        .cfi_def_cfa_offset 0
        ld      0, 16(1)
        mtlr    0
        .cfi_restore 65
        blr
.Lcatch:
        .cfi_restore_state
        bl      __cxa_begin_catch
        nop
        bl      __cxa_end_catch
        nop
        li      3, 0
        b       .Lleave
#elif defined(ARM_TABLES)
        push    {r4, lr}
        .save   {r4, lr}
        mov     r2, r0
        mov     r0, r1
.Ltry:
        blx     r2
.Ltry_end:
        mov     r0, #1
        pop     {r4, pc}
.Lcatch:
        bl      __cxa_begin_catch
        bl      __cxa_end_catch
        mov     r0, #0
        pop     {r4, pc}
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
.Lend:
        .size   mip_api_call_catching, .Lend - .Lfunction
#if defined(ARM_TABLES)
        .personality .Lpersonality
        .handlerdata
#else
        .cfi_endproc

        .section .gcc_except_table,"a",%progbits
        .balign 4
#endif
.Ltable:
        .byte   0xff /* landing pads are relative to the function */
#if defined(ARM_TABLES)
        .byte   0x00 /* types: as ARM has them */
#else
        .byte   0x9b /* types: indirect, relative, 4 bytes */
#endif
        .byte   21 /* from here to the end; some assemblers know no differences of this kind */
        .byte   0x03 /* call sites: 4 bytes each, since a linker may shorten code */
        .byte   13 /* their length */
        .4byte  .Ltry - .Lfunction
        .4byte  .Ltry_end - .Ltry
        .4byte  .Lcatch - .Lfunction
        .byte   1 /* first action */
        .byte   1 /* type 1 */
        .byte   0 /* no further action */
        .4byte  0 /* type 1: any; 24 bytes from the beginning */
#if defined(ARM_TABLES)
        .text
        .fnend
.Lpersonality: /* the table takes no name that may not be there */
        b       __gxx_personality_v0
#else

        .section .data.rel.ro,"aw",%progbits
        .balign 8
.Lpersonality:
#if defined(__i386__)
        .long   __gxx_personality_v0
.Lruntime: /* the code has no other way to names that may not be there */
        .long   __cxa_begin_catch
        .long   __cxa_end_catch
#else
        .8byte  __gxx_personality_v0
#endif
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
