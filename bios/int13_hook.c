/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts our disk behind INT 13h: the real-mode block to its last place, the memory map that the OS sees, the vectors; then serves
 * the calls.
 */
#include <string.h>

#include "bios/drive_number.h"
#include "bios/home.h"
#include "bios/hooks.h"
#include "bios/int13.h"
#include "cache/cache.h"
#include "platform/bytes.h"
#include "platform/format.h"

static struct int13_drive drive;
static struct network *network; /* that the disk is reached by */
static bool installed;
static uint8_t bounce[INT13_BLOCK_MAX];

/* Memory of ours is overwritten: nothing that goes on can be relied upon, least of all what is written to the disk. */
static void __attribute__((noreturn)) stop_with(enum status status)
{
    char text[192];
    format_text(text, sizeof text, "\nsanstrap: S%u %s\nDo: %s\n", status, status_what(status), status_advice(status));
    console_panic(text);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void int13_hook_rest(void)
{
    if (drive.cache && cache_in_flight(drive.cache))
        net_park(network);
    else
        net_pause(network);
}

/* The block's protected_entry: a call for our drive. */
static void serve_hooked_call(struct real_registers *registers)
{
    bool before = realmode_allow_interrupts(registers->eflags & FLAG_INTERRUPT);
    net_resume(network);
    int13_serve(&drive, registers);
    int13_hook_rest();
    realmode_allow_interrupts(before);
    if (!realmode_stack_is_sound())
        stop_with(E_BOOT_STACK);
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
    uint32_t before_code = (tables_size(tables) + block->init + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    uint32_t base = place_under_top(tables_size(tables) + block_size);
    bool apart = base == place_under_top(before_code + block_size - block->init);
    uint32_t block_at = base + (apart ? before_code - block->init : tables_size(tables));
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
    realmode_block()->first = base;
    realmode_block()->bios_base_memory = (uint16_t)base_kib;
    realmode_block()->bios_disks = low_read8(BDA_DISK_COUNT);
    low_write16(BDA_BASE_MEMORY, (uint16_t)(base / KIB));
    tables_reserve(base, tables_size(tables));
    return OK;
}

/*
 * Ours takes its number; a drive of the BIOS that had it is reached by the first number behind the BIOS's disks that is free. Who
 * goes by the count of disks is to find both. It is written here and given back by int13_hook_uninstall(); in between it is the
 * block's to keep (realmode_int13.inc).
 */
static void set_numbers(uint8_t number)
{
    struct realmode_block *block = realmode_block();
    uint8_t behind = (uint8_t)(INT13_HARD_DISKS + block->bios_disks), moved = number, last = number;
    if (number < behind || drive_number_is_taken(number))
        moved = drive_number_free(number < behind ? behind : (uint8_t)(number + 1));
    if (moved > last)
        last = moved;
    block->drive_count = (uint8_t)(last - INT13_HARD_DISKS + 1);
    block->bios_drive = moved;
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
    drive.cache = options->cache;
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
        realmode_block()->protected_entry = (uint32_t)(uintptr_t)serve_hooked_call;
        hooks_set(realmode_block(), BLOCK_INT13, BLOCK_INT18);
        installed = true;
    }

    set_numbers(options->drive);
    status = tables_publish(&options->tables);
    if (status != OK)
        int13_hook_drop_drive();
    return status;
}

void int13_hook_drop_drive(void)
{
    struct realmode_block *block = realmode_block();
    block->drive = block->bios_drive = BLOCK_NO_DRIVE;
    tables_withdraw();
}

void int13_hook_uninstall(void)
{
    struct realmode_block *block = realmode_block();
    if (!installed || block->drive != BLOCK_NO_DRIVE)
        return;
    block->drive_count = 0; /* for whoever has hooked after us and still calls us */
    low_write8(BDA_DISK_COUNT, block->bios_disks);
    if (!hooks_are_set(block, BLOCK_INT13, BLOCK_INT18))
        return;

    hooks_remove(block, BLOCK_INT13, BLOCK_INT18);
    low_write16(BDA_BASE_MEMORY, block->bios_base_memory);
    installed = false;
}
