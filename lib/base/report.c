/* SPDX-License-Identifier: MIT */
/* Room base: where messages go and which are sent.  Owns the registered functions, the counts and
   the record of who is inside such a function.  Never allocates, never calls stdio.  Any thread;
   errno is kept. */
#include "report.h"

#include "../atomic.h"
#include "../os/os.h"
#include "format.h"
#include "hook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STDERR = 2, LINE_SIZE = 512 };

/* What mip_report_configure said; nothing is shown before. */
static mip_flag a_is_configured;
static _Atomic(bool) a_is_verbose, a_shows_errors;
static _Atomic(size_t) a_error_max, a_warning_max;

/* Descriptor 2 was closed at the start: what has that number later is a file of the program's. */
static _Atomic(bool) a_has_no_stderr;

/* Warnings and errors of before wait here, as far as they fit.  There is one thread then, or the
   others' messages may be lost. */
enum { EARLY_SIZE = 1024 };
static char early_text[EARLY_SIZE];
static _Atomic(size_t) a_early_used;

static _Atomic(size_t) a_error_count, a_errors_shown, a_warnings_shown;

static struct mip_hook output_hook, error_hook;

/* Threads that are inside a registered function, told apart by where their errno is.  What such a
   function causes us to say goes to stderr and calls no function again; so does what is said when
   the table is full.

   A function may be left by an exception, a jump or the end of its thread, and then its thread's
   place stays taken (a clean-up attribute would make the library need the unwinder's).  Such a
   place is found out
   - by its thread, or a later one on the same stack, when that is not deeper in the stack than the
     place says: what was there has been left;
   - by any thread that finds no free place, when the place has been held for long.  A function that
     really takes so long can be entered a second time by its own thread, once in each HELD_LONG. */
enum { SPEAKER_COUNT = 8, HELD_LONG = 1000 /* ms */ };
static struct speaker {
    _Atomic(uintptr_t) a_self; /* 0: the place is free */
    _Atomic(uintptr_t) a_frame;
    _Atomic(size_t) a_since; /* ms, truncated; 0 while it is being taken */
} speakers[SPEAKER_COUNT];

/* The place from its holder, or NULL when it is somebody else's meanwhile. */
static struct speaker *take(struct speaker *place, uintptr_t holder, uintptr_t self,
                            uintptr_t frame) {
    if (!mip_cas_relaxed(&place->a_self, &holder, self)) {
        return NULL;
    }
    mip_store_relaxed(&place->a_frame, frame);
    mip_store_relaxed(&place->a_since, (size_t)mip_os_clock_ms() | 1);
    return place;
}

static struct speaker *take_long_held(uintptr_t self, uintptr_t frame) {
    size_t now = (size_t)mip_os_clock_ms() | 1;
    for (int i = 0; i < SPEAKER_COUNT; i++) {
        uintptr_t holder = mip_load_relaxed(&speakers[i].a_self);
        size_t since = mip_load_relaxed(&speakers[i].a_since);
        if (since != 0 && (ptrdiff_t)(now - since) >= HELD_LONG) {
            struct speaker *place = take(&speakers[i], holder, self, frame);
            if (place != NULL) {
                return place;
            }
        }
    }
    return NULL;
}

static struct speaker *enter(void) {
    uintptr_t self = (uintptr_t)&errno;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    for (int i = 0; i < SPEAKER_COUNT; i++) {
        if (mip_load_relaxed(&speakers[i].a_self) == self) {
            bool is_left = frame >= mip_load_relaxed(&speakers[i].a_frame);
            return is_left ? take(&speakers[i], self, self, frame) : NULL;
        }
    }
    for (int i = 0; i < SPEAKER_COUNT; i++) {
        struct speaker *place = take(&speakers[i], 0, self, frame);
        if (place != NULL) {
            return place;
        }
    }
    return take_long_held(self, frame);
}

static void leave(struct speaker *place) {
    uintptr_t self = (uintptr_t)&errno;
    /* Another's by now, when it was held for long. */
    if (place != NULL && mip_load_relaxed(&place->a_self) == self) {
        mip_store_relaxed(&place->a_since, 0);
        (void)mip_cas_relaxed(&place->a_self, &self, 0);
    }
}

static void to_stderr(const char *text, void *arg) {
    (void)arg;
    if (!mip_load_relaxed(&a_has_no_stderr)) {
        mip_os_write(STDERR, text, strlen(text));
    }
}

void mip_report_look_at_stderr(void) {
    if (!mip_os_is_open(STDERR)) {
        mip_store_relaxed(&a_has_no_stderr, true);
    }
}

/* As one piece, when it is not longer than the buffer: lines of several threads do not mix. */
static void send_text(mip_output_fun *output, void *arg, const char *prefix, const char *end,
                      const char *format, va_list args) {
    char buffer[LINE_SIZE];
    struct mip_text text = {.buffer = buffer, .size = sizeof(buffer), .output = output, .arg = arg};
    mip_text_put(&text, prefix);
    mip_text_put_format(&text, format, args);
    mip_text_put(&text, end);
    mip_text_flush(&text);
}

/* The newline is ours unless the message brings it. */
static const char *line_end(const char *format) {
    size_t length = strlen(format);
    return length > 0 && format[length - 1] == '\n' ? "" : "\n";
}

