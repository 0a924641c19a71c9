// SPDX-License-Identifier: MIT
// The one file of mold.cc's program that defines the operators.
#include <mimalloc-new-delete.h>
