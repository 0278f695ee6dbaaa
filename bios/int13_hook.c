/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts our disk behind INT 13h: the real-mode block to its last place, the memory map that the OS sees, the vectors; then serves
 * the calls.
 */
#include <string.h>

#include "bios/home.h"
#include "bios/int13.h"
#include "platform/bytes.h"

#define NO_DRIVE                     0x7F /* a number that no program calls */
#define ENTRY_POINTER(block, member) ((struct far_pointer){(block)->member, (block)->segment})

static struct int13_drive drive;
static struct network *network; /* that the disk is reached by */
static bool installed;
static uint8_t bounce[INT13_BLOCK_MAX];

/* What the BIOS had, for int13_hook_uninstall(). */
static uint16_t bios_base_memory;
static uint8_t bios_disks;

/* The block's protected_entry: a call for our drive. */
static void serve_hooked_call(struct real_registers *registers)
{
    bool before = realmode_allow_interrupts(registers->eflags & FLAG_INTERRUPT);
    net_resume(network);
    int13_serve(&drive, registers);
    net_pause(network);
    realmode_allow_interrupts(before);
}

/* The last whole page under the top of base memory from which `size` bytes fit. */
static uint32_t place_under_top(uint32_t size)
{
    return (low_read16(BDA_BASE_MEMORY) * KIB - size) & ~(PAGE_SIZE - 1);
}

/* The map that the OS will see, and the older functions' figures, go into and behind the block, which is at its last place. */
static void put_map_behind_block(const struct memory_map *map, bool has_e820, const struct memory_sizes *sizes)
{
    struct realmode_block *block = realmode_block();
    memcpy((uint8_t *)block + block->size, map->entries, map->count * sizeof map->entries[0]);
    block->e820_offset = block->size;
    block->e820_count = has_e820 ? (uint16_t)map->count : 0;
    block->e820_entry_size = (uint16_t)map->entry_size;
    block->e801_low = sizes->e801_low;
    block->e801_high = sizes->e801_high;
    block->int15_88 = sizes->int15_88;
}

/*
 * Tables, block and map stand together in the pages under the top of base memory, which are reserved. Where that takes no page
 * more, the block's code begins one: what each call writes beside it is no reason then to throw away what a CPU or an emulator
 * has decoded of it.
 */
static enum status seal_memory(const struct memory_range *ranges, unsigned count, const struct boot_tables *tables)
{
    static struct memory_map map;
    struct memory_sizes bios;
    bios_memory_map(&map, &bios);
    bool has_e820 = map.count != 0;
    if (!has_e820)
        memory_map_add_sizes(&map, &bios);

