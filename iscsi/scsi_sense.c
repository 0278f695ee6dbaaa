/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes back of a command: status and sense data, and what is to be done about it. */
#include "iscsi/scsi.h"

#include "platform/format.h"

/* Sense data, SPC-4 section 4.5: response codes, and bytes of the fixed and the descriptor format. */
#define SENSE_RESPONSE_CODE       0
#define SENSE_FIXED_CURRENT       0x70
#define SENSE_FIXED_DEFERRED      0x71
#define SENSE_DESCRIPTOR_CURRENT  0x72
#define SENSE_DESCRIPTOR_DEFERRED 0x73
#define SENSE_FIXED_KEY           2
#define SENSE_FIXED_ASC           12
#define SENSE_FIXED_ASCQ          13
#define SENSE_DESCRIPTOR_KEY      1
#define SENSE_DESCRIPTOR_ASC      2
#define SENSE_DESCRIPTOR_ASCQ     3
#define SENSE_RESPONSE_CODE_MASK  0x7F
#define SENSE_KEY_MASK            0x0F

#define KEY_NO_SENSE        0x0
#define KEY_RECOVERED_ERROR 0x1
#define KEY_NOT_READY       0x2
#define KEY_MEDIUM_ERROR    0x3
#define KEY_HARDWARE_ERROR  0x4
#define KEY_ILLEGAL_REQUEST 0x5
#define KEY_DATA_PROTECT    0x7
#define KEY_ABORTED_COMMAND 0xB

#define ASC_LBA_OUT_OF_RANGE           0x21
#define ASC_LOGICAL_UNIT_NOT_SUPPORTED 0x25
#define ASC_MEDIUM_NOT_PRESENT         0x3A

struct scsi_sense scsi_sense_decode(const uint8_t *bytes, uint16_t length)
{
    struct scsi_sense sense = {0, 0, 0};
    uint8_t format = length ? bytes[SENSE_RESPONSE_CODE] & SENSE_RESPONSE_CODE_MASK : 0;

    if (format == SENSE_FIXED_CURRENT || format == SENSE_FIXED_DEFERRED) {
        sense.key = length > SENSE_FIXED_KEY ? bytes[SENSE_FIXED_KEY] & SENSE_KEY_MASK : 0;
        sense.asc = length > SENSE_FIXED_ASC ? bytes[SENSE_FIXED_ASC] : 0;
        sense.ascq = length > SENSE_FIXED_ASCQ ? bytes[SENSE_FIXED_ASCQ] : 0;
    } else if (format == SENSE_DESCRIPTOR_CURRENT || format == SENSE_DESCRIPTOR_DEFERRED) {
        sense.key = length > SENSE_DESCRIPTOR_KEY ? bytes[SENSE_DESCRIPTOR_KEY] & SENSE_KEY_MASK : 0;
        sense.asc = length > SENSE_DESCRIPTOR_ASC ? bytes[SENSE_DESCRIPTOR_ASC] : 0;
        sense.ascq = length > SENSE_DESCRIPTOR_ASCQ ? bytes[SENSE_DESCRIPTOR_ASCQ] : 0;
    }
    return sense;
}

/* It speaks of an earlier command, and the one that it came with was not carried out (SPC-4 section 4.5.7). */
static bool is_deferred(const struct iscsi_task *task)
{
    uint8_t format = task->sense_length ? task->sense[SENSE_RESPONSE_CODE] & SENSE_RESPONSE_CODE_MASK : 0;

    return format == SENSE_FIXED_DEFERRED || format == SENSE_DESCRIPTOR_DEFERRED;
}

static enum scsi_verdict judge_sense(const struct iscsi_task *task, enum status *status)
{
    struct scsi_sense sense = scsi_sense_decode(task->sense, task->sense_length);
    enum scsi_verdict verdict = SCSI_FAILED;
    enum status code = E_SCSI_FAILED;

    switch (sense.key) {
    case KEY_NO_SENSE:
        /* Nobody knows what it was: no sense data came, or none that can be read, or it says nothing. */
        verdict = SCSI_AGAIN;
        break;
    case KEY_RECOVERED_ERROR:
        if (!is_deferred(task))
            return SCSI_DONE;
        break;
    case KEY_UNIT_ATTENTION:
    case KEY_ABORTED_COMMAND:
        verdict = SCSI_AGAIN;
        break;
    case KEY_NOT_READY:
        /* Without a medium waiting is in vain; a LUN that spins up or is being attached gets ready. */
        verdict = sense.asc == ASC_MEDIUM_NOT_PRESENT ? SCSI_FAILED : SCSI_LATER;
        code = E_LUN_NOT_READY;
        break;
    case KEY_MEDIUM_ERROR:
        code = E_SCSI_MEDIUM;
        break;
    case KEY_HARDWARE_ERROR:
        code = E_SCSI_HARDWARE;
        break;
    case KEY_ILLEGAL_REQUEST:
        code = sense.asc == ASC_LOGICAL_UNIT_NOT_SUPPORTED ? E_LUN_MISSING
               : sense.asc == ASC_LBA_OUT_OF_RANGE         ? E_DISK_RANGE
                                                           : E_SCSI_COMMAND;
        break;
    case KEY_DATA_PROTECT:
        code = E_DISK_READ_ONLY;
        break;
    }

    const char *text = scsi_sense_text(sense, &code);
    *status = fail(code, "command %02x: sense key %x, ASC/ASCQ %02x/%02x: %s", task->cdb[CDB_OPERATION_CODE], sense.key,
                   sense.asc, sense.ascq, text);
    if (is_deferred(task)) {
        log_printf(LOG_ERROR, "Of an earlier command the target says: %s", failure_detail(code));
        return SCSI_AGAIN;
    }
    return verdict;
}

enum scsi_verdict scsi_judge(const struct iscsi_task *task, bool exact, enum status *status)
{
    enum scsi_verdict verdict = SCSI_DONE;

    switch (task->scsi_status) {
    case SCSI_GOOD:
        break;
    case SCSI_CHECK_CONDITION:
        verdict = judge_sense(task, status);
        break;
    case SCSI_BUSY:
    case SCSI_TASK_SET_FULL:
        *status = fail(E_SCSI_BUSY, "command %02x: SCSI status %02x", task->cdb[CDB_OPERATION_CODE], task->scsi_status);
        return SCSI_LATER;
    case SCSI_TASK_ABORTED:
        *status = fail(E_SCSI_FAILED, "command %02x was aborted", task->cdb[CDB_OPERATION_CODE]);
        return SCSI_AGAIN;
    case SCSI_RESERVATION_CONFLICT:
        *status = fail(E_SCSI_RESERVED, "command %02x", task->cdb[CDB_OPERATION_CODE]);
        return SCSI_FAILED;
    default:
        *status = fail(E_SCSI_FAILED, "command %02x: SCSI status %02x", task->cdb[CDB_OPERATION_CODE], task->scsi_status);
        return SCSI_FAILED;
    }

    bool short_or_long = task->transferred != task->length || task->overflow;
    if (verdict == SCSI_DONE && exact && task->direction != ISCSI_NO_DATA && short_or_long) {
        *status = fail(E_SCSI_SHORT, "command %02x: %u of %u bytes%s", task->cdb[CDB_OPERATION_CODE], (unsigned)task->transferred,
                       (unsigned)task->length, task->overflow ? ", and an overflow" : "");
        return SCSI_AGAIN;
    }
    return verdict;
}
