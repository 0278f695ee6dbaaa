/* SPDX-License-Identifier: BSD-2-Clause */
#include "bios/int13.h"

#include "bios/geometry.h"
#include "bios/int13_functions.h"

/* The BIOS data area: IBM PC AT Technical Reference, segment 40h. */
#define BDA_SEGMENT     0x40
#define BDA_DISK_STATUS 0x74
#define BDA_DISK_COUNT  0x75

/* AH=00h 09h 0Dh 10h 11h 14h: a session that has died is re-opened by the request that needs it, so there is nothing to do or to
 * ask. */
static uint8_t int13_healthy(struct int13_drive *drive, struct real_registers *registers)
{
    (void)drive;
    (void)registers;
    return INT13_OK;
}

/* AH=01h. IBM's later BIOSes return the status in AH, Phoenix's in AL: in both. */
static uint8_t int13_last_status(struct int13_drive *drive, struct real_registers *registers)
{
    SET_REG8_LOW(registers->eax, drive->last_status);
    return drive->last_status;
}

/* AH=4Bh: El Torito's answer from a drive that emulates nothing is carry set, the packet left alone. */
static uint8_t int13_not_emulated(struct int13_drive *drive, struct real_registers *registers)
{
    (void)drive;
    (void)registers;
    return INT13_INVALID;
}

static const struct {
    uint8_t number;
    bool answers_in_ah; /* AH is a result of success and not a status */
    int13_function *serve;
} functions[] = {
    {0x00, false, int13_healthy}, /* reset disk system */
    {0x01, false, int13_last_status},  {0x02, false, int13_read},    {0x03, false, int13_write}, {0x04, false, int13_verify},
    {0x08, false, int13_parameters},   {0x09, false, int13_healthy}, /* initialise drive parameters */
    {0x0C, false, int13_seek},         {0x0D, false, int13_healthy}, /* reset hard disks */
    {0x10, false, int13_healthy},                                    /* test drive ready */
    {0x11, false, int13_healthy},                                    /* recalibrate */
    {0x14, false, int13_healthy},                                    /* controller diagnostics */
    {0x15, true, int13_type},          {0x41, true, edd_check},      {0x42, false, edd_read},    {0x43, false, edd_write},
    {0x44, false, edd_verify},         {0x45, false, edd_lock},      {0x47, false, edd_seek},    {0x48, false, edd_parameters},
    {0x4B, false, int13_not_emulated}, {0x4E, false, edd_configure},
};

static uint8_t serve(struct int13_drive *drive, struct real_registers *registers, bool *answers_in_ah)
{
    uint8_t number = REG8_HIGH(registers->eax);
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (functions[i].number == number) {
            *answers_in_ah = functions[i].answers_in_ah;
            return functions[i].serve(drive, registers);
        }
    }
    return INT13_INVALID;
}

static void keep_drive_count(const struct int13_drive *drive)
{
    uint8_t last = drive->number > drive->bios_number ? drive->number : drive->bios_number;
    uint8_t needed = (uint8_t)((last & 0x7F) + 1);
    uint8_t *count = real_pointer(BDA_SEGMENT, BDA_DISK_COUNT, true);
    if (*count < needed)
        *count = needed;
}

void int13_serve(struct int13_drive *drive, struct real_registers *registers)
{
    keep_drive_count(drive);
    bool answers_in_ah = false;
    uint8_t status = serve(drive, registers, &answers_in_ah);
    drive->last_status = status;
    *(uint8_t *)real_pointer(BDA_SEGMENT, BDA_DISK_STATUS, true) = status;
    if (status != INT13_OK || !answers_in_ah)
        SET_REG8_HIGH(registers->eax, status);
    if (status == INT13_OK)
        registers->eflags &= ~FLAG_CARRY;
    else
        registers->eflags |= FLAG_CARRY;
}

static bool disk_is_sound(const struct disk *disk)
{
    uint32_t size = disk->block_size;
    return size >= INT13_SECTOR_SIZE && size <= 65536 && (size & (size - 1)) == 0 && disk->block_count > 0 &&
           disk->max_blocks > 0;
}

enum status int13_open(struct int13_drive *drive, struct disk *disk, uint8_t number, uint8_t *bounce)
{
    if (!disk_is_sound(disk))
        return fail(E_INVALID_ARGUMENT, "disk of %u-byte blocks, %u a request", disk->block_size, disk->max_blocks);
    uint64_t ratio = disk->block_size / INT13_SECTOR_SIZE;
    drive->disk = disk;
    drive->number = number;
    drive->bios_number = number;
    drive->sectors = disk->block_count > UINT64_MAX / ratio ? UINT64_MAX : disk->block_count * ratio;
    drive->last_status = INT13_OK;
    drive->locks = 0;
    drive->bounce = bounce;

    const uint8_t *sector;
    enum status status = int13_read_sector(drive, 0, &sector);
    if (status != OK)
        return status;
    if (geometry_from_partitions(sector, drive->sectors, &drive->geometry) ||
        geometry_from_boot_sector(sector, drive->sectors, &drive->geometry))
        return OK;
    uint32_t active;
    if (geometry_active_partition(sector, drive->sectors, &active)) {
        status = int13_read_sector(drive, active, &sector);
        if (status != OK)
            return status;
        if (geometry_from_boot_sector(sector, drive->sectors, &drive->geometry))
            return OK;
    }
    geometry_assisted(drive->sectors, &drive->geometry);
    return OK;
}
