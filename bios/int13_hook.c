/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts our disk behind INT 13h: the real-mode block to its last place, the sealed memory map, the vectors; then serves the calls.
 */
#include <string.h>

#include "bios/home.h"
#include "bios/int13.h"

#define PAGE_SIZE                    4096u
#define KIB                          1024u
#define NO_DRIVE                     0x7F /* a number that no program calls */
#define HARD_DISKS                   0x80
#define BOUNCE_MAX                   65536u
#define ENTRY_POINTER(block, member) ((struct far_pointer){(block)->member, (block)->segment})

static struct int13_drive drive;
static bool installed;
static uint8_t bounce[BOUNCE_MAX];

/* What the BIOS had, for int13_hook_uninstall(). */
static uint16_t bios_base_memory;
static uint8_t bios_disks;

static void serve(struct real_registers *registers)
{
    struct realmode_block *block = realmode_block();
    bool before = realmode_allow_interrupts(registers->eflags & FLAG_INTERRUPT);
    net_resume();
    int13_serve(&drive, registers);
    net_pause();
    realmode_allow_interrupts(before);
    if (low_read8(BDA_DISK_COUNT) < block->drive_count)
        low_write8(BDA_DISK_COUNT, block->drive_count);
}

/* The last whole page under the top of base memory from which `size` bytes fit. */
static uint32_t place_under_top(uint32_t size)
{
    return (low_read16(BDA_BASE_MEMORY) * KIB - size) & ~(PAGE_SIZE - 1);
}

/* Block, map and tables stand together in the pages under the top of base memory, which are reserved. */
static enum status seal_memory(const struct memory_range *ranges, unsigned count, const struct boot_tables *tables)
{
    static struct memory_map map;
    struct memory_sizes bios, sizes;
    struct realmode_block *block = realmode_block();
    firmware_memory(&map, &bios);
    bool has_e820 = map.count != 0;
    if (!has_e820) {
        memory_map_add(
            &map, &(struct e820_entry){1u << 20, (uint64_t)(bios.e801_low ? bios.e801_low : bios.int15_88) << 10, E820_RAM, 0},
            E820_ENTRY_MINIMUM);
        memory_map_add(&map, &(struct e820_entry){16u << 20, (uint64_t)bios.e801_high << 16, E820_RAM, 0}, E820_ENTRY_MINIMUM);
    }
    /* Each range taken out makes two entries more at most. */
    uint32_t block_size = whole_paragraphs(block->size + (map.count + 2 * (count + 1)) * BLOCK_E820_ENTRY);
    uint32_t base = place_under_top(block_size + tables_size(tables));
    bool room = memory_map_reserve(&map, base, BASE_MEMORY_TOP - base);
    for (unsigned i = 0; i < count; i++)
        room = room && memory_map_reserve(&map, ranges[i].base, ranges[i].size);
    if (!room || base < 2 * BOOT_SECTOR)
        return fail(E_BOOT_MEMORY, "%u entries in the BIOS's memory map, %u KiB of base memory", map.count,
                    low_read16(BDA_BASE_MEMORY));
    if (tables_size(tables) && !tables_are_found_at(base))
        return fail(E_BOOT_TABLES, "base memory ends at %x, which leaves them %x", low_read16(BDA_BASE_MEMORY) * KIB,
                    (unsigned)base);
    memory_map_sizes(&map, &bios, &sizes);

    realmode_move((uint16_t)(base / 16));
    block = realmode_block();
    memcpy((uint8_t *)block + block->size, map.entries, map.count * sizeof map.entries[0]);
    block->e820_offset = block->size;
    block->e820_count = has_e820 ? (uint16_t)map.count : 0;
    block->e820_entry_size = (uint16_t)map.entry_size;
    block->e801_low = sizes.e801_low;
    block->e801_high = sizes.e801_high;
    block->int15_88 = sizes.int15_88;
    bios_base_memory = low_read16(BDA_BASE_MEMORY);
    bios_disks = low_read8(BDA_DISK_COUNT);
    low_write16(BDA_BASE_MEMORY, (uint16_t)(base / KIB));
    tables_reserve(base + block_size, tables_size(tables));
    return OK;
}

static void set_vectors(void)
{
    struct realmode_block *block = realmode_block();
    struct far_pointer int13 = vector_get(0x13), int15 = vector_get(0x15);
    block->protected_entry = (uint32_t)(uintptr_t)serve;
    block->old_int13_offset = int13.offset;
    block->old_int13_segment = int13.segment;
    block->old_int15_offset = int15.offset;
    block->old_int15_segment = int15.segment;
    vector_set(0x13, ENTRY_POINTER(block, int13_hook));
    vector_set(0x15, ENTRY_POINTER(block, int15_hook));
}

/* Ours takes its number; a disk of the BIOS that had it is reached by the first number that was free. */
static void set_numbers(uint8_t number)
{
    struct realmode_block *block = realmode_block();
    unsigned place = number - HARD_DISKS;
    bool taken = place < bios_disks;
    drive.bios_number = taken ? (uint8_t)(HARD_DISKS + bios_disks) : number;
    block->drive_count = (uint8_t)(taken ? bios_disks + 1u : place + 1);
    block->bios_drive = drive.bios_number;
    block->drive = number;
    low_write8(BDA_DISK_COUNT, block->drive_count);
}

enum status int13_hook_install(struct disk *disk, const struct boot_options *options, const struct memory_range *ranges,
                               unsigned count)
{
    int13_hook_remove();
    memset(&drive, 0, sizeof drive);
    drive.call_ms = options->call_ms;
    if (options->nic && options->nic->device) {
        drive.path.bus = options->nic->device->bus;
        drive.path.device = options->nic->device->device;
        drive.path.function = options->nic->device->function;
        memcpy(drive.path.mac, options->nic->mac, sizeof drive.path.mac);
    }
    if (options->session) {
        struct iscsi_session_info info;
        iscsi_session_info(options->session, &info);
        memcpy(drive.path.lun, info.settings->lun, sizeof drive.path.lun);
    }
    enum status status = int13_open(&drive, disk, options->drive, bounce);
    if (status)
        return status;
    tables_clear();
    if (!installed) {
        status = seal_memory(ranges, count, &options->tables);
        if (status) {
            tables_withdraw();
            return status;
        }
        set_vectors();
        installed = true;
    }
    struct realmode_block *block = realmode_block();
    drive.table_segment = block->segment;
    drive.table_offset = offsetof(struct realmode_block, tables);
    set_numbers(options->drive);
    status = tables_put(&options->tables);
    if (status)
        int13_hook_remove();
    return status;
}

void int13_hook_remove(void)
{
    struct realmode_block *block = realmode_block();
    block->drive = block->bios_drive = NO_DRIVE;
    tables_withdraw();
}

static bool is_at(uint8_t vector, struct far_pointer handler)
{
    struct far_pointer now = vector_get(vector);
    return now.offset == handler.offset && now.segment == handler.segment;
}

void int13_hook_uninstall(void)
{
    struct realmode_block *block = realmode_block();
    if (!installed || block->drive != NO_DRIVE || !is_at(0x13, ENTRY_POINTER(block, int13_hook)) ||
        !is_at(0x15, ENTRY_POINTER(block, int15_hook)))
        return;
    vector_set(0x13, (struct far_pointer){block->old_int13_offset, block->old_int13_segment});
    vector_set(0x15, (struct far_pointer){block->old_int15_offset, block->old_int15_segment});
    low_write16(BDA_BASE_MEMORY, bios_base_memory);
    low_write8(BDA_DISK_COUNT, bios_disks);
    installed = false;
}
