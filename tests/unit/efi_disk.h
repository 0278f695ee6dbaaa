/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that is published to firmware of the test's own: it answers at once, or when the test says so, and then from memory. The
 * timer ticks when the test calls tick().
 */
#ifndef SANSTRAP_TESTS_EFI_DISK_H
#define SANSTRAP_TESTS_EFI_DISK_H

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
#define TOKEN        ((EFI_EVENT)0x1234) /* and whatever follows, up to … */
#define TOKENS       64
#define TIMER        ((EFI_EVENT)0x1000)
#define DISK_BLOCKS  1000u
#define IN_FLIGHT    64
#define PUMP_US      10

/* ---- the firmware ---- */

static EFI_TPL tpl;
static EFI_STATUS uninstall_answer;
static unsigned installed, signalled, in_pool;
static unsigned signals[TOKENS]; /* of each */
static void *pool[2 * TOKENS];
static void *pool[2 * TOKENS];
static EFI_EVENT_NOTIFY at_the_end, at_tick;
static UINT64 timer_period; /* 100 ns */
static bool out_of_memory;
static void (*when_signalled)(void);
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
    assert_true(tpl <= TPL_NOTIFY);
    if (out_of_memory)
        return EFI_OUT_OF_RESOURCES;
    *memory = malloc(size);
    assert_true(in_pool < TOKENS * 2);
    pool[in_pool++] = *memory;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(void *memory)
{
    unsigned which = 0;
    assert_true(tpl <= TPL_NOTIFY);
    while (pool[which] != memory)
        assert_true(++which < in_pool);
    pool[which] = pool[--in_pool];
    free(memory);
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
    assert_int_equal(at, TPL_NOTIFY);
    if (type == EVT_SIGNAL_EXIT_BOOT_SERVICES)
        at_the_end = notify;
    else
        at_tick = notify;
    *event = type == EVT_SIGNAL_EXIT_BOOT_SERVICES ? TOKEN : TIMER;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
    (void)event;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 period)
{
    assert_ptr_equal(event, TIMER);
    assert_int_equal(type, TimerPeriodic);
    timer_period = period;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI signal_event(EFI_EVENT event)
{
    size_t number = (uintptr_t)event - (uintptr_t)TOKEN;
    EFI_TPL old;
    assert_true(number < TOKENS);
    signalled++;
    signals[number]++;

    assert_true(gate_is_shut() || gate_enter(&old)); /* whoever is called by it may come in */
    if (!gate_is_shut())
        gate_leave(old);
    if (when_signalled)
        when_signalled();
    return EFI_SUCCESS;
}

static inline void tick(void)
{
    EFI_TPL old = raise_tpl(TPL_NOTIFY);
    at_tick(TIMER, NULL);
    restore_tpl(old);
}

/* ---- the disk behind it ---- */

static enum status disk_answer;
static bool disk_is_silent; /* until answer() … */
static unsigned answers;    /* … or for so many pumps, each of which answers the oldest */
static unsigned requests, cancels, pumps, closes;
static struct disk_request *in_flight[IN_FLIGHT];
static unsigned in_flight_count;
static struct disk_request asked[256]; /* modulo its length */
static uint8_t medium[DISK_BLOCKS * BLOCK];
static void (*when_pumped)(void);

static inline void answer(unsigned which)
{
    struct disk_request *request = in_flight[which];
    uint8_t *at = medium + request->lba * BLOCK;
    size_t length = (size_t)request->blocks * BLOCK;
    assert_true(which < in_flight_count--);
    memmove(&in_flight[which], &in_flight[which + 1], (in_flight_count - which) * sizeof *in_flight);

    if (request->operation == DISK_READ && disk_answer == OK)
        memcpy(request->buffer, at, length);
    if (request->operation == DISK_WRITE && disk_answer == OK)
        memcpy(at, request->buffer, length);
    request->status = disk_answer == OK ? OK : fail(disk_answer, "the test says so");
    request->done = true;
}

static void submit(struct disk *disk, struct disk_request *request)
{
    (void)disk;
    asked[requests++ % 256] = *request;
    assert_true(tpl >= TPL_CALLBACK);
    assert_true(in_flight_count < IN_FLIGHT);
    in_flight[in_flight_count++] = request;
    if (!disk_is_silent)
        answer(in_flight_count - 1);
}

static void pump(struct disk *disk)
{
    (void)disk;
    pumps++;
    host_clock_advance_us(PUMP_US);
    if (answers && in_flight_count) {
        answers--;
        answer(0);
    }
    if (when_pumped)
        when_pumped();
}

static void cancel(struct disk *disk, struct disk_request *request)
{
    unsigned which = 0;
    (void)disk;
    while (in_flight[which] != request)
        assert_true(++which < in_flight_count);
    memmove(&in_flight[which], &in_flight[which + 1], (--in_flight_count - which) * sizeof *in_flight);
    cancels++;
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
static uint8_t buffer[64 * BLOCK];

static int set_up(void **state)
{
    (void)state;
    fake_firmware_start(&loaded);
    fake_boot.RaiseTPL = raise_tpl;
    fake_boot.RestoreTPL = restore_tpl;
    fake_boot.AllocatePool = allocate_pool;
    fake_boot.FreePool = free_pool;
    fake_boot.InstallMultipleProtocolInterfaces = (void *)install;
    fake_boot.UninstallMultipleProtocolInterfaces = (void *)uninstall;
    fake_boot.CreateEvent = create_event;
    fake_boot.CloseEvent = close_event;
    fake_boot.SetTimer = set_timer;
    fake_boot.SignalEvent = signal_event;

    PUBLISH->name = "disk";
    tpl = TPL_APPLICATION;
    uninstall_answer = EFI_SUCCESS;
    installed = signalled = in_pool = requests = cancels = pumps = closes = in_flight_count = answers = 0;
    memset(signals, 0, sizeof signals);
    disk_answer = OK;
    disk_is_silent = out_of_memory = false;
    when_signalled = when_pumped = NULL;

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
                         .block_count = DISK_BLOCKS,
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
    assert_int_equal(in_pool, 0);
    assert_int_equal(in_flight_count, 0);
    assert_int_equal(tpl, TPL_APPLICATION);
    return 0;
}

static inline EFI_STATUS read_one(void)
{
    return io->ReadBlocks(io, io->Media->MediaId, 5, BLOCK, buffer);
}

static inline EFI_STATUS write_one(void)
{
    return io->WriteBlocks(io, io->Media->MediaId, 5, BLOCK, buffer);
}

#endif
