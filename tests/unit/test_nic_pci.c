/* SPDX-License-Identifier: BSD-2-Clause */
/* A card's capabilities, and a card that sleeps. */
#include <string.h>

#include "nicdrv/pci.h"
#include "tests/host/host.h"
#include "tests/unit/unit.h"

#define POWER   0x50
#define EXPRESS 0xE0

static const struct pci_device device;
static uint32_t space[64];
static unsigned writes;
static uint64_t woken_at;

uint32_t platform_pci_read32(const struct pci_device *unused, uint16_t offset)
{
    (void)unused;
    return space[offset / 4];
}

/* Out of D3hot it comes as out of a reset; for 10 ms nothing may be asked of it. */
void platform_pci_write32(const struct pci_device *unused, uint16_t offset, uint32_t value)
{
    (void)unused;
    writes++;
    assert_true(!woken_at || platform_ticks() - woken_at >= 10 * platform_ticks_per_ms());
    if (offset == POWER + 4 && (space[offset / 4] & 3) == 3 && !(value & 3)) {
        woken_at = platform_ticks();
        memset(space + 4, 0, 6 * sizeof *space);
        space[1] &= 0xFFFF0000;
    }
    space[offset / 4] = value;
}

enum status platform_map_registers(struct pci_device *unused, unsigned bar)
{
    (void)unused, (void)bar;
    return OK;
}

uint32_t platform_register_read32(const struct pci_device *unused, unsigned bar, uint32_t offset)
{
    (void)unused, (void)bar, (void)offset;
    return 0;
}

void platform_register_write32(const struct pci_device *unused, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)unused, (void)bar, (void)offset, (void)value;
}

static int set_up(void **state)
{
    (void)state;
    host_clock_use_virtual();
    memset(space, 0, sizeof space);
    writes = 0;
    woken_at = 0;

    space[0x04 / 4] = 0x00100006;
    space[0x0C / 4] = 0x4010;
    space[0x10 / 4] = 0xFEB80000;
    space[0x14 / 4] = 0xFEB90000;
    space[0x34 / 4] = POWER;
    space[POWER / 4] = 0x01 | EXPRESS << 8;
    space[EXPRESS / 4] = 0x10;
    return 0;
}

static void capabilities_are_found(void **state)
{
    (void)state;
    assert_int_equal(pci_find_capability(&device, PCI_CAPABILITY_POWER, 8), POWER);
    assert_int_equal(pci_find_capability(&device, PCI_CAPABILITY_EXPRESS, 0x14), EXPRESS);
    assert_int_equal(pci_find_capability(&device, PCI_CAPABILITY_EXPRESS, 0x24), 0); /* it would reach beyond the space */
    assert_int_equal(pci_find_capability(&device, 0x05, 4), 0);
    space[EXPRESS / 4] |= POWER << 8; /* a loop */
    assert_int_equal(pci_find_capability(&device, 0x05, 4), 0);
    space[0x04 / 4] = 6;
    assert_int_equal(pci_find_capability(&device, PCI_CAPABILITY_POWER, 8), 0);
}

static void a_card_that_is_awake_is_left_alone(void **state)
{
    (void)state;
    space[POWER / 4 + 1] = 0x8100;
    pci_wake(&device);
    space[0x34 / 4] = 0;
    pci_wake(&device);
    assert_int_equal(writes, 0);
}

static void a_sleeping_card_wakes_as_it_was(void **state)
{
    (void)state;
    space[POWER / 4 + 1] = 0x8103;
    pci_wake(&device);
    assert_true(woken_at);
    assert_int_equal(space[POWER / 4 + 1], 0x0100); /* PME_Status is not written a one to */
    assert_int_equal(space[0x10 / 4], 0xFEB80000);
    assert_int_equal(space[0x14 / 4], 0xFEB90000);
    assert_int_equal(space[0x04 / 4] & 0xFFFF, 6);
    assert_int_equal(space[0x0C / 4], 0x4010);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(capabilities_are_found),
        CASE(a_card_that_is_awake_is_left_alone),
        CASE(a_sleeping_card_wakes_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
