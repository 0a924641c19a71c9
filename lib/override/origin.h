/* SPDX-License-Identifier: MIT */
/* Floor 6, override: operator delete asks whether all of operator new is this library's, since
   blocks of the program's own come from wherever it likes; and free whether all of operator delete
   is, since one of the program's own calls free for what this library's operator new made. */
#ifndef MIP_OVERRIDE_ORIGIN_H
#define MIP_OVERRIDE_ORIGIN_H

#include <stdbool.h>

bool mip_override_has_own_new(void);
bool mip_override_has_own_delete(void);

#endif
