/* SPDX-License-Identifier: BSD-2-Clause */
/* From a disk to its boot sector, or to the BIOS's next boot device. */
#include "bios/home.h"
#include "bios/int13.h"

#define SIGNATURE_OFFSET 510
#define SIGNATURE        0xAA55
#define READ_ONE_SECTOR  0x0201
#define FIRST_SECTOR     0x0001 /* cylinder 0, sector 1 */

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
    return OK;
}

/* Comes back when the sector returns to where BIOSes have nothing. */
static void enter_boot_sector(uint8_t drive)
{
    struct realmode_block *block = realmode_block();
    struct far_pointer pnp = bios_pnp();
    block->call = (struct real_call){
        .registers = {.edx = drive, .edi = pnp.offset, .es = pnp.segment, .eflags = FLAG_FIXED | FLAG_INTERRUPT},
        .stack_offset = BOOT_SECTOR,
        .target_offset = BOOT_SECTOR,
    };
    realmode_call();
}

/* What comes now has the machine: interrupts and the screen are its own. */
static void hand_over(void)
{
    pxe_restore_interrupts();
    console_leave_screen();
}

enum status bios_boot_disk(struct disk *disk, const struct boot_options *options)
{
    if (options->drive < INT13_HARD_DISKS)
        return fail(E_BOOT_DRIVE, "drive number %02xh", options->drive);
    pxe_release();
    enum status status = int13_hook_install(disk, options, reserved, reserved_count);
    if (status != OK)
        return status;
    net_pause(options->network);

    if (options->hook_only) {
        hand_over();
        bios_boot_next_device();
    }

    status = read_boot_sector(options->drive);
    if (status != OK) {
        int13_hook_drop_drive();
        net_resume(options->network);
        return status;
    }

    hand_over();
    enter_boot_sector(options->drive);
    bios_boot_next_device();
    return OK;
}

/* By INT 18h. Not INT 19h, which begins anew with the device that led to us. */
void bios_boot_next_device(void)
{
    pxe_exit();
    pxe_restore_interrupts();
    int13_hook_uninstall();

    struct real_registers registers = {0};
    realmode_interrupt(BOOT_FAILED, &registers);
    console_panic("\r\nsanstrap: the BIOS has no next boot device\r\n");
    for (;;)
        __asm__ volatile("sti; hlt");
}
