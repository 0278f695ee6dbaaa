/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this the disk that was opened? Asked when the session is in doubt, after a login or a UNIT ATTENTION (iscsi.h), by one
 * probing task at a time: TEST UNIT READY, which takes what attentions there are; the name, by VPD 83h, else 80h, else INQUIRY;
 * READ CAPACITY. Each new doubt begins anew. The revision is not compared: it changes with the firmware of a target that
 * restarts.
 */
#include "iscsi/scsi_disk.h"

#include "platform/format.h"

enum finding { FOUND, NOT_YET, ANOTHER };

bool scsi_next_designator(const uint8_t **at, uint32_t *left, struct scsi_designator *designator)
{
    while (*left >= DESIGNATOR_HEADER_LENGTH && (*at)[DESIGNATOR_LENGTH] <= *left - DESIGNATOR_HEADER_LENGTH) {
        const uint8_t *header = *at;
        uint8_t size = header[DESIGNATOR_LENGTH];

        *at += DESIGNATOR_HEADER_LENGTH + size;
        *left -= DESIGNATOR_HEADER_LENGTH + (uint32_t)size;
        designator->type = header[DESIGNATOR_TYPE] & DESIGNATOR_TYPE_MASK;
        designator->length = size;
        designator->bytes = header + DESIGNATOR_HEADER_LENGTH;
        if (!(header[DESIGNATOR_TYPE] & DESIGNATOR_ASSOCIATION) && size > 0 && size <= DESIGNATOR_MAX)
            return true;
    }
    return false;
}

/* ---- names as they are shown ---- */

static void show_wwid(char text[SCSI_NAME_TEXT], const uint8_t *wwid, uint8_t length)
{
    size_t used = format_text(text, SCSI_NAME_TEXT, "WWID ");

    for (unsigned i = 0; i < length && used + 3 <= SCSI_NAME_TEXT; i++)
        used += format_text(text + used, SCSI_NAME_TEXT - used, "%02x", wwid[i]);
}

static void show_own_name(const struct disk *disk, char text[SCSI_NAME_TEXT])
{
    if (disk->wwid_length)
        show_wwid(text, disk->wwid, disk->wwid_length);
    else if (disk->serial[0])
        format_text(text, SCSI_NAME_TEXT, "serial %.50s", disk->serial);
    else
        format_text(text, SCSI_NAME_TEXT, "%s %s", disk->vendor, disk->product);
}

/* ---- the steps ---- */

static void submit_step(struct scsi_disk *disk)
{
    const struct disk *own = &disk->disk;
    struct iscsi_task *task = &disk->probe;

    memset(task, 0, sizeof *task);
    memcpy(task->lun, disk->lun, 8);
    task->probing = true;
    switch (disk->identity.step) {
    case IDENTITY_NAME:
        task->length = own->wwid_length || own->serial[0] ? VPD_ALLOCATION : INQUIRY_ALLOCATION;
        if (own->wwid_length || own->serial[0])
            scsi_cdb_inquiry_page(task->cdb, own->wwid_length ? VPD_DEVICE_ID : VPD_SERIAL, VPD_ALLOCATION);
        else
            scsi_cdb_inquiry(task->cdb, INQUIRY_ALLOCATION);
        break;
    case IDENTITY_CAPACITY:
    case IDENTITY_LONG_CAPACITY:
        task->length = scsi_capacity_ask(task->cdb, disk->identity.step == IDENTITY_LONG_CAPACITY);
        break;
    default:
        task->cdb[CDB_OPERATION_CODE] = SCSI_TEST_UNIT_READY;
    }
    task->direction = task->length ? ISCSI_READ : ISCSI_NO_DATA;
    task->buffer = task->length ? disk->scratch : NULL;
    disk->identity.pausing = false;
    iscsi_session_submit(disk->session, task);
}

static void begin_anew(struct scsi_disk *disk)
{
    disk->identity.step = IDENTITY_READY;
    disk->identity.doubt = iscsi_session_doubt(disk->session);
    submit_step(disk);
}

