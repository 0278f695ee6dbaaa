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

/* Standard INQUIRY data. */
#define INQUIRY_PERIPHERAL            0
#define INQUIRY_PERIPHERAL_QUALIFIER  0xE0 /* not 0: nothing is connected under this LUN */
#define INQUIRY_PERIPHERAL_TYPE       0x1F
#define INQUIRY_FLAGS                 1
#define INQUIRY_RMB                   0x80
#define INQUIRY_VENDOR                8
#define INQUIRY_VENDOR_LENGTH         8
#define INQUIRY_PRODUCT               16
#define INQUIRY_PRODUCT_LENGTH        16
#define INQUIRY_REVISION              32
#define INQUIRY_REVISION_LENGTH       4
#define INQUIRY_STANDARD_LENGTH       36
#define INQUIRY_ALLOCATION            96
#define PERIPHERAL_DIRECT_ACCESS_DISK 0x00

/* Pages of vital product data. */
#define VPD_PAGE_CODE           1
#define VPD_PAGE_LENGTH         2
#define VPD_HEADER_LENGTH       4
#define VPD_MAX_TRANSFER_LENGTH 8 /* Block Limits: MAXIMUM TRANSFER LENGTH, blocks; 0: not told */
#define VPD_ALLOCATION          252

/* A designation descriptor of Device Identification, SPC-4 section 7.8.6. */
#define DESIGNATOR_TYPE          1 /* with its association */
#define DESIGNATOR_TYPE_MASK     0x0F
#define DESIGNATOR_ASSOCIATION   0x30 /* 0: of the logical unit */
#define DESIGNATOR_LENGTH        3
#define DESIGNATOR_HEADER_LENGTH 4
#define DESIGNATOR_T10_VENDOR_ID 1
#define DESIGNATOR_EUI_64        2
#define DESIGNATOR_NAA           3
#define DESIGNATOR_SCSI_NAME     8
#define DESIGNATOR_MAX           64 /* bytes of one that we keep */

/* READ CAPACITY parameter data. */
#define CAPACITY_10_LAST_LBA          0
#define CAPACITY_10_BLOCK_LENGTH      4
#define CAPACITY_10_LENGTH            8
#define CAPACITY_16_LAST_LBA          0
#define CAPACITY_16_BLOCK_LENGTH      8
#define CAPACITY_16_LENGTH_LEAST      12
#define CAPACITY_16_PHYSICAL_EXPONENT 13 /* logical blocks per physical block, 2 to the power of its low bits */
#define CAPACITY_16_EXPONENT_MASK     0x0F
#define CAPACITY_16_LOWEST_ALIGNED    14
#define CAPACITY_16_ALIGNED_MASK      0x3FFF
#define CAPACITY_16_ALLOCATION        32
#define PHYSICAL_EXPONENT_MAX         7

/* Status, SAM-5 section 5.3. */
#define SCSI_GOOD                 0x00
#define SCSI_CHECK_CONDITION      0x02
#define SCSI_BUSY                 0x08
#define SCSI_RESERVATION_CONFLICT 0x18
#define SCSI_TASK_SET_FULL        0x28
#define SCSI_TASK_ABORTED         0x40

#define KEY_UNIT_ATTENTION 0x6 /* sense key, SPC-4 section 4.5.6; the others: scsi_sense.c */

/* Sense data, either format (SPC-4 section 4.5). */
struct scsi_sense {
    uint8_t key, asc, ascq; /* all 0: none */
};

/* What cannot be read of `length` bytes is 0. */
struct scsi_sense scsi_sense_decode(const uint8_t *bytes, uint16_t length);

/*
 * scsi_sense_text.c: what ASC and ASCQ say, in a few words. *status, which follows from the key, becomes another where the cure
 * is: a full pool is not write-protected, a path on standby not a disk that becomes ready.
 */
const char *scsi_sense_text(struct scsi_sense sense, enum status *status);

/* What is to be done about a task's outcome. */
enum scsi_verdict {
    SCSI_DONE,  /* success, all bytes moved or a short answer allowed */
    SCSI_AGAIN, /* at once: a unit attention has been told, a command was aborted, bytes are missing */
    SCSI_LATER, /* after a pause: busy, becoming ready */
    SCSI_FAILED /* *status says why */
};

/*
 * Judges a task that is done with OK. `exact`: fewer bytes than asked for, or more, are no success. *status is set, and the
 * failure recorded, for every verdict but SCSI_DONE: E_SCSI_*, E_LUN_* or E_DISK_*.
 */
enum scsi_verdict scsi_judge(const struct iscsi_task *task, bool exact, enum status *status);

/* scsi_identity.c: one designator of the logical unit in a Device Identification page. */
struct scsi_designator {
    uint8_t type, length; /* 1..DESIGNATOR_MAX */
    const uint8_t *bytes;
};
/* The next of them, from *at with *left bytes on; false: there is none. */
bool scsi_next_designator(const uint8_t **at, uint32_t *left, struct scsi_designator *designator);

/* scsi_probe.c: a field of ASCII without the spaces and NULs around it; what cannot be printed becomes '?'. Ends with NUL. */
void scsi_copy_field(char *to, size_t room, const uint8_t *from, size_t length);

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

/*
 * scsi_capacity.c: how large the LUN is, for whoever asks, at first and ever after. READ CAPACITY(10) is the answer; only where
 * that says CAPACITY_BEYOND, READ CAPACITY(16), which a LUN below 2 TiB need not know. What the two say may differ: a LUN that is
 * asked now in one way and now in the other would not be the same.
 */
struct scsi_capacity {
    uint64_t last; /* block */
    uint32_t block_size;
};
enum scsi_capacity_answer { CAPACITY_SHORT, CAPACITY_BEYOND, CAPACITY_TOLD };
/* Writes the question; returns its allocation length. */
uint32_t scsi_capacity_ask(uint8_t cdb[ISCSI_CDB_MAX], bool long_form);
/* Of the `got` bytes of the answer; CAPACITY_SHORT: they are too few, and *capacity is as it was. */
enum scsi_capacity_answer scsi_capacity_read(const uint8_t *data, uint32_t got, bool long_form, struct scsi_capacity *capacity);

#endif
