/* SPDX-License-Identifier: BSD-2-Clause */
/* How large a LUN is (SBC-3 sections 5.15 and 5.16). */
#include "iscsi/scsi.h"

uint32_t scsi_capacity_ask(uint8_t cdb[ISCSI_CDB_MAX], bool long_form)
{
    if (long_form)
        scsi_cdb_read_capacity_16(cdb, CAPACITY_16_ALLOCATION);
    else
        scsi_cdb_read_capacity_10(cdb);
    return long_form ? CAPACITY_16_ALLOCATION : CAPACITY_10_LENGTH;
}

enum scsi_capacity_answer scsi_capacity_read(const uint8_t *data, uint32_t got, bool long_form, struct scsi_capacity *capacity)
{
    if (got < (long_form ? CAPACITY_16_LENGTH_LEAST : CAPACITY_10_LENGTH))
        return CAPACITY_SHORT;

    capacity->last = long_form ? get_be64(data + CAPACITY_16_LAST_LBA) : get_be32(data + CAPACITY_10_LAST_LBA);
    capacity->block_size = get_be32(data + (long_form ? CAPACITY_16_BLOCK_LENGTH : CAPACITY_10_BLOCK_LENGTH));
    return !long_form && capacity->last == UINT32_MAX ? CAPACITY_BEYOND : CAPACITY_TOLD;
}
