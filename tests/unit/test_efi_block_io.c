/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk as firmware of the test's own gets it: what its media say, which of a disk's failures are whose, how long a call may
 * take, and what is left when somebody does not let go, or boot services have ended. What requests can be is told by
 * test_efi_block_rules.c, and by tests/efi in a machine.
 */
#include "efi/block_io.h"
#include "efi/iscsi_path.h"
#include "iscsi/session.h"
#include "tests/host/host.h"
#include "tests/unit/efi_fake.h"

#define BLOCK        512u
#define TARGET       "iqn.2001-04.com.example:disk"
#define CALL_MS      90000u
#define PORTAL_GROUP 0x203
#define PUBLISH      (&fake_handles[3])
#define TOKEN        ((EFI_EVENT)0x1234)

/* ---- the firmware ---- */

static EFI_TPL tpl;
static EFI_STATUS uninstall_answer;
static unsigned installed, signalled;
static EFI_EVENT_NOTIFY at_the_end;
static EFI_BLOCK_IO_PROTOCOL *io;
static EFI_BLOCK_IO2_PROTOCOL *io2;
static const uint8_t *path;

static EFI_TPL EFIAPI raise_tpl(EFI_TPL to)
{
    EFI_TPL old = tpl;
    assert_true(to >= tpl);
    tpl = to;
    return old;
}

