/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is this LUN? INQUIRY, TEST UNIT READY, READ CAPACITY, MODE SENSE (SPC-4 sections 6 and 7, SBC-3 section 5); REPORT LUNS
 * where there is none.
 */
#include "iscsi/scsi_disk.h"

#include "iscsi/lun.h"
#include "platform/format.h"

/* REPORT LUNS parameter data. */
#define REPORT_LUN_LIST_LENGTH 0
#define REPORT_LUN_LIST        8
#define LUN_WELL_KNOWN         0xC1 /* first byte of a well known logical unit's LUN (SAM-5, extended addressing) */

/* Mode parameter header of MODE SENSE(6); the device-specific parameter of a disk: SBC-3 section 6.4.1. */
#define MODE_6_DEVICE_SPECIFIC 2
#define MODE_WP                0x80
#define MODE_6_ALLOCATION      192

#define BLOCK_SIZE_LEAST 512u
#define BLOCK_SIZE_MOST  65536u
#define OPTIONAL_SHARE   4u  /* of the time that is left: so much of it for a question whose answer can be done without */
#define LUN_LIST_SIZE    120 /* of the text: with the rest of its sentence it fits a failure's detail */

static void pause_before_retry(struct iscsi_session *session)
{
    deadline_t until = deadline_after_ms(SCSI_PAUSE_MS);

    while (!deadline_passed(until)) {
        iscsi_session_pump(session);
        platform_idle();
    }
}

/* Runs a command to its end, again while the LUN says that this helps. Answers go to disk->scratch; *got is their length. */
static enum status run_command(struct scsi_disk *disk, const uint8_t lun[8], const uint8_t cdb[ISCSI_CDB_MAX], uint32_t length,
                               uint32_t *got, deadline_t deadline)
{
    struct iscsi_task *task = &disk->probe;

    for (unsigned tries = 0;;) {
        memset(task, 0, sizeof *task);
        memcpy(task->lun, lun, 8);
        memcpy(task->cdb, cdb, ISCSI_CDB_MAX);
        task->direction = length ? ISCSI_READ : ISCSI_NO_DATA;
        task->probing = true;
        task->buffer = disk->scratch;
        task->length = length;

        iscsi_session_submit(disk->session, task);
        enum status status = iscsi_session_wait(disk->session, task, deadline);
        if (status != OK)
            return status;

        enum scsi_verdict verdict = scsi_judge(task, false, &status);
        if (verdict == SCSI_LATER)
            pause_before_retry(disk->session);
        bool again = (verdict == SCSI_LATER && !deadline_passed(deadline)) || (verdict == SCSI_AGAIN && tries++ < SCSI_TRIES_MAX);
        if (!again) {
            *got = task->transferred;
            return verdict == SCSI_DONE ? OK : status;
        }
    }
}

/*
 * Until when a question is asked that the disk can be opened without: a LUN that is busy for ever must not use up all the time
 * for one of them.
 */
static deadline_t soon(deadline_t deadline)
{
    uint64_t now = platform_ticks(), share = deadline > now ? (deadline - now) / OPTIONAL_SHARE : 0;
    deadline_t patience = deadline_after_ms(SCSI_PATIENCE_MS);

    return now + share < patience ? now + share : patience;
}

/*
 * The target's LUNs, for the one who asked for a wrong one: as lun= takes them, each with a space before it. Those that do not
 * fit `room` make " ..." at the end. A target that cannot list them is no worse a target.
 */
