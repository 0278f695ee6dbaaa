/* SPDX-License-Identifier: BSD-2-Clause */
/* What the BIOS home measures time by, on machines that lack one timer or the other: ports, CPUID and TSC are the test's own. */
#define SANSTRAP_PORTS_H /* in their place: */
#define SANSTRAP_TSC_H
#include <stdbool.h>
#include <stdint.h>

static uint8_t port_read8(uint16_t port);
static void port_write8(uint16_t port, uint8_t value);
static uint32_t port_read32(uint16_t port);
static bool has_cpuid(void);
static void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);
static uint64_t tsc_read(void);
bool tsc_calibrate(uint64_t (*measure)(void), uint32_t ms);

#include "bios/clock.c"
#include "tests/unit/unit.h"

#define MHZ      2600u /* of the TSC */
#define PORT_US  1     /* that an access takes */
#define PM_PORT  0x608
#define WANTED   (MHZ * 1000u * MEASURE_MS)
#define CLOSE(x) assert_in_range(x, WANTED, WANTED + WANTED / 100)

static struct {
    bool has_pit, pit_reads_ones, has_tsc;
    uint16_t pm_port;
    bool pm_counts;
    uint64_t pm_first; /* what the timer says at the beginning */
    uint32_t last_leaf, crystal[4], mhz;
} machine;
static uint64_t now_us, pit_ends, measured;
static unsigned count_bytes;

static uint8_t port_read8(uint16_t port)
{
    assert_int_equal(port, SYSTEM_CONTROL_B);
    now_us += PORT_US;
    return machine.pit_reads_ones ? 0xFF : machine.has_pit && count_bytes == 2 && now_us >= pit_ends ? CONTROL_OUT2 : 0;
}

static void port_write8(uint16_t port, uint8_t value)
{
    (void)value;
    now_us += PORT_US;
    if (port == PIT_COMMAND)
        count_bytes = 0;
    if (port == PIT_CHANNEL2 && ++count_bytes == 2)
        pit_ends = now_us + MEASURE_MS * 1000;
}

static uint32_t port_read32(uint16_t port)
{
    assert_int_equal(port, PM_PORT);
    now_us += PORT_US;
    return (uint32_t)(machine.pm_first + (machine.pm_counts ? now_us * PM_HZ / 1000000 : 0)) & PM_MASK;
}

static bool has_cpuid(void)
{
    return true;
}

static void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    *eax = *ebx = *ecx = *edx = 0;
    assert_true(leaf <= machine.last_leaf);
    if (leaf == 0)
        *eax = machine.last_leaf;
    if (leaf == 1)
        *edx = machine.has_tsc ? CPUID_TSC : 0;

    if (leaf == 0x15) {
        *eax = machine.crystal[0];
        *ebx = machine.crystal[1];
        *ecx = machine.crystal[2];
    }
    if (leaf == 0x16)
        *eax = machine.mhz | 0xABCD0000;
}

static uint64_t tsc_read(void)
{
    return now_us * MHZ;
}

/* As platform/bare/tsc.c's, of one measurement. */
bool tsc_calibrate(uint64_t (*measure)(void), uint32_t ms)
{
    assert_int_equal(ms, MEASURE_MS);
    measured = measure();
    return measured / ms != 0;
}

uint64_t platform_ticks(void)
{
    return now_us;
}

uint64_t platform_ticks_per_ms(void)
{
    return 1000;
}

uint16_t bios_pm_timer(void)
{
    return machine.pm_port;
}

bool realmode_interrupts_allowed(void)
{
    return false;
}

struct realmode_block *realmode_block(void)
{
    return NULL;
}

void realmode_call(void)
{
}

void loader_idle(void)
{
}

static int set_up(void **state)
{
    (void)state;
    memset(&machine, 0, sizeof machine);
    machine.has_tsc = true;
    machine.last_leaf = 1;
    now_us = measured = 0;
    return 0;
}

static void by_the_timer_chip(void **state)
{
    (void)state;
    machine.has_pit = true;
    assert_true(clock_calibrate());
    CLOSE(measured);
}

static void by_acpis_timer(void **state)
{
    static const uint64_t firsts[] = {0, PM_MASK - 100, 0x7FFFFF};
    (void)state;
    for (unsigned i = 0; i < 2 * sizeof firsts / sizeof *firsts; i++) {
        machine.pit_reads_ones = i % 2;
        machine.pm_port = PM_PORT;
        machine.pm_counts = true;
        machine.pm_first = firsts[i / 2];
        assert_true(clock_calibrate());
        CLOSE(measured);
    }
}

/* 24 MHz, times 216, by 2. */
static void by_the_crystal(void **state)
{
    static const struct {
        uint32_t last_leaf, crystal[4], mhz;
        uint64_t measured;
    } cases[] = {
        {0x15, {2, 216, 24000000, 0}, 0, 2592000ull * MEASURE_MS},
        {0x16, {2, 216, 24000000, 0}, 2600, 2592000ull * MEASURE_MS},
        {0x16, {2, 216, 0, 0}, 2600, 2600000ull * MEASURE_MS}, /* the ratio alone */
        {0x16, {0, 0, 24000000, 0}, 2600, 2600000ull * MEASURE_MS},
        {0x1F, {0, 0, 0, 0}, 3900, 3900000ull * MEASURE_MS},
        {0x15, {2, 216, 0, 0}, 0, 0},
        {0x16, {2, 0, 24000000, 0}, 0, 0},
        {0x14, {0, 0, 0, 0}, 0, 0},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        machine.last_leaf = cases[i].last_leaf;
        memcpy(machine.crystal, cases[i].crystal, sizeof machine.crystal);
        machine.mhz = cases[i].mhz;
        for (unsigned timer = 0; timer < 2; timer++) {
            machine.pm_port = timer ? PM_PORT : 0; /* one that stands still is none */
            assert_int_equal(clock_calibrate(), cases[i].measured != 0);
            assert_int_equal(measured, cases[i].measured);
        }
    }
}

static void no_clock_without_a_time_stamp_counter(void **state)
{
    (void)state;
    machine.has_tsc = false;
    machine.has_pit = true;
    assert_false(clock_calibrate());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(by_the_timer_chip, set_up),
        cmocka_unit_test_setup(by_acpis_timer, set_up),
        cmocka_unit_test_setup(by_the_crystal, set_up),
        cmocka_unit_test_setup(no_clock_without_a_time_stamp_counter, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
