/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INT 13h calls with a pattern in every register half that is not a parameter; after each, all that was not to change is
 * compared.
 */
#include "exerciser.h"

struct registers before, after;
struct packet packet;
bool preserved_always = true;

static uint32_t may_change[4];

void allow_changes(uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    may_change[0] = eax;
    may_change[1] = ebx;
    may_change[2] = ecx;
    may_change[3] = edx;
}

void prepare_call(uint8_t ah, uint8_t al)
{
    before = (struct registers){
        .eax = 0x1A2B0000u | (uint32_t)ah << 8 | al,
        .ebx = 0x3C4D5E6Fu,
        .ecx = 0x70819202u,
        .edx = 0xA3B40000u | config.drive,
        .esi = 0xC5D6E7F8u,
        .edi = 0x091A2B3Cu,
        .ebp = 0x4D5E6F70u,
        .ds = OWN_SEGMENT,
        .es = BUFFER >> 4,
        .fs = 0x1234,
        .gs = 0x5678,
        .eflags = INTERRUPT | 2,
        .ss = STACK_SEGMENT,
        .sp = STACK_TOP,
    };

    allow_changes(strict ? 0xFF00 : 0xFFFF, 0, 0, 0);
}

static bool kept(void)
{
    return !((before.eax ^ after.eax) & ~may_change[0]) && !((before.ebx ^ after.ebx) & ~may_change[1]) &&
           !((before.ecx ^ after.ecx) & ~may_change[2]) && !((before.edx ^ after.edx) & ~may_change[3]) &&
           before.esi == after.esi && before.edi == after.edi && before.ebp == after.ebp && before.ds == after.ds &&
           before.es == after.es && before.fs == after.fs && before.gs == after.gs && before.ss == after.ss &&
           before.sp == after.sp && !((before.eflags ^ after.eflags) & (INTERRUPT | DIRECTION));
}

uint8_t call_prepared(void)
{
    call_interrupt(0x13, &before, &after);
    if (!kept() && preserved_always) {
        preserved_always = false;
        say("changed: before %x %x %x %x %x %x %x %x, ", before.eax, before.ebx, before.ecx, before.edx, before.esi, before.edi,
            before.ebp, before.eflags);
        say("after %x %x %x %x %x %x %x %x\n", after.eax, after.ebx, after.ecx, after.edx, after.esi, after.edi, after.ebp,
            after.eflags);
    }
    if (!(after.eflags & CARRY))
        return 0;
    uint8_t ah = (uint8_t)(after.eax >> 8);
    return ah ? ah : 0xFF;
}

uint8_t packet_call(uint8_t ah, uint8_t al)
{
    prepare_call(ah, al);
    before.esi = 0xC5D60000u | (uint16_t)(uint32_t)&packet;
    return call_prepared();
}

uint8_t transfer(uint8_t ah, uint32_t lba, uint16_t count, uint32_t linear)
{
    packet = (struct packet){
        .size = 16, .count = count, .offset = (uint16_t)(linear & 15), .segment = (uint16_t)(linear >> 4), .lba = lba};
    return packet_call(ah, 0);
}
