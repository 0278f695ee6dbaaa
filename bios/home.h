/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the BIOS home know of each other, in the order in which main.c first calls them; the hook and the boot sector
 * come last, when the loader has a disk.
 */
#ifndef SANSTRAP_HOME_H
#define SANSTRAP_HOME_H

#include "bios/block.h"
#include "bios/core.h"
#include "bios/low_memory.h"
#include "bios/memory_map.h"
#include "loader/loader.h"

/* ---- realmode.c: calls into real mode (the rest is in realmode.h) ---- */

/* The block as the stub hands it over, and the range that the image is in. Nothing else of this file works before. */
void realmode_start(struct realmode_block *block, const struct memory_range *image);

/* Where the block is now: not to be kept over realmode_move(). */
struct realmode_block *realmode_block(void);

/*
 * Base memory for the BIOS to write to, SCRATCH_BUFFER_SIZE bytes; whoever calls real mode next may use it. Not ours while what
 * we booted runs.
 */
uint8_t *realmode_scratch(void);

/*
 * Before what we boot runs, and when it has given up. In between calls into real mode, as far as there are any, have the few
 * hundred bytes of stack that are resident, and not the kilobytes of scratch memory. What lay where the image is, is given up for
 * good.
 */
void realmode_give_scratch_away(void);
void realmode_take_scratch_back(void);

/* False when somebody has used more of the resident stack than there is, and so overwritten what lies below it. */
bool realmode_stack_is_sound(void);

/* The address of a byte below 1 MiB, with an offset below 16. */
struct far_pointer realmode_far(const void *low);

/* A second range, besides the image's, that realmode_flat_pointer() keeps programs out of. */
void realmode_protect(const struct memory_range *range);

/* Carries out block->call, already filled in, and leaves the results there. */
void realmode_call(void);

/* The same for good: the memory that the image had overwritten comes back first (block.h, kept_words). Does not return. */
void realmode_leave(void) __attribute__((noreturn));

/*
 * Copies the block to `segment`, to run there from now on. From `first` on, a page's address, to the end of base memory
 * realmode_flat_pointer() keeps programs out.
 */
void realmode_move(uint16_t segment, uint32_t first);

/* Whether calls into real mode may let interrupts in: at first they may. Returns what was so before. */
bool realmode_allow_interrupts(bool allowed);
bool realmode_interrupts_allowed(void);

/* ---- exceptions.c ---- */

/* From here on a fault of ours writes registers and stack to the screen and stops, wherever the block is. */
void exceptions_install(void);

/* ---- clock.c: platform.h's clock ---- */

/*
 * By the timer chip, else by ACPI's timer, else by what the CPU says of itself. False when the CPU has no time stamp counter, or
 * none of them works. Deadlines have no meaning before.
 */
bool clock_calibrate(void);

/* ---- pxe.c, pxe_release.c: the ROM that started us ---- */

/* Looks for the ROM that started us, or our boot loader if that left it in memory, and asks it what it knows. */
void pxe_find(void);

/* Of the ROM's DHCP, by their numbers in PXENV_GET_CACHED_INFO: what it asked by, the lease, what named the boot file. */
enum pxe_packet { PXE_DISCOVER = 1, PXE_ACK, PXE_REPLY, PXE_PACKETS };

/* Such a packet, from `op` on; NULL, and length 0, when the ROM keeps none. */
const uint8_t *pxe_cached(enum pxe_packet packet, size_t *length);

/* Ends with 0; NULL when the ROM passed none. */
const char *pxe_command_line(void);

/* The PCI address of the ROM's card; false when it does not say. */
bool pxe_boot_nic(uint8_t *bus, uint8_t *device, uint8_t *function);

/*
 * Takes the ROM's stack down before a driver of ours touches the card, and masks its interrupt; before that, disks that a ROM
 * made of the network are withdrawn. No !PXE and PXENV+ is left to be found, and base memory that only the ROM used becomes the
 * machine's. What does not go is said on the screen. Does nothing the second time.
 */
void pxe_release(void);

/* Unmasks the interrupt that pxe_release() masked; to be called when the card is silent. */
void pxe_restore_interrupts(void);

/*
 * Returns to the ROM that called us, with a failure, while its stack stands. Comes back when there is none, or when a boot loader
 * started us, with the ROM's stack taken down.
 */
void pxe_exit(void);

/* ---- settings_file.c: sanstrap.conf ---- */

/* Looks for it on the server that the ROM loaded us from. There is none when a boot loader started us. */
const struct settings_file *settings_file_from_server(void);

/* ---- console.c: screen, keyboard, serial line ---- */

/* Until then text goes to the screen alone. */
void console_start(const struct home_options *options);

/* To screen and serial line; newlines become CR LF. */
void console_write(const char *text);
void console_draw(const char *text);
void console_note(const char *text);

/*
 * A character from the serial line or the keyboard; 0 when there is none, or a key without a character was pressed. Never waits.
 */
