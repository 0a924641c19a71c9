# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Shared by the checks of this machine's libraries (elf.sh) and of other machines' (tests/package);
# sourced, not run.  Needs $top_srcdir and $work.

# instructions ARCHITECTURE OBJDUMP FILE...: instructions of files above the baseline, with the function
# they are in.
instructions() {
    patterns=$(sed -n "s/^$1  *//p" "$top_srcdir/tests/abi/instructions.txt" | sed 's/^\(.*\)$/^(\1)$/')
    [ -n "$patterns" ]
    objdump=$2
    shift 2
    for file in "$@"; do
        "$objdump" -d --no-show-raw-insn "$file" | awk -v patterns="$patterns" -v file="${file##*/}" '
        BEGIN { count = split(patterns, pattern, "\n") }
        /^[0-9a-f]+ <.*>:$/ { function_name = $2; next }
        # Asks the processor first.
        function_name ~ /^<__aarch64_(ldadd|ldclr|ldeor|ldset|swp|cas)/ { next }
        /^ *[0-9a-f]+:\t/ {
            sub(/^ *[0-9a-f]+:\t/, "")
            gsub(/[ \t]+/, " ")
            sub(/ ?[#;].*$/, "")
            seen++
            line = $0 " "
            sub(/ $/, "", line)
            if (line !~ / /) line = line " "
            for (i = 1; i <= count; i++)
                if (line ~ pattern[i]) print file ": " function_name " " line
        }
        END { if (seen < 1000) print file ": only " seen + 0 " instructions were read" }'
    done
}

# found_later ARCHITECTURE OBJDUMP COMMAND...: what the compiler, a command with its flags, writes above
# the baseline for work where later instructions help; false: nothing.
found_later() {
    cat >"$work/later.c" <<'EOC'
int count(unsigned long x) { return __builtin_popcountl(x) + __builtin_clzl(x); }
unsigned add(unsigned *p, unsigned long x, double *d)
{
    for (int i = 0; i < 64; i++)
        d[i] += d[i + 64];
    return __atomic_fetch_add(p, 1, __ATOMIC_ACQ_REL) + (unsigned)x / *p + x % *p + (1u << x);
}
EOC
    later_architecture=$1 later_objdump=$2
    shift 2
    "$@" -O3 -c -o "$work/later.o" "$work/later.c"
    instructions "$later_architecture" "$later_objdump" "$work/later.o" | grep -v 'instructions were read'
}
