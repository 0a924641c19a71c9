# SPDX-License-Identifier: MIT
# Other machines and C libraries.  `make check-arch` runs all of it, which takes an hour or more; it
# belongs to `make check-packages-full` too, and what of it takes a minute and needs no emulator (`make
# check-arch-short`) to `make check-packages`.  ARCHITECTURES, in the environment, names those to look
# at instead of all of arch.txt; ARCH_EMULATION=plain has the suites run as on a kernel older than 6.7.
ARCH_CHECKS_SHORT = tests/package/arch-short.sh
ARCH_CHECKS = tests/package/arch-pages.sh tests/package/arch-musl.sh tests/package/arch.sh \
	tests/package/arch-links.sh tests/package/arch-debian.sh

check-arch: package-tarball
	@$(PACKAGE_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/package/run --strict $(ARCH_CHECKS)
check-arch-short: package-tarball
	@$(PACKAGE_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/package/run $(ARCH_CHECKS_SHORT)
.PHONY: check-arch check-arch-short

EXTRA_DIST += tests/package/apt-source.sh tests/package/arch-common.sh tests/package/arch.txt \
	tests/package/emulated tests/package/laid-over tests/package/pages.c
