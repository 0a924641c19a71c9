/* SPDX-License-Identifier: MIT */
/* The rules of C++ for allocation. */
#include "forms.h"

int main() {
    static struct way ways[WAYS_MAX];
    static const struct rule *const tables[] = {form_rules, handler_rules, program_rules, nullptr};
    list_ways(ways);
    return run_rules("conformance in C++", tables, ways);
}
