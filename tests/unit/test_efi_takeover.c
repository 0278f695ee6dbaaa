/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards are taken from a firmware of the test's own, whose IOMMU shows memory to a card at another address than to the CPU, and
 * given back; and who started us is told from others.
 */
#include "efi/device_path.h"
#include "tests/unit/efi_fake.h"

#define ARENA  (64 * KIB)
#define IOMMU  0x4500000000u /* what the card sees is so far from what the CPU does */
#define CARD   (&fake_handles[1])
#define SECOND (&fake_handles[2])
#define SNP    (&fake_handles[3])
#define ROM    (&fake_handles[4])
#define MENU   (&fake_handles[5])
#define OTHER  (&fake_handles[6])

/* ---- the firmware ---- */

#define PCI_NODE(function) 1, 1, 6, 0, function, 3
#define END_NODE           NODE_TYPE_END, NODE_END_ENTIRE, NODE_HEADER, 0
static uint8_t card_path[] = {PCI_NODE(0), END_NODE}, second_path[] = {PCI_NODE(1), END_NODE};
static uint8_t snp_path[] = {PCI_NODE(0), NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC, 5, 0, 0, END_NODE};

static EFI_LOADED_IMAGE ours, roms, menus;
static struct efi_card cards[2];
static struct pci_device devices[2];
static struct arena arena;
static EFI_STATUS open_answer, map_answer, attributes_answer;
static UINTN map_short;
static unsigned buffers, mappings, allocations;

