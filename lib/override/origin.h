/* SPDX-License-Identifier: MIT */
/* Floor 6, override: operator delete asks whether all of operator new is this library's, since
   blocks of the program's own come from wherever it likes. */
#ifndef MIP_OVERRIDE_ORIGIN_H
#define MIP_OVERRIDE_ORIGIN_H

#include <stdbool.h>

bool mip_override_has_own_new(void);

#endif
