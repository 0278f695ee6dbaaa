/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI through configuration mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2). */
#include "bios/home.h"
#include "bios/ports.h"

#define CONFIG_ADDRESS 0xCF8
#define CONFIG_DATA    0xCFC
#define CONFIG_ENABLE  0x80000000u

/* PCI BIOS specification 2.1, 2.4. */
#define PCI_BIOS           0x1A
#define PCI_BIOS_PRESENT   0xB101
#define PCI_BIOS_SIGNATURE 0x20494350u /* EDX: "PCI " */

#define PCI_ID         0x00
#define PCI_COMMAND    0x04
#define PCI_CLASS      0x08
#define PCI_HEADER     0x0C
#define PCI_BAR0       0x10
#define PCI_BRIDGE     0x18 /* of a bridge: primary, secondary and subordinate bus */
#define PCI_SUBSYSTEM  0x2C
#define PCI_BARS       6
#define PCI_BUSES      256
#define PCI_DEVICES    32
#define PCI_FUNCTIONS  8
#define COMMAND_IO     0x0001u
#define COMMAND_MEMORY 0x0002u
#define COMMAND_MASTER 0x0004u
#define COMMAND_MASK   0x0000FFFFu /* the upper half is status, where writing ones clears */
#define HEADER_MULTI   0x00800000u
#define HEADER_TYPE    0x007F0000u
#define HEADER_BRIDGE  0x00010000u
#define CLASS_NETWORK  0x02
#define BAR_IO         0x1u
#define BAR_TYPE       0x7u
#define BAR_TYPE_64    0x4u
#define BAR_ADDRESS    0xFFFFFFF0u
#define BAR_PORT       0x0000FFFCu
#define LAST_PORT      0xFFFFu

/* Where the BARs of a card are, once mapped: ports up to LAST_PORT, else memory. struct pci_device's `home` points to one. */
static struct mapping {
    uintptr_t bars[PCI_BARS];
} mappings[CARDS_MAX];

static struct pci_device others[OTHER_CARDS_MAX];
static struct pci_device bridges[PCI_BUSES]; /* by the bus behind them; where there is none, its vendor is 0 */

static void select_register(const struct pci_device *device, uint16_t offset)
{
    port_write32(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)device->bus << 16 | (uint32_t)device->device << 11 |
                                     (uint32_t)device->function << 8 | (offset & 0xFC));
}

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    select_register(device, offset);
    return port_read32(CONFIG_DATA);
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    select_register(device, offset);
    port_write32(CONFIG_DATA, value);
}

static bool read_device(struct pci_device *device)
{
    uint32_t id = platform_pci_read32(device, PCI_ID);
    device->vendor_id = (uint16_t)id;
    device->device_id = (uint16_t)(id >> 16);
    if (device->vendor_id == 0xFFFF || device->vendor_id == 0)
        return false;
    device->revision = (uint8_t)platform_pci_read32(device, PCI_CLASS);
    uint32_t subsystem = platform_pci_read32(device, PCI_SUBSYSTEM);
    device->subsystem_vendor_id = (uint16_t)subsystem;
    device->subsystem_id = (uint16_t)(subsystem >> 16);
    return true;
}

/* Buses behind a bridge have higher numbers than its own: what says otherwise was given none. */
static void note_bridge(const struct pci_device *device)
{
    uint8_t behind = (uint8_t)(platform_pci_read32(device, PCI_BRIDGE) >> 8);
    if (behind > device->bus)
        bridges[behind] = *device;
}

static void note_card(struct machine *machine, const struct pci_device *device)
{
    if (!nic_probe(device)) {
        if (machine->other_nic_count < OTHER_CARDS_MAX)
            others[machine->other_nic_count++] = *device;
    } else if (machine->nic_count < CARDS_MAX) {
        struct pci_device *nic = &machine->nics[machine->nic_count];
        *nic = *device;
        nic->home = &mappings[machine->nic_count++];
    }
}

