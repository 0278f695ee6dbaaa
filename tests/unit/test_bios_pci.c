/* SPDX-License-Identifier: BSD-2-Clause */
/* bios/pci.c on a machine of the test's own: mechanism 1's two ports, bridges, and cards with and without a driver. */
#define SANSTRAP_PORTS_H /* in its place: */
#include <stdint.h>

static uint32_t port_read32(uint16_t port);
static void port_write32(uint16_t port, uint32_t value);

#include "bios/pci.c"
#include "tests/host/host.h"
#include "tests/unit/unit.h"

#define FUNCTIONS 64
#define NIC       0x02000000u
#define BRIDGE    0x06040000u
#define E1000     0x100E8086u
#define I350      0x15218086u

static struct function {
    uint32_t place; /* as CONFIG_ADDRESS has it, without the register */
    uint32_t space[64];
} functions[FUNCTIONS];
static unsigned function_count;
static uint32_t address, ports[2];
static unsigned last, releases, retirements;
static struct pci_device nics[CARDS_MAX];
static struct machine machine;

/* What is not there reads as ones. */
static uint32_t *selected(void)
{
    static uint32_t nothing;
    for (unsigned i = 0; i < function_count; i++)
        if (functions[i].place == (address & 0x80FFFF00))
            return &functions[i].space[(address & 0xFF) / 4];
    nothing = 0xFFFFFFFF;
    return &nothing;
}

static uint32_t port_read32(uint16_t port)
{
    if (port == CONFIG_DATA)
        return *selected();
    assert_in_range(port, 0xC000, 0xC007);
    return ports[port & 4 ? 1 : 0];
}

static void port_write32(uint16_t port, uint32_t value)
{
    if (port == CONFIG_ADDRESS)
        address = value;
    else if (port == CONFIG_DATA)
        *selected() = value;
    else
        ports[port & 4 ? 1 : 0] = value;
}

void realmode_interrupt(uint8_t number, struct real_registers *registers)
{
    assert_int_equal(number, PCI_BIOS);
    *registers = (struct real_registers){.ecx = last, .edx = PCI_BIOS_SIGNATURE};
}

void pxe_release(void)
{
    releases++;
}

/* Who drove the card before must be off it, too, when its registers are written to. */
void predecessor_retire(void)
{
    retirements++;
}

static uint32_t *add(unsigned bus, unsigned device, unsigned function, uint32_t id, uint32_t class)
{
    struct function *added = &functions[function_count++];
    added->place = 0x80000000 | bus << 16 | device << 11 | function << 8;
    added->space[0] = id;
    added->space[PCI_COMMAND / 4] = 0x00100000;
    added->space[PCI_CLASS / 4] = class;
    return added->space;
}

static void add_bridge(unsigned bus, unsigned device, unsigned behind)
{
    uint32_t *space = add(bus, device, 0, 0x12345678, BRIDGE);
    space[PCI_HEADER / 4] = HEADER_BRIDGE;
    space[PCI_BRIDGE / 4] = 0xFF0000 | behind << 8 | bus;
}

static int set_up(void **state)
{
    (void)state;
    memset(functions, 0, sizeof functions);
    memset(bridges, 0, sizeof bridges);
    function_count = releases = retirements = 0;
    last = 5;
    machine = (struct machine){.nics = nics};
    return 0;
}

static void cards_behind_bridges_know_the_way(void **state)
{
    (void)state;
    add_bridge(0, 1, 0); /* one that was given no numbers, at its own bus */
    add_bridge(0, 2, 3);
    add_bridge(3, 0, 4);
    add(0, 3, 0, E1000, NIC);
    add(4, 0, 0, E1000, NIC)[PCI_HEADER / 4] = HEADER_MULTI;
    add(4, 0, 1, E1000, NIC);
    pci_find_nics(&machine);

    assert_int_equal(machine.nic_count, 3);
    assert_null(nics[0].above);
    for (unsigned i = 1; i < 3; i++) {
        assert_int_equal(nics[i].function, i - 1);
        assert_int_equal(nics[i].above->bus, 3);
        assert_int_equal(nics[i].above->above->device, 2);
        assert_null(nics[i].above->above->above);
    }
}

static void sixteen_cards_and_what_else_is_there(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        add(1, i, 0, I350, NIC);
    for (unsigned i = 0; i < 20; i++)
        add(2, i, 0, E1000, NIC);
    add(3, 0, 0, E1000, 0x01000000); /* no network card */
    pci_find_nics(&machine);

    assert_int_equal(machine.nic_count, 16);
    assert_int_equal(machine.other_nic_count, 4);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(nics[i].device, i);
        uint32_t *bar = &functions[20 + i].space[PCI_BAR0 / 4];
        *bar = 0xFEB00000u + i * 0x20000;
        assert_int_equal(platform_map_registers(&nics[i], 0), OK);
    }
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(register_at(&nics[i], 0, 8), 0xFEB00008u + i * 0x20000);
    assert_int_equal(machine.other_nics[3].device_id, 0x1521);
    assert_int_equal(functions[35].space[PCI_COMMAND / 4], COMMAND_MEMORY);
}

static void a_bar_above_4_gib_is_named(void **state)
{
    (void)state;
    uint32_t *bars = add(2, 0, 0, E1000, NIC) + PCI_BAR0 / 4;
    pci_find_nics(&machine);
    bars[0] = 0xF0000004, bars[1] = 0x3C;
    assert_int_equal(platform_map_registers(&nics[0], 0), E_NIC_REGISTERS);
    assert_non_null(strstr(failure_detail(E_NIC_REGISTERS), "02:00.0 is at 3cf0000000"));
    assert_non_null(strstr(failure_detail(E_NIC_REGISTERS), "Above 4G Decoding"));

    bars[0] = 0x00000004, bars[1] = 1; /* exactly there */
    assert_int_equal(platform_map_registers(&nics[0], 0), E_NIC_REGISTERS);
    assert_non_null(strstr(failure_detail(E_NIC_REGISTERS), "100000000"));

    bars[1] = 0; /* not assigned */
    assert_int_equal(platform_map_registers(&nics[0], 0), E_NIC_REGISTERS);
    assert_null(strstr(failure_detail(E_NIC_REGISTERS), "Above"));
    assert_int_equal(releases, 0);
    assert_int_equal(retirements, 0);
    bars[0] = 0xFEB00004;
    assert_int_equal(platform_map_registers(&nics[0], 0), OK);
    assert_int_equal(releases, 1);
    assert_int_equal(retirements, 1);
}

static void ports_are_a_bar_as_well(void **state)
{
    (void)state;
    uint32_t *space = add(0, 5, 0, E1000, NIC);
    space[PCI_BAR0 / 4] = 0xFEB00000;
    pci_find_nics(&machine);
    space[PCI_BAR0 / 4 + 2] = 0x00000001;
    assert_int_equal(platform_map_registers(&nics[0], 2), E_NIC_REGISTERS);
    space[PCI_BAR0 / 4 + 2] = 0x0000C001;
    assert_int_equal(platform_map_registers(&nics[0], 2), OK);
    assert_int_equal(space[PCI_COMMAND / 4] & 7, COMMAND_IO);
    platform_register_write32(&nics[0], 2, 4, 0xCAFE);
    assert_int_equal(ports[1], 0xCAFE);
    assert_int_equal(platform_register_read32(&nics[0], 2, 4), 0xCAFE);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(cards_behind_bridges_know_the_way),
        CASE(sixteen_cards_and_what_else_is_there),
        CASE(a_bar_above_4_gib_is_named),
        CASE(ports_are_a_bar_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
