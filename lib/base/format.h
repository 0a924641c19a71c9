/* SPDX-License-Identifier: MIT */
/* Floor 2, base: text that is put together in a caller's buffer and, when there is an output,
   leaves in pieces whenever that is full.  Never allocates; one thread per struct. */
#ifndef MIP_FORMAT_H
#define MIP_FORMAT_H

#include "report.h"

struct mip_text {
    char *buffer;
    size_t size;            /* of the buffer; at least 2 with an output */
    size_t used;            /* characters in the buffer, < size */
    size_t length;          /* characters put so far, those that found no room included */
    mip_output_fun *output; /* NULL: what finds no room is dropped */
    void *arg;
};

void mip_text_put(struct mip_text *text, const char *string);
void mip_text_put_format(struct mip_text *text, const char *format, va_list args);

/* End the string in the buffer and send it, if there is an output. */
void mip_text_flush(struct mip_text *text);

#endif