static bool page_has_wwid(struct scsi_disk *disk, uint32_t length)
{
    const struct disk *own = &disk->disk;
    const uint8_t *at = disk->scratch + VPD_HEADER_LENGTH;
    struct scsi_designator one;

    while (scsi_next_designator(&at, &length, &one)) {
        if (one.type == own->wwid_type || !disk->identity.found[0])
            show_wwid(disk->identity.found, one.bytes, one.length);
        if (one.type == own->wwid_type && one.length == own->wwid_length && memcmp(one.bytes, own->wwid, one.length) == 0)
            return true;
    }
    return false;
}

/* Into identity.found and identity.same_name. A page that does not come, or holds nothing, is one of a target that starts. */
static enum finding read_name(struct scsi_disk *disk)
{
    const struct disk *own = &disk->disk;
    struct scsi_identity *identity = &disk->identity;
    const uint8_t *data = disk->scratch;
    bool page = own->wwid_length || own->serial[0];
    uint32_t least = page ? VPD_HEADER_LENGTH : INQUIRY_STANDARD_LENGTH;

    identity->found[0] = 0;
    if (disk->probe.transferred < least || (page && data[VPD_PAGE_CODE] != (own->wwid_length ? VPD_DEVICE_ID : VPD_SERIAL)))
        return NOT_YET;

    uint32_t length = smaller_of(get_be16(data + VPD_PAGE_LENGTH), disk->probe.transferred - VPD_HEADER_LENGTH);
    if (own->wwid_length) {
        identity->same_name = page_has_wwid(disk, length);
    } else if (page) {
        char serial[sizeof own->serial];

        scsi_copy_field(serial, sizeof serial, data + VPD_HEADER_LENGTH, length);
        identity->same_name = strcmp(serial, own->serial) == 0;
        if (serial[0])
            format_text(identity->found, sizeof identity->found, "serial %.50s", serial);
    } else {
        char vendor[sizeof own->vendor], product[sizeof own->product];

        scsi_copy_field(vendor, sizeof vendor, data + INQUIRY_VENDOR, INQUIRY_VENDOR_LENGTH);
        scsi_copy_field(product, sizeof product, data + INQUIRY_PRODUCT, INQUIRY_PRODUCT_LENGTH);
        identity->same_name = strcmp(vendor, own->vendor) == 0 && strcmp(product, own->product) == 0;
        format_text(identity->found, sizeof identity->found, "%s %s", vendor, product);
    }
    return identity->found[0] ? FOUND : NOT_YET;
}

/* The last word: what was found against what was opened. */
static enum finding compare(struct scsi_disk *disk, uint64_t blocks, uint32_t block_size)
{
    const struct disk *own = &disk->disk;
    struct scsi_identity *identity = &disk->identity;

    if (!identity->same_name || block_size != own->block_size || blocks < own->block_count) {
        char name[SCSI_NAME_TEXT];

        show_own_name(own, name);
        format_text(disk->other, sizeof disk->other, "was %.44s, %llu blocks of %u; is %.44s, %llu blocks of %u", name,
                    (unsigned long long)own->block_count, (unsigned)own->block_size, identity->found, (unsigned long long)blocks,
                    (unsigned)block_size);
        return ANOTHER;
    }

    if (blocks > own->block_count && blocks != identity->told_size) {
        log_printf(LOG_WARNING, "The disk has grown to %llu blocks; %llu of them are used", (unsigned long long)blocks,
                   (unsigned long long)own->block_count);
        identity->told_size = blocks;
    }
    return FOUND;
}

static enum scsi_capacity_answer read_capacity(const struct scsi_disk *disk, struct scsi_capacity *capacity)
{
    return scsi_capacity_read(disk->scratch, disk->probe.transferred, disk->identity.step == IDENTITY_LONG_CAPACITY, capacity);
}

