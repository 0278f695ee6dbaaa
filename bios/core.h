/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows the entry code in sanstrap.pxe and sanstrap.lkrn; written by bios/mkimage.py, read by bios/stub/. */
#ifndef SANSTRAP_CORE_H
#define SANSTRAP_CORE_H

#include <stdint.h>

#include "platform/bytes.h"

#define CORE_MAGIC 0x54534E53u /* "SNST" */
#define CORE_MAX   (128 * KIB) /* bytes: the whole file is not longer (bios/bios.mk) */

/*
 * This header, the stub (position independent, entered at its first byte), then one raw LZMA stream (bios/stub/lzma.h). It holds
 * the image, linked at 0 and treated as bios/stub/addresses.h says.
 *
 * The sum goes over the header from the member after it on, over the stub, and over the image before its addresses are restored.
 */
struct core_header {
    uint32_t magic;
    uint32_t crc32;
    uint32_t packed_offset;
    uint32_t packed_length;
    uint32_t image_length;
    uint32_t address_tag;
    uint32_t memory_length; /* image and its zeroed memory */
    uint32_t entry;         /* offset of the image's first instruction */
};

_Static_assert(sizeof(struct core_header) == 32, "bios/block.inc: CORE_STUB");

/* How the stub calls the image, on the image's own stack at the end of the region. */
struct region {
    uint32_t base;  /* page aligned */
    uint32_t size;  /* whole pages; everything in it is ours */
    uint32_t used;  /* from base: the image and its zeroed memory */
    uint32_t stack; /* bytes at the region's end */
};

#define REGION_SIZE  (4 * MIB)
#define REGION_STACK (64 * KIB)

#endif
