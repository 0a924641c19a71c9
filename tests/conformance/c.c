/* SPDX-License-Identifier: MIT */
/* The rules of C, POSIX and GNU for allocation. */
#include "names.h"

int main(void) {
    static struct way ways[WAYS_MAX];
    static const struct rule *const tables[] = {serving_rules,      size_rules, alignment_rules,
                                                reallocation_rules, free_rules, library_rules,
                                                report_rules,       NULL};
    list_ways(ways);
    return run_rules("conformance in C", tables, ways);
}
