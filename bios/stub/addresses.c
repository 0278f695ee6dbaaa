/* SPDX-License-Identifier: BSD-2-Clause */
/* Tagged words become addresses and distances. */
#include "bios/stub/addresses.h"

void addresses_restore(uint8_t *image, uint32_t length, uint32_t tag, uint32_t base)
{
    for (uint32_t next = sizeof(uint32_t); next <= length; next++) {
        uint8_t *word = image + next - sizeof(uint32_t);
        uint32_t offset = get_be32(word) - tag;
        if (offset >= 2 * ADDRESS_RANGE)
            continue;

        put_le32(word, offset < ADDRESS_RANGE ? base + offset : offset - ADDRESS_RANGE - next);
        next += sizeof(uint32_t) - 1;
    }
}
