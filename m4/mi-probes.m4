# SPDX-License-Identifier: MIT
# Own macros.  Every answer is cached under a name that can be preset (cross builds, and
# `make check-fallbacks`); none runs a program.

# MI_PROBE_WERROR: -Werror, which tells flags that a compiler does not know but tolerates, unless it
# warns of the user's own flags already.
AC_DEFUN([MI_PROBE_WERROR],
[AC_CACHE_CHECK([whether flags can be probed with -Werror], [mi_cv_probe_werror],
  [mi_saved_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [mi_cv_probe_werror=yes], [mi_cv_probe_werror=no])
  CFLAGS=$mi_saved_CFLAGS])
AS_IF([test "x$mi_cv_probe_werror" = xyes], [mi_probe_werror=-Werror], [mi_probe_werror=])])

# MI_CFLAG(FLAG, [VARIABLE = MI_CFLAGS]): append FLAG when the compiler takes it.
AC_DEFUN([MI_CFLAG],
[AC_REQUIRE([MI_PROBE_WERROR])dnl
AS_VAR_PUSHDEF([cache], [mi_cv_cflag_$1])dnl
AC_CACHE_CHECK([whether the compiler accepts $1], [cache],
  [mi_saved_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $mi_probe_werror $1"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
  CFLAGS=$mi_saved_CFLAGS])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([m4_default([$2], [MI_CFLAGS])], [" $1"])])
AS_VAR_POPDEF([cache])dnl
])

# MI_LINK_SHARED(FLAGS, IF-LINKED, IF-NOT, [SOURCE]): try to link a shared library; by default one
# that reads memory through a pointer (which is what a sanitizer instruments).
AC_DEFUN([MI_LINK_SHARED],
[mi_saved_CFLAGS=$CFLAGS
mi_saved_LDFLAGS=$LDFLAGS
CFLAGS="$CFLAGS -fPIC -shared"
LDFLAGS="$LDFLAGS $1"
AC_LINK_IFELSE([AC_LANG_SOURCE(
  [m4_default([$4], [[int mi_probe(int *p); int mi_probe(int *p) { return *p; }]])])], [$2], [$3])
CFLAGS=$mi_saved_CFLAGS
LDFLAGS=$mi_saved_LDFLAGS])

# MI_LDFLAG(FLAG, NAME): append FLAG to MI_LDFLAGS when shared libraries can be linked with it.
AC_DEFUN([MI_LDFLAG],
[AC_CACHE_CHECK([whether shared libraries can be linked with $1], [mi_cv_ldflag_$2],
  [MI_LINK_SHARED([$1], [mi_cv_ldflag_$2=yes], [mi_cv_ldflag_$2=no])])
AS_IF([test "x$mi_cv_ldflag_$2" = xyes], [AS_VAR_APPEND([MI_LDFLAGS], [" $1"])])
AS_VAR_APPEND([MI_FALLBACK_CACHE], [" mi_cv_ldflag_$2=no"])])

# MI_JOIN_FLAG(FLAG, NAME): append FLAG to OBJECT_JOIN_FLAGS when objects can be joined to one with it.
AC_DEFUN([MI_JOIN_FLAG],
[AC_CACHE_CHECK([whether objects can be joined with $1], [mi_cv_join_flag_$2],
  [mi_cv_join_flag_$2=no
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int mi_probe;]])],
    [AS_IF([$CC $CFLAGS $OBJECT_CFLAGS -r -nostdlib $1 -o conftest.joined conftest.$ac_objext \
        >&AS_MESSAGE_LOG_FD 2>&1], [mi_cv_join_flag_$2=yes])
    rm -f conftest.joined])])
AS_IF([test "x$mi_cv_join_flag_$2" = xyes], [AS_VAR_APPEND([OBJECT_JOIN_FLAGS], [" $1"])])
AC_SUBST([OBJECT_JOIN_FLAGS])])

