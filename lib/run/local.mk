# SPDX-License-Identifier: MIT
# The launcher: a program of its own that links nothing of the library, whose reader of values alone
# is compiled into it too.  Without a library that replaces malloc it has nothing to do.

if ENABLE_OVERRIDE
bin_PROGRAMS += mimalloc-run
endif
EXTRA_PROGRAMS += mimalloc-run

mimalloc_run_SOURCES = lib/run/elf.c lib/run/environment.c lib/run/library.c lib/run/loader.c \
	lib/run/main.c lib/run/message.c lib/run/options.c lib/run/run.h lib/run/script.c \
	lib/run/target.c lib/base/options.h lib/base/parse.c lib/base/parse.h lib/compiler.h
mimalloc_run_CPPFLAGS = $(AM_CPPFLAGS) -DMIP_RUN_BINDIR='"$(bindir)"' \
	-DMIP_RUN_LIBDIR='"$(libdir)"' -DMIP_RUN_SONAME_NUMBER='"$(SONAME_NUMBER)"'

# What the launcher knows of the installation is in its flags: made anew when configure has run again.
lib/run/mimalloc_run-library.$(OBJEXT): Makefile
