/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands and what comes back of them. */
#include "iscsi/scsi.h"

#define KEY_RECOVERED_ERROR 0x1
#define KEY_NOT_READY       0x2
#define KEY_MEDIUM_ERROR    0x3
#define KEY_HARDWARE_ERROR  0x4
#define KEY_ILLEGAL_REQUEST 0x5
#define KEY_UNIT_ATTENTION  0x6
#define KEY_DATA_PROTECT    0x7
#define KEY_ABORTED_COMMAND 0xB

#define ASC_NOT_READY   0x04
#define ASC_RANGE       0x21
#define ASC_LUN_UNKNOWN 0x25
#define ASC_NO_MEDIUM   0x3A

struct scsi_sense scsi_sense_decode(const uint8_t *bytes, uint16_t length)
{
    struct scsi_sense sense = {0, 0, 0};
    uint8_t format = length ? bytes[0] & 0x7F : 0;

    if ((format == 0x70 || format == 0x71) && length >= 3) {
        sense.key = bytes[2] & 0x0F;
        if (length >= 14) {
            sense.asc = bytes[12];
            sense.ascq = bytes[13];
        }
    } else if ((format == 0x72 || format == 0x73) && length >= 4) {
        sense.key = bytes[1] & 0x0F;
        sense.asc = bytes[2];
        sense.ascq = bytes[3];
    }
    return sense;
}

static enum scsi_verdict judge_sense(const struct iscsi_task *task, enum status *status)
{
    struct scsi_sense sense = scsi_sense_decode(task->sense, task->sense_length);
    enum scsi_verdict verdict = SCSI_FAILED;
    enum status code = E_SCSI_FAILED;

    switch (sense.key) {
    case KEY_RECOVERED_ERROR:
        return SCSI_DONE;
    case KEY_UNIT_ATTENTION:
    case KEY_ABORTED_COMMAND:
        verdict = SCSI_AGAIN;
        break;
    case KEY_NOT_READY:
        /* Without a medium waiting is in vain; a LUN that spins up or is being attached gets ready. */
        verdict = sense.asc == ASC_NO_MEDIUM ? SCSI_FAILED : SCSI_LATER;
        code = E_LUN_NOT_READY;
        break;
    case KEY_MEDIUM_ERROR:
        code = E_SCSI_MEDIUM;
        break;
    case KEY_HARDWARE_ERROR:
        code = E_SCSI_HARDWARE;
        break;
    case KEY_ILLEGAL_REQUEST:
        code = sense.asc == ASC_LUN_UNKNOWN ? E_LUN_MISSING : sense.asc == ASC_RANGE ? E_DISK_RANGE : E_SCSI_COMMAND;
        break;
    case KEY_DATA_PROTECT:
        code = E_DISK_READ_ONLY;
        break;
    }
    *status = fail(code, "command %02x: sense key %x, ASC/ASCQ %02x/%02x", task->cdb[0], sense.key, sense.asc, sense.ascq);
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
        *status = fail(E_SCSI_BUSY, "command %02x: SCSI status %02x", task->cdb[0], task->scsi_status);
        return SCSI_LATER;
    case SCSI_TASK_ABORTED:
        *status = fail(E_SCSI_FAILED, "command %02x was aborted", task->cdb[0]);
        return SCSI_AGAIN;
    case SCSI_RESERVED:
        *status = fail(E_SCSI_RESERVED, "command %02x", task->cdb[0]);
        return SCSI_FAILED;
    default:
        *status = fail(E_SCSI_FAILED, "command %02x: SCSI status %02x", task->cdb[0], task->scsi_status);
        return SCSI_FAILED;
    }
    if (verdict == SCSI_DONE && exact && task->direction != ISCSI_NO_DATA && task->transferred != task->length) {
        *status =
            fail(E_SCSI_SHORT, "command %02x: %u of %u bytes", task->cdb[0], (unsigned)task->transferred, (unsigned)task->length);
        return SCSI_LATER;
    }
    return verdict;
}

void scsi_build_transfer(uint8_t cdb[ISCSI_CDB_MAX], bool write, uint64_t lba, uint32_t blocks)
{
    memset(cdb, 0, ISCSI_CDB_MAX);
    if (lba + blocks <= 0xFFFFFFFFu && blocks <= 0xFFFF) {
        cdb[0] = write ? SCSI_WRITE_10 : SCSI_READ_10;
        put_be32(cdb + 2, (uint32_t)lba);
        put_be16(cdb + 7, blocks);
    } else {
        cdb[0] = write ? SCSI_WRITE_16 : SCSI_READ_16;
        put_be64(cdb + 2, lba);
        put_be32(cdb + 10, blocks);
    }
}

void scsi_build_flush(uint8_t cdb[ISCSI_CDB_MAX])
{
    /* LBA 0 and 0 blocks mean all of it, whatever the size; the 16-byte command would say no more. */
    memset(cdb, 0, ISCSI_CDB_MAX);
    cdb[0] = SCSI_SYNCHRONIZE_CACHE_10;
}
