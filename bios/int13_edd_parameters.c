/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AH=48h: the result buffer of EDD-3 (T13 1386D, 66 bytes), which with a longer device path became EDD-4's (T13 1572D, 74 bytes).
 * A caller says how much it has room for and gets as many of the fields as fit whole, never a byte more.
 */
#include <string.h>

#include "bios/int13_functions.h"
#include "platform/bytes.h"

#define SIZE_EDD1 0x1A /* up to the sector size */
#define SIZE_EDD2 0x1E /* and the pointer to a device parameter table extension (DPTE) */
#define SIZE_EDD3 0x42 /* and the device path, 8 bytes of it */
#define SIZE_EDD4 0x4A /* and the device path, 16 bytes of it */

#define INFO_DMA_TRANSPARENT 0x0001 /* buffers may cross 64 KiB */
#define INFO_CHS_VALID       0x0002
#define INFO_REMOVABLE       0x0004
#define INFO_WRITE_VERIFY    0x0008
#define INFO_LOCKABLE        0x0020

#define PATH_KEY    0xBEDD
#define PATH_OFFSET SIZE_EDD2
#define LUN_NUMBER  0x3FFF /* SAM: what remains of a LUN's first word without the addressing method */
#define NO_DPTE     0xFFFF /* it tells of an ATA drive's ports and interrupt: there are none */

struct edd_result {
    uint16_t size;
    uint16_t info;
    uint32_t cylinders, heads, sectors_per_track;
    uint64_t sectors;
    uint16_t bytes_per_sector;
    uint16_t dpte_offset, dpte_segment;
    uint16_t key;
    uint8_t path_length; /* from the key on */
    uint8_t reserved[3];
    char host_bus[4];
    char interface_type[8];
    uint8_t bus, device, function, channel;
    uint8_t interface_reserved[4];
    /* SCSI device path; EDD-3 ends it after 8 bytes with the two bytes that end the structure here */
    uint16_t target;
    uint64_t lun;
    uint8_t device_reserved[6];
    uint8_t path_reserved;
    uint8_t checksum;
} __attribute__((packed));

_Static_assert(sizeof(struct edd_result) == SIZE_EDD4, "EDD-4 result buffer");

/* SAM's 8 bytes as the number that EDD wants: single-level LUNs by their number, others as they are. */
static uint64_t lun_number(const uint8_t lun[8])
{
    return bytes_are_zero(lun + 2, 6) ? get_be16(lun) & LUN_NUMBER : get_be64(lun);
}

static void fill_geometry(const struct int13_drive *drive, struct edd_result *result)
{
    uint64_t cylinders = drive->sectors / ((uint32_t)drive->geometry.heads * drive->geometry.sectors);
    result->info = INFO_DMA_TRANSPARENT | INFO_CHS_VALID | INFO_WRITE_VERIFY;
    if (drive->disk->removable)
        result->info |= INFO_REMOVABLE | INFO_LOCKABLE;
    result->cylinders = cylinders > UINT32_MAX ? UINT32_MAX : cylinders == 0 ? 1 : (uint32_t)cylinders;
    result->heads = drive->geometry.heads;
    result->sectors_per_track = drive->geometry.sectors;
    result->sectors = drive->sectors;
    result->bytes_per_sector = INT13_SECTOR_SIZE;
}

/* EDD knows of no network disk; what the caller can make sense of is a SCSI disk behind the PCI device that is the NIC. */
static void fill_path(const struct int13_drive *drive, struct edd_result *result)
{
    result->key = PATH_KEY;
    result->path_length = (uint8_t)(result->size - PATH_OFFSET);
    memcpy(result->host_bus, "PCI ", sizeof result->host_bus);
    memcpy(result->interface_type, "SCSI    ", sizeof result->interface_type);
    result->bus = drive->path.bus;
    result->device = drive->path.device;
    result->function = drive->path.function;
    result->lun = lun_number(drive->path.lun);

    uint8_t *bytes = (uint8_t *)result;
    if (result->size == SIZE_EDD3)
        bytes[SIZE_EDD3 - 2] = 0;
    bytes[result->size - 1] = 0;
    bytes[result->size - 1] = (uint8_t)-bytes_sum(bytes + PATH_OFFSET, result->path_length);
}

uint8_t int13_edd_parameters(struct int13_drive *drive, struct real_registers *registers)
{
    struct int13_buffer buffer = int13_buffer_at(registers->ds, REG16(registers->esi), registers->a20);
    uint16_t room;
    if (!int13_buffer_reaches(&buffer, sizeof room))
        return INT13_INVALID;
    int13_buffer_get(&buffer, 0, &room, sizeof room);
    if (room < SIZE_EDD1)
        return INT13_INVALID;

    struct edd_result result = {.size = room >= SIZE_EDD4   ? SIZE_EDD4
                                        : room >= SIZE_EDD3 ? SIZE_EDD3
                                        : room >= SIZE_EDD2 ? SIZE_EDD2
                                                            : SIZE_EDD1};
    if (!int13_buffer_reaches(&buffer, result.size))
        return INT13_INVALID;

    fill_geometry(drive, &result);
    result.dpte_offset = result.dpte_segment = NO_DPTE;
    if (result.size >= SIZE_EDD3)
        fill_path(drive, &result);
    int13_buffer_put(&buffer, 0, &result, result.size);
    return INT13_OK;
}
