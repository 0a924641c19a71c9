# SPDX-License-Identifier: MIT
# The libraries.  Sources are listed per floor and compiled anew for each library, without
# convenience archives, so that the static library stays non-PIC.

FLOOR_FILES = lib/atomic.h lib/bits.h lib/compiler.h lib/tool.h lib/variant.h

OS_FILES = lib/os/asm_note.h lib/os/calls.h lib/os/foreign.c lib/os/hints.c lib/os/memory.c \
	lib/os/os.h lib/os/symbol.c lib/os/system.c lib/os/thread.c

BASE_FILES = lib/base/bitset.c lib/base/bitset.h lib/base/format.c lib/base/format.h \
	lib/base/hook.c lib/base/hook.h lib/base/options.c lib/base/options.h lib/base/parse.c \
	lib/base/parse.h lib/base/random.c lib/base/random.h lib/base/report.c lib/base/report.h \
	lib/base/stats.c lib/base/stats.h

CORE_FILES = lib/core/alloc.c lib/core/arena.c lib/core/arena.h lib/core/arena_check.c lib/core/arena_private.h lib/core/commit.c \
	lib/core/core.h lib/core/fast.h lib/core/fork.c lib/core/fit.c lib/core/free.c lib/core/guard.h \
	lib/core/heap.c lib/core/heap.h lib/core/heap_check.c lib/core/heap_record.c \
	lib/core/made.c lib/core/merge.c lib/core/message.c lib/core/meta.c lib/core/meta.h \
	lib/core/holes.c lib/core/holes.h lib/core/page.c lib/core/page.h lib/core/pagemap.c lib/core/pagemap.h lib/core/provide.c \
	lib/core/purge.c lib/core/realloc.c lib/core/record.c lib/core/root.c lib/core/size.c \
	lib/core/size.h lib/core/slot.h lib/core/strict.h lib/core/thread.c lib/core/tick.c \
	lib/core/trim.c lib/core/visit.c lib/core/watched.h
if WATCHED
CORE_FILES += lib/core/watched.c
endif

# Of debug and secure alone.
STRICT_FILES = lib/core/guard.c lib/core/guarded.c lib/core/quarantine.c \
	lib/core/quarantine.h lib/core/slots.c lib/core/strict.c lib/core/strict_alloc.c \
	lib/core/strict_free.c lib/core/strict_inline.h \
	lib/core/strict_realloc.c lib/core/trace.c lib/core/trace.h

API_FILES = lib/api/aligned.c lib/api/analysis.c lib/api/api.h lib/api/arena.c \
	lib/api/basic.c lib/api/catching.S lib/api/cxx_names.h lib/api/extended.c lib/api/heap.c lib/api/new.c \
	lib/api/new_failure.c lib/api/new_failure.h lib/api/options.c lib/api/posix.c lib/api/process.c \
	lib/api/process.h lib/api/stats.c lib/api/stats_get.c lib/api/strings.c lib/api/usable.c

OVERRIDE_FILES = lib/override/aligned.c lib/override/delete.c lib/override/info.c \
	lib/override/compatible.h lib/override/malloc.c lib/override/new.c lib/override/origin.h \
	lib/override/sized.h

# Not in the object: a static program has a dlopen of its own, which cannot be called around.
DLOPEN_FILES = lib/override/dlopen.c lib/override/dlopen_entry.S lib/override/dlopen_entry.h

PLAIN_FILES = $(FLOOR_FILES) $(OS_FILES) $(BASE_FILES) $(CORE_FILES) $(API_FILES)
OBJECT_FILES = $(PLAIN_FILES) $(OVERRIDE_FILES)
ALL_FILES = $(OBJECT_FILES) $(DLOPEN_FILES)

# Flags here stand after the user's LDFLAGS.
LIBRARY_LIBS = $(ATOMIC_LIBS) $(PTHREAD_LIBS) $(DL_LIBS) $(LATE_BINDING_FLAGS)
LIBRARY_LINK_FLAGS = -no-undefined -version-info $(LIBRARY_VERSION) $(MI_LDFLAGS)
OVERRIDE_CPPFLAGS = $(AM_CPPFLAGS) -DMIP_WITH_OVERRIDE $(TLS_OVERRIDE_CPPFLAGS)