static void EFIAPI restore_tpl(EFI_TPL to)
{
    assert_true(to <= tpl);
    tpl = to;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, void **memory)
{
    assert_int_equal(type, EfiBootServicesData);
    *memory = malloc(size);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI install(EFI_HANDLE *handle, ...)
{
    assert_null(*handle);
    *handle = PUBLISH;

    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, handle);
    for (EFI_GUID *guid; (guid = __builtin_va_arg(list, EFI_GUID *));) {
        void *interface = __builtin_va_arg(list, void *);
        io = guid == &guid_block_io ? interface : io;
        io2 = guid == &guid_block_io2 ? interface : io2;
        path = guid == &guid_device_path ? interface : path;
    }
    __builtin_ms_va_end(list);

    installed++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI uninstall(EFI_HANDLE handle, ...)
{
    assert_ptr_equal(handle, PUBLISH);
    installed -= uninstall_answer == EFI_SUCCESS;
    return uninstall_answer;
}

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL at, EFI_EVENT_NOTIFY notify, void *context, EFI_EVENT *event)
{
    (void)context;
    if (type == EVT_SIGNAL_EXIT_BOOT_SERVICES) {
        assert_int_equal(at, TPL_NOTIFY);
        at_the_end = notify;
    }
    *event = TOKEN;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
    (void)event;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 period)
{
    (void)event, (void)type, (void)period;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI signal_event(EFI_EVENT event)
{
    assert_ptr_equal(event, TOKEN);
    signalled++;
    return EFI_SUCCESS;
}

/* ---- the disk behind it ---- */

static enum status disk_answer;
static bool disk_is_silent;
static unsigned requests, closes;

static void submit(struct disk *disk, struct disk_request *request)
{
    (void)disk;
    requests++;
    assert_true(tpl >= TPL_CALLBACK);
    request->status = disk_answer == OK ? OK : fail(disk_answer, "the test says so");
    request->done = !disk_is_silent;
}

static void pump(struct disk *disk)
{
    (void)disk;
}

static void cancel(struct disk *disk, struct disk_request *request)
{
    (void)disk;
    request->done = true;
}

static void close_card(struct nic *nic)
{
    (void)nic;
    closes++;
}

static const struct disk_ops ops = {submit, pump, cancel};
static const struct nic_driver driver = {.close = close_card};
static uint8_t card_path[] = {1, 1, 6, 0, 0, 3, NODE_TYPE_END, NODE_END_ENTIRE, NODE_HEADER, 0};
static struct efi_card card;
static struct pci_device device;
static struct nic nic;
static struct iscsi_settings iscsi_settings;
static struct iscsi_session session;
static struct boot_options options;
static struct disk disk;
static EFI_LOADED_IMAGE loaded;
static uint8_t buffer[8 * BLOCK];

static int set_up(void **state)
{
    (void)state;
    fake_firmware_start(&loaded);
    fake_boot.RaiseTPL = raise_tpl;
    fake_boot.RestoreTPL = restore_tpl;
    fake_boot.AllocatePool = allocate_pool;
    fake_boot.InstallMultipleProtocolInterfaces = (void *)install;
    fake_boot.UninstallMultipleProtocolInterfaces = (void *)uninstall;
    fake_boot.CreateEvent = create_event;
    fake_boot.CloseEvent = close_event;
    fake_boot.SetTimer = set_timer;
    fake_boot.SignalEvent = signal_event;

    PUBLISH->name = "disk";
    tpl = TPL_APPLICATION;
    uninstall_answer = EFI_SUCCESS;
    installed = signalled = requests = closes = 0;
    disk_answer = OK;
    disk_is_silent = false;

    card = (struct efi_card){.path = (EFI_DEVICE_PATH *)card_path};
    device = (struct pci_device){.home = &card};
    nic = (struct nic){.driver = &driver, .device = &device, .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}};
    memset(&iscsi_settings, 0, sizeof iscsi_settings);
    session = (struct iscsi_session){.settings = &iscsi_settings};
    strcpy(iscsi_settings.target_name, TARGET);
    iscsi_settings.portal_group = 0xFFFF;
    session.portal_group = PORTAL_GROUP;
    options = (struct boot_options){.nic = &nic, .session = &session, .target_port = 3260, .call_ms = CALL_MS};
    assert_true(net_parse_address("192.0.2.1", &options.target));

    disk = (struct disk){.ops = &ops,
                         .block_size = BLOCK,
                         .block_count = 1000,
                         .max_blocks = 8,
                         .physical_block_size = 8 * BLOCK,
                         .lowest_aligned_lba = 7};
    assert_int_equal(block_io_publish(&disk, &options), OK);
    assert_int_equal(events_start(&disk, &nic), OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    events_stop();
    uninstall_answer = EFI_SUCCESS;
    assert_true(block_io_withdraw());
    assert_int_equal(installed, 0);
    assert_int_equal(tpl, TPL_APPLICATION);
    return 0;
}

static EFI_STATUS read_one(void)
{
    return io->ReadBlocks(io, io->Media->MediaId, 5, BLOCK, buffer);
}

static EFI_STATUS write_one(void)
{
    return io->WriteBlocks(io, io->Media->MediaId, 5, BLOCK, buffer);
}

/* ---- the tests ---- */

static void what_the_media_say(void **state)
{
    (void)state;
    const EFI_BLOCK_IO_MEDIA *media = io->Media;
    assert_int_equal(io->Revision, EFI_BLOCK_IO_PROTOCOL_REVISION3);
    assert_ptr_equal(io2->Media, media);
    assert_true(media->MediaPresent && media->WriteCaching && !media->ReadOnly && !media->LogicalPartition);
    assert_int_equal(media->BlockSize, BLOCK);
    assert_int_equal(media->LastBlock, 999);
    assert_int_equal(media->LogicalBlocksPerPhysicalBlock, 8);
    assert_int_equal(media->LowestAlignedLba, 7);
}

/* Its portal group is the one that the target named. */
static void the_path_goes_on_from_the_cards(void **state)
{
    (void)state;
    assert_memory_equal(path, card_path, sizeof card_path - NODE_HEADER);
    const uint8_t *iscsi = path + sizeof card_path - NODE_HEADER + MAC_NODE_LENGTH + IPV4_NODE_LENGTH;
    assert_int_equal(iscsi[NODE_SUBTYPE], NODE_MESSAGING_ISCSI);
    assert_int_equal(get_le16(iscsi + ISCSI_NODE_LENGTH - 2), PORTAL_GROUP);
    assert_string_equal((const char *)iscsi + ISCSI_NODE_LENGTH, TARGET);
}

struct failure {
    enum status disk;
    EFI_STATUS firmware;
    bool present;
};

static void whose_failure_it_is(void **state)
{
    static const struct failure cases[] = {
        {E_SCSI_MEDIUM, EFI_DEVICE_ERROR, true},
        {E_ISCSI_TIMEOUT, EFI_DEVICE_ERROR, true},
        {E_LUN_MISSING, EFI_DEVICE_ERROR, true},
        {E_LUN_NOT_READY, EFI_NO_MEDIA, false},
        {E_DISK_RANGE, EFI_INVALID_PARAMETER, true},
        {E_DISK_READ_ONLY, EFI_WRITE_PROTECTED, true},
        {OK, EFI_SUCCESS, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        EFI_BLOCK_IO2_TOKEN token = {.Event = TOKEN};
        print_message("  S%u\n", cases[i].disk);
        disk_answer = cases[i].disk;

        assert_true(read_one() == cases[i].firmware);
        assert_int_equal(io->Media->MediaPresent, cases[i].present);
        assert_true(write_one() == cases[i].firmware);
        signalled = 0;
        assert_true(io2->ReadBlocksEx(io2, io->Media->MediaId, 5, &token, BLOCK, buffer) == EFI_SUCCESS);
        assert_int_equal(signalled, 1);
        assert_true(token.TransactionStatus == cases[i].firmware);
    }
}

/* What the firmware then finds missing is not the fault; what a boot loader says of itself is. */
static void a_failed_read_is_the_verdict(void **state)
{
    (void)state;
    disk_answer = E_DISK_READ_ONLY;
    (void)write_one();
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_BOOT_ESP);

    disk_answer = E_SCSI_RESERVED;
    (void)read_one();
    disk_answer = E_DISK_TIMEOUT;
    (void)read_one();
    fail(E_BOOT_ESP, "no file system");
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_SCSI_RESERVED);
    assert_string_equal(failure_detail(E_SCSI_RESERVED), "the test says so");
    assert_int_equal(block_io_verdict(E_BOOT_FILE), E_SCSI_RESERVED);
    assert_int_equal(block_io_verdict(E_BOOT_LOAD), E_SCSI_RESERVED);
    assert_int_equal(block_io_verdict(E_BOOT_SECURE), E_BOOT_SECURE);
    assert_int_equal(block_io_verdict(E_BOOT_RETURNED), E_BOOT_RETURNED);

    disk_answer = OK; /* at another try */
    (void)read_one();
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_BOOT_ESP);

    disk_answer = E_SCSI_RESERVED;
    (void)read_one();
    assert_true(block_io_withdraw());
    assert_int_equal(block_io_publish(&disk, &options), OK);
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_BOOT_ESP);
}

