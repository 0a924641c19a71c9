# SPDX-License-Identifier: MIT
include_HEADERS += include/mimalloc.h include/mimalloc-stats.h include/mimalloc-override.h \
	include/mimalloc-new-delete.h include/mimalloc-memory-resource.h
