# SPDX-License-Identifier: MIT
# What C, POSIX and C++ ask of allocation, in the ways of README.md.  A program's name says which: it
# is linked with the plain library, with the override, or (unmodified) with neither.
CONFORMANCE_SUITE = tests/conformance/suite.c tests/conformance/suite.h tests/conformance/served.c
CONFORMANCE_C = $(CONFORMANCE_SUITE) tests/conformance/c.c tests/conformance/names.c \
	tests/conformance/names.h tests/conformance/serving.c tests/conformance/sizes.c \
	tests/conformance/alignment.c tests/conformance/reallocation.c tests/conformance/frees.c \
	tests/conformance/library.c tests/conformance/reports.c
CONFORMANCE_CXX = $(CONFORMANCE_SUITE) tests/conformance/cxx.cc tests/conformance/forms.cc \
	tests/conformance/forms.h tests/conformance/pairs.cc tests/conformance/handlers.cc \
	tests/conformance/whole.cc tests/conformance/noexceptions.h
CONFORMANCE_PARTIAL = $(CONFORMANCE_SUITE) tests/conformance/partial.cc

# Without Check the rules run one after the other.
CONFORMANCE_CPPFLAGS = $(AM_CPPFLAGS)
CONFORMANCE_LIBS = -lpthread $(DL_LIBS)
if HAVE_CHECK
CONFORMANCE_CPPFLAGS += -DWITH_CHECK
CONFORMANCE_LIBS += $(CHECK_LIBS)
endif
CONFORMANCE_CXXFLAGS = $(TEST_CXXFLAGS) -std=c++17 -fsized-deallocation
CONFORMANCE_LINK_FLAGS = $(AM_LDFLAGS) $(TEST_LINK_FLAGS)

# ------------------------------------------------------------------------------------------ in C
CONFORMANCE_TESTED = tests/conformance/c-plain
tests_conformance_c_plain_SOURCES = $(CONFORMANCE_C)
tests_conformance_c_plain_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_MI
tests_conformance_c_plain_CFLAGS = $(TEST_CFLAGS)
tests_conformance_c_plain_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_c_plain_LDADD = $(MIMALLOC_LA) $(CONFORMANCE_LIBS)

if ENABLE_OVERRIDE
CONFORMANCE_TESTED += tests/conformance/c-linked
endif
tests_conformance_c_linked_SOURCES = $(CONFORMANCE_C)
tests_conformance_c_linked_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_MI -DWITH_LIBC
tests_conformance_c_linked_CFLAGS = $(TEST_CFLAGS)
tests_conformance_c_linked_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_c_linked_LDADD = $(OVERRIDE_LA) $(CONFORMANCE_LIBS)

check_PROGRAMS += tests/conformance/c-unmodified
tests_conformance_c_unmodified_SOURCES = $(CONFORMANCE_C)
tests_conformance_c_unmodified_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_LIBC
tests_conformance_c_unmodified_CFLAGS = $(TEST_CFLAGS)
tests_conformance_c_unmodified_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_c_unmodified_LDADD = $(CONFORMANCE_LIBS)

# ---------------------------------------------------------------------------------------- in C++
if HAVE_CXX
CONFORMANCE_TESTED += tests/conformance/cxx-plain tests/conformance/cxx-header
if ENABLE_OVERRIDE
CONFORMANCE_TESTED += tests/conformance/cxx-linked tests/conformance/partial-linked
endif
check_PROGRAMS += tests/conformance/cxx-unmodified tests/conformance/partial-unmodified \
	tests/conformance/partial-new-unmodified
check_LIBRARIES += tests/conformance/libnoexceptions.a
endif
tests_conformance_libnoexceptions_a_SOURCES = tests/conformance/noexceptions.cc \
	tests/conformance/noexceptions.h
tests_conformance_libnoexceptions_a_CXXFLAGS = $(TEST_CXXFLAGS)
# Behind the user's flags, which may ask for exceptions.
$(tests_conformance_libnoexceptions_a_OBJECTS): override CXXFLAGS += -fno-exceptions

