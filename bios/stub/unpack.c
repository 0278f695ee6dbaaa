/* SPDX-License-Identifier: BSD-2-Clause */
/* The core's lengths are tested before anything is read by them, and the sum after everything is written. */
#include "bios/stub/unpack.h"

#include "platform/crc32.h"

bool unpack(const struct core_header *header, uint8_t *to, uint32_t room, struct lzma_model *model)
{
    if (header->magic != CORE_MAGIC || header->packed_offset < sizeof *header || header->packed_offset > CORE_MAX ||
        header->packed_length > CORE_MAX - header->packed_offset)
        return false;
    if (header->image_length > header->memory_length || header->memory_length > room)
        return false;

    const uint8_t *summed = (const uint8_t *)(&header->crc32 + 1), *packed = (const uint8_t *)header + header->packed_offset;
    if (lzma_decode(model, packed, header->packed_length, to, header->image_length) != (int32_t)header->image_length)
        return false;
    return crc32(crc32(0, summed, (size_t)(packed - summed)), to, header->image_length) == header->crc32;
}
