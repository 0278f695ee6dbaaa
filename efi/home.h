/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the UEFI home know of each other. main.c starts them in the order in which they stand here. */
#ifndef SANSTRAP_EFI_HOME_H
#define SANSTRAP_EFI_HOME_H

#include "efi/efi.h"
#include "loader/loader.h"

/* ---- main.c: how we were started ---- */

extern struct firmware {
    EFI_HANDLE image;
    EFI_SYSTEM_TABLE *system;
    EFI_BOOT_SERVICES *boot;
    EFI_LOADED_IMAGE *loaded;
    bool resident; /* we stay in memory when the entry point returns: started as a driver */
} firmware;

/* ---- paths.c ---- */

/* NULL when the handle has none. It is the firmware's. */
EFI_DEVICE_PATH *device_path_of(EFI_HANDLE handle);

/* More bytes than any device path has. */
#define DEVICE_PATH_MAX 4096

/* True when `path` is `beginning` or goes on from it; false when either is NULL. */
bool device_path_begins(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *beginning);

/* A file's path on its volume, in characters with the NUL. */
#define FILE_PATH_MAX 260

/* The path of file `name` in the folder of our image. False when that did not come from a file, or lies too deep. */
bool file_beside_image(const CHAR16 *name, CHAR16 path[FILE_PATH_MAX]);

/* The device path of a file on a volume, from pool memory; NULL when there is none. */
EFI_DEVICE_PATH *file_device_path(EFI_HANDLE volume, const CHAR16 *name);

/* ---- clock.c, random.c, console.c ---- */

/* False when the CPU's time stamp counter does not count. */
bool clock_calibrate(void);
void random_start(void);
void console_start(const struct home_options *options);
void console_write(const char *text);
int console_read_key(void);

/* From now on the screen belongs to what we booted: lines go to serial only; and back. */
void console_leave_screen(void);
void console_take_screen(void);

/* ---- resident.c: staying when we return ---- */

/*
 * Starts sanstrap-driver.efi, which lies beside our image, in our place: with boot=no the disk has to outlive us, and an
 * application's memory does not. False when it cannot be started; else its return status is in *status.
 */
bool resident_start(EFI_STATUS *status);

/* ---- settings_sources.c: the line of settings, and what the firmware's own DHCP got ---- */

/* `sanstrap.conf` beside the image, then the load options: of two values the later counts. Stays valid. */
const char *settings_line(bool *cut);

/* The DHCPACK that the firmware booted us with, copied; NULL when there is none. Before the card is taken. */
const uint8_t *firmware_ack(size_t *length);

/* SMBIOS's system UUID; untouched when unknown. */
void firmware_uuid(uint8_t uuid[16]);

/* ---- pci.c: the cards ---- */

#define CARDS_MAX 16

/* Fills `found` with at most `most` cards that nicdrv/ has a driver for, in PCI order; returns how many. */
unsigned pci_find_nics(struct pci_device *found, unsigned most);

/* The card among `nics` that the image came over; NULL when it came from elsewhere, or over another. */
struct pci_device *pci_boot_nic(struct pci_device *nics, unsigned count);

/* ---- nic_takeover.c: the card becomes ours ---- */

/* What we know of a card: struct pci_device's `home`. */
struct nic_home {
    EFI_HANDLE handle;
    EFI_PCI_IO_PROTOCOL *pci;
    EFI_DEVICE_PATH *path; /* the firmware's, ends with the PCI node */
    bool taken;
    void *memory;             /* the arena's, when taken */
    EFI_PHYSICAL_ADDRESS bus; /* and where the card sees it */
    UINTN pages;
    void *mapping;
};

/* The arena that each card that is taken brings its memory into; it begins as memory of `size` bytes that no card reaches. */
bool nic_arena_start(struct arena *arena, size_t size);

/*
 * Sends the firmware's drivers away from the card and opens it for us alone; the arena becomes memory that it reaches. Does
 * nothing when that is done already. E_NIC_FIRMWARE when the firmware does not let go, E_NIC_MEMORY.
 */
enum status nic_take(struct pci_device *device);

/* Gives every card that was taken back to the firmware, which connects its drivers to them again. The cards must be closed. */
void nic_give_back(void);

/* True when the path leads to a card that is ours, or over it. */
bool nic_is_taken(const EFI_DEVICE_PATH *path);

/*
 * True when a card was taken from the program that started us, or that started that one: iPXE, which drives the card itself and
 * uses what is gone when it goes on. Nothing may then return.
 */
bool nic_starter_lost(void);

/* The device path of a taken card's PCI function. It stays valid. */
EFI_DEVICE_PATH *nic_device_path(const struct nic *nic);

/* ---- starter.c: who started us ---- */

/* True when the image that started us, or one that started that, is a driver on this handle. */
bool starter_drives(EFI_HANDLE handle);

/* ---- next_boot.c: the next boot device when we cannot return ---- */

/*
 * Restarts the machine so that the firmware boots the next option in its order that is not on a card of ours; says so on the
 * screen, and `why` nothing can return. When there is none, or it is not known which option is ours, a key is waited for before.
 * Does not return.
 */
void next_boot_by_restart(const char *why);

/* ---- tables.c: what the operating system is told ---- */

/* Memory for the flight recorder that an OS leaves alone; NULL when there is none. And back. */
void *tables_recorder(size_t *size);
void tables_free_recorder(void);

/* Gives the tables to ACPI, in place of those given before. E_BOOT_ACPI; nothing is published then. */
enum status tables_publish(const struct boot_tables *tables);
void tables_withdraw(void);

/* struct machine's firmware_ibft: among ACPI's tables. */
const uint8_t *tables_firmware_ibft(size_t *size);

/* ---- guard.c: one at a time in the stack ---- */

/*
 * Everybody who calls the disk goes through here once it is published: BlockIo's functions, the timer, the end of boot services.
 * False when somebody is inside already, that is when we were interrupted: then keep out. Raises the TPL to TPL_CALLBACK at
 * least; stack_leave() restores it.
 */
bool stack_enter(EFI_TPL *old);
void stack_leave(EFI_TPL old);

/* From now on nobody comes in: the card has stopped. And again as before. */
void stack_shut(bool is_shut);

/* ---- events.c: what happens while others run ---- */

/* From now on a timer pumps the disk, and the card falls silent when boot services end. Until events_stop(). */
enum status events_start(struct disk *disk, struct nic *nic);
void events_stop(void);

#endif
