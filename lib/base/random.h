/* SPDX-License-Identifier: MIT */
/* Floor 2, base: random words from a generator (ChaCha) that is seeded once from the kernel.  Used
   by variants that need keys and random placement.  Any thread (each call takes words from an
   atomic counter; no lock). */
#ifndef MIP_RANDOM_H
#define MIP_RANDOM_H

#include "../compiler.h"

uint64_t mip_random(void);

/* In the child of a fork, while it has one thread: from here on other words than the parent gets.
   `difference` is something that tells the two apart (the process id). */
void mip_random_reseed(uint64_t difference);

/* The block function of ChaCha20, for the test against its published vectors. */
void mip_random_block(const uint32_t block_key[8], uint32_t counter, const uint32_t nonce[3],
                      uint32_t out[16]);

#endif