static enum finding read_size(struct scsi_disk *disk)
{
    struct scsi_capacity capacity;
    enum scsi_capacity_answer answer = read_capacity(disk, &capacity);

    /* What does not fit is asked for in long form; a step more. */
    return answer == CAPACITY_SHORT    ? NOT_YET
           : answer == CAPACITY_BEYOND ? FOUND
                                       : compare(disk, capacity.last + 1, capacity.block_size);
}

static bool was_last_step(const struct scsi_disk *disk)
{
    struct scsi_capacity capacity;

    return disk->identity.step >= IDENTITY_CAPACITY && read_capacity(disk, &capacity) == CAPACITY_TOLD;
}

/* ---- what follows from them ---- */

static void end_check(struct scsi_disk *disk)
{
    disk->identity.step = IDENTITY_IDLE;
    disk->identity.tries = 0;
    disk->identity.patience = 0;
}

static void ask_again(struct scsi_disk *disk, bool at_once, enum status status)
{
    struct scsi_identity *identity = &disk->identity;

    if (at_once && identity->tries++ < SCSI_TRIES_MAX) {
        begin_anew(disk);
        return;
    }
    if (!identity->patience)
        identity->patience = deadline_after_ms(SCSI_PATIENCE_MS);
    if (deadline_passed(identity->patience)) {
        end_check(disk);
        scsi_disk_fail_all(disk, status);
        return;
    }
    identity->pausing = true;
    identity->again_at = deadline_after_ms(SCSI_PAUSE_MS);
}

/* The step has its answer, which is a good one. */
static void conclude_step(struct scsi_disk *disk)
{
    struct scsi_identity *identity = &disk->identity;
    enum finding finding = identity->step == IDENTITY_READY  ? FOUND
                           : identity->step == IDENTITY_NAME ? read_name(disk)
                                                             : read_size(disk);

    if (finding == NOT_YET) {
        ask_again(disk, false,
                  fail(E_LUN_NOT_READY, "command %02x: %u bytes", disk->probe.cdb[CDB_OPERATION_CODE],
                       (unsigned)disk->probe.transferred));
    } else if (finding == ANOTHER) {
        end_check(disk);
        log_printf(LOG_ERROR, "Another disk: %s", disk->other);
        scsi_disk_fail_all(disk, fail(E_DISK_OTHER, "%s", disk->other));
    } else if (was_last_step(disk)) {
        end_check(disk);
        log_printf(LOG_DEBUG, "The disk is the same");
        iscsi_session_trust(disk->session, identity->doubt);
    } else {
        identity->step++;
        submit_step(disk);
    }
}

static bool anybody_waits(const struct scsi_disk *disk)
{
    return disk->slot_end != 0 || disk->waiting.first != NULL;
}

void scsi_identity_turn(struct scsi_disk *disk)
{
    struct scsi_identity *identity = &disk->identity;

    if (identity->step == IDENTITY_IDLE) {
        if (!disk->other[0] && anybody_waits(disk))
            begin_anew(disk);
        return;
    }
    if (identity->pausing) {
        if (deadline_passed(identity->again_at))
            begin_anew(disk);
        return;
    }
    if (!disk->probe.done)
        return;

    enum status status = disk->probe.status;
    if (status != OK) {
        end_check(disk);
        scsi_disk_fail_all(disk, status);
        return;
    }

    enum scsi_verdict verdict = scsi_judge(&disk->probe, false, &status);
    if (identity->doubt != iscsi_session_doubt(disk->session)) {
        if (status == OK)
            status = fail(E_LUN_NOT_READY, "the LUN changes as often as it is asked what it is");
        ask_again(disk, true, status);
    } else if (verdict == SCSI_DONE) {
        conclude_step(disk);
    } else if (verdict == SCSI_FAILED && status != E_LUN_MISSING && status != E_SCSI_COMMAND) {
        end_check(disk);
        scsi_disk_fail_all(disk, status);
    } else {
        ask_again(disk, verdict == SCSI_AGAIN, status);
    }
}