int console_read_key(void);

/* From now on the screen belongs to what we booted: lines go to serial only. */
void console_leave_screen(void);

/* It is ours again, on a line of its own below what stands there; a text mode is set if there is none. */
void console_take_screen(void);

/* Straight to the ports and video memory, for when the BIOS cannot be asked. */
void console_panic(const char *text);

/* ---- random.c: platform.h's random bytes ---- */

/* Fills the pool. */
void random_seed(void);

/* ---- firmware.c: what the BIOS says of the machine ---- */

/* The memory map as the BIOS tells it now, and the older functions' figures (memory_map_read()). Uses the scratch buffer. */
void bios_memory_map(struct memory_map *map, struct memory_sizes *sizes);

/* ACPI's root pointer, whose first 20 bytes are sound; NULL when there is none. */
const uint8_t *bios_acpi_root(void);

/* The port of ACPI's power management timer (ACPI 6.5, 4.8.3.3), 32 bits wide; 0 when there is none. */
uint16_t bios_pm_timer(void);

/* SMBIOS's, as it stands in the table; zeros when there is none. */
void bios_uuid(uint8_t uuid[16]);

/* ES:DI for a boot sector: the Plug and Play installation check structure, 0:0 when the BIOS has none. */
struct far_pointer bios_pnp(void);

/* ---- pci.c: platform.h's registers ---- */

#define CARDS_MAX       16
#define OTHER_CARDS_MAX 4

/*
 * Fills machine->nics, which has room for CARDS_MAX, with the first devices, in PCI order, that nicdrv/ has a driver for, and
 * machine->other_nics with the first network cards beside them. To be called once.
 */
void pci_find_nics(struct machine *machine);

/* Stops those of them that may write to memory. */
void pci_silence_nics(void);

/* ---- tables.c: what the operating system is told ---- */

/* struct machine's firmware_ibft: in the memory below 1 MiB, else among ACPI's tables. */
const uint8_t *tables_firmware_ibft(size_t *size);

/* How much base memory they take, in whole paragraphs; 0 when there are none. */
uint32_t tables_size(const struct boot_tables *tables);

/* True when operating systems look for an iBFT at `base`. */
bool tables_are_found_at(uint32_t base);

/*
 * Takes the signature off all tables in base memory, whoever left them, before anything is put over them; iBFTs among ACPI's
 * tables are hidden until tables_withdraw().
 */
void tables_clear(void);

/* Where they are put from now on: base memory that the map reports as reserved. Linear address, bytes. */
void tables_reserve(uint32_t base, uint32_t size);

/* Copies them there, the ISDH with a generation above all that were seen. E_HANDOFF_SIZE when they have outgrown their place. */
enum status tables_publish(const struct boot_tables *tables);

/* Overwrites ours with zeros and gives ACPI its iBFTs back. */
void tables_withdraw(void);

/* ---- predecessor.c ---- */

/*
 * Withdraws the disk of an earlier start of ours that is still behind INT 13h: its vectors, tables and base memory go back to the
 * BIOS, as far as nobody has hooked after it. To be called when the ROM is unloaded, and before a card is touched.
 */
void predecessor_retire(void);

/* ---- int13_hook.c: our disk behind INT 13h ---- */

/*
 * Takes drive number options->drive for the disk. At the first call block, memory map and tables go where they stay, without
 * `ranges`, of which there are `count`; later ones change disk and tables. E_BOOT_MEMORY and E_BOOT_TABLES when base memory has
 * no room for them, otherwise the status of int13_open() and tables_publish(); there is no drive of ours then.
 */
enum status int13_hook_install(struct disk *disk, const struct boot_options *options, const struct memory_range *ranges,
                               unsigned count);

/* Between calls: the card is parked while something is read ahead, else stopped. */
void int13_hook_rest(void);

/* Calls with our number go to the BIOS again, and the tables are withdrawn. */
void int13_hook_drop_drive(void);

/*
 * When the drive has been dropped: gives the count of disks back and, unless somebody has hooked them after us, vectors, base
 * memory and memory map. The block stays where it is, to be used until the next system overwrites it.
 */
void int13_hook_uninstall(void);

/* ---- boot.c ---- */

/* The memory that the OS must leave alone, for int13_hook_install(). It is not copied. */
void bios_boot_reserve(const struct memory_range *ranges, unsigned count);

/*
 * struct machine's boot. Runs the disk's boot sector, or the next boot device when hook_only is set. Returns only with an error,
 * the drive dropped then, the network running and the screen ours; E_BOOT_GAVE_UP when the sector returned or called INT 18h or
 * 19h, as long as nobody else had the machine by then (realmode_int18.inc).
 */
enum status bios_boot_disk(struct disk *disk, const struct boot_options *options);

/* struct machine's next_boot_device: back to the ROM, or INT 18h. Does not return. */
void bios_boot_next_device(void);

#endif
