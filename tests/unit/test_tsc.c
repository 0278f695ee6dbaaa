/* SPDX-License-Identifier: BSD-2-Clause */
/* The speed of the TSC from measurements that may each have taken too long. */
#define SANSTRAP_TSC_H /* in its place, as the host has a clock of that name: */
#include <stdbool.h>
#include <stdint.h>

#define tsc_calibrate         calibrate
#define platform_ticks        ticks
#define platform_ticks_per_ms ticks_per_ms_found
#define platform_stall_us     stall_us
static uint64_t tsc_read(void);
static void tsc_stall_us(uint64_t ticks_per_ms, uint32_t microseconds);
bool tsc_calibrate(uint64_t (*measure)(void), uint32_t ms);

#include "platform/bare/tsc.c"
#include "tests/unit/unit.h"

static uint64_t taken[MEASUREMENTS];
static unsigned measurements;

static uint64_t tsc_read(void)
{
    return 0;
}

static void tsc_stall_us(uint64_t ticks, uint32_t microseconds)
{
    (void)ticks, (void)microseconds;
}

static uint64_t measure(void)
{
    assert_true(measurements < MEASUREMENTS);
    return taken[measurements++];
}

static void as_many_as_it_takes(void **state)
{
    static const struct {
        uint64_t taken[MEASUREMENTS], per_ms;
        unsigned measurements;
    } cases[] = {
        {{5200000, 5201000, 0}, 2600000, 2}, /* alike */
        {{5201000, 5200000, 0}, 2600000, 2},
        {{9000000, 5200000, 5200100}, 2600000, 3}, /* the first lost its CPU */
        {{5200000, 9000000, 5200100}, 2600000, 3},
        {{5300000, 5250000, 5200000}, 2600000, 3}, /* none like another: the shortest */
        {{0, 5200000, 5200000}, 2600000, 3},
        {{0, 0, 5200000}, 2600000, 3},
        {{0, 0, 0}, 0, 3},
        {{1, 1, 1}, 0, 3},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        measurements = 0;
        memcpy(taken, cases[i].taken, sizeof taken);
        assert_int_equal(calibrate(measure, 2), cases[i].per_ms != 0);
        assert_int_equal(ticks_per_ms_found(), cases[i].per_ms);
        assert_int_equal(measurements, cases[i].measurements);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_many_as_it_takes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
