/* SPDX-License-Identifier: MIT */
/* Floor 6, override: what the C library tells about its heap and lets programs tune.  Defined
   where the C library has it: a program that calls one of these must get the truth about the heap
   that serves it, and a static program must not pull in the C library's allocator. */
#include "../base/report.h"
#include "../base/stats.h"
#include "../bits.h"
#include "../core/watched.h"
#include "../variant.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#if defined(HAVE_MALLINFO) || defined(HAVE_MALLINFO2) || defined(HAVE_MALLOPT) ||                  \
    defined(HAVE_MALLOC_INFO)
#include <malloc.h>
#endif

/* Bytes.  used + unused = system at every moment, whatever other threads do: the counters are read
   one after the other and fitted. */
struct totals {
    size_t reserved, system, peak, used, unused;
};

static size_t current(const struct mip_stat_values *values) {
    return values->total > values->freed ? (size_t)(values->total - values->freed) : 0;
}

MIP_UNUSED static void read_totals(struct totals *totals) {
    struct mip_stat_values reserved, committed, normal, huge;
    mip_stat_read(MIP_STAT_RESERVED, &reserved);
    mip_stat_read(MIP_STAT_COMMITTED, &committed);
    mip_stat_read(MIP_STAT_NORMAL, &normal);
    mip_stat_read(MIP_STAT_HUGE, &huge);
    totals->system = current(&committed);
    totals->reserved = mip_max(current(&reserved), totals->system);
    totals->peak = mip_max((size_t)committed.peak, totals->system);
    totals->used = mip_min(current(&normal) + current(&huge), totals->system);
    totals->unused = totals->system - totals->used;
}

#ifdef HAVE_MALLOC_TRIM
int malloc_trim(size_t pad);

/* `pad` asks to keep that much at the top of a heap that has a top. */
MIP_EXPORT int malloc_trim(size_t pad) {
    (void)pad;
    struct mip_stat_values reset_before, reset_after, committed_before, committed_after;
    mip_stat_read(MIP_STAT_RESET, &reset_before);
    mip_stat_read(MIP_STAT_COMMITTED, &committed_before);
    mip_collect(true);
    mip_stat_read(MIP_STAT_RESET, &reset_after);
    mip_stat_read(MIP_STAT_COMMITTED, &committed_after);
    return reset_after.total > reset_before.total ||
           current(&committed_after) < current(&committed_before);
}
#endif

#ifdef HAVE_MALLOPT
/* Accepted, so that programs which tune the C library's allocator go on; nothing here is tuned
   that way. */
MIP_EXPORT int mallopt(int parameter, int value) {
    (void)value;
    static const int known[] = {
#ifdef M_MXFAST
        M_MXFAST,
#endif
#ifdef M_NLBLKS
        M_NLBLKS,
#endif
#ifdef M_GRAIN
        M_GRAIN,
#endif
#ifdef M_KEEP
        M_KEEP,
#endif
#ifdef M_TRIM_THRESHOLD
        M_TRIM_THRESHOLD,
#endif
#ifdef M_TOP_PAD
        M_TOP_PAD,
#endif
#ifdef M_MMAP_THRESHOLD
        M_MMAP_THRESHOLD,
#endif
#ifdef M_MMAP_MAX
        M_MMAP_MAX,
#endif
#ifdef M_CHECK_ACTION
        M_CHECK_ACTION,
#endif
#ifdef M_PERTURB
        M_PERTURB,
#endif
#ifdef M_ARENA_TEST
        M_ARENA_TEST,
#endif
#ifdef M_ARENA_MAX
        M_ARENA_MAX,
#endif
        INT_MIN, /* never a parameter: the table is not empty */
    };
    for (size_t i = 0; known[i] != INT_MIN; i++) {
        if (known[i] == parameter) {
            return 1;
        }
    }
    return 0;
}
#endif

/* Everything counts as one heap: no part is told apart as mapped, so that uordblks and
   uordblks + hblkhd both mean what is in use. */
#ifdef HAVE_MALLINFO2
MIP_EXPORT struct mallinfo2 mallinfo2(void) {
    struct totals totals;
    read_totals(&totals);
    struct mallinfo2 info = {
        .arena = totals.system,
        .ordblks = totals.unused != 0,
        .usmblks = totals.peak,
        .uordblks = totals.used,
        .fordblks = totals.unused,
        .keepcost = totals.unused,
    };
    return info;
}
#endif

#ifdef HAVE_MALLINFO
/* The fields are too small for today's heaps: too large is shown as the largest. */
static int clamp(size_t value) {
    return value > INT_MAX ? INT_MAX : (int)value;
}

MIP_EXPORT struct mallinfo mallinfo(void) {
    struct totals totals;
    read_totals(&totals);
    int arena = clamp(totals.system);
    int used = clamp(totals.used);
    struct mallinfo info = {
        .arena = arena,
        .ordblks = totals.unused != 0,
        .usmblks = clamp(totals.peak),
        .uordblks = used,
        .fordblks = arena - used,
        .keepcost = arena - used,
    };
    return info;
}
#endif

#ifdef HAVE_MALLOC_INFO
/* The elements that readers of the C library's report look for, with one heap. */
MIP_EXPORT int malloc_info(int options, FILE *stream) {
    if (options != 0) {
        return EINVAL;
    }
    struct totals totals;
    read_totals(&totals);
    char part[512];
    mip_format(part, sizeof part,
               "<total type=\"fast\" count=\"0\" size=\"0\"/>\n"
               "<total type=\"rest\" count=\"%d\" size=\"%zu\"/>\n"
               "<system type=\"current\" size=\"%zu\"/>\n"
               "<system type=\"max\" size=\"%zu\"/>\n"
               "<aspace type=\"total\" size=\"%zu\"/>\n"
               "<aspace type=\"mprotect\" size=\"%zu\"/>\n",
               totals.unused != 0, totals.unused, totals.system, totals.peak, totals.reserved,
               totals.system);
    char text[2048];
    mip_format(text, sizeof text,
               "<malloc version=\"1\">\n"
               "<!-- %s, %s -->\n"
               "<heap nr=\"0\">\n<sizes>\n</sizes>\n%s</heap>\n%s</malloc>\n",
               PACKAGE_STRING, MIP_VARIANT_NAME, part, part);
    return fputs(text, stream) == EOF ? -1 : 0;
}
#endif

#ifdef HAVE_MALLOC_STATS
void malloc_stats(void);

MIP_EXPORT void malloc_stats(void) {
    struct totals totals;
    read_totals(&totals);
    mip_print(NULL, NULL,
              "system bytes     = %10zu\n"
              "in use bytes     = %10zu\n"
              "reserved bytes   = %10zu\n"
              "max system bytes = %10zu\n",
              totals.system, totals.used, totals.reserved, totals.peak);
}
#endif
