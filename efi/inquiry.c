/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi/inquiry.h"

#include <string.h>

#define REMOVABLE       0x80
#define VERSION_SPC3    5
#define RESPONSE_FORMAT 2
#define ADDITIONAL_AT   5 /* the additional length counts from here */

/* Left-aligned, filled up with spaces. */
static void put_text(uint8_t *field, size_t size, const char *text)
{
    size_t length = strnlen(text, size);
    memset(field, ' ', size);
    memcpy(field, text, length);
}

void inquiry_data(const struct disk *disk, uint8_t data[INQUIRY_LENGTH])
{
    memset(data, 0, INQUIRY_LENGTH); /* a direct access block device */
    data[1] = disk->removable ? REMOVABLE : 0;
    data[2] = VERSION_SPC3;
    data[3] = RESPONSE_FORMAT;
    data[4] = INQUIRY_LENGTH - ADDITIONAL_AT;
    put_text(data + 8, 8, disk->vendor);
    put_text(data + 16, 16, disk->product);
    put_text(data + 32, 4, disk->revision);
}
