/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures: time is the TSC's, measured against the tick once, as a loader may hold interrupts back while it works. */
#include "exerciser.h"
#include "platform/tsc.h"

/* Units of 65536 TSC cycles, which let a minute fit into 32 bits. */
static uint32_t now(void)
{
    return (uint32_t)(tsc_read() >> 16);
}

static uint32_t units_per_second;

static void calibrate(void)
{
    uint32_t tick = peek32(BDA_TICKS);
    while (peek32(BDA_TICKS) == tick)
        ;
    uint32_t start = now();
    while (peek32(BDA_TICKS) < tick + 19)
        ;
    units_per_second = (now() - start) * 1000 / 989; /* 18 ticks are 0.9886 s */
}

static void measure(const char *name, uint16_t count, bool random)
{
    uint32_t state = config.seed | 1, lba = DATA_START, calls = 0, errors = 0;
    uint32_t start = now(), limit = config.seconds * units_per_second;
    while (now() - start < limit || calls < 2) { /* of two calls of a sector a whole KiB comes */
        if (random)
            lba = DATA_START + next_random(&state) % (config.sectors - DATA_START - count);
        else if (lba + count > config.sectors)
            lba = DATA_START;
        errors += transfer(0x42, lba, count, BUFFER) != 0;
        lba += count;
        calls++;
    }

    uint32_t elapsed = (now() - start) / (units_per_second / 1000);
    uint32_t kib = calls * count / 2;
    uint32_t kib_per_second = kib < 4000000 ? kib * 1000 / elapsed : kib / elapsed * 1000;
    say("speed %s: %u calls in %u ms, %u KiB/s, ", name, calls, elapsed, kib_per_second);
    say("%u calls/s, %u errors\n", calls * 1000 / elapsed, errors);

    check(errors == 0, name, "%u errors", errors);
}

void measure_speed(void)
{
    calibrate();
    /* iPXE refuses a call of the whole 64 KiB */
    bool whole = transfer(0x42, DATA_START, 128, BUFFER) == 0;
    say("info: sequential-64k in calls of %u sectors\n", whole ? 128 : 127);
    measure("sequential-64k", whole ? 128 : 127, false);
    measure("sequential-4k", 8, false);
    measure("random-512", 1, true);
}
