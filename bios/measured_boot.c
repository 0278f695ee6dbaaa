/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot sector goes into the TPM's registers, by the BIOS (INT 1Ah, AH=BBh). */
#include "bios/measured_boot.h"

#include "bios/low_memory.h"
#include "bios/realmode.h"
#include "platform/format.h"

/* TCG PC Client Implementation for Conventional BIOS, its interface in real mode. */
#define TCG_SERVICES                0x1A
#define TCG_STATUS_CHECK            0xBB00
#define TCG_COMPACT_HASH_LOG_EXTEND 0xBB07
#define TCG_MAGIC                   0x41504354u /* "TCPA" */
#define PCR_BOOT_CODE               4
#define PCR_BOOT_CODE_CONFIGURATION 5
#define BOOT_CODE_SIZE              440u /* the disk's number follows, then the partitions */
#define SECTOR_SIZE                 512u
#define LOGGED_AS                   0x52424Du /* "MBR", which the log has with either */

static bool measure(uint16_t offset, uint32_t length, uint32_t pcr)
{
    struct real_registers registers = {
        .eax = TCG_COMPACT_HASH_LOG_EXTEND,
        .ebx = TCG_MAGIC,
        .ecx = length,
        .edx = pcr,
        .esi = LOGGED_AS,
        .edi = offset,
    };
    realmode_interrupt(TCG_SERVICES, &registers);
    if (registers.eax)
        log_printf(LOG_WARNING, "the TPM has not taken the boot sector into PCR %u: error %xh", pcr, registers.eax);
    return !registers.eax;
}

void measure_boot_sector(void)
{
    struct real_registers registers = {.eax = TCG_STATUS_CHECK};
    realmode_interrupt(TCG_SERVICES, &registers);
    if (registers.eax || registers.ebx != TCG_MAGIC)
        return;
    if (measure(BOOT_SECTOR, BOOT_CODE_SIZE, PCR_BOOT_CODE))
        measure(BOOT_SECTOR + BOOT_CODE_SIZE, SECTOR_SIZE - BOOT_CODE_SIZE, PCR_BOOT_CODE_CONFIGURATION);
}
