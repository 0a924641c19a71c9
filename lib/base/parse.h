/* SPDX-License-Identifier: MIT */
/* Floor 2, base: numbers as people write them.  Pure functions; any thread. */
#ifndef MIP_PARSE_H
#define MIP_PARSE_H

#include "../compiler.h"

/* BOOL takes a word as well (yes, no, on, off, true, false), and empty text for 1; NUMBER a word;
   KIBIBYTES a number with a unit behind. */
enum value_kind { BOOL, NUMBER, KIBIBYTES };

/* False when the text is no such value, or is too large for a long. */
bool mip_parse_value(const char *text, enum value_kind kind, long *value);

/* Case does not matter in `text`; `word` is in lower case. */
bool mip_is_same_word(const char *text, const char *word);

#endif