static void list_luns(struct scsi_disk *disk, char *text, size_t room, deadline_t deadline)
{
    static const uint8_t lun0[8];
    static const char more[] = " ...";
    uint8_t cdb[ISCSI_CDB_MAX];
    uint32_t got;

    format_text(text, room, " not told");
    scsi_cdb_report_luns(cdb, ISCSI_SCRATCH);
    if (run_command(disk, lun0, cdb, ISCSI_SCRATCH, &got, soon(deadline)) != OK || got < REPORT_LUN_LIST)
        return;

    format_text(text, room, " none");
    uint32_t length = smaller_of(get_be32(disk->scratch + REPORT_LUN_LIST_LENGTH), got - REPORT_LUN_LIST);
    size_t used = 0;
    for (const uint8_t *lun = disk->scratch + REPORT_LUN_LIST; length >= 8; lun += 8, length -= 8) {
        char one[LUN_TEXT_SIZE];

        if (lun[0] == LUN_WELL_KNOWN)
            continue;
        lun_format(lun, one);
        if (used + 1 + strlen(one) + sizeof more > room) {
            format_text(text + used, room - used, "%s", more);
            return;
        }
        used += format_text(text + used, room - used, " %s", one);
    }
}

void scsi_copy_field(char *to, size_t room, const uint8_t *from, size_t length)
{
    while (length && (from[length - 1] == ' ' || from[length - 1] == 0))
        length--;
    while (length && *from == ' ') {
        from++;
        length--;
    }

    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < room; i++)
        to[used++] = from[i] >= 0x20 && from[i] < 0x7F ? (char)from[i] : '?';
    to[used] = 0;
}

static enum status read_inquiry(struct scsi_disk *disk, deadline_t deadline)
{
    const uint8_t *data = disk->scratch;
    uint8_t cdb[ISCSI_CDB_MAX];
    uint32_t got;

    scsi_cdb_inquiry(cdb, INQUIRY_ALLOCATION);
    enum status status = run_command(disk, disk->lun, cdb, INQUIRY_ALLOCATION, &got, deadline);

    char lun[LUN_TEXT_SIZE];
    lun_format(disk->lun, lun);
    bool connected = status == OK && (got == 0 || !(data[INQUIRY_PERIPHERAL] & INQUIRY_PERIPHERAL_QUALIFIER));
    if (status == E_LUN_MISSING || (status == OK && !connected)) {
        char luns[LUN_LIST_SIZE];

        list_luns(disk, luns, sizeof luns, deadline);
        return fail(E_LUN_MISSING, "LUN %s; the target has LUN%s", lun, luns);
    }
    if (status != OK)
        return status;
    if (got < INQUIRY_STANDARD_LENGTH)
        return fail(E_SCSI_SHORT, "INQUIRY: %u bytes", (unsigned)got);
    unsigned type = data[INQUIRY_PERIPHERAL] & INQUIRY_PERIPHERAL_TYPE;
    if (type != PERIPHERAL_DIRECT_ACCESS_DISK)
        return fail(E_LUN_TYPE, "LUN %s has peripheral device type %02x", lun, type);

    disk->disk.removable = data[INQUIRY_FLAGS] & INQUIRY_RMB;
    scsi_copy_field(disk->disk.vendor, sizeof disk->disk.vendor, data + INQUIRY_VENDOR, INQUIRY_VENDOR_LENGTH);
    scsi_copy_field(disk->disk.product, sizeof disk->disk.product, data + INQUIRY_PRODUCT, INQUIRY_PRODUCT_LENGTH);
    scsi_copy_field(disk->disk.revision, sizeof disk->disk.revision, data + INQUIRY_REVISION, INQUIRY_REVISION_LENGTH);
    return OK;
}

/* Whether the LUN has said something to the last command, be it that it does not know it. */
static bool was_answered(const struct scsi_disk *disk)
{
    enum status ignored;
    return disk->probe.status == OK && scsi_judge(&disk->probe, false, &ignored) != SCSI_LATER;
}

/*
 * A page of vital product data in disk->scratch, *length the bytes behind its header: 0, with OK, when the LUN has no such page.
 * Another status when it has not answered.
 */
static enum status read_page(struct scsi_disk *disk, uint8_t page, deadline_t deadline, uint32_t *length)
{
    uint8_t cdb[ISCSI_CDB_MAX];
    uint32_t got;

    *length = 0;
    scsi_cdb_inquiry_page(cdb, page, VPD_ALLOCATION);
    enum status status = run_command(disk, disk->lun, cdb, VPD_ALLOCATION, &got, deadline);
    if (status != OK)
        return was_answered(disk) ? OK : status;

