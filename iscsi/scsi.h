/* SPDX-License-Identifier: BSD-2-Clause */
/* SCSI commands, status and sense data, as far as a disk wants them (SPC-4, SBC-3, SAM-5). */
#ifndef SANSTRAP_ISCSI_SCSI_H
#define SANSTRAP_ISCSI_SCSI_H

#include "iscsi/iscsi.h"
#include "iscsi/pdu.h"

/* Operation codes. */
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

/* Bytes of the CDBs; the first is CDB_OPERATION_CODE. */
#define CDB_SERVICE_ACTION                 1
#define CDB_10_LBA                         2 /* READ, WRITE and their like in 10 bytes */
#define CDB_10_TRANSFER_LENGTH             7
#define CDB_16_LBA                         2
#define CDB_16_TRANSFER_LENGTH             10
#define INQUIRY_CDB_FLAGS                  1
#define INQUIRY_CDB_PAGE_CODE              2
#define INQUIRY_CDB_ALLOCATION_LENGTH      3
#define REPORT_LUNS_CDB_ALLOCATION_LENGTH  6
#define CAPACITY_16_CDB_ALLOCATION_LENGTH  10
#define MODE_SENSE_6_CDB_FLAGS             1
#define MODE_SENSE_6_CDB_PAGE_CODE         2
#define MODE_SENSE_6_CDB_ALLOCATION_LENGTH 4

#define INQUIRY_EVPD     0x01 /* in INQUIRY_CDB_FLAGS: a page of vital product data */
#define MODE_SENSE_DBD   0x08 /* in MODE_SENSE_6_CDB_FLAGS: no block descriptors */
#define MODE_PAGE_ALL    0x3F
#define VPD_SERIAL       0x80 /* Unit Serial Number */
#define VPD_DEVICE_ID    0x83 /* Device Identification */
#define VPD_BLOCK_LIMITS 0xB0

/* Status, SAM-5 section 5.3. */
#define SCSI_GOOD                 0x00
#define SCSI_CHECK_CONDITION      0x02
#define SCSI_BUSY                 0x08
#define SCSI_RESERVATION_CONFLICT 0x18
#define SCSI_TASK_SET_FULL        0x28
#define SCSI_TASK_ABORTED         0x40

/* Sense data, either format (SPC-4 section 4.5). */
struct scsi_sense {
    uint8_t key, asc, ascq; /* all 0: none */
};

/* What cannot be read of `length` bytes is 0. */
struct scsi_sense scsi_sense_decode(const uint8_t *bytes, uint16_t length);

/* What is to be done about a task's outcome. */
enum scsi_verdict {
    SCSI_DONE,  /* success, all bytes moved or a short answer allowed */
    SCSI_AGAIN, /* at once: a unit attention has been told, a command was aborted */
    SCSI_LATER, /* after a pause: busy, becoming ready */
    SCSI_FAILED /* *status says why */
};

/*
 * Judges a task that is done with OK. `exact`: fewer bytes than asked for are no success. *status is set, and the failure
 * recorded, for every verdict but SCSI_DONE: E_SCSI_*, E_LUN_MISSING, E_LUN_NOT_READY, E_DISK_RANGE or E_DISK_READ_ONLY.
 */
enum scsi_verdict scsi_judge(const struct iscsi_task *task, bool exact, enum status *status);

/*
 * scsi_cdb.c: CDBs, all 16 bytes of which are written. READ and WRITE take their 10-byte form where it reaches; the flush is
 * SYNCHRONIZE CACHE of the whole disk. `length` is the allocation length: how many bytes of an answer there is room for.
 */
void scsi_cdb_transfer(uint8_t cdb[ISCSI_CDB_MAX], bool write, uint64_t lba, uint32_t blocks);
void scsi_cdb_flush(uint8_t cdb[ISCSI_CDB_MAX]);
void scsi_cdb_report_luns(uint8_t cdb[ISCSI_CDB_MAX], uint32_t length);
void scsi_cdb_inquiry(uint8_t cdb[ISCSI_CDB_MAX], uint16_t length);
void scsi_cdb_inquiry_page(uint8_t cdb[ISCSI_CDB_MAX], uint8_t page, uint16_t length);
void scsi_cdb_read_capacity_10(uint8_t cdb[ISCSI_CDB_MAX]);
void scsi_cdb_read_capacity_16(uint8_t cdb[ISCSI_CDB_MAX], uint32_t length);
void scsi_cdb_mode_sense(uint8_t cdb[ISCSI_CDB_MAX], uint8_t length);

#endif
