/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of the PC AT's BIOS: sectors addressed by cylinder (10 bits), head and sector (from 1). A transfer may run over
 * the end of a track and of a cylinder, as on every BIOS since.
 */
#include "bios/int13_functions.h"
#include "bios/low_memory.h"

#define CHS_SECTORS_MAX 128  /* 64 KiB, what one segment holds */
#define TYPE_HARD_DISK  0x03 /* of INT13_TYPE */

/* CH, CL and DH as an LBA; false when the geometry has no such place. */
static bool chs_to_lba(const struct int13_drive *drive, const struct real_registers *registers, uint64_t *lba)
{
    uint8_t cl = REG8_LOW(registers->ecx);
    uint32_t cylinder = REG8_HIGH(registers->ecx) | (uint32_t)(cl & 0xC0) << 2;
    uint32_t sector = cl & 0x3F;
    uint32_t head = REG8_HIGH(registers->edx);
    const struct int13_geometry *geometry = &drive->geometry;
    if (cylinder >= geometry->cylinders || head >= geometry->heads || sector == 0 || sector > geometry->sectors)
        return false;
    *lba = ((uint64_t)cylinder * geometry->heads + head) * geometry->sectors + sector - 1;
    return true;
}

static bool transfer_parameters(const struct int13_drive *drive, const struct real_registers *registers, uint64_t *lba)
{
    uint8_t count = REG8_LOW(registers->eax);
    return count > 0 && count <= CHS_SECTORS_MAX && chs_to_lba(drive, registers, lba);
}

static uint8_t chs_transfer(struct int13_drive *drive, struct real_registers *registers, enum disk_operation operation)
{
    uint64_t lba;
    uint32_t moved = 0;
    uint8_t status = INT13_INVALID;
    if (transfer_parameters(drive, registers, &lba)) {
        struct int13_buffer buffer = int13_buffer_at(registers->es, REG16(registers->ebx), registers->a20);
        status = int13_transfer(drive, operation, lba, REG8_LOW(registers->eax), &buffer, &moved);
    }
    SET_REG8_LOW(registers->eax, moved);
    return status;
}

uint8_t int13_chs_read(struct int13_drive *drive, struct real_registers *registers)
{
    return chs_transfer(drive, registers, DISK_READ);
}

uint8_t int13_chs_write(struct int13_drive *drive, struct real_registers *registers)
{
    return chs_transfer(drive, registers, DISK_WRITE);
}

uint8_t int13_chs_verify(struct int13_drive *drive, struct real_registers *registers)
{
    uint64_t lba;
    uint32_t verified = 0;
    uint8_t status = INT13_INVALID;
    if (transfer_parameters(drive, registers, &lba))
        status = int13_verify_sectors(drive, lba, REG8_LOW(registers->eax), &verified);
    SET_REG8_LOW(registers->eax, verified);
    return status;
}

uint8_t int13_chs_seek(struct int13_drive *drive, struct real_registers *registers)
{
    uint64_t lba;
    return chs_to_lba(drive, registers, &lba) && int13_range(drive, lba, 1) == INT13_OK ? INT13_OK : INT13_SEEK_FAILED;
}

uint8_t int13_chs_parameters(struct int13_drive *drive, struct real_registers *registers)
{
    uint32_t last_cylinder = drive->geometry.cylinders - 1;
    const uint8_t *count = realmode_pointer(0, BDA_DISK_COUNT, true);
    SET_REG8_HIGH(registers->ecx, last_cylinder);
    SET_REG8_LOW(registers->ecx, drive->geometry.sectors | (last_cylinder >> 2 & 0xC0));
    SET_REG8_HIGH(registers->edx, drive->geometry.heads - 1);
    SET_REG8_LOW(registers->edx, *count);
    return INT13_OK;
}

/* NTLDR sizes the disk by this one: CX:DX is the number of sectors. */
uint8_t int13_chs_type(struct int13_drive *drive, struct real_registers *registers)
{
    uint32_t sectors = drive->sectors > UINT32_MAX ? UINT32_MAX : (uint32_t)drive->sectors;
    SET_REG16(registers->ecx, sectors >> 16);
    SET_REG16(registers->edx, sectors & 0xFFFF);
    SET_REG8_HIGH(registers->eax, TYPE_HARD_DISK);
    return INT13_OK;
}