    if (got >= VPD_HEADER_LENGTH && disk->scratch[VPD_PAGE_CODE] == page)
        *length = smaller_of(get_be16(disk->scratch + VPD_PAGE_LENGTH), got - VPD_HEADER_LENGTH);
    return OK;
}

/* The order in which designators are likely to be unique; 0: not to be used. */
static unsigned designator_rank(uint8_t type)
{
    static const uint8_t order[] = {DESIGNATOR_NAA, DESIGNATOR_EUI_64, DESIGNATOR_SCSI_NAME, DESIGNATOR_T10_VENDOR_ID};

    for (unsigned i = 0; i < sizeof order; i++) {
        if (order[i] == type)
            return (unsigned)sizeof order - i;
    }
    return 0;
}

static void choose_designator(struct scsi_disk *disk, uint32_t length)
{
    const uint8_t *at = disk->scratch + VPD_HEADER_LENGTH;
    struct scsi_designator one;
    unsigned best = 0;

    disk->disk.wwid_length = 0;
    while (scsi_next_designator(&at, &length, &one)) {
        if (designator_rank(one.type) <= best)
            continue;
        best = designator_rank(one.type);
        disk->disk.wwid_type = one.type;
        disk->disk.wwid_length = one.length;
        memcpy(disk->disk.wwid, one.bytes, one.length);
    }
}

/* What the disk is known by from now on is waited for: without it a twin under the same LUN would pass for it. */
static enum status read_identity(struct scsi_disk *disk, deadline_t deadline)
{
    uint32_t length;
    enum status status = read_page(disk, VPD_DEVICE_ID, deadline, &length);
    if (status != OK)
        return status;
    choose_designator(disk, length);

    bool known = disk->disk.wwid_length;
    status = read_page(disk, VPD_SERIAL, known ? soon(deadline) : deadline, &length);
    scsi_copy_field(disk->disk.serial, sizeof disk->disk.serial, disk->scratch + VPD_HEADER_LENGTH, length);
    return known ? OK : status;
}

/* The LUN's limit, and the size of one of our transfers. */
static void read_limits(struct scsi_disk *disk, deadline_t deadline)
{
    uint32_t length, most = 0;
    (void)read_page(disk, VPD_BLOCK_LIMITS, soon(deadline), &length);
    if (length + VPD_HEADER_LENGTH >= VPD_MAX_TRANSFER_LENGTH + 4)
        most = get_be32(disk->scratch + VPD_MAX_TRANSFER_LENGTH);

    disk->disk.max_blocks = SCSI_TRANSFER_MAX / disk->disk.block_size;
    if (most)
        disk->disk.max_blocks = smaller_of(most, disk->disk.max_blocks);
}

static enum status set_size(struct scsi_disk *disk, const struct scsi_capacity *capacity)
{
    uint32_t size = capacity->block_size;

    if (size < BLOCK_SIZE_LEAST || size > BLOCK_SIZE_MOST || (size & (size - 1)) || capacity->last == UINT64_MAX)
        return fail(E_LUN_SIZE, "last block %llu, %u bytes each", (unsigned long long)capacity->last, (unsigned)size);
    disk->disk.block_count = capacity->last + 1;
    disk->disk.block_size = disk->disk.physical_block_size = size;
    return OK;
}

/* READ CAPACITY, whose answer of *got bytes stays in disk->scratch; *more: it is to be asked in the long form. */
static enum status ask_capacity(struct scsi_disk *disk, bool long_form, struct scsi_capacity *capacity, bool *more, uint32_t *got,
                                deadline_t deadline)
{
    uint8_t cdb[ISCSI_CDB_MAX];
    uint32_t length = scsi_capacity_ask(cdb, long_form);

    enum status status = run_command(disk, disk->lun, cdb, length, got, deadline);
    if (status != OK)
        return status;
    enum scsi_capacity_answer answer = scsi_capacity_read(disk->scratch, *got, long_form, capacity);
    *more = answer == CAPACITY_BEYOND;
    return answer == CAPACITY_SHORT ? fail(E_LUN_SIZE, "READ CAPACITY(%u): %u bytes", long_form ? 16 : 10, (unsigned)*got) : OK;
}

