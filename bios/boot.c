/* SPDX-License-Identifier: BSD-2-Clause */
/* From a disk to its boot sector, or to the BIOS's next boot device. */
#include <string.h>

#include "bios/home.h"
#include "bios/hooks.h"
#include "bios/int13.h"
#include "bios/measured_boot.h"
#include "cache/cache.h"

#define SIGNATURE_OFFSET 510
#define SIGNATURE        0xAA55
#define READ_ONE_SECTOR  0x0201
#define SETTLE_MS        1000   /* nobody may call ever again */
#define FIRST_SECTOR     0x0001 /* cylinder 0, sector 1 */

extern const char image_start[], rodata_end[]; /* what of the image is never written */

static const struct memory_range *reserved;
static unsigned reserved_count;

void bios_boot_reserve(const struct memory_range *ranges, unsigned count)
{
    reserved = ranges;
    reserved_count = count;
}

/* As the BIOS would, through the very service that the boot sector will use. */
static enum status read_boot_sector(uint8_t drive)
{
    struct real_registers registers = {.eax = READ_ONE_SECTOR, .ebx = BOOT_SECTOR, .ecx = FIRST_SECTOR, .edx = drive};
    realmode_interrupt(DISK_SERVICES, &registers);
    if (registers.eflags & FLAG_CARRY)
        return fail(E_BOOT_READ, "INT 13h on drive %02xh says status %02xh", drive, REG8_HIGH(registers.eax));

    uint16_t signature = low_read16(BOOT_SECTOR + SIGNATURE_OFFSET);
    if (signature != SIGNATURE)
        return fail(E_BOOT_SIGNATURE, "the last two bytes of LBA 0 are %04x, not %04x", signature, SIGNATURE);
    if (!low_read16(BOOT_SECTOR)) /* zeros would run, and run on through memory */
        return fail(E_BOOT_SIGNATURE, "LBA 0 has partitions, and no code: it may be a disk for UEFI, or for data");
    return OK;
}

/* As realmode_int18.inc sums. */
static uint32_t sum_words(const uint32_t *words, uint32_t count)
{
    uint32_t sum = 0;
    while (count--)
        sum = (sum << 1 | sum >> 31) + *words++;
    return sum;
}

/* Returns the number of the interrupt by which the sector gave up; 0 when it returned to where BIOSes have nothing. */
static uint8_t enter_boot_sector(uint8_t drive)
{
    struct realmode_block *block = realmode_block();
    struct far_pointer pnp = bios_pnp();
    block->image = (uint32_t)(uintptr_t)image_start;
    block->image_words = (uint32_t)(rodata_end - image_start) / sizeof(uint32_t);
    block->image_sum = sum_words((const uint32_t *)image_start, block->image_words);

    block->gave_up = 0;
    block->call = (struct real_call){
        .registers = {.edx = drive, .edi = pnp.offset, .es = pnp.segment, .eflags = FLAG_FIXED | FLAG_INTERRUPT},
        .stack_offset = BOOT_SECTOR,
        .target_offset = BOOT_SECTOR,
    };
    realmode_call();
    return block->gave_up;
}

/*
 * Interrupt vectors are put back as they were, too, since the memory that they may lead to is for the next one to use; unless
 * less base memory is left, as something stays in what is missing.
 */
static uint8_t run_boot_sector(uint8_t drive)
{
    static uint32_t vectors[REAL_VECTORS];
    struct realmode_block *block = realmode_block();
    uint16_t base_memory = low_read16(BDA_BASE_MEMORY);
    memcpy(vectors, low_memory(0), sizeof vectors);

    hooks_set(block, BLOCK_INT18, BLOCK_HOOKS);
    uint8_t gave_up = enter_boot_sector(drive);
    hooks_remove(block, BLOCK_INT18, BLOCK_HOOKS);
    if (low_read16(BDA_BASE_MEMORY) >= base_memory)
        memcpy(low_memory(0), vectors, sizeof vectors);
    return gave_up;
}

/* What comes now has the machine: interrupts and the screen are its own. */
static void hand_over(void)
{
    pxe_restore_interrupts();
    console_leave_screen();
    realmode_give_scratch_away();
}

enum status bios_boot_disk(struct disk *disk, const struct boot_options *options)
{
    if (options->drive < INT13_HARD_DISKS)
        return fail(E_BOOT_DRIVE, "drive number %02xh", options->drive);
    pxe_release();
    enum status status = int13_hook_install(disk, options, reserved, reserved_count);
    if (status != OK)
        return status;
    if (options->hook_only && options->cache)
        cache_settle(options->cache, deadline_after_ms(SETTLE_MS));
    int13_hook_rest();

    if (options->hook_only) {
        hand_over();
        bios_boot_next_device();
    }

    status = read_boot_sector(options->drive);
    if (status == OK) {
        measure_boot_sector();
        hand_over();
        uint8_t gave_up = run_boot_sector(options->drive);
        realmode_take_scratch_back();
        console_take_screen();
        status = gave_up ? fail(E_BOOT_GAVE_UP, "it called INT %02xh", gave_up) : fail(E_BOOT_GAVE_UP, "it returned");
    }

    int13_hook_drop_drive();
    net_resume(options->network);
    return status;
}

void bios_boot_next_device(void)
{
    pxe_exit();
    pxe_restore_interrupts();
    int13_hook_uninstall();
    block_next_device(realmode_block());
}
