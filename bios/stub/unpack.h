/* SPDX-License-Identifier: BSD-2-Clause */
/* From the core in the file to the image in memory, but for its addresses (bios/stub/addresses.h). Pure function. */
#ifndef SANSTRAP_UNPACK_H
#define SANSTRAP_UNPACK_H

#include <stdbool.h>

#include "bios/core.h"
#include "bios/stub/lzma.h"

/*
 * Writes the image to `to`, where there is `room` for it and for its zeroed memory. False when the core, of which CORE_MAX bytes
 * may be read, is not what bios/mkimage.py wrote; something may have been written then.
 */
bool unpack(const struct core_header *header, uint8_t *to, uint32_t room, struct lzma_model *model);

#endif