PLAIN_MAP =
OVERRIDE_MAP =
PLAIN_MAP_FLAGS =
OVERRIDE_MAP_FLAGS =
if HAVE_VERSION_SCRIPT
PLAIN_MAP += lib/plain.map
OVERRIDE_MAP += lib/override.map
PLAIN_MAP_FLAGS += -Wl,--version-script=lib/plain.map
OVERRIDE_MAP_FLAGS += -Wl,--version-script=lib/override.map
endif

# Plain: mi_* only; does not replace malloc.
lib_LTLIBRARIES += libmimalloc.la
libmimalloc_la_SOURCES = $(PLAIN_FILES)
libmimalloc_la_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_PLAIN_CPPFLAGS)
libmimalloc_la_LDFLAGS = $(AM_LDFLAGS) $(LIBRARY_LINK_FLAGS) $(PLAIN_MAP_FLAGS)
libmimalloc_la_LIBADD = $(LIBRARY_LIBS)
libmimalloc_la_DEPENDENCIES = $(PLAIN_MAP)

STATIC_LIB =
if ENABLE_STATIC
STATIC_LIB += $(abs_top_builddir)/.libs/libmimalloc.a
endif

# The libraries that replace malloc exist as shared libraries only (-shared, here for libtool, makes
# it compile and link nothing else).
if ENABLE_OVERRIDE
lib_LTLIBRARIES += libmimalloc-override.la
libmimalloc_override_la_SOURCES = $(ALL_FILES)
libmimalloc_override_la_CPPFLAGS = $(OVERRIDE_CPPFLAGS)
libmimalloc_override_la_CFLAGS = $(AM_CFLAGS) -shared
libmimalloc_override_la_LDFLAGS = $(AM_LDFLAGS) -shared $(LIBRARY_LINK_FLAGS) $(OVERRIDE_MAP_FLAGS)
libmimalloc_override_la_LIBADD = $(LIBRARY_LIBS)
libmimalloc_override_la_DEPENDENCIES = $(OVERRIDE_MAP)
endif

if ENABLE_DEBUG_LIB
lib_LTLIBRARIES += libmimalloc-debug.la
libmimalloc_debug_la_SOURCES = $(ALL_FILES) $(STRICT_FILES)
libmimalloc_debug_la_CPPFLAGS = $(OVERRIDE_CPPFLAGS) -DMIP_VARIANT_DEBUG
libmimalloc_debug_la_CFLAGS = $(AM_CFLAGS) -shared
libmimalloc_debug_la_LDFLAGS = $(AM_LDFLAGS) -shared $(LIBRARY_LINK_FLAGS) $(OVERRIDE_MAP_FLAGS)
libmimalloc_debug_la_LIBADD = $(LIBRARY_LIBS)
libmimalloc_debug_la_DEPENDENCIES = $(OVERRIDE_MAP)
endif

if ENABLE_SECURE_LIB
lib_LTLIBRARIES += libmimalloc-secure.la
libmimalloc_secure_la_SOURCES = $(ALL_FILES) $(STRICT_FILES)
libmimalloc_secure_la_CPPFLAGS = $(OVERRIDE_CPPFLAGS) -DMIP_VARIANT_SECURE
libmimalloc_secure_la_CFLAGS = $(AM_CFLAGS) -shared
libmimalloc_secure_la_LDFLAGS = $(AM_LDFLAGS) -shared $(LIBRARY_LINK_FLAGS) $(OVERRIDE_MAP_FLAGS)
libmimalloc_secure_la_LIBADD = $(LIBRARY_LIBS)
libmimalloc_secure_la_DEPENDENCIES = $(OVERRIDE_MAP)
endif

# One object with everything of the override, to be named first when a program is linked.  The
# archive below is never made: it gives its objects their rules and their list.
EXTRA_LIBRARIES += lib/libmimalloc-object.a
lib_libmimalloc_object_a_SOURCES = $(OBJECT_FILES)
lib_libmimalloc_object_a_CPPFLAGS = $(OVERRIDE_CPPFLAGS)

# What must stand after the user's CFLAGS, which may ask for LTO or for another kind of code.
$(lib_libmimalloc_object_a_OBJECTS): override CFLAGS += $(OBJECT_CFLAGS)

