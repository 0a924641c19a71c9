/* SPDX-License-Identifier: MIT */
/* Floor 4, core: what the fast paths read: the classes of small sizes, the empty heap's lists, and
   the thread's two words; see fast.h. */
#include "fast.h"

/* The lists of all sizes up to SMALL_MAX, by granules. */
#define B(i)                                                                                       \
    (uint16_t)(offsetof(struct mip_root, empty_list) +                                             \
               sizeof(struct block *) * (MIP_BIN_OF_GRANULES(i)))
#define B8(i) B(i), B(i + 1), B(i + 2), B(i + 3), B(i + 4), B(i + 5), B(i + 6), B(i + 7)
#define B64(i)                                                                                     \
    B8(i), B8(i + 8), B8(i + 16), B8(i + 24), B8(i + 32), B8(i + 40), B8(i + 48), B8(i + 56)
#define B512(i)                                                                                    \
    B64(i), B64(i + 64), B64(i + 128), B64(i + 192), B64(i + 256), B64(i + 320), B64(i + 384),     \
        B64(i + 448)
const struct mip_root mip_root = {.list_of = {B512(0), B512(512), B512(1024), B512(1536), B(2048)}};
_Static_assert(SMALL_MAX / GRANULE == 2048, "the table above is complete");
_Static_assert(MIP_BIN_OF_GRANULES(2048) == SMALL_BIN_COUNT - 1, "the last small class");
_Static_assert(MIP_BIN_OF_GRANULES(9) == LINEAR_BINS, "the first class after the linear ones");

MIP_TLS uintptr_t mip_tls_heap;
MIP_TLS uintptr_t mip_tls_self;

struct thread *mip_thread_self(void) {
    return mip_tls_self > TLS_DONE ? (struct thread *)mip_tls_self : NULL;
}
