/* SPDX-License-Identifier: BSD-2-Clause */
/* AH=08h, 15h, 41h and 48h: each by itself and against each other. */
#include "exerciser.h"

static uint32_t heads, track, cylinders;

static uint8_t parameters(uint16_t room)
{
    fill8(BUFFER, 128, 0xCC);
    poke8(BUFFER, (uint8_t)room);
    poke8(BUFFER + 1, (uint8_t)(room >> 8));
    prepare_call(0x48, 0);
    before.ds = BUFFER >> 4;
    before.esi = 0xC5D60000;
    return call_prepared();
}

static bool sums_to_zero(uint32_t at, uint32_t length)
{
    uint8_t sum = 0;
    while (length--)
        sum = (uint8_t)(sum + peek8(at++));
    return sum == 0;
}

static void test_result_sizes(void)
{
    static const struct {
        uint16_t room, written;
        const char *name;
    } cases[] = {{0x1A, 0x1A, "48h/size-1a"}, {0x1D, 0x1A, "48h/size-1d"}, {0x1E, 0x1E, "48h/size-1e"},
                 {0x41, 0x1E, "48h/size-41"}, {0x42, 0x42, "48h/size-42"}, {0x49, 0x42, "48h/size-49"},
                 {0x4A, 0x4A, "48h/size-4a"}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t status = parameters(cases[i].room);
        uint32_t kept_from = strict ? cases[i].written : cases[i].room; /* SeaBIOS says 1Eh when it has written more */
        check(status == 0 && (peek16(BUFFER) == cases[i].written || !strict) && all8(BUFFER + kept_from, 128 - kept_from, 0xCC),
              cases[i].name, "status %x, size %x", status, peek16(BUFFER));
    }

    uint8_t status = parameters(0x19);
    check(status == 1 && all8(BUFFER + 2, 126, 0xCC), "48h/size-19-refused", "status %x", status);
}

static void test_result(void)
{
    uint8_t status = parameters(0x4A);
    check(status == 0 && peek32(BUFFER + 16) == config.sectors && peek32(BUFFER + 20) == 0, "48h/sectors", "status %x, %u of %u",
          status, peek32(BUFFER + 16), config.sectors);
    check(peek16(BUFFER + 24) == 512, "48h/sector-size", "%u", peek16(BUFFER + 24));

    if (strict) {
        check((peek16(BUFFER + 2) & 3) == 3, "48h/info", "%x", peek16(BUFFER + 2));
        check(peek32(BUFFER + 8) == heads && peek32(BUFFER + 12) == track, "48h/08h-geometry-agrees", "%u %u, %u %u",
              peek32(BUFFER + 8), peek32(BUFFER + 12), heads, track);
        check(peek16(BUFFER + 30) == 0xBEDD && peek8(BUFFER + 32) == 0x2C && sums_to_zero(BUFFER + 30, 0x2C), "48h/path-4a",
              "%x %x", peek16(BUFFER + 30), peek8(BUFFER + 32));
        check(peek32(BUFFER + 36) == 0x20494350, "48h/host-bus-pci", "%x", peek32(BUFFER + 36));
    }

    uint32_t table = peek16(BUFFER + 28) * 16u + peek16(BUFFER + 26);
    bool of_ata = sums_to_zero(table, 16) && (peek8(table + 4) & 0xE0) == 0xE0;
    check(table == 0x10FFEF || (of_ata && !strict), "48h/dpte", "%x", table);

    status = parameters(0x42);
    check(status == 0 && peek16(BUFFER + 30) == 0xBEDD && peek8(BUFFER + 32) == 0x24 && sums_to_zero(BUFFER + 30, 0x24),
          "48h/path-42", "%x %x", peek16(BUFFER + 30), peek8(BUFFER + 32));
}

void test_parameters(void)
{
    prepare_call(0x08, 0);
    allow_changes(0xFFFF, strict ? 0 : 0xFFFF, 0xFFFF, 0xFFFF);
    uint8_t status = call_prepared();
    heads = ((after.edx >> 8) & 0xFF) + 1;
    track = after.ecx & 0x3F;
    cylinders = (((after.ecx >> 8) & 0xFF) | (after.ecx & 0xC0) << 2) + 1;
    uint32_t reached = heads * track * cylinders;
    check(status == 0 && track && reached <= config.sectors &&
              (cylinders == 1024 || reached + 2 * heads * track > config.sectors),
          "08h/geometry", "status %x: %u %u %u", status, cylinders, heads, track);
    check(!strict || (heads == 255 && track == 63), "08h/as-partitioned", "%u %u", heads, track);
    check((uint8_t)after.edx == peek8(BDA_DISK_COUNT), "08h/drive-count", "%u, %u", after.edx & 0xFF, peek8(BDA_DISK_COUNT));

    prepare_call(0x15, 0);
    allow_changes(0xFFFF, 0, 0xFFFF, 0xFFFF);
    status = call_prepared();
    uint32_t told = (after.ecx & 0xFFFF) << 16 | (after.edx & 0xFFFF);
    check(status == 0 && ((after.eax >> 8) & 0xFF) == 3, "15h/type", "status %x, eax %x", status, after.eax);
    check(strict ? told == config.sectors : told <= config.sectors, "15h/sectors", "%u of %u", told, config.sectors);

    prepare_call(0x41, 0);
    before.ebx = 0x3C4D55AA;
    allow_changes(0xFFFF, 0xFFFF, 0xFFFF, 0);
    status = call_prepared();
    check(status == 0 && (after.ebx & 0xFFFF) == 0xAA55 && (after.ecx & 1), "41h/present", "status %x, ecx %x", status,
          after.ecx);
    check(((after.eax >> 8) & 0xFF) == 0x30, "41h/version-3.0", "%x", after.eax);
    check(!strict || (after.ecx & 0xFFFF) == 0x0D, "41h/subsets", "%x", after.ecx);
    prepare_call(0x41, 0);
    before.ebx = 0x3C4D55AB;
    allow_changes(0xFFFF, strict ? 0 : 0xFFFF, strict ? 0 : 0xFFFF, 0);
    status = call_prepared();
    check(!strict || status == 1, "41h/wrong-magic", "status %x", status);

    test_result_sizes();
    test_result();
}
