/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the BIOS home know of each other. main.c starts them in the order in which they stand here. */
#ifndef SANSTRAP_HOME_H
#define SANSTRAP_HOME_H

#include "bios/block.h"
#include "bios/core.h"
#include "bios/low_memory.h"
#include "bios/memory_map.h"
#include "loader/loader.h"

/* ---- realmode.c: calls into real mode ---- */

/* A piece of memory that is ours for as long as the machine runs, in whole pages. */
struct memory_range {
    uint32_t base, size;
};

void realmode_start(struct realmode_block *block, const struct memory_range *image);
struct realmode_block *realmode_block(void);

/* Base memory for the BIOS to write to, SCRATCH_BUFFER_SIZE bytes; gone once a boot sector runs. Its linear address is below 1
 * MiB. */
uint8_t *realmode_scratch(void);
struct far_pointer realmode_far(const void *scratch);

/* A second range that flat_pointer() keeps programs out of. */
void realmode_protect(const struct memory_range *range);

/* Carries out block->call, already filled in. */
void realmode_call(void);

/* Copies the block to `segment`, to run there from now on. */
void realmode_move(uint16_t segment);

/* Whether calls into real mode may let interrupts in; returns what was so before. */
bool realmode_allow_interrupts(bool allowed);
bool realmode_interrupts_allowed(void);

/* ---- console.c, exceptions.c ---- */

void console_start(const struct home_options *options);
void console_write(const char *text);
int console_read_key(void);

/* From now on the screen belongs to what we booted: lines go to serial only. */
void console_leave_screen(void);

/* Straight to the ports and video memory, for when the BIOS cannot be asked. */
void console_panic(const char *text);

void exceptions_start(void);

/* ---- clock.c, random.c, pci.c ---- */

/* False when the CPU has no time stamp counter. */
bool clock_start(void);
void random_start(void);

/* Fills `found` with at most `most` devices that nicdrv/ has a driver for, in PCI order; returns how many. */
unsigned pci_find_nics(struct pci_device *found, unsigned most);

/* ---- firmware.c: what the BIOS says of the machine ---- */

/* The memory map as the BIOS tells it now, and the older functions' figures. map->count is 0 when it has no E820. */
void firmware_memory(struct memory_map *map, struct memory_sizes *sizes);
void firmware_uuid(uint8_t uuid[16]);

/* ES:DI for a boot sector: the Plug and Play installation check structure, 0:0 when the BIOS has none. */
struct far_pointer firmware_pnp(void);

/* ---- pxe.c ---- */

/* Looks for the ROM that started us, or our boot loader if that left it in memory, and asks it what it knows. */
void pxe_start(void);
const uint8_t *pxe_cached_ack(size_t *length);
const char *pxe_command_line(void); /* NULL when the ROM passed none */
bool pxe_boot_nic(uint8_t *bus, uint8_t *device, uint8_t *function);

/* Takes the ROM's stack down before a driver of ours touches the card; does nothing the second time. */
void pxe_release(void);

/* Undoes what pxe_release() did to the interrupt controller, when the card is silent. */
void pxe_restore_interrupts(void);

/* Returns to the ROM that called us while its stack stands; comes back when there is none, and no stack then. */
void pxe_exit(void);

/* ---- tables.c: what the operating system is told ---- */

/* How much base memory they take, in whole paragraphs. */
uint32_t tables_size(const struct boot_tables *tables);

/* True when operating systems look for an iBFT at `base`. */
bool tables_are_found_at(uint32_t base);

/*
 * Takes the signature off all tables in base memory, whoever left them, before anything is put over them; iBFTs among ACPI's
 * tables are hidden until tables_withdraw().
 */
void tables_clear(void);

/* Where they are put from now on: base memory that the map reports as reserved. */
void tables_reserve(uint32_t base, uint32_t size);

/* Copies them there, the ISDH with a generation above all that were seen. E_HANDOFF_SIZE when they have outgrown their place. */
enum status tables_put(const struct boot_tables *tables);

/* They are no more. */
void tables_withdraw(void);

/* struct machine's firmware_ibft: in the memory below 1 MiB, else among ACPI's tables. */
const uint8_t *tables_firmware_ibft(size_t *size);

/* ---- int13_hook.c, boot.c ---- */

/* Puts the disk behind INT 13h, block and memory map where they stay. May be called again with another disk. */
enum status int13_hook_install(struct disk *disk, const struct boot_options *options, const struct memory_range *ranges,
                               unsigned count);

/* The drive is no more. */
void int13_hook_remove(void);

/*
 * Gives vectors, base memory and memory map back once the drive is no more, unless somebody has hooked them after us. The block
 * stays where it is, to be used until the next system overwrites it.
 */
void int13_hook_uninstall(void);

void boot_start(const struct memory_range *ranges, unsigned count);
enum status boot_disk(struct disk *disk, const struct boot_options *options);
void boot_next_device(void);

#endif