static void a_disk_that_cannot_be_written(void **state)
{
    EFI_BLOCK_IO2_TOKEN token = {.Event = TOKEN};
    (void)state;
    assert_true(block_io_withdraw());
    disk.read_only = true;
    assert_int_equal(block_io_publish(&disk, &options), OK);
    assert_true(io->Media->ReadOnly && !io->Media->WriteCaching);

    assert_true(write_one() == EFI_WRITE_PROTECTED);
    assert_true(io2->WriteBlocksEx(io2, io->Media->MediaId, 5, &token, BLOCK, buffer) == EFI_WRITE_PROTECTED);
    assert_true(io->FlushBlocks(io) == EFI_SUCCESS);
    assert_true(io2->FlushBlocksEx(io2, &token) == EFI_WRITE_PROTECTED);

    assert_int_equal(requests, 0);
    assert_int_equal(signalled, 0);
    assert_true(read_one() == EFI_SUCCESS);
}

static uint64_t waited_us;

static void time_passes(void)
{
    host_clock_advance_us(100000);
    waited_us += 100000;
}

static void how_long_a_call_may_take(void **state)
{
    (void)state;
    host_idle_hook = time_passes;
    disk_is_silent = true;
    waited_us = 0;
    assert_true(read_one() == EFI_DEVICE_ERROR);
    assert_in_range(waited_us / 1000, CALL_MS - 1000, CALL_MS + 1000);
    host_idle_hook = NULL;
}

/* The drivers that stand on it may do more than read when boot services end: the card has stopped by then. */
static void after_the_end_of_boot_services(void **state)
{
    EFI_BLOCK_IO2_TOKEN token = {.Event = TOKEN};
    (void)state;
    at_the_end(TOKEN, NULL);
    assert_int_equal(closes, 1);
    assert_true(read_one() == EFI_DEVICE_ERROR);
    assert_true(write_one() == EFI_DEVICE_ERROR);
    assert_true(io->FlushBlocks(io) == EFI_DEVICE_ERROR);
    assert_true(io2->ReadBlocksEx(io2, io->Media->MediaId, 5, &token, BLOCK, buffer) == EFI_SUCCESS);
    assert_true(token.TransactionStatus == EFI_DEVICE_ERROR);
    assert_int_equal(requests, 0);
    assert_int_equal(events_start(&disk, &nic), OK); /* it failed, and the loader has come back */
    assert_true(read_one() == EFI_SUCCESS);
}

static void somebody_does_not_let_go(void **state)
{
    (void)state;
    uninstall_answer = EFI_ACCESS_DENIED;
    assert_false(block_io_withdraw());
    assert_true(read_one() == EFI_SUCCESS);
    assert_int_equal(block_io_publish(&disk, &options), E_BOOT_PUBLISH);
    assert_int_equal(installed, 1);

    block_io_empty();
    assert_false(io->Media->MediaPresent);
    assert_true(read_one() == EFI_NO_MEDIA);
    assert_true(io->FlushBlocks(io) == EFI_NO_MEDIA);
    assert_true(io2->FlushBlocksEx(io2, NULL) == EFI_NO_MEDIA);
    assert_true(io->Reset(io, FALSE) == EFI_DEVICE_ERROR);
    assert_true(io2->Reset(io2, FALSE) == EFI_DEVICE_ERROR);
    assert_ptr_equal(block_io_handle(), PUBLISH);

    uninstall_answer = EFI_SUCCESS;
    assert_int_equal(block_io_publish(&disk, &options), OK);
    assert_int_equal(installed, 1);
    assert_true(read_one() == EFI_SUCCESS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_media_say),
        TEST(the_path_goes_on_from_the_cards),
        TEST(whose_failure_it_is),
        TEST(a_failed_read_is_the_verdict),
        TEST(a_disk_that_cannot_be_written),
        TEST(how_long_a_call_may_take),
        TEST(after_the_end_of_boot_services),
        TEST(somebody_does_not_let_go),
    };

    host_clock_use_virtual();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