    /* Each range taken out makes two entries more at most. */
    const struct realmode_block *block = realmode_block();
    uint32_t block_size = whole_paragraphs(block->size + (map.count + 2 * (count + 1)) * BLOCK_E820_ENTRY);
    uint32_t before_code = (tables_size(tables) + block->code_offset + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    uint32_t base = place_under_top(tables_size(tables) + block_size);
    bool apart = base == place_under_top(before_code + block_size - block->code_offset);
    uint32_t block_at = base + (apart ? before_code - block->code_offset : tables_size(tables));
    bool room = memory_map_reserve(&map, base, BASE_MEMORY_TOP - base);
    for (unsigned i = 0; i < count; i++)
        room = room && memory_map_reserve(&map, ranges[i].base, ranges[i].size);
    uint32_t base_kib = low_read16(BDA_BASE_MEMORY);
    if (!room || base < 2 * BOOT_SECTOR)
        return fail(E_BOOT_MEMORY, "%u entries in the BIOS's memory map, %u KiB of base memory", map.count, base_kib);
    if (tables_size(tables) && !tables_are_found_at(base))
        return fail(E_BOOT_TABLES, "base memory ends at %x, which leaves them %x", base_kib * KIB, (unsigned)base);

    struct memory_sizes sizes;
    memory_map_sizes(&map, &bios, &sizes);
    realmode_move((uint16_t)(block_at / PARAGRAPH), base);
    put_map_behind_block(&map, has_e820, &sizes);
    bios_base_memory = (uint16_t)base_kib;
    bios_disks = low_read8(BDA_DISK_COUNT);
    low_write16(BDA_BASE_MEMORY, (uint16_t)(base / KIB));
    tables_reserve(base, tables_size(tables));
    return OK;
}

static void set_vectors(void)
{
    struct realmode_block *block = realmode_block();
    struct far_pointer int13 = vector_get(DISK_SERVICES), int15 = vector_get(SYSTEM_SERVICES);
    block->protected_entry = (uint32_t)(uintptr_t)serve_hooked_call;
    block->old_int13_offset = int13.offset;
    block->old_int13_segment = int13.segment;
    block->old_int15_offset = int15.offset;
    block->old_int15_segment = int15.segment;
    vector_set(DISK_SERVICES, ENTRY_POINTER(block, int13_hook));
    vector_set(SYSTEM_SERVICES, ENTRY_POINTER(block, int15_hook));
}

/*
 * Ours takes its number; a disk of the BIOS that had it is reached by the first number that was free. The drive count is written
 * here and given back by int13_hook_uninstall(); in between it is the block's to keep (realmode_int13.inc).
 */
static void set_numbers(uint8_t number)
{
    struct realmode_block *block = realmode_block();
    unsigned place = number - INT13_HARD_DISKS;
    bool taken = place < bios_disks;
    block->drive_count = (uint8_t)(taken ? bios_disks + 1u : place + 1);
    block->bios_drive = taken ? (uint8_t)(INT13_HARD_DISKS + bios_disks) : number;
    block->drive = number;
    low_write8(BDA_DISK_COUNT, block->drive_count);
}

/* What AH=48h tells of the way to the disk. */
static void set_path(struct int13_path *path, const struct boot_options *options)
{
    if (options->nic && options->nic->device) {
        path->bus = options->nic->device->bus;
        path->device = options->nic->device->device;
        path->function = options->nic->device->function;
        memcpy(path->mac, options->nic->mac, sizeof path->mac);
    }
    if (options->session) {
        struct iscsi_session_info info;
        iscsi_session_info(options->session, &info);
        memcpy(path->lun, info.settings->lun, sizeof path->lun);
    }
}

enum status int13_hook_install(struct disk *disk, const struct boot_options *options, const struct memory_range *ranges,
                               unsigned count)
{
    int13_hook_drop_drive();
    memset(&drive, 0, sizeof drive);
    drive.call_ms = options->call_ms;
    network = options->network;
    set_path(&drive.path, options);
    enum status status = int13_open(&drive, disk, bounce);
    if (status != OK)
        return status;

    tables_clear();
    if (!installed) {
        status = seal_memory(ranges, count, &options->tables);
        if (status != OK) {
            tables_withdraw();
            return status;
        }
        set_vectors();
        installed = true;
    }

    drive.table_segment = realmode_block()->segment;
    drive.table_offset = offsetof(struct realmode_block, tables);
    set_numbers(options->drive);
    status = tables_publish(&options->tables);
    if (status != OK)
        int13_hook_drop_drive();
    return status;
}

void int13_hook_drop_drive(void)
{
    struct realmode_block *block = realmode_block();
    block->drive = block->bios_drive = NO_DRIVE;
    tables_withdraw();
}

static bool vector_is(uint8_t vector, struct far_pointer handler)
{
    struct far_pointer now = vector_get(vector);
    return now.offset == handler.offset && now.segment == handler.segment;
}

void int13_hook_uninstall(void)
{
    struct realmode_block *block = realmode_block();
    if (!installed || block->drive != NO_DRIVE || !vector_is(DISK_SERVICES, ENTRY_POINTER(block, int13_hook)) ||
        !vector_is(SYSTEM_SERVICES, ENTRY_POINTER(block, int15_hook)))
        return;

    vector_set(DISK_SERVICES, (struct far_pointer){block->old_int13_offset, block->old_int13_segment});
    vector_set(SYSTEM_SERVICES, (struct far_pointer){block->old_int15_offset, block->old_int15_segment});
    low_write16(BDA_BASE_MEMORY, bios_base_memory);
    low_write8(BDA_DISK_COUNT, bios_disks);
    installed = false;
}
