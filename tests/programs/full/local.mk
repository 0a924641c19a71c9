# SPDX-License-Identifier: MIT
# The suites of whole programs under mimalloc-run: `make check-programs-full`.  Each script runs its suite
# plain and then once for each of VARIANTS, and compares the outcomes (suite.sh); tests/package/run prints
# the table.  ONLY=tests/programs/full/git.sh picks one.  What is missing is an error; STRICT= passes it
# over with its reason.
PROGRAM_SUITES = \
	tests/programs/full/chromium.sh \
	tests/programs/full/cpython.sh \
	tests/programs/full/gcc.sh \
	tests/programs/full/git.sh \
	tests/programs/full/java.sh \
	tests/programs/full/libreoffice.sh \
	tests/programs/full/nginx.sh \
	tests/programs/full/node.sh \
	tests/programs/full/perl.sh \
	tests/programs/full/postgresql.sh \
	tests/programs/full/redis.sh \
	tests/programs/full/sqlite3.sh

PROGRAMS_DIR = $(abs_top_builddir)/scratch/programs
VARIANTS = release
STRICT = --strict
check-programs-full: all
	@$(MKDIR_P) '$(PROGRAMS_DIR)'
	@$(AM_TESTS_ENVIRONMENT) PACKAGE_DIR='$(PROGRAMS_DIR)'; export PACKAGE_DIR; \
	VARIANTS='$(VARIANTS)'; export VARIANTS; only='$(ONLY)'; \
	$(SHELL) $(top_srcdir)/tests/package/run $(STRICT) $${only:-$(PROGRAM_SUITES)}
# Each suite has to find the fault: a suite that ends well is an error.
check-programs-planted: all
	@$(MKDIR_P) '$(PROGRAMS_DIR)'
	@$(AM_TESTS_ENVIRONMENT) PACKAGE_DIR='$(PROGRAMS_DIR)'; export PACKAGE_DIR; \
	VARIANTS=planted; export VARIANTS; only='$(ONLY)'; status=0; \
	for suite in $${only:-$(PROGRAM_SUITES)}; do \
	  name=$${suite##*/}; said='$(PROGRAMS_DIR)'/results/$${name%.sh}; \
	  if $(SHELL) $(top_srcdir)/tests/package/run $$suite >/dev/null 2>&1 || \
	    ! grep '^FAIL	planted' "$$said"; then \
	    cat "$$said"; echo "FAIL: $$suite does not find the fault"; status=1; \
	  fi; \
	done; exit $$status
.PHONY: check-programs-full check-programs-planted

EXTRA_DIST += $(PROGRAM_SUITES) \
	tests/programs/full/packages-full.txt \
	tests/programs/full/suite.sh \
	tests/programs/full/inputs/Load.java \
	tests/programs/full/inputs/document.awk \
	tests/programs/full/inputs/page.html \
	tests/programs/full/inputs/pool.test.js \
	tests/programs/full/inputs/workers.js