tests_conformance_cxx_plain_SOURCES = $(CONFORMANCE_CXX)
tests_conformance_cxx_plain_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_MI
tests_conformance_cxx_plain_CFLAGS = $(TEST_CFLAGS)
tests_conformance_cxx_plain_CXXFLAGS = $(CONFORMANCE_CXXFLAGS)
tests_conformance_cxx_plain_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_cxx_plain_LDADD = tests/conformance/libnoexceptions.a $(MIMALLOC_LA) \
	$(CONFORMANCE_LIBS)

tests_conformance_cxx_header_SOURCES = $(CONFORMANCE_CXX)
tests_conformance_cxx_header_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_MI -DWITH_OPERATORS \
	-DWITH_HEADER
tests_conformance_cxx_header_CFLAGS = $(TEST_CFLAGS)
tests_conformance_cxx_header_CXXFLAGS = $(CONFORMANCE_CXXFLAGS)
tests_conformance_cxx_header_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_cxx_header_LDADD = tests/conformance/libnoexceptions.a $(MIMALLOC_LA) \
	$(CONFORMANCE_LIBS)

tests_conformance_cxx_linked_SOURCES = $(CONFORMANCE_CXX)
tests_conformance_cxx_linked_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_MI -DWITH_OPERATORS
tests_conformance_cxx_linked_CFLAGS = $(TEST_CFLAGS)
tests_conformance_cxx_linked_CXXFLAGS = $(CONFORMANCE_CXXFLAGS)
tests_conformance_cxx_linked_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_cxx_linked_LDADD = tests/conformance/libnoexceptions.a $(OVERRIDE_LA) \
	$(CONFORMANCE_LIBS)

tests_conformance_cxx_unmodified_SOURCES = $(CONFORMANCE_CXX)
tests_conformance_cxx_unmodified_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_OPERATORS
tests_conformance_cxx_unmodified_CFLAGS = $(TEST_CFLAGS)
tests_conformance_cxx_unmodified_CXXFLAGS = $(CONFORMANCE_CXXFLAGS)
tests_conformance_cxx_unmodified_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_cxx_unmodified_LDADD = tests/conformance/libnoexceptions.a $(CONFORMANCE_LIBS)

tests_conformance_partial_linked_SOURCES = $(CONFORMANCE_PARTIAL)
tests_conformance_partial_linked_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DWITH_MI
tests_conformance_partial_linked_CFLAGS = $(TEST_CFLAGS)
tests_conformance_partial_linked_CXXFLAGS = $(CONFORMANCE_CXXFLAGS)
tests_conformance_partial_linked_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_partial_linked_LDADD = $(OVERRIDE_LA) $(CONFORMANCE_LIBS)

tests_conformance_partial_unmodified_SOURCES = $(CONFORMANCE_PARTIAL)
tests_conformance_partial_unmodified_CPPFLAGS = $(CONFORMANCE_CPPFLAGS)
tests_conformance_partial_unmodified_CFLAGS = $(TEST_CFLAGS)
tests_conformance_partial_unmodified_CXXFLAGS = $(CONFORMANCE_CXXFLAGS)
tests_conformance_partial_unmodified_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_partial_unmodified_LDADD = $(CONFORMANCE_LIBS)

tests_conformance_partial_new_unmodified_SOURCES = $(CONFORMANCE_PARTIAL)
tests_conformance_partial_new_unmodified_CPPFLAGS = $(CONFORMANCE_CPPFLAGS) -DONLY_NEW
tests_conformance_partial_new_unmodified_CFLAGS = $(TEST_CFLAGS)
tests_conformance_partial_new_unmodified_CXXFLAGS = $(CONFORMANCE_CXXFLAGS)
tests_conformance_partial_new_unmodified_LDFLAGS = $(CONFORMANCE_LINK_FLAGS)
tests_conformance_partial_new_unmodified_LDADD = $(CONFORMANCE_LIBS)

check_PROGRAMS += $(CONFORMANCE_TESTED)
TESTS += $(CONFORMANCE_TESTED)

CONFORMANCE_SHELL = tests/conformance/preload.sh tests/conformance/object.sh \
	tests/conformance/coverage.sh
TESTS += $(CONFORMANCE_SHELL)
dist_check_SCRIPTS += $(CONFORMANCE_SHELL)
EXTRA_DIST += tests/conformance/README.md