# MI_VERSION_SCRIPT: does the linker take a version script with a wildcard and named locals?
AC_DEFUN([MI_VERSION_SCRIPT],
[AC_CACHE_CHECK([whether the linker takes version scripts], [mi_cv_version_script],
  [AS_ECHO(['MIMALLOC_10.0 { global: mi_*; local: mip_*; _end; };']) >conftest.map
  MI_LINK_SHARED([-Wl,--version-script=conftest.map],
    [mi_cv_version_script=yes], [mi_cv_version_script=no])
  rm -f conftest.map])
AM_CONDITIONAL([HAVE_VERSION_SCRIPT], [test "x$mi_cv_version_script" = xyes])
AS_VAR_APPEND([MI_FALLBACK_CACHE], [" mi_cv_version_script=no"])])

# MI_LATE_BINDING: LATE_BINDING_FLAGS is what must follow the user's LDFLAGS so that the loader, and
# not the linker, binds a shared library to what it exports itself: lib/api/process.c asks it of data,
# lib/override/new.c of functions.
AC_DEFUN([MI_LATE_BINDING],
[AC_CACHE_CHECK([what leaves a library's exported names to the loader], [mi_cv_late_binding],
  [mi_cv_late_binding=unknown
  for mi_flag in '' -Wl,-Bno-symbolic; do
    AS_CASE([$mi_cv_late_binding],
      [unknown|none],
      [MI_LINK_SHARED([$mi_flag],
        [$OBJDUMP -R conftest$ac_exeext >conftest.relocations 2>&AS_MESSAGE_LOG_FD
        AS_IF([grep mi_probe_data conftest.relocations >/dev/null &&
            grep mi_probe_function conftest.relocations >/dev/null],
            [mi_cv_late_binding=${mi_flag:-nothing}],
          [grep RELOC conftest.relocations >/dev/null],
            [mi_cv_late_binding=none])], [],
        [[struct probe { const char *data; void (*function)(void); };
          extern const char mi_probe_data __attribute__((weak));
          void mi_probe_function(void) __attribute__((weak));
          struct probe mi_probe(void);
          struct probe mi_probe(void)
          { return (struct probe){&mi_probe_data, mi_probe_function}; }
          const char mi_probe_data = 1;
          void mi_probe_function(void) {}]])])
  done
  rm -f conftest.relocations])
AS_CASE([$mi_cv_late_binding],
  [-*], [LATE_BINDING_FLAGS=$mi_cv_late_binding],
  [LATE_BINDING_FLAGS=])
AC_SUBST([LATE_BINDING_FLAGS])])

# MI_C11_ATOMICS: required; ATOMIC_LIBS is -latomic only where the operations are not inline.
AC_DEFUN([MI_C11_ATOMICS],
[m4_define([mi_atomics_program], [AC_LANG_PROGRAM([[
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
static _Atomic(size_t) word;
static _Atomic(unsigned) flag;
static _Atomic(bool) state;
static _Atomic(void *) pointer;
#if ATOMIC_LLONG_LOCK_FREE == 2
static _Atomic(uint64_t) counter;
#else
static _Atomic(size_t) counter;
#endif]], [[
size_t expected = 0;
atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
atomic_exchange_explicit(&pointer, (void *)0, memory_order_acq_rel);
atomic_store_explicit(&state, !atomic_exchange_explicit(&flag, 1, memory_order_acquire),
                      memory_order_release);
return !atomic_compare_exchange_strong_explicit(&word, &expected, 1, memory_order_acq_rel,
                                                memory_order_relaxed)
       || !atomic_load_explicit(&state, memory_order_acquire)
       || atomic_load_explicit(&counter, memory_order_relaxed) != 1;]])])dnl
AC_CACHE_CHECK([what C11 atomics need], [mi_cv_c11_atomics],
  [mi_cv_c11_atomics=missing
  AC_LINK_IFELSE([mi_atomics_program], [mi_cv_c11_atomics=nothing],
    [mi_saved_LIBS=$LIBS
    LIBS="-latomic $LIBS"
    AC_LINK_IFELSE([mi_atomics_program], [mi_cv_c11_atomics=-latomic])
    LIBS=$mi_saved_LIBS])])
AS_CASE([$mi_cv_c11_atomics],
  [missing], [AC_MSG_ERROR([a compiler with C11 atomics (stdatomic.h) is needed])],
  [nothing], [ATOMIC_LIBS=],
  [ATOMIC_LIBS=$mi_cv_c11_atomics])
AC_SUBST([ATOMIC_LIBS])])

# MI_TLS_MODEL: the override libraries are there from the start of a process, so their few
# thread-local words may always be initial-exec; the plain library may also be loaded late, which
# works with that model only where the C library keeps spare room (glibc does).
AC_DEFUN([MI_TLS_MODEL],
[AC_CACHE_CHECK([whether the compiler knows initial-exec thread-local storage],
  [mi_cv_tls_initial_exec],
  [AC_LINK_IFELSE([AC_LANG_PROGRAM(
    [[static _Thread_local __attribute__((tls_model("initial-exec"))) int word;]],
    [[word = 1; return word;]])],
    [mi_cv_tls_initial_exec=yes], [mi_cv_tls_initial_exec=no])])
AC_CACHE_CHECK([whether late libraries may use initial-exec thread-local storage],
  [mi_cv_tls_late_initial_exec],
  [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>
#ifndef __GLIBC__
#error not known to keep room
#endif]])],
    [mi_cv_tls_late_initial_exec=yes], [mi_cv_tls_late_initial_exec=no])])
mi_tls_plain=default
mi_tls_override=default
AS_IF([test "x$mi_cv_tls_initial_exec" = xyes],
  [mi_tls_override=initial-exec
  TLS_OVERRIDE_CPPFLAGS=-DMIP_TLS_INITIAL_EXEC
  AS_IF([test "x$mi_cv_tls_late_initial_exec" = xyes],
    [mi_tls_plain=initial-exec
    TLS_PLAIN_CPPFLAGS=-DMIP_TLS_INITIAL_EXEC])])
AC_SUBST([TLS_PLAIN_CPPFLAGS])
AC_SUBST([TLS_OVERRIDE_CPPFLAGS])
AS_VAR_APPEND([MI_FALLBACK_CACHE], [" mi_cv_tls_initial_exec=no mi_cv_tls_late_initial_exec=no"])])