mimalloc-override.o: $(lib_libmimalloc_object_a_OBJECTS)
	$(AM_V_GEN)$(CC) $(CFLAGS) $(OBJECT_CFLAGS) -r -nostdlib $(OBJECT_JOIN_FLAGS) $(JOIN_LDFLAGS) -o $@.tmp \
	  $(lib_libmimalloc_object_a_OBJECTS) && \
	$(OBJCOPY) --localize-hidden $@.tmp $@ && rm -f $@.tmp

if ENABLE_OVERRIDE_OBJECT
objectdir = $(libdir)
nodist_object_DATA = mimalloc-override.o
endif
CLEANFILES += mimalloc-override.o mimalloc-override.o.tmp

# ------------------------------------------------------------------- generated and installed
VERSION_MAP = lib/install/version-map
lib/plain.map: $(VERSION_MAP)
	$(AM_V_at)$(MKDIR_P) lib
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/$(VERSION_MAP) plain >$@.tmp && mv -f $@.tmp $@
lib/override.map: $(VERSION_MAP)
	$(AM_V_at)$(MKDIR_P) lib
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/$(VERSION_MAP) override >$@.tmp && mv -f $@.tmp $@
CLEANFILES += lib/plain.map lib/override.map

# Made from the directories that make has, which may differ from those of configure
# (`make install prefix=...`); rewritten only when they change.
pkgconfigdir = $(libdir)/pkgconfig
cmakedir = $(libdir)/cmake/mimalloc
nodist_pkgconfig_DATA += lib/mimalloc.pc
nodist_cmake_DATA += lib/mimalloc-config.cmake lib/mimalloc-config-version.cmake
uninstall-cmake-directory:
	-test ! -d '$(DESTDIR)$(cmakedir)' || rmdir '$(DESTDIR)$(cmakedir)'
.PHONY: uninstall-cmake-directory
UNINSTALL_HOOKS += uninstall-cmake-directory
if ENABLE_OVERRIDE
nodist_pkgconfig_DATA += lib/mimalloc-override.pc
endif

EXPAND_TEMPLATE = PREFIX='$(prefix)' EXEC_PREFIX='$(exec_prefix)' LIBDIR='$(libdir)' \
	INCLUDEDIR='$(includedir)' VERSION='$(VERSION)' SONAME_NUMBER='$(SONAME_NUMBER)' \
	POINTER_SIZE='$(POINTER_SIZE)' URL='$(PACKAGE_URL)' SED='$(SED)' \
	LIBS_PRIVATE='-pthread $(ATOMIC_LIBS) $(DL_LIBS)' \
	$(SHELL) $(top_srcdir)/lib/install/expand-template

lib/mimalloc.pc: lib/install/mimalloc.pc.in lib/install/expand-template always-check
	$(AM_V_at)$(EXPAND_TEMPLATE) $(top_srcdir)/lib/install/mimalloc.pc.in $@
lib/mimalloc-override.pc: lib/install/mimalloc-override.pc.in lib/install/expand-template always-check
	$(AM_V_at)$(EXPAND_TEMPLATE) $(top_srcdir)/lib/install/mimalloc-override.pc.in $@
lib/mimalloc-config.cmake: lib/install/mimalloc-config.cmake.in lib/install/expand-template always-check
	$(AM_V_at)$(EXPAND_TEMPLATE) $(top_srcdir)/lib/install/mimalloc-config.cmake.in $@
lib/mimalloc-config-version.cmake: lib/install/mimalloc-config-version.cmake.in \
		lib/install/expand-template always-check
	$(AM_V_at)$(EXPAND_TEMPLATE) $(top_srcdir)/lib/install/mimalloc-config-version.cmake.in $@
always-check:
.PHONY: always-check

CLEANFILES += lib/mimalloc.pc lib/mimalloc-override.pc lib/mimalloc-config.cmake \
	lib/mimalloc-config-version.cmake
EXTRA_DIST += lib/install/version-map lib/install/expand-template lib/install/reproducible-tar \
	lib/install/mimalloc.pc.in lib/install/mimalloc-override.pc.in \
	lib/install/mimalloc-config.cmake.in lib/install/mimalloc-config-version.cmake.in \
	lib/LAYERS lib/README.md
