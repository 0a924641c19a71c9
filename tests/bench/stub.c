/* SPDX-License-Identifier: MIT */
/* An allocator of five instructions, by which the harness is calibrated: malloc takes four (it
   cuts the next piece off a buffer), free takes one (it returns).  posix_memalign takes four, too:
   it gives no more than a fixed place.  What is counted beyond these is
   the loop and the PLT.  pairs.sh --calibrate builds it; x86-64 only. */
#include <stddef.h>
#include <string.h>

__asm__(".text\n"
        ".globl malloc\n"
        ".type malloc, @function\n"
        "malloc:\n"
        "    lea 15(%rdi), %rax\n"
        "    and $-16, %rax\n"
        "    xadd %rax, next_piece(%rip)\n"
        "    ret\n"
        ".size malloc, .-malloc\n"
        ".globl posix_memalign\n"
        ".type posix_memalign, @function\n"
        "posix_memalign:\n"
        "    lea buffer(%rip), %rax\n"
        "    mov %rax, (%rdi)\n"
        "    xor %eax, %eax\n"
        "    ret\n"
        ".size posix_memalign, .-posix_memalign\n"
        ".globl free\n"
        ".type free, @function\n"
        "free:\n"
        "    ret\n"
        ".size free, .-free\n");

__attribute__((aligned(16), used)) static char buffer[256 << 20];
__attribute__((used)) static char *next_piece = buffer;

/* For what starts a program: it may copy too much, but never from outside the buffer. */
void *realloc(void *p, size_t size) {
    extern void *malloc(size_t);
    void *new_block = malloc(size);
    if (p != NULL) {
        memcpy(new_block, p, size);
    }
    return new_block;
}

void *calloc(size_t count, size_t size) {
    extern void *malloc(size_t);
    return malloc(count * size);
}
