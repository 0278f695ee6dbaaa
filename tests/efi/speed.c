/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures. The time stamp counter is measured against the firmware's Stall() once. */
#include "platform/tsc.h"
#include "tests/efi/conformance.h"

#define CALIBRATION_US 500000u
#define US_PER_SECOND  1000000u

static uint64_t ticks_per_second;

static void measure_reads(const char *name, uint32_t size, bool random)
{
    uint32_t state = subject.config.seed | 1, places = (uint32_t)(subject.config.data_bytes / size), place = 0;
    uint64_t calls = 0, errors = 0, start = tsc_read(), limit = ticks_per_second * subject.config.seconds;
    for (; tsc_read() - start < limit; calls++) {
        place = random ? next_random(&state) % places : (place + 1) % places;
        errors += read_bytes(subject.config.data_start + (uint64_t)place * size, size, subject.buffer) != EFI_SUCCESS;
    }
    uint64_t milliseconds = (tsc_read() - start) * 1000 / ticks_per_second;
    say("speed %s: %llu KiB/s, %llu calls/s\n", name, (unsigned long long)(calls * size / KIB * 1000 / milliseconds),
        (unsigned long long)(calls * 1000 / milliseconds));
    check(errors == 0, name, "%u errors", (unsigned)errors);
}

void measure_speed(void)
{
    uint64_t start = tsc_read();
    subject.boot->Stall(CALIBRATION_US);
    ticks_per_second = (tsc_read() - start) * (US_PER_SECOND / CALIBRATION_US);
    measure_reads("sequential-1m", MIB, false);
    measure_reads("sequential-64k", 64 * KIB, false);
    measure_reads("sequential-4k", 4 * KIB, false);
    measure_reads("random-4k", 4 * KIB, true);
}
