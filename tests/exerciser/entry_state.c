/* SPDX-License-Identifier: BSD-2-Clause */
/* The state in which a BIOS starts a boot sector: BIOS Boot Specification, PnP BIOS specification. */
#include "exerciser.h"

void test_entry(void)
{
    uint16_t cs = peek16(NOTE_CS), ip = peek16(NOTE_IP), ss = peek16(NOTE_SS), sp = peek16(NOTE_SP);
    uint16_t es = peek16(NOTE_ES), di = peek16(NOTE_DI);
    uint16_t dx = peek16(NOTE_DX), flags = peek16(NOTE_FLAGS);
    uint32_t limit = peek16(BDA_BASE_MEMORY) * 1024u;

    check(cs == 0 && ip == 0x7C00, "entry/cs-ip", "%x:%x", cs, ip);
    check((uint8_t)dx == config.drive, "entry/dl", "%x", dx & 0xFF);
    check(flags & INTERRUPT, "entry/interrupts-on", "flags %x", flags);
    check(!(flags & DIRECTION), "entry/direction", "flags %x", flags);

    uint32_t top = ss * 16u + sp;
    check(top <= limit && top > 0x500, "entry/stack-below-limit", "%x:%x, limit %x", ss, sp, limit);
    uint32_t pnp = es * 16u + di;
    check((es == 0 && di == 0) || peek32(pnp) == 0x506E5024 || !strict, "entry/es-di", "%x:%x", es, di);
    check(peek16(0x7DFE) == 0xAA55, "entry/signature", "%x", peek16(0x7DFE));
    check(peek8(BDA_DISK_COUNT) > (config.drive & 0x7F), "entry/drive-count", "0040:0075 is %u", peek8(BDA_DISK_COUNT));
}
