/* SPDX-License-Identifier: BSD-2-Clause */
/* An IPv4 network's size in its two forms. */
#ifndef SANSTRAP_NETMASK_H
#define SANSTRAP_NETMASK_H

#include <stdint.h>

/* `prefix`: 0 to 32. */
static inline void netmask_of(unsigned prefix, uint8_t netmask[4])
{
    uint32_t mask = prefix ? 0xFFFFFFFFu << (32 - prefix) : 0;
    for (unsigned i = 0; i < 4; i++)
        netmask[i] = (uint8_t)(mask >> (24 - 8 * i));
}

static inline unsigned prefix_of(const uint8_t netmask[4])
{
    unsigned prefix = 0;
    for (unsigned i = 0; i < 32; i++)
        prefix += netmask[i / 8] >> (i % 8) & 1;
    return prefix;
}

#endif
