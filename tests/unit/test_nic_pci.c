/* SPDX-License-Identifier: BSD-2-Clause */
/* A card's capabilities, a card that sleeps, and bridges that nobody has opened. */
#include <string.h>

#include "nicdrv/pci.h"
#include "tests/host/host.h"
#include "tests/unit/unit.h"

#define POWER   0x50
#define EXPRESS 0xE0

static struct pci_device root = {.bus = 0}, bridge = {.bus = 1, .above = &root};
static const struct pci_device alone, device = {.bus = 2, .above = &bridge};
static uint32_t spaces[3][64], *const space = spaces[0];
static unsigned writes;
static uint64_t woken_at;

/* By its bus; what is behind a bridge that sleeps does not answer. */
static uint32_t *space_of(const struct pci_device *of)
{
    for (const struct pci_device *above = of->above; above; above = above->above)
        assert_int_equal(spaces[above->bus][POWER / 4 + 1] & 3, 0);
    return spaces[of->bus];
}

uint32_t platform_pci_read32(const struct pci_device *of, uint16_t offset)
{
    return space_of(of)[offset / 4];
}

/* Out of D3hot it comes as out of a reset; for 10 ms nothing may be asked of it. */
void platform_pci_write32(const struct pci_device *of, uint16_t offset, uint32_t value)
{
    uint32_t *to = space_of(of);
    writes++;
    assert_true(!woken_at || platform_ticks() - woken_at >= 10 * platform_ticks_per_ms());
    if (offset == POWER + 4 && (to[offset / 4] & 3) == 3 && !(value & 3)) {
        woken_at = platform_ticks();
        memset(to + 3, 0, 10 * sizeof *to);
        to[0x3C / 4] = 0;
        to[1] &= 0xFFFF0000;
    }
    to[offset / 4] =
        offset == 4 ? (to[1] & 0xFFFF0000) | value : value; /* ones clear bits of the status register, zeros nothing */
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
    memset(spaces, 0, sizeof spaces);
    writes = 0;
    woken_at = 0;

    for (unsigned i = 0; i < 3; i++) {
        uint32_t *to = spaces[i];
        to[0x04 / 4] = 0x00100006;
        to[0x0C / 4] = 0x4010;
        to[0x10 / 4] = 0xFEB80000;
        to[0x14 / 4] = 0xFEB90000;
        to[0x34 / 4] = POWER;
        to[POWER / 4] = 0x01 | EXPRESS << 8;
        to[EXPRESS / 4] = 0x10;
        to[EXPRESS / 4 + 4] = 0x10110043; /* ASPM L0s and L1, common clock; status */
    }
    return 0;
}

static void capabilities_are_found(void **state)
{
    (void)state;
    assert_int_equal(pci_find_capability(&alone, PCI_CAPABILITY_POWER, 8), POWER);
    assert_int_equal(pci_find_capability(&alone, PCI_CAPABILITY_EXPRESS, 0x14), EXPRESS);
    assert_int_equal(pci_find_capability(&alone, PCI_CAPABILITY_EXPRESS, 0x24), 0); /* it would reach beyond the space */
    assert_int_equal(pci_find_capability(&alone, 0x05, 4), 0);
    space[EXPRESS / 4] |= POWER << 8; /* a loop */
    assert_int_equal(pci_find_capability(&alone, 0x05, 4), 0);
    space[0x04 / 4] = 6;
    assert_int_equal(pci_find_capability(&alone, PCI_CAPABILITY_POWER, 8), 0);
}

static void a_card_that_is_awake_is_left_alone(void **state)
{
    (void)state;
    space[POWER / 4 + 1] = 0x8100;
    pci_wake(&alone);
    space[0x34 / 4] = 0;
    pci_wake(&alone);
    assert_int_equal(writes, 0);
}

static void a_sleeping_card_wakes_as_it_was(void **state)
{
    (void)state;
    space[POWER / 4 + 1] = 0x8103;
    pci_wake(&alone);
    assert_true(woken_at);
    assert_int_equal(space[POWER / 4 + 1], 0x0100); /* PME_Status is not written a one to */
    assert_int_equal(space[0x10 / 4], 0xFEB80000);
    assert_int_equal(space[0x14 / 4], 0xFEB90000);
    assert_int_equal(space[0x04 / 4] & 0xFFFF, 6);
    assert_int_equal(space[0x0C / 4], 0x4010);
}

static void bridges_are_opened_from_the_top(void **state)
{
    (void)state;
    spaces[0][1] = 0x00100004; /* no decoding */
    spaces[1][1] = 0x00100000; /* as a reset leaves it, and asleep */
    spaces[1][POWER / 4 + 1] = 3;
    spaces[1][0x18 / 4] = 0x00030201;
    spaces[1][0x20 / 4] = 0xFEB0FEA0;
    spaces[1][0x3C / 4] = 0x00020000;
    pci_open_path(&device);
    assert_int_equal(spaces[0][1] & 0xFFFF, 7);
    assert_int_equal(spaces[1][1] & 0xFFFF, 7);
    assert_true(woken_at);
    assert_int_equal(spaces[1][0x18 / 4], 0x00030201); /* its bus numbers and windows are what they were */
    assert_int_equal(spaces[1][0x20 / 4], 0xFEB0FEA0);
    assert_int_equal(spaces[1][0x3C / 4], 0x00020000);
    assert_int_equal(spaces[2][1], 0x00100006); /* the card's own is the home's */

    unsigned before = writes;
    pci_open_path(&device);
    pci_open_path(&alone);
    assert_int_equal(writes, before);
}

static void aspm_goes_on_both_ends(void **state)
{
    (void)state;
    pci_disable_aspm(&device, PCIE_ASPM_L1);
    assert_int_equal(spaces[2][EXPRESS / 4 + 4], 0x41);
    assert_int_equal(spaces[1][EXPRESS / 4 + 4], 0x41);
    assert_int_equal(spaces[0][EXPRESS / 4 + 4], 0x10110043); /* another link */
    pci_disable_aspm(&device, PCIE_ASPM_L0S | PCIE_ASPM_L1);
    assert_int_equal(spaces[1][EXPRESS / 4 + 4], 0x40);
    unsigned before = writes;
    pci_disable_aspm(&device, PCIE_ASPM_L0S | PCIE_ASPM_L1);
    pci_disable_aspm(&alone, 0);
    assert_int_equal(writes, before);
}

static void pcix_reads_are_limited(void **state)
{
    (void)state;
    space[EXPRESS / 4] = 0x007F0007;
    pci_limit_pcix_reads(&alone);
    assert_int_equal(space[EXPRESS / 4], 0x007B0007);

    unsigned before = writes;
    pci_limit_pcix_reads(&alone);
    pci_limit_pcix_reads(&device);
    assert_int_equal(writes, before);
}

static void ports_are_found(void **state)
{
    (void)state;
    assert_int_equal(pci_find_port_bar(&alone), 0);
    space[0x20 / 4] = 0x00000001; /* none were given */
    assert_int_equal(pci_find_port_bar(&alone), 0);
    space[0x18 / 4] = 0x0000C001;
    assert_int_equal(pci_find_port_bar(&alone), 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(capabilities_are_found),
        CASE(a_card_that_is_awake_is_left_alone),
        CASE(a_sleeping_card_wakes_as_it_was),
        CASE(bridges_are_opened_from_the_top),
        CASE(aspm_goes_on_both_ends),
        CASE(pcix_reads_are_limited),
        CASE(ports_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
