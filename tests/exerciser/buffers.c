/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers in awkward places. */
#include "exerciser.h"

static void read_to(const char *name, uint16_t segment, uint16_t offset, uint16_t count)
{
    uint32_t linear = segment * 16u + offset;
    fill8(linear - 16, 16, 0xCC);
    fill8(linear + count * 512u, 16, 0xCC);
    packet = (struct packet){.size = 16, .count = count, .offset = offset, .segment = segment, .lba = DATA_START + 11};
    uint8_t status = packet_call(0x42, 0);
    check(status == 0 && has_content(linear, DATA_START + 11, count, config.seed) && all8(linear - 16, 16, 0xCC) &&
              all8(linear + count * 512u, 16, 0xCC),
          name, "status %x", status);
}

void test_buffers(void)
{
    read_to("buffer/crosses-64-KiB", 0x2FF0, 0x0000, 16);
    read_to("buffer/crosses-64-KiB-inside-a-sector", 0x2FF8, 0x0010, 4);
    read_to("buffer/odd-address", 0x2000, 0x1234, 7);
    if (strict)
        read_to("buffer/byte-aligned", 0x2000, 0x0101, 3);
    read_to("buffer/offset-to-the-brim", 0x2000, 0xFE00, 1);
    read_to("buffer/over-the-segment", 0x2000, 0xFE00, 3);
    read_to("buffer/128-at-an-offset", 0x2000, 0x0210, 128);
    read_to("buffer/high-segment", 0x5000, 0xF000, 2);
}
