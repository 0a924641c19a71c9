/* SPDX-License-Identifier: MIT */
/* Floor 2, base: messages.  Formatted by our own small writer into a buffer on the stack and sent
   with write(2) or to the function the program registered; never stdio, never malloc.  Silence is
   the rule: see each function for the option that lets it speak.  Any thread; errno is kept. */
#ifndef MIP_REPORT_H
#define MIP_REPORT_H

#include "../compiler.h"

#include <stdarg.h>

typedef void mip_output_fun(const char *text, void *arg);
typedef void mip_error_fun(int error, void *arg);

/* Format like vsnprintf: %s %c %d %i %u %x %p %% with l, ll, z; '-', '0', width, and a width or
   precision of '*' ; precision on %s.  Returns the length it would have had. */
size_t mip_vformat(char *buffer, size_t size, const char *format, va_list args);
size_t mip_format(char *buffer, size_t size, const char *format, ...) MIP_FORMAT(3, 4);

/* Which messages are shown; options.c says it whenever that changes.  is_verbose implies
   shows_errors.  Nothing is shown before the first call; up to 1 KiB of warnings and errors waits
   for it, and is then shown or dropped as it says. */
void mip_report_configure(bool is_verbose, bool shows_errors, size_t error_max, size_t warning_max);

/* Before anything is told that nobody in the program asked for: a process that starts without
   descriptor 2 gets nothing on it, whatever it opens there. */
void mip_report_look_at_stderr(void);

/* Where text goes: NULL restores stderr.  What a registered function makes us say goes to stderr
   and calls none.  Text longer than 511 characters comes in pieces. */
void mip_report_set_output(mip_output_fun *output, void *arg);
void mip_report_set_error(mip_error_fun *handler, void *arg);

/* Unconditional text (statistics, answers to print functions) to `output`, or to the registered
   place when NULL. */
void mip_print(mip_output_fun *output, void *arg, const char *format, ...) MIP_FORMAT(3, 4);

/* This and the next three end the line when the format does not.
   With option verbose: "mimalloc: ...". */
void mip_verbose(const char *format, ...) MIP_FORMAT(1, 2);

/* With show_errors or verbose, up to max_warnings: "mimalloc: warning: ...". */
void mip_warning(const char *format, ...) MIP_FORMAT(1, 2);

/* Counted; calls the registered error function with `error` (an errno value); with show_errors or
   verbose, up to max_errors, also says "mimalloc: error: ...".  The caller holds nothing that an
   allocation needs: the function may allocate. */
void mip_error(int error, const char *format, ...) MIP_FORMAT(2, 3);
void mip_error_no_memory(size_t size); /* ENOMEM; EOVERFLOW for more than PTRDIFF_MAX bytes */
size_t mip_error_count(void);
void mip_error_count_reset(void);

/* "mimalloc: fatal: ..." on stderr whatever the options say, then abort(). */
_Noreturn void mip_fatal(const char *format, ...) MIP_FORMAT(1, 2);

/* Invariants of a room at CHECK_LEVEL. */
_Noreturn void mip_assert_failed(const char *what, const char *file, int line);
#define MIP_ASSERT(condition)                                                                      \
    do {                                                                                           \
        if (CHECK_LEVEL > 0 && MIP_UNLIKELY(!(condition)))                                         \
            mip_assert_failed(#condition, __FILE__, __LINE__);                                     \
    } while (0)

#endif
