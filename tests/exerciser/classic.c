/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions by cylinder, head and sector. */
#include "exerciser.h"

#define ANY 0x100 /* any failure will do */

static uint8_t geometry_heads, geometry_track;

static uint8_t chs_call(uint8_t ah, uint8_t count, uint16_t cylinder, uint8_t head, uint8_t sector)
{
    prepare_call(ah, count);
    before.eax = 0x1A2B0000u | (uint32_t)ah << 8 | count;
    before.ebx = 0x3C4D0000;
    before.ecx = 0x70810000u | (cylinder & 0xFFu) << 8 | (cylinder >> 2 & 0xC0) | sector;
    before.edx = 0xA3B40000u | (uint32_t)head << 8 | config.drive;
    allow_changes(0xFFFF, 0, 0, 0);
    return call_prepared();
}

static uint8_t chs_at(uint8_t ah, uint8_t count, uint32_t lba)
{
    uint32_t cylinder = lba / geometry_track / geometry_heads;
    return chs_call(ah, count, (uint16_t)cylinder, (uint8_t)(lba / geometry_track % geometry_heads),
                    (uint8_t)(lba % geometry_track + 1));
}

static void test_simple_functions(void)
{
    static const struct {
        uint8_t ah, al;
        bool strict_only;
        uint16_t status;
        const char *name;
    } cases[] = {
        {0x00, 0, false, 0, "00h/reset"},
        {0x09, 0, false, 0, "09h/initialise"},
        {0x0D, 0, false, 0, "0dh/reset"},
        {0x10, 0, false, 0, "10h/ready"},
        {0x11, 0, false, 0, "11h/recalibrate"},
        {0x14, 0, false, 0, "14h/diagnostics"},
        {0x4E, 1, false, 0, "4eh/no-prefetch"},
        {0x4E, 0, true, 0, "4eh/prefetch"},
        {0x4E, 9, false, ANY, "4eh/unknown"},
        {0x45, 2, true, 0, "45h/status"},
        {0x45, 1, true, 0xB0, "45h/unlock-unlocked"},
        {0x45, 0, true, 0, "45h/lock"},
        {0x45, 1, true, 0, "45h/unlock"},
        {0x45, 3, true, 1, "45h/unknown"},
        {0x4B, 1, true, 1, "4b01h/not-emulated"},
        {0x05, 0, true, 1, "05h/refused"},
        {0x7F, 0, false, 1, "7fh/unknown"},
        {0xFF, 0, false, 1, "ffh/unknown"},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].strict_only && !strict)
            continue;
        prepare_call(cases[i].ah, cases[i].al);
        allow_changes(0xFFFF, 0, 0, 0);
        uint8_t status = call_prepared();
        check(cases[i].status == ANY ? status != 0 : status == cases[i].status, cases[i].name, "status %x", status);
    }
}

static void test_last_status(void)
{
    chs_call(0x02, 0, 0, 0, 1);
    prepare_call(0x01, 0);
    allow_changes(0xFFFF, 0, 0, 0);
    uint8_t status = call_prepared();
    check(status == 1, "01h/after-error", "status %x", status);

    chs_at(0x02, 1, DATA_START);
    prepare_call(0x01, 0);
    allow_changes(0xFFFF, 0, 0, 0);
    status = call_prepared();
    check(status == 0 && !(after.eax & 0xFF00), "01h/after-success", "status %x", status);
}

static void test_refused(void)
{
    static const struct {
        uint8_t count;
        uint16_t cylinder;
        uint8_t head_over, sector;
        const char *name;
    } cases[] = {
        {0, 0, 0, 1, "02h/count-0"},          {129, 0, 0, 1, "02h/count-129"}, {1, 0, 0, 0, "02h/sector-0"},
        {1, 1023, 0, 1, "02h/cylinder-1023"}, {1, 0, 1, 1, "02h/head"},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fill8(BUFFER, 1024, 0xCC);
        uint8_t status =
            chs_call(0x02, cases[i].count, cases[i].cylinder, cases[i].head_over ? geometry_heads : 0, cases[i].sector);
        check(status != 0 && all8(BUFFER, 1024, 0xCC), cases[i].name, "status %x", status);
    }
}

void test_classic(void)
{
    prepare_call(0x08, 0);
    allow_changes(0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF);
    call_prepared();
    geometry_heads = (uint8_t)((after.edx >> 8) + 1);
    geometry_track = after.ecx & 0x3F;

    uint8_t status = chs_at(0x02, 1, DATA_START);
    check(status == 0 && (after.eax & 0xFF) == 1 && has_content(BUFFER, DATA_START, 1, config.seed), "02h/one", "status %x",
          status);

    status = chs_at(0x02, 128, DATA_START + 5);
    check(status == 0 && (after.eax & 0xFF) == 128 && has_content(BUFFER, DATA_START + 5, 128, config.seed),
          "02h/128-over-tracks", "status %x", status);

    uint32_t edge = (uint32_t)geometry_heads * geometry_track - 3;
    edge +=
        edge < DATA_START ? (uint32_t)geometry_heads * geometry_track * (DATA_START / (geometry_heads * geometry_track) + 1) : 0;
    status = chs_at(0x02, 8, edge);
    check(status == 0 && has_content(BUFFER, edge, 8, config.seed), "02h/over-cylinder", "status %x", status);

    test_refused();

    put_content(BUFFER, DATA_START, config.seed);
    status = chs_at(0x03, 1, DATA_START);
    check(status == 0 && (after.eax & 0xFF) == 1, "03h/same-content", "status %x", status);
    status = chs_at(0x04, 128, DATA_START);
    check(status == 0, "04h/verify", "status %x", status);
    status = chs_at(0x0C, 1, DATA_START);
    check(status == 0, "0ch/seek", "status %x", status);
    test_simple_functions();
    test_last_status();
}
