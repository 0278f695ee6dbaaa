/* SPDX-License-Identifier: BSD-2-Clause */
/* The row of mixed.c by INT 13h. */
#include "exerciser.h"
#include "mixed.h"

#define MODEL      (BUFFER + 0x30000u)
#define REGION_MAX 16384u
#define MOST       127u
#define REST_TICKS 3u

static uint32_t region_start;

struct mixed mixed_begin(void)
{
    uint32_t region = config.sectors - DATA_START < REGION_MAX ? config.sectors - DATA_START : REGION_MAX;
    region_start = config.sectors - region;
    fill8(MODEL, region, 0);

    uint32_t state = written_seed() | 1;
    for (uint32_t i = 0; i < config.writes; i++) {
        uint32_t count = 1 + next_random(&state) % 16;
        uint32_t lba = DATA_START + next_random(&state) % (config.sectors - DATA_START - count);
        for (uint32_t k = lba; k < lba + count; k++)
            if (k >= region_start)
                poke8(MODEL + k - region_start, 1);
    }
    return (struct mixed){config.mixed, config.seed, region, MOST};
}

bool mixed_write(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t version = mixed_next_version(peek8(MODEL + first + i));
        poke8(MODEL + first + i, version);
        put_content(BUFFER + i * 512, region_start + first + i, mixed_seed_of(version));
    }
    return transfer(0x43, region_start + first, (uint16_t)count, BUFFER) == 0;
}

bool mixed_read(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        poke8(BUFFER + i * 512, (uint8_t)~peek8(BUFFER + i * 512)); /* what is left of an earlier read is no content */
    if (transfer(0x42, region_start + first, (uint16_t)count, BUFFER) != 0)
        return false;

    for (uint32_t i = 0; i < count; i++)
        if (!has_content(BUFFER + i * 512, region_start + first + i, 1, mixed_seed_of(peek8(MODEL + first + i))))
            return false;
    return true;
}

bool mixed_end(void)
{
    return true;
}

void mixed_rest(void)
{
    uint32_t since = peek32(BDA_TICKS);
    while (peek32(BDA_TICKS) - since < REST_TICKS)
        ;
}
