/* SPDX-License-Identifier: MIT */
/* Floor 6, override: names that the C library keeps for old programs and shows to none that is
   linked today, so that configure cannot find them. */
#ifndef MIP_OVERRIDE_COMPATIBLE_H
#define MIP_OVERRIDE_COMPATIBLE_H

#include <stdlib.h>

/* glibc dropped cfree in 2.26: ports that came after that never had it. */
#if defined(__GLIBC__) && !defined(__riscv) && !defined(__loongarch__) && !defined(__csky__) &&    \
    !defined(__arc__) && !defined(__or1k__)
#define MIP_HAS_OLD_CFREE 1
#else
#define MIP_HAS_OLD_CFREE 0
#endif

#endif
