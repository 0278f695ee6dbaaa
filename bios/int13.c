/* SPDX-License-Identifier: BSD-2-Clause */
/* INT 13h: which function a call is for, what all calls have in common, and the drive at its start. */
#include "bios/int13.h"

#include "bios/geometry.h"
#include "bios/int13_functions.h"
#include "bios/low_memory.h"
#include "platform/bytes.h"

/* A session that has died is re-opened by the request that needs it, so there is nothing to do or to ask. */
static uint8_t int13_healthy(struct int13_drive *drive, struct real_registers *registers)
{
    (void)drive;
    (void)registers;
    return INT13_OK;
}

/* IBM's later BIOSes return the status in AH, Phoenix's in AL: in both. */
static uint8_t int13_last_status(struct int13_drive *drive, struct real_registers *registers)
{
    SET_REG8_LOW(registers->eax, drive->last_status);
    return drive->last_status;
}

/* El Torito's answer from a drive that emulates nothing is carry set, the packet left alone. */
static uint8_t int13_not_emulated(struct int13_drive *drive, struct real_registers *registers)
{
    (void)drive;
    (void)registers;
    return INT13_INVALID;
}

static const struct {
    uint8_t ah;
    bool answers_in_ah; /* AH is a result of success and not a status */
    int13_function *serve;
} functions[] = {
    /* clang-format off */
    {INT13_RESET,             false, int13_healthy},
    {INT13_LAST_STATUS,       false, int13_last_status},
    {INT13_READ,              false, int13_chs_read},
    {INT13_WRITE,             false, int13_chs_write},
    {INT13_VERIFY,            false, int13_chs_verify},
    {INT13_PARAMETERS,        false, int13_chs_parameters},
    {INT13_INITIALISE,        false, int13_healthy},
    {INT13_SEEK,              false, int13_chs_seek},
    {INT13_RESET_DRIVE,       false, int13_healthy},
    {INT13_TEST_READY,        false, int13_healthy},
    {INT13_RECALIBRATE,       false, int13_healthy},
    {INT13_DIAGNOSTICS,       false, int13_healthy},
    {INT13_TYPE,              true,  int13_chs_type},
    {EDD_CHECK,               true,  int13_edd_check},
    {EDD_READ,                false, int13_edd_read},
    {EDD_WRITE,               false, int13_edd_write},
    {EDD_VERIFY,              false, int13_edd_verify},
    {EDD_LOCK,                false, int13_edd_lock},
    {EDD_SEEK,                false, int13_edd_seek},
    {EDD_PARAMETERS,          false, int13_edd_parameters},
    {EL_TORITO_END_EMULATION, false, int13_not_emulated},
    {EDD_CONFIGURE,           false, int13_edd_configure},
    /* clang-format on */
};

static uint8_t dispatch(struct int13_drive *drive, struct real_registers *registers, bool *answers_in_ah)
{
    uint8_t ah = REG8_HIGH(registers->eax);
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (functions[i].ah == ah) {
            *answers_in_ah = functions[i].answers_in_ah;
            return functions[i].serve(drive, registers);
        }
    }
    return INT13_INVALID;
}

void int13_serve(struct int13_drive *drive, struct real_registers *registers)
{
    bool answers_in_ah = false;
    uint8_t status = dispatch(drive, registers, &answers_in_ah);
    drive->last_status = status;
    *(uint8_t *)realmode_pointer(0, BDA_DISK_STATUS, true) = status;

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
    return size >= INT13_SECTOR_SIZE && size <= INT13_BLOCK_MAX && (size & (size - 1)) == 0 && disk->block_count > 0 &&
           disk->max_blocks > 0;
}

enum status int13_open(struct int13_drive *drive, struct disk *disk, uint8_t *bounce)
{
    if (!disk_is_sound(disk))
        return fail(E_INVALID_ARGUMENT, "disk of %u-byte blocks, %u a request", disk->block_size, disk->max_blocks);
    uint64_t ratio = disk->block_size / INT13_SECTOR_SIZE;
    drive->disk = disk;
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
