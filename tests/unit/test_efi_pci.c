/* SPDX-License-Identifier: BSD-2-Clause */
/* efi/pci.c on a firmware of the test's own: which cards there are, which bridges are above them, and ports beside memory. */
#include "efi/pci.c"
#include "tests/unit/efi_fake.h"

#define NIC    0x02000000u
#define BRIDGE 0x06040000u

#define FIRST_PORT 0xC000u

struct fake_card {
    EFI_PCI_IO_PROTOCOL protocol;
    UINTN segment, bus, device;
    uint32_t space[64], memory[2], ports[2];
};

static struct fake_card fakes[FAKE_HANDLES];
static uint8_t path[] = {NODE_TYPE_END, NODE_END_ENTIRE, NODE_HEADER, 0};
static EFI_LOADED_IMAGE loaded;
static struct pci_device nics[CARDS_MAX];
static struct machine machine;
static unsigned count, taken;
static UINT64 enabled;
static bool counts_bars;

static EFI_STATUS EFIAPI read_space(EFI_PCI_IO_PROTOCOL *self, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT32 offset, UINTN number,
                                    void *to)
{
    assert_int_equal(width, EfiPciIoWidthUint32);
    assert_int_equal(number, 1);
    *(uint32_t *)to = ((struct fake_card *)self)->space[offset / 4];
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI locate(EFI_PCI_IO_PROTOCOL *self, UINTN *segment, UINTN *bus, UINTN *device, UINTN *function)
{
    struct fake_card *card = (struct fake_card *)self;
    *segment = card->segment, *bus = card->bus, *device = card->device, *function = 0;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI attributes(EFI_PCI_IO_PROTOCOL *self, EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION operation, UINT64 which,
                                    UINT64 *result)
{
    (void)self, (void)result;
    assert_int_equal(operation, EfiPciIoAttributeOperationEnable);
    enabled |= which;
    return EFI_SUCCESS;
}

/* The dword of configuration space that firmware takes `bar` for: EDK2's, which counts BARs, or one that counts dwords. */
static unsigned dword_of(const struct fake_card *card, UINT8 bar)
{
    unsigned dword = 0;
    for (; counts_bars && bar; bar--)
        dword += (card->space[PCI_BAR0 / 4 + dword] & BAR_TYPE) == BAR_TYPE_64 ? 2 : 1;
    return dword + bar;
}

#define ACCESS(name, words, space_bits, action)                                                                                  \
    static EFI_STATUS EFIAPI name(EFI_PCI_IO_PROTOCOL *self, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT8 bar, UINT64 offset,          \
                                  UINTN number, void *value)                                                                     \
    {                                                                                                                            \
        struct fake_card *card = (struct fake_card *)self;                                                                       \
        assert_int_equal(width, EfiPciIoWidthUint32);                                                                            \
        assert_int_equal(number, 1);                                                                                             \
        if (bar == EFI_PCI_IO_PASS_THROUGH_BAR)                                                                                  \
            offset -= FIRST_PORT;                                                                                                \
        else if (dword_of(card, bar) >= PCI_BARS || (card->space[PCI_BAR0 / 4 + dword_of(card, bar)] & BAR_IO) != (space_bits))  \
            return EFI_UNSUPPORTED;                                                                                              \
        uint32_t *word = &card->words[offset / 4];                                                                               \
        action;                                                                                                                  \
        return EFI_SUCCESS;                                                                                                      \
    }
ACCESS(read_memory, memory, 0, *(uint32_t *)value = *word)
ACCESS(write_memory, memory, 0, *word = *(uint32_t *)value)
ACCESS(read_ports, ports, BAR_IO, *(uint32_t *)value = *word)
ACCESS(write_ports, ports, BAR_IO, *word = *(uint32_t *)value)

enum status takeover_take_card(struct pci_device *device)
{
    (void)device;
    taken++;
    return OK;
}

static struct fake_card *add(UINTN segment, UINTN bus, UINTN device, uint32_t id, uint32_t class)
{
    struct fake_card *card = &fakes[count];
    *card = (struct fake_card){.protocol = {.Pci.Read = read_space,
                                            .GetLocation = locate,
                                            .Attributes = attributes,
                                            .Mem = {read_memory, write_memory},
                                            .Io = {read_ports, write_ports}},
                               .segment = segment,
                               .bus = bus,
                               .device = device};

    card->space[0] = id;
    card->space[PCI_CLASS / 4] = class;
    fake_handles[count++] =
        (struct fake_handle){"card", {{.guid = &guid_pci_io, .interface = card}, {.guid = &guid_device_path, .interface = path}}};
    return card;
}

static void add_bridge(UINTN segment, UINTN bus, UINTN device, uint32_t behind)
{
    uint32_t *space = add(segment, bus, device, 0x12345678, BRIDGE)->space;
    space[PCI_HEADER / 4] = HEADER_BRIDGE;
    space[PCI_BRIDGE / 4] = behind << 8;
}

static int set_up(void **state)
{
    (void)state;
    count = bridge_count = taken = 0;
    enabled = 0;
    memset(fake_handles, 0, sizeof fake_handles);
    fake_firmware_start(&loaded);
    machine = (struct machine){.nics = nics};
    return 0;
}

/* Handles in any order; a bridge of another segment, and one that was given no numbers. */
static void cards_behind_bridges_know_the_way(void **state)
{
    (void)state;
    add(0, 4, 0, 0x100E8086, NIC);
    add(0, 0, 3, 0x100E8086, NIC);
    add_bridge(1, 3, 1, 4);
    add_bridge(0, 3, 0, 4);
    add_bridge(0, 0, 2, 3);
    add_bridge(0, 0, 1, 0);
    add(0, 4, 1, 0x15218086, NIC);
    pci_find_nics(&machine);

    assert_int_equal(machine.nic_count, 2);
    assert_int_equal(nics[0].device, 3);
    assert_null(nics[0].above);
    assert_int_equal(nics[1].above->bus, 3);
    assert_int_equal(nics[1].above->segment, 0);
    assert_int_equal(nics[1].above->above->device, 2);
    assert_null(nics[1].above->above->above);

    assert_int_equal(platform_pci_read32(nics[1].above, PCI_BRIDGE) >> 8, 4);
    assert_int_equal(machine.other_nic_count, 1);
    assert_int_equal(machine.other_nics[0].device_id, 0x1521);
}

static void ports_are_a_bar_as_well(void **state)
{
    (void)state;
    struct fake_card *card = add(0, 0, 3, 0x100E8086, NIC);
    pci_find_nics(&machine);
    card->space[PCI_BAR0 / 4] = 0x00000004, card->space[PCI_BAR0 / 4 + 1] = 0x3C; /* above 4 GiB: the firmware reaches it */
    assert_int_equal(platform_map_registers(&nics[0], 0), OK);
    assert_int_equal(enabled, 0);
    card->space[PCI_BAR0 / 4 + 2] = 0x00000001;
    assert_int_equal(platform_map_registers(&nics[0], 2), E_NIC_REGISTERS);
    card->space[PCI_BAR0 / 4 + 2] = FIRST_PORT | BAR_IO;
    assert_int_equal(platform_map_registers(&nics[0], 2), OK);
    assert_int_equal(enabled, EFI_PCI_IO_ATTRIBUTE_IO);
    assert_int_equal(taken, 2);

    for (int edk2 = 0; edk2 <= 1; edk2++) {
        counts_bars = edk2;
        platform_register_write32(&nics[0], 0, 4, 1);
        platform_register_write32(&nics[0], 2, 4, 2);
        assert_int_equal(card->memory[1], 1);
        assert_int_equal(card->ports[1], 2);
        assert_int_equal(platform_register_read32(&nics[0], 0, 4), 1);
        assert_int_equal(platform_register_read32(&nics[0], 2, 4), 2);
        card->memory[1] = card->ports[1] = 0;
    }
}

/* No card that we drive has registers there, and nobody knows by which number. */
static void memory_behind_the_first_bar(void **state)
{
    (void)state;
    struct fake_card *card = add(0, 0, 3, 0x100E8086, NIC);
    pci_find_nics(&machine);
    card->space[PCI_BAR0 / 4] = 0x00000004, card->space[PCI_BAR0 / 4 + 1] = 0x3C;
    card->space[PCI_BAR0 / 4 + 2] = 0xFEB00000;
    assert_int_equal(platform_map_registers(&nics[0], 2), E_NIC_REGISTERS);
    assert_int_equal(taken, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(cards_behind_bridges_know_the_way),
        CASE(ports_are_a_bar_as_well),
        CASE(memory_behind_the_first_bar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