static void send_registered(const struct speaker *place, const char *prefix, const char *end,
                            const char *format, va_list args) {
    void *arg = NULL;
    mip_output_fun *output = NULL;
    if (place != NULL) {
        output = (mip_output_fun *)mip_hook_get(&output_hook, &arg);
    }
    send_text(output == NULL ? to_stderr : output, arg, prefix, end, format, args);
}

static MIP_COLD void keep_early(const char *prefix, const char *format, va_list args) {
    char line[LINE_SIZE];
    struct mip_text text = {.buffer = line, .size = sizeof(line)};
    size_t start;
    mip_text_put(&text, prefix);
    mip_text_put_format(&text, format, args);
    mip_text_put(&text, line_end(format));
    start = mip_add_relaxed(&a_early_used, text.used);
    if (start + text.used < EARLY_SIZE) {
        memcpy(early_text + start, line, text.used);
    }
}

void mip_report_configure(bool is_verbose, bool shows_errors, size_t error_max,
                          size_t warning_max) {
    mip_store_relaxed(&a_error_max, error_max);
    mip_store_relaxed(&a_warning_max, warning_max);
    mip_store_relaxed(&a_is_verbose, is_verbose);
    mip_store_relaxed(&a_shows_errors, shows_errors || is_verbose);
    if (mip_exchange_relaxed(&a_is_configured, true)) {
        return;
    }
    if (SLOTS || mip_load_relaxed(&a_shows_errors)) { /* or nothing is told without being asked */
        mip_report_look_at_stderr();
    }
    if (mip_load_relaxed(&a_shows_errors) && early_text[0] != '\0') {
        mip_print(NULL, NULL, "%s", early_text);
    }
}

void mip_report_set_output(mip_output_fun *output, void *arg) {
    mip_hook_set(&output_hook, (uintptr_t)output, arg);
}

void mip_report_set_error(mip_error_fun *handler, void *arg) {
    mip_hook_set(&error_hook, (uintptr_t)handler, arg);
}

void mip_print(mip_output_fun *output, void *arg, const char *format, ...) {
    int saved_errno = errno;
    va_list args;
    va_start(args, format);
    if (output != NULL) {
        send_text(output, arg, "", "", format, args);
    } else {
        struct speaker *place = enter();
        send_registered(place, "", "", format, args);
        leave(place);
    }
    va_end(args);
    errno = saved_errno;
}

static MIP_COLD void send_line(const char *prefix, const char *format, va_list args) {
    int saved_errno = errno;
    struct speaker *place = enter();
    send_registered(place, prefix, line_end(format), format, args);
    leave(place);
    errno = saved_errno;
}

void mip_verbose(const char *format, ...) {
    va_list args;
    if (mip_load_relaxed(&a_is_verbose)) {
        va_start(args, format);
        send_line("mimalloc: ", format, args);
        va_end(args);
    }
}

static bool may_show(_Atomic(size_t) *a_shown, _Atomic(size_t) *a_max) {
    return mip_load_relaxed(&a_shows_errors) &&
           mip_add_relaxed(a_shown, 1) < mip_load_relaxed(a_max);
}

void mip_warning(const char *format, ...) {
    static const char prefix[] = "mimalloc: warning: ";
    va_list args;
    va_start(args, format);
    if (!mip_load_relaxed(&a_is_configured)) {
        keep_early(prefix, format, args);
    } else if (may_show(&a_warnings_shown, &a_warning_max)) {
        send_line(prefix, format, args);
    }
    va_end(args);
}

void mip_error(int error, const char *format, ...) {
    static const char prefix[] = "mimalloc: error: ";
    int saved_errno = errno;
    void *arg = NULL;
    mip_error_fun *handler = NULL;
    va_list args;
    struct speaker *place = enter();
    mip_add_relaxed(&a_error_count, 1);
    va_start(args, format);
    if (!mip_load_relaxed(&a_is_configured)) {
        keep_early(prefix, format, args);
    } else if (may_show(&a_errors_shown, &a_error_max)) {
        send_registered(place, prefix, line_end(format), format, args);
    }
    va_end(args);
    if (place != NULL) {
        handler = (mip_error_fun *)mip_hook_get(&error_hook, &arg);
    }
    if (handler != NULL) {
        handler(error, arg);
    }
    leave(place);
    errno = saved_errno;
}

void mip_error_no_memory(size_t size) {
    if (size > PTRDIFF_MAX) {
        mip_error(EOVERFLOW, "an allocation is too large: %zu bytes", size);
    } else {
        mip_error(ENOMEM, "no memory for an allocation of %zu bytes", size);
    }
}

size_t mip_error_count(void) {
    return mip_load_relaxed(&a_error_count);
}

void mip_error_count_reset(void) {
    mip_store_relaxed(&a_error_count, 0);
}

void mip_fatal(const char *format, ...) {
    va_list args;
    va_start(args, format);
    send_text(to_stderr, NULL, "mimalloc: fatal: ", line_end(format), format, args);
    va_end(args);
    abort();
}

void mip_assert_failed(const char *what, const char *file, int line) {
    mip_fatal("%s:%d: assertion failed: %s", file, line, what);
}
