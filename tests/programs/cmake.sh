#!/bin/sh
# SPDX-License-Identifier: MIT
# cmake configures and builds a small project; what it wrote is compared.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need cmake cmake
need make make
need gcc gcc
project=$WORK/project
mkdir "$project"
cat >"$project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.13)
project(small C)
include(CheckFunctionExists)
include(CheckIncludeFile)
include(CheckTypeSize)
check_function_exists(malloc_usable_size HAVE_USABLE_SIZE)
check_include_file(malloc.h HAVE_MALLOC_H)
check_type_size("void *" POINTER_SIZE)
set(list "")
foreach(i RANGE 1 2000)
  math(EXPR square "${i} * ${i} % 1009")
  list(APPEND list "${square}")
endforeach()
list(REMOVE_DUPLICATES list)
list(SORT list COMPARE NATURAL)
string(REPLACE ";" "," joined "${list}")
string(REGEX REPLACE "([0-9])([0-9]+)" "\\2\\1" turned "${joined}")
string(SHA256 hash "${turned}")
message(STATUS "hash ${hash}")
configure_file(config.h.in config.h)
add_library(part STATIC part.c)
add_executable(small main.c)
target_include_directories(small PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(small PRIVATE part)
END
cat >"$project/config.h.in" <<'END'
#cmakedefine HAVE_USABLE_SIZE
#cmakedefine HAVE_MALLOC_H
#define POINTER_SIZE @POINTER_SIZE@
#define HASH "@hash@"
END
echo 'int part(void) { return 7; }' >"$project/part.c"
cat >"$project/main.c" <<'END'
#include "config.h"
#include <stdio.h>
int part(void);
int main(void) {
    printf("%s %d %d\n", HASH, part(), POINTER_SIZE == (int)sizeof(void *));
    return 0;
}
END
cat >"$WORK/build.sh" <<END
set -eu
cmake -S "$project" -B build -DCMAKE_C_COMPILER=gcc
cmake --build build
./build/small
END
cat >"$WORK/list.cmake" <<'END'
foreach(i RANGE 1 3000)
  list(APPEND list "item${i}")
  string(LENGTH "${list}" length)
endforeach()
message("length ${length}")
file(WRITE list.txt "${list}")
END

# Times of day and names of temporary directories differ from run to run.
tidy() {
    sed -e 's/ ([0-9.]*s)$//' "$WORK/$1.out" >"$WORK/$1.kept"
    mv "$WORK/$1.kept" "$WORK/$1.out"
    rm -rf "$WORK/$1/build/CMakeFiles/CMakeScratch" "$WORK/$1/build/CMakeFiles/CMakeTmp"
    find "$WORK/$1" \( -name '*.log' -o -name 'CMakeConfigureLog.yaml' -o -name '*.internal' \
        -o -name 'CMakeDetermineCompilerABI_C.bin' -o -name a.out \) -exec rm {} +
}
# cmake reads what the compiler says, hence no verbose library in the whole build.
compare_quiet sh "$WORK/build.sh"
grep -q ' 7 1$' "$WORK/served.out" || fail "the program that was built does not work"
compare_runs cmake -P "$WORK/list.cmake"
assert_served
assert_bound cmake -E echo text
compare_variants cmake -P "$WORK/list.cmake"
finish
