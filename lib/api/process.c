/* SPDX-License-Identifier: MIT */
/* Chapter "process": what happens when the library is loaded and when the process ends.
   A loaded copy that does not serve (the plain library in a process where the override is
   preloaded, say) is inert: no mapping, no handler, no message. */
#include "process.h"

#include "../atomic.h"
#include "../base/options.h"
#include "../base/report.h"
#include "../base/stats.h"
#include "../core/watched.h"
#include "../os/os.h"
#include "../variant.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A spare descriptor of stderr, kept when statistics are to be printed at exit: many programs
   close stderr in their own exit handlers, which run before our destructor. */
static struct {
    int descriptor; /* -1: none */
    struct stat identity;
} spare = {.descriptor = -1};

enum { SPARE_DESCRIPTOR_MIN = 100 }; /* out of the way of programs that count on low numbers */

static mip_flag a_started, a_finished;

static bool is_serving(void) {
    const char *bound = &mi_serving_copy, *own = &mip_api_own_copy;
    MIP_FORGET(bound);
    MIP_FORGET(own);
    return bound == own;
}

/* Is malloc of the process ours?  Not where this library was loaded by dlopen: the program was
   bound to another by then. */
static bool is_malloc_ours(void) {
    void *(*allocate)(size_t) = (void *(*)(size_t))(uintptr_t)mip_os_first_symbol("malloc");
    void (*release)(void *) = (void (*)(void *))(uintptr_t)mip_os_first_symbol("free");
    if (!WITH_OVERRIDE || allocate == NULL || release == NULL) {
        return WITH_OVERRIDE;
    }
    void *p = allocate(1);
    bool ours = mip_is_ours(p);
    release(p);
    return ours;
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Is the plain library in LD_PRELOAD?  Then the user meant to replace malloc. */
static bool is_plain_preloaded(void) {
    const char *list = mip_os_getenv("LD_PRELOAD");
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ": \t\n");
        const char *name = list + length;
        while (name > list && name[-1] != '/') {
            name--;
        }
        if (starts_with(name, "libmimalloc.so")) {
            return true;
        }
        list += length + (list[length] != '\0');
    }
    return false;
}

static void tell_settings(void) {
    char text[512];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < MIP_OPTION_COUNT && used < sizeof(text); i++) {
        enum mip_option option = (enum mip_option)i;
        used += mip_format(text + used, sizeof(text) - used, " %s=%ld", mip_option_name(option),
                           mip_option_get(option));
    }
    mip_verbose("settings:%s\n", text);
}

static void tell_start(void) {
    bool ours = is_malloc_ours();
    mip_verbose("libmimalloc %s (%s, %s) serves %s\n", MIMALLOC_PACKAGE_VERSION, MIP_VARIANT_NAME,
                WITH_OVERRIDE ? "override" : "plain", ours ? "malloc" : "mi_malloc");
    if (WITH_OVERRIDE && !ours) {
        mip_verbose("malloc is not replaced: another one was bound before this library was "
                    "loaded\n");
    } else if (!WITH_OVERRIDE && is_plain_preloaded()) {
        mip_verbose("malloc is not replaced: preload libmimalloc-override.so.10 instead of "
                    "libmimalloc.so.10, or use mimalloc-run\n");
    }
    tell_settings();
}

static void keep_stderr(void) {
    int saved_errno = errno;
    mip_report_look_at_stderr();
    spare.descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, SPARE_DESCRIPTOR_MIN);
    if (spare.descriptor >= 0 && fstat(spare.descriptor, &spare.identity) != 0) {
        close(spare.descriptor);
        spare.descriptor = -1;
    }
    errno = saved_errno;
}

/* The program may have closed our spare descriptor and got the number for a file of its own: only
   what is still the same file is written to. */
static void reopen_stderr(void) {
    int saved_errno = errno;
    struct stat now;
    if (spare.descriptor >= 0 && fcntl(STDERR_FILENO, F_GETFD) == -1 &&
        fstat(spare.descriptor, &now) == 0 && now.st_dev == spare.identity.st_dev &&
        now.st_ino == spare.identity.st_ino) {
        dup2(spare.descriptor, STDERR_FILENO);
    }
    errno = saved_errno;
}

void mip_api_process_start(void) {
    if (mip_exchange_relaxed(&a_started, true)) {
        return;
    }
    mip_options_init();
    mip_process_init();
    mip_os_end_names();
    mip_api_start_clock();
    if (TRACES) {
        mip_trace_start();
    }
    if (mip_option_is_enabled(MIP_OPTION_VERBOSE)) {
        tell_start();
    }
    if (mip_option_is_enabled(MIP_OPTION_SHOW_STATS)) {
        keep_stderr();
    }
}

static void finish(void) {
    if (mip_exchange_relaxed(&a_finished, true)) {
        return;
    }
    if (mip_option_is_enabled(MIP_OPTION_SHOW_STATS)) {
        reopen_stderr();
        mip_api_print_stats(NULL, NULL);
    }
    if (TRACES) {
        mip_trace_report();
    }
    if (CHECK_LEVEL > 0) {
        mip_process_check();
    }
}

MIP_CONSTRUCTOR static void on_load(void) {
    if (is_serving()) {
        mip_api_process_start();
    }
}

MIP_DESTRUCTOR static void on_exit_or_unload(void) {
    if (is_serving()) {
        finish();
    }
}

void mi_process_init(void) {
    mip_api_process_start();
}

void mi_process_done(void) {
    finish();
}

bool mi_is_redirected(void) {
    return is_malloc_ours();
}

void mi_register_output(mi_output_fun *out, void *arg) {
    mip_report_set_output(out, arg);
}

void mi_register_error(mi_error_fun *fun, void *arg) {
    mip_report_set_error(fun, arg);
}

static void store(size_t *place, uint64_t value) {
    if (place != NULL) {
        *place = (size_t)value;
    }
}

void mi_process_info(size_t *elapsed_msecs, size_t *user_msecs, size_t *system_msecs,
                     size_t *current_rss, size_t *peak_rss, size_t *current_commit,
                     size_t *peak_commit, size_t *page_faults) {
    struct mip_os_usage usage;
    struct mip_stat_values committed;
    mip_os_usage(&usage);
    mip_stat_read(MIP_STAT_COMMITTED, &committed);
    store(elapsed_msecs, mip_api_elapsed_ms());
    store(user_msecs, usage.user_ms);
    store(system_msecs, usage.system_ms);
    store(current_rss, usage.current_resident);
    store(peak_rss, usage.peak_resident);
    store(current_commit, committed.total - committed.freed);
    store(peak_commit, committed.peak);
    store(page_faults, usage.major_faults);
}
