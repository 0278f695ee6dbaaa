/* SPDX-License-Identifier: BSD-2-Clause */
/* SCSI commands, status and sense data, as far as a disk wants them (SPC-4, SBC-3, SAM-5). */
#ifndef SANSTRAP_ISCSI_SCSI_H
#define SANSTRAP_ISCSI_SCSI_H

#include "iscsi/iscsi.h"
#include "iscsi/pdu.h"

#define SCSI_TEST_UNIT_READY      0x00
#define SCSI_INQUIRY              0x12
#define SCSI_MODE_SENSE_6         0x1A
#define SCSI_READ_CAPACITY_10     0x25
#define SCSI_READ_10              0x28
#define SCSI_WRITE_10             0x2A
#define SCSI_SYNCHRONIZE_CACHE_10 0x35
#define SCSI_READ_16              0x88
#define SCSI_WRITE_16             0x8A
#define SCSI_SERVICE_ACTION_IN_16 0x9E
#define SCSI_READ_CAPACITY_16     0x10 /* service action */
#define SCSI_REPORT_LUNS          0xA0

#define SCSI_GOOD            0x00
#define SCSI_CHECK_CONDITION 0x02
#define SCSI_BUSY            0x08
#define SCSI_RESERVED        0x18
#define SCSI_TASK_SET_FULL   0x28
#define SCSI_TASK_ABORTED    0x40

/* Sense data, either format (SPC-4 section 4.5). */
struct scsi_sense {
    uint8_t key, asc, ascq; /* all 0: none */
};

struct scsi_sense scsi_sense_decode(const uint8_t *bytes, uint16_t length);

/* What is to be done about a task's outcome. */
enum scsi_verdict {
    SCSI_DONE,  /* success, all bytes moved or a short answer allowed */
    SCSI_AGAIN, /* at once: a unit attention has been told, a command was aborted */
    SCSI_LATER, /* after a pause: busy, becoming ready */
    SCSI_FAILED /* *status says why */
};

/* `exact`: fewer bytes than asked for are no success. */
enum scsi_verdict scsi_judge(const struct iscsi_task *task, bool exact, enum status *status);

/* READ, WRITE in their 10-byte form where it reaches, and SYNCHRONIZE CACHE of the whole disk. */
void scsi_build_transfer(uint8_t cdb[ISCSI_CDB_MAX], bool write, uint64_t lba, uint32_t blocks);
void scsi_build_flush(uint8_t cdb[ISCSI_CDB_MAX]);

#endif