/* The 16-byte command also tells where the physical blocks lie. */
static void set_alignment(struct scsi_disk *disk, const struct scsi_capacity *capacity, uint32_t got)
{
    const uint8_t *data = disk->scratch;
    unsigned exponent = data[CAPACITY_16_PHYSICAL_EXPONENT] & CAPACITY_16_EXPONENT_MASK;

    if (capacity->last + 1 != disk->disk.block_count || capacity->block_size != disk->disk.block_size)
        log_printf(LOG_WARNING, "READ CAPACITY(16) tells of %llu blocks of %u; those of READ CAPACITY(10) count",
                   (unsigned long long)capacity->last + 1, (unsigned)capacity->block_size);
    if (got < CAPACITY_16_LOWEST_ALIGNED + 2 || exponent > PHYSICAL_EXPONENT_MAX)
        return;
    disk->disk.physical_block_size = disk->disk.block_size << exponent;
    disk->disk.lowest_aligned_lba = get_be16(data + CAPACITY_16_LOWEST_ALIGNED) & CAPACITY_16_ALIGNED_MASK;
}

/* Below 2 TiB a LUN need not know the long form. */
static enum status read_capacity(struct scsi_disk *disk, deadline_t deadline)
{
    struct scsi_capacity capacity;
    uint32_t got;
    bool large, more;

    enum status status = ask_capacity(disk, false, &capacity, &large, &got, deadline);
    if (status == OK && large)
        status = ask_capacity(disk, true, &capacity, &more, &got, deadline);
    if (status == OK)
        status = set_size(disk, &capacity);
    if (status != OK)
        return status;

    if (large || ask_capacity(disk, true, &capacity, &more, &got, soon(deadline)) == OK)
        set_alignment(disk, &capacity, got);
    return OK;
}

static void read_protection(struct scsi_disk *disk, deadline_t deadline)
{
    uint8_t cdb[ISCSI_CDB_MAX];
    uint32_t got;

    scsi_cdb_mode_sense(cdb, MODE_6_ALLOCATION);
    if (run_command(disk, disk->lun, cdb, MODE_6_ALLOCATION, &got, soon(deadline)) == OK && got > MODE_6_DEVICE_SPECIFIC)
        disk->disk.read_only = disk->scratch[MODE_6_DEVICE_SPECIFIC] & MODE_WP;
}

/* Once; whoever answered may have changed on the way. */
static enum status probe_once(struct scsi_disk *disk, deadline_t deadline)
{
    static const uint8_t test_unit_ready[ISCSI_CDB_MAX] = {SCSI_TEST_UNIT_READY};
    uint32_t got;

    enum status status = read_inquiry(disk, deadline);
    if (status == OK)
        status = run_command(disk, disk->lun, test_unit_ready, 0, &got, deadline);

    /* A fresh session's first attention, of a power-on, is told here; INQUIRY, which tells none, came before it. */
    uint32_t doubt = iscsi_session_doubt(disk->session);
    if (status == OK && doubt) {
        iscsi_session_trust(disk->session, doubt);
        status = read_inquiry(disk, deadline);
    }
    if (status == OK)
        status = read_capacity(disk, deadline);
    if (status == OK)
        status = read_identity(disk, deadline);
    if (status != OK)
        return status;

    read_limits(disk, deadline);
    read_protection(disk, deadline);
    return OK;
}

enum status scsi_probe(struct scsi_disk *disk, deadline_t deadline)
{
    for (unsigned tries = 0;; tries++) {
        iscsi_session_trust(disk->session, iscsi_session_doubt(disk->session));
        enum status status = probe_once(disk, deadline);
        if (status != OK || !iscsi_session_doubt(disk->session))
            return status;
        if (tries == SCSI_TRIES_MAX)
            return fail(E_SCSI_FAILED, "the LUN changes as often as it is asked what it is");
    }
}
