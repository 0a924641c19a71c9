# SPDX-License-Identifier: MIT
# What rpmbuild makes packages from; tests/package/rpm.sh builds and tries them.
EXTRA_DIST += rpm/libmimalloc.spec rpm/rpmlint.toml
