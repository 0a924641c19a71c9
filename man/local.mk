# SPDX-License-Identifier: MIT
# The manual: one page per family of functions.  Every other name in a page's NAME section is
# installed as a link to the page; tests/style/manual.sh compares the pages with the header, the
# library and the options.

MAN3_PAGES = \
	man/mi_collect.3 \
	man/mi_decl_export.3 \
	man/mi_heap_malloc.3 \
	man/mi_heap_malloc_aligned.3 \
	man/mi_heap_new.3 \
	man/mi_heap_visit_blocks.3 \
	man/mi_malloc.3 \
	man/mi_malloc_aligned.3 \
	man/mi_malloc_small.3 \
	man/mi_malloc_tp.3 \
	man/mi_manage_os_memory.3 \
	man/mi_memory_resource.3 \
	man/mi_new.3 \
	man/mi_option_get.3 \
	man/mi_posix_memalign.3 \
	man/mi_process_info.3 \
	man/mi_register_deferred_free.3 \
	man/mi_register_output.3 \
	man/mi_stats_get.3 \
	man/mi_stats_print.3 \
	man/mi_stl_allocator.3 \
	man/mi_thread_init.3 \
	man/mi_umalloc.3 \
	man/mi_usable_size.3 \
	man/mi_version.3

# With the launcher only.
if ENABLE_OVERRIDE
dist_man_MANS += man/mimalloc-run.1
endif
notrans_dist_man_MANS += $(MAN3_PAGES) man/mimalloc.7 man/mimalloc-options.7 \
	man/mimalloc-security.7

PAGE_NAMES = $(SED) -n -e '/^\.Sh SYNOPSIS/q' -e 's/^\.Nm \([A-Za-z0-9_]*\).*/\1/p'

install-man-links:
	@for page in $(MAN3_PAGES); do \
	  file=`basename $$page`; \
	  for name in `$(PAGE_NAMES) $(srcdir)/$$page`; do \
	    test "$$name.3" = "$$file" || \
	      (cd '$(DESTDIR)$(man3dir)' && rm -f "$$name.3" && $(LN_S) "$$file" "$$name.3") || \
	      exit 1; \
	  done; \
	done

uninstall-man-links:
	@for page in $(MAN3_PAGES); do \
	  for name in `$(PAGE_NAMES) $(srcdir)/$$page`; do \
	    rm -f '$(DESTDIR)$(man3dir)'/"$$name.3" || exit 1; \
	  done; \
	done

.PHONY: install-man-links uninstall-man-links
INSTALL_DATA_HOOKS += install-man-links
UNINSTALL_HOOKS += uninstall-man-links

TESTS += tests/style/manual.sh
dist_check_SCRIPTS += tests/style/manual.sh
