/* SPDX-License-Identifier: BSD-2-Clause */
/* Command descriptor blocks (SPC-4 section 6, SBC-3 section 5). */
#include "iscsi/scsi.h"

static void clear_for(uint8_t cdb[ISCSI_CDB_MAX], uint8_t operation_code)
{
    memset(cdb, 0, ISCSI_CDB_MAX);
    cdb[CDB_OPERATION_CODE] = operation_code;
}

void scsi_cdb_transfer(uint8_t cdb[ISCSI_CDB_MAX], bool write, uint64_t lba, uint32_t blocks)
{
    if (lba + blocks <= UINT32_MAX && blocks <= UINT16_MAX) {
        clear_for(cdb, write ? SCSI_WRITE_10 : SCSI_READ_10);
        put_be32(cdb + CDB_10_LBA, (uint32_t)lba);
        put_be16(cdb + CDB_10_TRANSFER_LENGTH, blocks);
    } else {
        clear_for(cdb, write ? SCSI_WRITE_16 : SCSI_READ_16);
        put_be64(cdb + CDB_16_LBA, lba);
        put_be32(cdb + CDB_16_TRANSFER_LENGTH, blocks);
    }
}

void scsi_cdb_flush(uint8_t cdb[ISCSI_CDB_MAX])
{
    /* LBA 0 and 0 blocks mean all of it, whatever the size; the 16-byte command would say no more. */
    clear_for(cdb, SCSI_SYNCHRONIZE_CACHE_10);
}

void scsi_cdb_report_luns(uint8_t cdb[ISCSI_CDB_MAX], uint32_t length)
{
    clear_for(cdb, SCSI_REPORT_LUNS);
    put_be32(cdb + REPORT_LUNS_CDB_ALLOCATION_LENGTH, length);
}

void scsi_cdb_inquiry(uint8_t cdb[ISCSI_CDB_MAX], uint16_t length)
{
    clear_for(cdb, SCSI_INQUIRY);
    put_be16(cdb + INQUIRY_CDB_ALLOCATION_LENGTH, length);
}

void scsi_cdb_inquiry_page(uint8_t cdb[ISCSI_CDB_MAX], uint8_t page, uint16_t length)
{
    scsi_cdb_inquiry(cdb, length);
    cdb[INQUIRY_CDB_FLAGS] = INQUIRY_EVPD;
    cdb[INQUIRY_CDB_PAGE_CODE] = page;
}

void scsi_cdb_read_capacity_10(uint8_t cdb[ISCSI_CDB_MAX])
{
    clear_for(cdb, SCSI_READ_CAPACITY_10);
}

void scsi_cdb_read_capacity_16(uint8_t cdb[ISCSI_CDB_MAX], uint32_t length)
{
    clear_for(cdb, SCSI_SERVICE_ACTION_IN_16);
    cdb[CDB_SERVICE_ACTION] = SCSI_READ_CAPACITY_16;
    put_be32(cdb + CAPACITY_16_CDB_ALLOCATION_LENGTH, length);
}

void scsi_cdb_mode_sense(uint8_t cdb[ISCSI_CDB_MAX], uint8_t length)
{
    clear_for(cdb, SCSI_MODE_SENSE_6);
    cdb[MODE_SENSE_6_CDB_FLAGS] = MODE_SENSE_DBD;
    cdb[MODE_SENSE_6_CDB_PAGE_CODE] = MODE_PAGE_ALL;
    cdb[MODE_SENSE_6_CDB_ALLOCATION_LENGTH] = length;
}
