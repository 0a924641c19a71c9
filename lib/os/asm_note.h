/* SPDX-License-Identifier: MIT */
/* Floor 1, room os: what every assembler source says about itself at its end: no executable stack, and that
   it keeps the rules of branch protection, when the compiler was asked for that (otherwise the
   linker would drop the protection of the whole library). */
#if defined(__ELF__)
        .section .note.GNU-stack,"",%progbits
#if defined(__x86_64__) && defined(__CET__)
        .section .note.gnu.property,"a"
        .balign 8
        .long   4, 16, 5
        .asciz  "GNU"
        .long   0xc0000002, 4 /* GNU_PROPERTY_X86_FEATURE_1_AND */
        .long   __CET__
        .balign 8
#elif defined(__aarch64__) && defined(__ARM_FEATURE_BTI_DEFAULT)
        .section .note.gnu.property,"a"
        .balign 8
        .long   4, 16, 5
        .asciz  "GNU"
        .long   0xc0000000, 4 /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
        .long   1             /* landing pads; return addresses are not signed here */
        .balign 8
#endif
#endif
