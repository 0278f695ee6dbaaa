/* SPDX-License-Identifier: BSD-2-Clause */
/* Tagged words become addresses. */
#include "bios/stub/addresses.h"

struct word {
    uint32_t value;
} __attribute__((packed));

void addresses_restore(uint8_t *image, uint32_t length, uint32_t tag, uint32_t base)
{
    for (uint32_t next = sizeof(struct word); next <= length; next++) {
        struct word *word = (struct word *)(image + next - sizeof *word);
        uint32_t offset = word->value - tag;
        if (offset >= ADDRESS_RANGE)
            continue;

        word->value = base + offset;
        next += sizeof *word - 1;
    }
}
