/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets, good and bad. */
#include "exerciser.h"

static void good_packet(uint32_t lba, uint16_t count)
{
    packet = (struct packet){.size = 16, .count = count, .segment = BUFFER >> 4, .lba = lba};
}

static void test_reads(void)
{
    static const struct {
        uint16_t count;
        const char *name;
    } cases[] = {{1, "42h/1"}, {2, "42h/2"}, {127, "42h/127"}, {128, "42h/128"}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t count = cases[i].count;
        fill8(BUFFER + count * 512u, 16, 0xCC);
        uint8_t status = transfer(0x42, DATA_START + 3, count, BUFFER);
        check(status == 0 && packet.count == count && has_content(BUFFER, DATA_START + 3, count, config.seed) &&
                  all8(BUFFER + count * 512u, 16, 0xCC),
              cases[i].name, "status %x, count %u", status, packet.count);
    }

    uint8_t status = transfer(0x42, config.sectors - 1, 1, BUFFER);
    check(status == 0 && has_content(BUFFER, config.sectors - 1, 1, config.seed), "42h/last-sector", "status %x", status);

    fill8(BUFFER, 512, 0xCC);
    status = transfer(0x42, DATA_START, 0, BUFFER);
    check((status == 0 || !strict) && all8(BUFFER, 512, 0xCC), "42h/count-0", "status %x", status);
}

static void test_beyond(void)
{
    static const struct {
        uint32_t lba_from_end, high;
        uint16_t count;
        const char *name;
    } cases[] = {
        {0, 0, 1, "42h/first-beyond"},
        {1, 0, 2, "42h/over-the-end"},
        {0, 1, 1, "42h/lba-2^32"},
        {~0u, 0xFFFFFFFF, 1, "42h/lba-2^64-1"},
        {~0u, 0xFFFFFFFF, 127, "42h/lba-2^64-1-wrapping"},
        {~0u, 0x7FFFFFFF, 2, "42h/lba-2^63"},
        {~0u, 0x007FFFFF, 1, "42h/byte-offset-2^64"},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool extreme = cases[i].lba_from_end == ~0u;
        fill8(BUFFER + 512, 512, 0xCC);
        good_packet(extreme ? 0xFFFFFFFF : config.sectors - cases[i].lba_from_end, cases[i].count);
        packet.lba_high = cases[i].high;
        uint8_t status = packet_call(0x42, 0);
        check(status != 0 && (packet.count < cases[i].count || !strict) && all8(BUFFER + 512, 512, 0xCC), cases[i].name,
              "status %x, count %u", status, packet.count);
    }

    good_packet(config.sectors, 1);
    uint8_t status = packet_call(0x43, 0);
    check(status != 0, "43h/first-beyond", "status %x", status);

    good_packet(config.sectors, 1);
    status = packet_call(0x44, 0);
    check(status != 0, "44h/first-beyond", "status %x", status);

    good_packet(config.sectors, 1);
    status = packet_call(0x47, 0);
    check(status != 0, "47h/first-beyond", "status %x", status);
}

static void test_packet_sizes(void)
{
    static const uint8_t sizes[] = {0, 1, 8, 15};
    for (unsigned i = 0; i < sizeof sizes; i++) {
        good_packet(DATA_START, 1);
        packet.size = sizes[i];
        fill8(BUFFER, 512, 0xCC);
        uint8_t status = packet_call(0x42, 0);
        check(status == 1 && all8(BUFFER, 512, 0xCC), "42h/packet-too-short", "size %u: status %x", sizes[i], status);
    }
}

static void test_flat(void)
{
    packet =
        (struct packet){.size = 24, .count = 9, .offset = 0xFFFF, .segment = 0xFFFF, .lba = DATA_START + 7, .flat = HIGH_BUFFER};
    uint8_t status = packet_call(0x42, 0);
    set_a20(true);
    flat_copy(BUFFER, HIGH_BUFFER, 9 * 512);
    check(status == 0 && has_content(BUFFER, DATA_START + 7, 9, config.seed), "42h/flat-buffer", "status %x", status);

    packet = (struct packet){
        .size = 32, .count = 0xFF, .segment = BUFFER >> 4, .lba = DATA_START, .flat = HIGH_BUFFER + 0x40000, .long_count = 300};
    status = packet_call(0x42, 0);
    set_a20(true);
    flat_copy(BUFFER, HIGH_BUFFER + 0x40000, 300 * 512);
    check(status == 0 && packet.long_count == 300 && has_content(BUFFER, DATA_START, 300, config.seed), "42h/long-count",
          "status %x", status);

    packet = (struct packet){
        .size = 32, .count = 0xFF, .segment = BUFFER >> 4, .lba = DATA_START, .flat = HIGH_BUFFER, .long_count = 0xFFFFFFFF};
    status = packet_call(0x42, 0);
    check(status != 0 && packet.long_count == 0, "42h/long-count-beyond-disk", "status %x", status);

    packet =
        (struct packet){.size = 24, .count = 1, .offset = 0xFFFF, .segment = 0xFFFF, .lba = DATA_START, .flat_high = 0x80000000};
    status = packet_call(0x42, 0);
    check(status != 0, "42h/flat-buffer-out-of-reach", "status %x", status);

    packet = (struct packet){.size = 16, .count = 1, .offset = 0xFFFF, .segment = 0xFFFF, .lba = DATA_START};
    status = packet_call(0x42, 0);
    check(status != 0, "42h/flat-buffer-without-address", "status %x", status);
}

void test_edd(void)
{
    test_reads();
    test_beyond();
    if (strict)
        test_packet_sizes();

    for (uint8_t mode = 0; mode <= 3; mode++) {
        if (!strict && mode > 1)
            continue;
        good_packet(DATA_START, 2);
        put_content(BUFFER, DATA_START, config.seed);
        put_content(BUFFER + 512, DATA_START + 1, config.seed);
        uint8_t status = packet_call(0x43, mode);
        check(mode == 3 ? status == 1 : status == 0, "43h/modes", "AL %u: status %x", mode, status);
    }

    good_packet(DATA_START, 2);
    uint8_t status = packet_call(0x44, 0);
    check(status == 0, "44h/verify", "status %x", status);
    good_packet(DATA_START, 1);
    status = packet_call(0x47, 0);
    check(status == 0, "47h/seek", "status %x", status);

    if (strict)
        test_flat();
}
