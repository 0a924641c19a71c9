# SPDX-License-Identifier: MIT
include_HEADERS += include/mimalloc.h
