# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/install/installcheck tests/install/consumer.c tests/install/family.c \
	tests/install/CMakeLists.txt tests/install/scratch-build tests/install/tarball \
	tests/install/releasable

WITH_SHARED =
WITH_STATIC =
WITH_OVERRIDE =
WITH_OBJECT =
if ENABLE_SHARED
WITH_SHARED += yes
endif
if ENABLE_STATIC
WITH_STATIC += yes
endif
if ENABLE_OVERRIDE
WITH_OVERRIDE += yes
endif
if ENABLE_OVERRIDE_OBJECT
WITH_OBJECT += yes
endif

installcheck-local:
	DESTDIR='$(DESTDIR)' PREFIX='$(DESTDIR)$(prefix)' LIBDIR='$(DESTDIR)$(libdir)' BINDIR='$(DESTDIR)$(bindir)' \
	INCLUDEDIR='$(DESTDIR)$(includedir)' CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' \
	CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' \
	WITH_SHARED='$(WITH_SHARED)' WITH_STATIC='$(WITH_STATIC)' \
	WITH_OVERRIDE='$(WITH_OVERRIDE)' WITH_OBJECT='$(WITH_OBJECT)' \
	VERSION='$(VERSION)' HEADERS='$(include_HEADERS)' \
	$(SHELL) $(top_srcdir)/tests/install/installcheck