static EFI_STATUS EFIAPI allocate_pages(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory, UINTN pages,
                                        EFI_PHYSICAL_ADDRESS *address)
{
    assert_int_equal(type, AllocateMaxAddress);
    assert_int_equal(memory, EfiBootServicesData);
    *address = (uintptr_t)malloc(pages * PAGE_SIZE);
    allocations++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pages(EFI_PHYSICAL_ADDRESS address, UINTN pages)
{
    assert_int_equal(pages, ARENA / PAGE_SIZE);
    free((void *)(uintptr_t)address);
    allocations--;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_buffer(EFI_PCI_IO_PROTOCOL *self, EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory, UINTN pages,
                                         void **host, UINT64 attributes)
{
    (void)self;
    (void)type;
    assert_int_equal(memory, EfiBootServicesData);
    assert_int_equal(attributes, 0);
    *host = malloc(pages * PAGE_SIZE);
    buffers++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_buffer(EFI_PCI_IO_PROTOCOL *self, UINTN pages, void *host)
{
    (void)self;
    assert_int_equal(pages, ARENA / PAGE_SIZE);
    free(host);
    buffers--;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI map(EFI_PCI_IO_PROTOCOL *self, EFI_PCI_IO_PROTOCOL_OPERATION operation, void *host, UINTN *length,
                             EFI_PHYSICAL_ADDRESS *bus, void **mapping)
{
    (void)self;
    assert_int_equal(operation, EfiPciIoOperationBusMasterCommonBuffer);
    assert_int_equal(*length, ARENA);
    if (EFI_ERROR(map_answer))
        return map_answer;
    *length -= map_short;
    *bus = (uintptr_t)host + IOMMU;
    *mapping = host;
    mappings++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI unmap(EFI_PCI_IO_PROTOCOL *self, void *mapping)
{
    (void)self;
    assert_non_null(mapping);
    mappings--;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI attributes(EFI_PCI_IO_PROTOCOL *self, EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION operation, UINT64 which,
                                    UINT64 *result)
{
    (void)self;

    if (operation == EfiPciIoAttributeOperationGet) {
        *result = EFI_PCI_IO_ATTRIBUTE_IO;
        return attributes_answer;
    }
    if (operation == EfiPciIoAttributeOperationSet) {
        note_word("set-%llx ", (unsigned long long)which);
        return EFI_SUCCESS;
    }

    assert_int_equal(operation, EfiPciIoAttributeOperationEnable);
    assert_int_equal(which, EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER);
    note_word("enable ");
    return EFI_SUCCESS;
}

static EFI_PCI_IO_PROTOCOL pci = {
    .Map = map, .Unmap = unmap, .AllocateBuffer = allocate_buffer, .FreeBuffer = free_buffer, .Attributes = attributes};

static EFI_STATUS EFIAPI open_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface, EFI_HANDLE agent,
                                       EFI_HANDLE controller, UINT32 how)
{
    assert_int_equal(how, EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE);
    assert_ptr_equal(agent, firmware.image);
    assert_ptr_equal(controller, handle);
    note_word("open-%s ", ((struct fake_handle *)handle)->name);
    return EFI_ERROR(open_answer) ? open_answer : fake_handle_protocol(handle, guid, interface);
}

static EFI_STATUS EFIAPI close_protocol(EFI_HANDLE handle, EFI_GUID *guid, EFI_HANDLE agent, EFI_HANDLE controller)
{
    (void)guid;
    assert_ptr_equal(agent, firmware.image);
    assert_ptr_equal(controller, handle);
    note_word("close-%s ", ((struct fake_handle *)handle)->name);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI pxe_stop(EFI_PXE_BASE_CODE_PROTOCOL *self)
{
    (void)self;
    note_word("stop-pxe ");
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI snp_shutdown(EFI_SIMPLE_NETWORK_PROTOCOL *self)
{
    (void)self;
    note_word("shutdown ");
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI snp_stop(EFI_SIMPLE_NETWORK_PROTOCOL *self)
{
    (void)self;
    note_word("stop ");
    return EFI_SUCCESS;
}

static EFI_PXE_BASE_CODE_MODE pxe_mode = {.Started = TRUE};
static EFI_PXE_BASE_CODE_PROTOCOL pxe = {.Stop = pxe_stop, .Mode = &pxe_mode};
static EFI_SIMPLE_NETWORK_PROTOCOL snp = {.Shutdown = snp_shutdown, .Stop = snp_stop};

/* A ROM's driver, started by the boot menu, has started us: the card, and below it SNP with PXE; and another card. */
static int set_up(void **state)
{
    (void)state;

    ours = (EFI_LOADED_IMAGE){.ParentHandle = ROM};
    roms = (EFI_LOADED_IMAGE){.ParentHandle = MENU};
    menus = (EFI_LOADED_IMAGE){.ParentHandle = NULL};
    fake_firmware_start(&ours);
    fake_boot.AllocatePages = allocate_pages;
    fake_boot.FreePages = free_pages;
    fake_boot.OpenProtocol = open_protocol;
    fake_boot.CloseProtocol = close_protocol;

    *CARD = (struct fake_handle){"card", {{.guid = &guid_pci_io, .interface = &pci}, {&guid_device_path, card_path, {}}}};
    *SECOND = (struct fake_handle){"second", {{.guid = &guid_pci_io, .interface = &pci}, {&guid_device_path, second_path, {}}}};
    *SNP = (struct fake_handle){
        "snp",
        {{&guid_simple_network, &snp, {}}, {&guid_pxe_base_code, &pxe, {}}, {.guid = &guid_device_path, .interface = snp_path}}};
    *ROM = (struct fake_handle){"rom", {{&guid_loaded_image, &roms, {}}}};
    *MENU = (struct fake_handle){"menu", {{&guid_loaded_image, &menus, {}}}};

    for (int i = 0; i < 2; i++) {
        uint8_t *path = i ? second_path : card_path;
        cards[i] = (struct efi_card){.handle = i ? SECOND : CARD, .pci = &pci, .path = (EFI_DEVICE_PATH *)path};
        devices[i] = (struct pci_device){.home = &cards[i]};
    }

    open_answer = map_answer = attributes_answer = EFI_SUCCESS;
    map_short = 0;
    assert_true(takeover_start_arena(&arena, ARENA - 100));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    takeover_give_cards_back();
    assert_int_equal(buffers, 0);
    assert_int_equal(mappings, 0);
    assert_int_equal(allocations, 0);
    return 0;
}

/* ---- the tests ---- */

static void drivers_leave_from_the_top(void **state)
{
    (void)state;
    assert_int_equal(takeover_take_card(&devices[0]), OK);
    assert_string_equal(fake_story, "stop-pxe disconnect-snp shutdown stop disconnect-card open-card enable ");
}

static void the_card_sees_what_map_says(void **state)
{
    (void)state;
    assert_int_equal(takeover_take_card(&devices[0]), OK);
    assert_int_equal(buffers, 1);
    assert_ptr_equal(arena.base, cards[0].memory);
    assert_int_equal(arena.bus, (uintptr_t)arena.base + IOMMU);
    assert_int_equal(arena.size, ARENA);
    memset(arena.base, 0xA5, arena.size);
    uint8_t *taken = arena_take(&arena, 100, 16);
    assert_int_equal(arena_bus(&arena, taken), (uintptr_t)taken + IOMMU);
}

static void each_card_has_memory_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(takeover_take_card(&devices[0]), OK);
    assert_int_equal(takeover_take_card(&devices[1]), OK);
    assert_ptr_equal(arena.base, cards[1].memory);
    assert_ptr_not_equal(cards[0].memory, cards[1].memory);
    fake_story[0] = '\0';
    assert_int_equal(takeover_take_card(&devices[0]), OK);
    assert_string_equal(fake_story, "enable ");
    assert_ptr_equal(arena.base, cards[0].memory);
    assert_int_equal(arena.bus, (uintptr_t)cards[0].memory + IOMMU);
}

static void back_to_the_firmware(void **state)
{
    (void)state;
    assert_false(takeover_holds_path((EFI_DEVICE_PATH *)snp_path));
    assert_int_equal(takeover_take_card(&devices[0]), OK);
    assert_true(takeover_holds_path((EFI_DEVICE_PATH *)card_path));
    assert_true(takeover_holds_path((EFI_DEVICE_PATH *)snp_path));
    assert_false(takeover_holds_path((EFI_DEVICE_PATH *)second_path));
    fake_story[0] = '\0';
    takeover_give_cards_back();
    assert_string_equal(fake_story, "set-100 close-card connect-card ");
    assert_false(takeover_holds_path((EFI_DEVICE_PATH *)card_path));
}

static void firmware_that_does_not_tell_attributes(void **state)
{
    (void)state;
    attributes_answer = EFI_UNSUPPORTED;
    assert_int_equal(takeover_take_card(&devices[0]), OK);
    fake_story[0] = '\0';
    takeover_give_cards_back();
    assert_string_equal(fake_story, "set-600 close-card connect-card ");
}

static void firmware_that_keeps_the_card(void **state)
{
    (void)state;
    open_answer = EFI_ACCESS_DENIED;
    assert_int_equal(takeover_take_card(&devices[0]), E_NIC_FIRMWARE);
    assert_non_null(strstr(fake_story, "open-card connect-card "));
    open_answer = EFI_SUCCESS;
    assert_int_equal(takeover_take_card(&devices[0]), OK);
}

static void mapping_of_a_part(void **state)
{
    (void)state;
    map_short = PAGE_SIZE;
    assert_int_equal(takeover_take_card(&devices[0]), E_NIC_MEMORY);
    assert_non_null(strstr(fake_story, "set-100 close-card connect-card "));
    assert_int_equal(mappings, 0);
    assert_int_equal(buffers, 0);
}

static void no_mapping(void **state)
{
    (void)state;
    map_answer = EFI_OUT_OF_RESOURCES;
    assert_int_equal(takeover_take_card(&devices[0]), E_NIC_MEMORY);
    assert_int_equal(buffers, 0);
}

/* Who has what open, and whether that is one whom we would return to. */
struct open_case {
    const char *clause;
    struct fake_open open;
    bool starter;
};

static void starters_and_others(void **state)
{
    static EFI_DRIVER_BINDING binding;
    const struct open_case cases[] = {
        {"nobody", {NULL, 0}, false},
        {"a driver that did not start us", {OTHER, EFI_OPEN_PROTOCOL_BY_DRIVER}, false},
        {"who started us, as a driver", {ROM, EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE}, true},
        {"who started that one, as a driver", {MENU, EFI_OPEN_PROTOCOL_BY_DRIVER}, true},
        {"who started us, to look at it", {ROM, EFI_OPEN_PROTOCOL_GET_PROTOCOL}, false},
        {"who started us, for a child", {ROM, EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER}, false},
        {"its driver binding", {&fake_handles[7], EFI_OPEN_PROTOCOL_BY_DRIVER}, true},
    };
    (void)state;

    binding.ImageHandle = ROM;
    fake_handles[7] = (struct fake_handle){"binding", {{&guid_driver_binding, &binding, {}}}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("  %s\n", cases[i].clause);
        SNP->protocols[1].opens[1] = cases[i].open;
        assert_int_equal(starter_drives(SNP), cases[i].starter);
    }
}

static void images_in_a_circle(void **state)
{
    (void)state;
    menus.ParentHandle = ROM;
    SNP->protocols[0].opens[0] = (struct fake_open){OTHER, EFI_OPEN_PROTOCOL_BY_DRIVER};
    assert_false(starter_drives(SNP));
}

/* The last test of the group: a starter that has lost its card has lost it until the image ends. */
static void starter_that_loses_its_card(void **state)
{
    (void)state;
    SECOND->protocols[0].opens[0] = (struct fake_open){ROM, EFI_OPEN_PROTOCOL_BY_DRIVER};
    assert_int_equal(takeover_take_card(&devices[0]), OK);
    assert_false(takeover_starter_lost_card());
    assert_int_equal(takeover_take_card(&devices[1]), OK);
    assert_true(takeover_starter_lost_card());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(drivers_leave_from_the_top),
        TEST(the_card_sees_what_map_says),
        TEST(each_card_has_memory_of_its_own),
        TEST(back_to_the_firmware),
        TEST(firmware_that_does_not_tell_attributes),
        TEST(firmware_that_keeps_the_card),
        TEST(mapping_of_a_part),
        TEST(no_mapping),
        TEST(starters_and_others),
        TEST(images_in_a_circle),
        TEST(starter_that_loses_its_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
