/* SPDX-License-Identifier: BSD-2-Clause */
/* The image's first C function: takes the machine over and tells the loader of it. */
#include <string.h>

#include "bios/grub_words.h"
#include "bios/home.h"
#include "handoff/recorder.h"
#include "platform/bytes.h"

#define COMMAND_LINE_MAX 2048
#define ARENA_LOWEST     (2 * MIB)

void bios_main(struct realmode_block *block, const struct region *region) __attribute__((noreturn));

static struct pci_device nics[CARDS_MAX];
static struct arena arena;
static struct memory_range ranges[2];
static unsigned range_count = 1;
static char command_line[COMMAND_LINE_MAX];

static void read_command_line(const struct realmode_block *block)
{
    const char *line =
        block->start_kind == START_BZIMAGE && block->command_line ? low_memory(block->command_line) : pxe_command_line();
    if (line && block->loader_type == GRUB2_LOADER_TYPE)
        grub_words_copy(command_line, sizeof command_line, line);
    else if (line)
        memcpy(command_line, line, strnlen(line, sizeof command_line - 1));
}

static uint32_t whole_pages(uint32_t size)
{
    return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/* What the image leaves of its region is the arena, unless the user wants more than the whole region: then it lies below. */
static void place_arena(const struct region *region, uint32_t wanted)
{
    uint32_t used = whole_pages(region->used);
    arena = (struct arena){
        .base = low_memory(region->base + used), .bus = region->base + used, .size = region->size - region->stack - used};
    if (wanted <= region->size)
        return;

    static struct memory_map map;
    struct memory_sizes sizes;
    bios_memory_map(&map, &sizes);
    const struct realmode_block *block = realmode_block();
    const struct memory_range ours[] = {{region->base, region->size},
                                        {block->kept_from, block->kept_words * (uint32_t)sizeof(uint32_t)}};
    wanted = whole_pages(wanted);
    uint32_t base = memory_map_place_beside(&map, ours, 2, wanted, ARENA_LOWEST);
    if (!base)
        return;

    ranges[range_count] = (struct memory_range){base, wanted};
    realmode_protect(&ranges[range_count++]);
    arena = (struct arena){.base = low_memory(base), .bus = base, .size = wanted};
}

static struct pci_device *boot_nic(unsigned count)
{
    uint8_t bus, device, function;
    if (!pxe_boot_nic(&bus, &device, &function))
        return NULL;

    for (unsigned i = 0; i < count; i++)
        if (nics[i].bus == bus && nics[i].device == device && nics[i].function == function)
            return &nics[i];
    return NULL;
}

void bios_main(struct realmode_block *block, const struct region *region)
{
    ranges[0] = (struct memory_range){region->base, region->size};
    realmode_start(block, &ranges[0]);
    exceptions_install();
    bool has_clock = clock_calibrate();

    pxe_find();
    read_command_line(block);
    static struct machine machine;
    machine = (struct machine){.command_line = command_line, .file = has_clock ? settings_file_from_server() : NULL};
    struct home_options options;
    loader_home_options(&machine, &options);
    console_start(&options);
    if (!has_clock) {
        console_write("sanstrap: this CPU has no time stamp counter, or none of the machine's timers counts\n");
        bios_boot_next_device();
    }

    random_seed();
    place_arena(region, options.memory);
    bios_boot_reserve(ranges, range_count);
    uint8_t *recorder = arena_take(&arena, RECORDER_SIZE, sizeof(struct recorder_slot));

    machine = (struct machine){
        .command_line = command_line,
        .file = machine.file,
        .nics = nics,
        .architecture = ARCHITECTURE_BIOS,
        .arena = &arena,
        .recorder = recorder,
        .recorder_size = recorder ? RECORDER_SIZE : 0,
        .recorder_address = (uintptr_t)recorder,
        .firmware_ibft = tables_firmware_ibft,
        .read_key = console_read_key,
        .write = console_write,
        .draw = console_draw,
        .note = console_note,
        .boot = bios_boot_disk,
        .next_boot_device = bios_boot_next_device,
    };
    pci_find_nics(&machine);
    machine.boot_nic = boot_nic(machine.nic_count);
    machine.cached_ack = pxe_cached(PXE_ACK, &machine.cached_ack_length);
    machine.cached_discover = pxe_cached(PXE_DISCOVER, &machine.cached_discover_length);
    machine.cached_reply = pxe_cached(PXE_REPLY, &machine.cached_reply_length);
    bios_uuid(machine.uuid);

    loader_run(&machine);
    bios_boot_next_device();
    for (;;)
        __asm__ volatile("cli; hlt");
}
