/* SPDX-License-Identifier: BSD-2-Clause */
/* INQUIRY data: fixed fields, and the three names. */
#include "efi/inquiry.h"

#include <string.h>

#define VERSION_SPC3     5
#define RESPONSE_CURRENT 2 /* RESPONSE DATA FORMAT: as SPC-2 and later have it */

static void fill_name(uint8_t *field, size_t size, const char *name)
{
    memset(field, ' ', size);
    memcpy(field, name, strnlen(name, size));
}

void inquiry_fill(const struct disk *disk, uint8_t data[INQUIRY_LENGTH])
{
    memset(data, 0, INQUIRY_LENGTH);
    data[INQUIRY_RMB] = disk->removable ? INQUIRY_RMB_REMOVABLE : 0;
    data[INQUIRY_VERSION] = VERSION_SPC3;
    data[INQUIRY_RESPONSE_FORMAT] = RESPONSE_CURRENT;
    data[INQUIRY_ADDITIONAL_LENGTH] = INQUIRY_LENGTH - (INQUIRY_ADDITIONAL_LENGTH + 1);
    fill_name(data + INQUIRY_VENDOR, INQUIRY_PRODUCT - INQUIRY_VENDOR, disk->vendor);
    fill_name(data + INQUIRY_PRODUCT, INQUIRY_REVISION - INQUIRY_PRODUCT, disk->product);
    fill_name(data + INQUIRY_REVISION, INQUIRY_LENGTH - INQUIRY_REVISION, disk->revision);
}