static void note_function(struct machine *machine, struct pci_device *device)
{
    if (!read_device(device))
        return;

    uint32_t type = platform_pci_read32(device, PCI_HEADER) & HEADER_TYPE;
    device->above = bridges[device->bus].vendor_id ? &bridges[device->bus] : NULL;
    if (type == HEADER_BRIDGE)
        note_bridge(device);
    else if (type == 0 && platform_pci_read32(device, PCI_CLASS) >> 24 == CLASS_NETWORK)
        note_card(machine, device);
}

/* The PCI BIOS knows the last bus; without it all are looked at. */
static unsigned last_bus(void)
{
    struct real_registers registers = {.eax = PCI_BIOS_PRESENT};
    realmode_interrupt(PCI_BIOS, &registers);
    bool present = !(registers.eflags & FLAG_CARRY) && REG8_HIGH(registers.eax) == 0 && registers.edx == PCI_BIOS_SIGNATURE;
    return present ? REG8_LOW(registers.ecx) : 0xFF;
}

static const struct machine *found;

void pci_find_nics(struct machine *machine)
{
    machine->other_nics = others;
    found = machine;
    unsigned buses = last_bus() + 1;
    for (unsigned place = 0; place < buses * PCI_DEVICES; place++) {
        struct pci_device device = {.bus = (uint8_t)(place / PCI_DEVICES), .device = place % PCI_DEVICES};
        if (!read_device(&device))
            continue;
        unsigned functions = platform_pci_read32(&device, PCI_HEADER) & HEADER_MULTI ? PCI_FUNCTIONS : 1;
        for (; device.function < functions; device.function++)
            note_function(machine, &device);
    }
}

void pci_silence_nics(void)
{
    for (unsigned i = 0; i < found->nic_count; i++) {
        if (platform_pci_read32(&found->nics[i], PCI_COMMAND) & COMMAND_MASTER)
            nic_silence(&found->nics[i]);
    }
}

/* ---- registers ---- */

static uint32_t read_bar(const struct pci_device *device, unsigned bar)
{
    return platform_pci_read32(device, (uint16_t)(PCI_BAR0 + bar * 4));
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    if (bar >= PCI_BARS)
        return fail(E_INVALID_ARGUMENT, "BAR %u", bar);
    uint32_t low = read_bar(device, bar), address = low & (low & BAR_IO ? BAR_PORT : BAR_ADDRESS);
    uint32_t high = (low & BAR_TYPE) == BAR_TYPE_64 && bar + 1 < PCI_BARS ? read_bar(device, bar + 1) : 0;
    if (high)
        return fail(E_NIC_REGISTERS,
                    "BAR %u of %02x:%02x.%x is at %x%08x, above 4 GiB: switch the firmware's Above 4G Decoding off", bar,
                    device->bus, device->device, device->function, (unsigned)high, (unsigned)address);
    if (!address)
        return fail(E_NIC_REGISTERS, "BAR %u of %02x:%02x.%x reads %08x", bar, device->bus, device->device, device->function,
                    (unsigned)low);

    pxe_release();
    predecessor_retire();
    uint32_t command = platform_pci_read32(device, PCI_COMMAND) & COMMAND_MASK;
    platform_pci_write32(device, PCI_COMMAND, command | (low & BAR_IO ? COMMAND_IO : COMMAND_MEMORY));
    ((struct mapping *)device->home)->bars[bar] = address;
    return OK;
}

static uintptr_t register_at(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    return ((struct mapping *)device->home)->bars[bar] + offset;
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    uintptr_t at = register_at(device, bar, offset);
    return at > LAST_PORT ? *(volatile uint32_t *)at : port_read32((uint16_t)at);
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    uintptr_t at = register_at(device, bar, offset);
    if (at > LAST_PORT)
        *(volatile uint32_t *)at = value;
    else
        port_write32((uint16_t)at, value);
}
