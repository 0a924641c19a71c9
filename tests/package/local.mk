# SPDX-License-Identifier: MIT
# The packages and what they install.  `make check-packages` runs PACKAGE_CHECKS, which takes minutes;
# `make check-packages-full` runs PACKAGE_CHECKS_FULL after them, and PACKAGE_CHECKS_BESIDE, of other
# machines, at the same time.  Each is a script that says, point by
# point, what holds (tests/package/common.sh); tests/package/run prints the table of all of them.
# What they need beyond the rest of the tests is listed in packages.txt, and for the full run also in
# packages-full.txt; what is missing is passed over with its reason, and is an error in the full run.
# Nothing is installed on this machine, unless root says PACKAGE_INSTALL=yes: roots of their own, and
# layers that are dropped, take what packages need.

# In the order in which they run: what others use is built first.
PACKAGE_CHECKS = tests/package/debian-build.sh tests/package/debian-source.sh \
	tests/package/debian-lintian.sh tests/package/debian-flags.sh \
	tests/package/debian-contents.sh tests/package/debian-symbols.sh \
	tests/package/debian-install.sh
PACKAGE_CHECKS_FULL = tests/package/debian-root.sh tests/package/debian-upgrade.sh \
	tests/package/debian-chroot.sh tests/package/debian-reproducible.sh \
	tests/package/debian-options.sh tests/package/debian-testers.sh

# What is given out, what is installed, and the RPM spec.
PACKAGE_CHECKS += tests/package/source.sh tests/package/install.sh tests/package/rpm-spec.sh \
	tests/package/lessons.sh
PACKAGE_CHECKS_FULL += tests/package/distcheck.sh tests/package/object.sh tests/package/options.sh \
	tests/package/rpm.sh tests/package/suite.sh

PACKAGE_DIR = $(abs_top_builddir)/scratch/packages
PACKAGE_ENVIRONMENT = $(AM_TESTS_ENVIRONMENT) \
	PACKAGE_DIR='$(PACKAGE_DIR)'; export PACKAGE_DIR; \
	TARBALL='$(PACKAGE_DIR)/$(distdir).tar.xz'; export TARBALL; \
	SONAME_NUMBER='$(SONAME_NUMBER)'; export SONAME_NUMBER; \
	MAKE='$(MAKE)'; export MAKE;

check-packages: package-tarball
	@$(PACKAGE_ENVIRONMENT) only='$(ONLY)'; \
	$(SHELL) $(top_srcdir)/tests/package/run $${only:-$(PACKAGE_CHECKS) $(ARCH_CHECKS_SHORT)}
check-packages-full: package-tarball
	@$(PACKAGE_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/package/run --strict $(PACKAGE_CHECKS) \
	  $(PACKAGE_CHECKS_FULL) -- $(PACKAGE_CHECKS_BESIDE)
print-packages-full:
	@echo $(PACKAGE_CHECKS_FULL) $(PACKAGE_CHECKS_BESIDE)
# The tarball that the packages are built from.  With PACKAGE_KEEP=yes, what an earlier run has built
# stays, so that one check can be repeated: make check-packages PACKAGE_KEEP=yes ONLY=tests/package/...
PACKAGE_KEEP =
ONLY =
package-tarball: all
	@test -n '$(PACKAGE_KEEP)' || rm -rf '$(PACKAGE_DIR)'
	@$(MKDIR_P) '$(PACKAGE_DIR)'
	@$(MAKE) $(AM_MAKEFLAGS) dist-xz >'$(PACKAGE_DIR)/dist.log' 2>&1 || \
	  { cat '$(PACKAGE_DIR)/dist.log'; exit 1; }
	@mv '$(distdir).tar.xz' '$(PACKAGE_DIR)'
.PHONY: check-packages check-packages-full package-tarball print-packages-full

include tests/package/arch.mk
# The last uses the packages of arch-debian.sh.
PACKAGE_CHECKS_BESIDE = $(ARCH_CHECKS) tests/package/debian-multiarch.sh

EXTRA_DIST += tests/package/run tests/package/common.sh tests/package/packages.txt \
	tests/package/packages-full.txt tests/package/debian.contents \
	tests/package/rpm.contents tests/package/fedora.macros \
	tests/package/installed.txt tests/package/root.sh \
	$(PACKAGE_CHECKS) $(PACKAGE_CHECKS_FULL) $(PACKAGE_CHECKS_BESIDE) $(ARCH_CHECKS_SHORT)