# MI_SEARCH_LIB(FUNCTION, LIBRARY, VARIABLE): VARIABLE is empty or -lLIBRARY.
AC_DEFUN([MI_SEARCH_LIB],
[mi_saved_LIBS=$LIBS
AC_SEARCH_LIBS([$1], [$2])
LIBS=$mi_saved_LIBS
AS_CASE([$ac_cv_search_$1], [-l*], [$3=$ac_cv_search_$1], [$3=])
AC_SUBST([$3])])

# MI_PROBE_FUNCS(NAMES), MI_PROBE_DECLS(NAMES, INCLUDES): as AC_CHECK_FUNCS and AC_CHECK_DECLS,
# and the cache variables are remembered for `make check-fallbacks`.
AC_DEFUN([MI_PROBE_FUNCS],
[AC_CHECK_FUNCS([$1])
m4_foreach_w([mi_name], [$1],
  [AS_VAR_APPEND([MI_FALLBACK_CACHE], [" ac_cv_func_[]mi_name[]=no"])
])])
AC_DEFUN([MI_PROBE_DECLS],
[AC_CHECK_DECLS(m4_join([, ], m4_unquote(m4_split(m4_normalize([$1])))), [], [], [$2])
m4_foreach_w([mi_name], [$1],
  [AS_VAR_APPEND([MI_FALLBACK_CACHE], [" ac_cv_have_decl_[]mi_name[]=no"])
])])
