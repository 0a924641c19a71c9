/* SPDX-License-Identifier: MIT */
/* Room base: random words, by the ChaCha20 block function (RFC 8439) over a counter.  Owns the
   key.  Takes no lock: a thread that comes while another one reads the key from the kernel makes
   do with a key of its own.  Any thread. */
#include "random.h"

#include "../atomic.h"
#include "../os/os.h"

#include <string.h>

enum { KEY_NONE, KEY_IN_WORK, KEY_READY };

static uint32_t key[8]; /* written in state KEY_IN_WORK, constant in KEY_READY */
static _Atomic(int) a_key_state;

/* Every call takes a block of its own; with 32-bit words they begin anew after 2^32 calls. */
static _Atomic(size_t) a_counter;

static uint32_t rotate(uint32_t x, int bits) {
    return (x << bits) | (x >> (32 - bits));
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) {
    *a += *b, *d = rotate(*d ^ *a, 16);
    *c += *d, *b = rotate(*b ^ *c, 12);
    *a += *b, *d = rotate(*d ^ *a, 8);
    *c += *d, *b = rotate(*b ^ *c, 7);
}

void mip_random_block(const uint32_t block_key[8], uint32_t counter, const uint32_t nonce[3],
                      uint32_t out[16]) {
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t x[16];
    memcpy(start + 4, block_key, 8 * sizeof(start[0]));
    start[12] = counter;
    memcpy(start + 13, nonce, 3 * sizeof(start[0]));
    memcpy(x, start, sizeof(x));
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 4; j++) {
            quarter_round(&x[j], &x[4 + j], &x[8 + j], &x[12 + j]);
        }
        for (int j = 0; j < 4; j++) {
            quarter_round(&x[j], &x[4 + (j + 1) % 4], &x[8 + (j + 2) % 4], &x[12 + (j + 3) % 4]);
        }
    }
    for (int i = 0; i < 16; i++) {
        out[i] = x[i] + start[i];
    }
}

/* Without help from the kernel what remains is where things lie and what time it is. */
static void make_key(uint32_t made[8]) {
    uint64_t weak[4];
    if (mip_os_random(made, 8 * sizeof(made[0]))) {
        return;
    }
    weak[0] = mip_os_clock_ms();
    weak[1] = (uintptr_t)made;
    weak[2] = (uintptr_t)&key;
    weak[3] = (uintptr_t)&mip_os_random;
    memcpy(made, weak, sizeof(weak));
}

static uint64_t word_of(const uint32_t block_key[8], uint64_t counter) {
    const uint32_t nonce[3] = {(uint32_t)(counter >> 32), 0, 0};
    uint32_t out[16];
    mip_random_block(block_key, (uint32_t)counter, nonce, out);
    return ((uint64_t)out[1] << 32) | out[0];
}

static MIP_COLD uint64_t random_before_key(void) {
    uint32_t own[8];
    int none = KEY_NONE;
    if (mip_cas_relaxed(&a_key_state, &none, KEY_IN_WORK)) {
        make_key(key);
        // release: pairs with the acquire in mip_random
        mip_store_release(&a_key_state, KEY_READY);
        return mip_random();
    }
    make_key(own);
    return word_of(own, 0);
}

uint64_t mip_random(void) {
    // acquire: pairs with the release of whoever made the key
    if (MIP_UNLIKELY(mip_load_acquire(&a_key_state) != KEY_READY)) {
        return random_before_key();
    }
    return word_of(key, mip_add_relaxed(&a_counter, 1));
}

/* The old key goes into the new one: the child differs from its parent even when the kernel gives
   nothing, as long as the process id or the time does.  A key that nobody has made yet is not
   shared either, and costs no call. */
void mip_random_reseed(uint64_t difference) {
    uint32_t fresh[8], mixed[16];
    const uint32_t nonce[3] = {(uint32_t)difference, (uint32_t)(difference >> 32), 1};
    if (mip_load_relaxed(&a_key_state) == KEY_NONE) {
        return;
    }
    make_key(fresh);
    mip_random_block(key, 0, nonce, mixed);
    for (int i = 0; i < 8; i++) {
        key[i] = mixed[i] ^ fresh[i];
    }
    // release: pairs with the acquire in mip_random
    mip_store_release(&a_key_state, KEY_READY);
}
