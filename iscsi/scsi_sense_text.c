/* SPDX-License-Identifier: BSD-2-Clause */
/* What additional sense codes say, where it makes a difference to whoever has to mend it (SPC-4 annex D, SBC-3). */
#include "iscsi/scsi.h"

#define ANY 0xFF /* ASCQ, and key: all the others */

struct sense_text {
    uint8_t key, asc, ascq;
    uint16_t status; /* in place of the key's; 0: that holds */
    const char *text;
};

/* clang-format off */
static const struct sense_text texts[] = {
    {0x0, 0x00, 0x00, 0,                "without saying why"},
    {0x2, 0x04, 0x00, 0,                "not ready, no cause given"},
    {0x2, 0x04, 0x01, 0,                "becoming ready"},
    {0x2, 0x04, 0x02, 0,                "stopped, waits for START UNIT"},
    {0x2, 0x04, 0x03, 0,                "somebody has to see to it"},
    {0x2, 0x04, 0x04, 0,                "being formatted"},
    {0x2, 0x04, 0x05, 0,                "being rebuilt"},
    {0x2, 0x04, 0x06, 0,                "being recalculated"},
    {0x2, 0x04, 0x07, 0,                "an operation is in progress"},
    {0x2, 0x04, 0x09, 0,                "testing itself"},
    {0x2, 0x04, 0x0A, 0,                "the array is changing its path"},
    {0x2, 0x04, 0x0B, E_LUN_STANDBY,    "this path is on standby"},
    {0x2, 0x04, 0x0C, E_LUN_STANDBY,    "this path is unavailable"},
    {0x2, 0x04, 0x12, 0,                "the volume is offline"},
    {0x2, 0x04, 0x14, 0,                "space is being allocated"},
    {0x2, 0x04, 0x1B, 0,                "being erased"},
    {0x2, 0x05, 0x00, 0,                "the volume does not answer the target"},
    {0x2, 0x3A, ANY,  0,                "no medium"},
    {0x2, 0x3E, 0x00, 0,                "not configured yet"},
    {0x2, 0x3E, ANY,  E_SCSI_HARDWARE,  "the volume has failed"},
    {0x2, 0x4C, ANY,  E_SCSI_HARDWARE,  "the volume cannot be configured"},
    {0x5, 0x20, 0x00, 0,                "unknown command"},
    {0x5, 0x20, ANY,  E_DISK_ACCESS,    "access is denied"},
    {0x5, 0x21, ANY,  E_DISK_RANGE,     "beyond the end"},
    {0x5, 0x24, ANY,  0,                "a field of the command"},
    {0x5, 0x25, ANY,  E_LUN_MISSING,    "no such LUN"},
    {0x5, 0x26, ANY,  0,                "a field of the parameters"},
    {0x5, 0x2C, ANY,  0,                "not in this order"},
    {0x5, 0x55, ANY,  E_SCSI_BUSY,      "out of resources"},
    {0x5, 0x74, ANY,  E_DISK_ACCESS,    "encryption or access rights"},
    {ANY, 0x27, 0x07, E_SCSI_SPACE,     "no space can be allocated"},
    {0x7, 0x20, ANY,  E_DISK_ACCESS,    "access is denied"},
    {0x7, 0x27, 0x01, 0,                "write-protected by the device"},
    {0x7, 0x27, 0x02, 0,                "write-protected by software"},
    {0x7, 0x27, 0x03, 0,                "write-protected with what it belongs to"},
    {0x7, 0x27, 0x04, 0,                "write-protected until that is taken off"},
    {0x7, 0x27, 0x05, 0,                "write-protected for ever"},
    {0x7, 0x27, 0x06, 0,                "write-protected for the time being"},
    {0x7, 0x74, ANY,  E_DISK_ACCESS,    "encryption or access rights"},
};
/* clang-format on */

const char *scsi_sense_text(struct scsi_sense sense, enum status *status)
{
    for (const struct sense_text *row = texts; row < texts + sizeof texts / sizeof texts[0]; row++) {
        if ((row->key != sense.key && row->key != ANY) || row->asc != sense.asc || (row->ascq != sense.ascq && row->ascq != ANY))
            continue;
        if (row->status)
            *status = (enum status)row->status;
        return row->text;
    }
    return "see SPC-4, annex D";
}
