/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the UEFI home know of each other, a section a file; block_io.h and boot.h have the disk's side. In which
 * order they are started shows efi_main() (main.c): clock, settings, console, random bytes, arena, cards, tables; then the loader
 * runs.
 *
 * One thread, on our image's stack, at TPL_APPLICATION where it is not said otherwise. Once the disk is published it is also
 * reached from the firmware's events, at higher levels: through gate.c.
 *
 * Pointers that are passed are used during the call alone, and pointers that are returned stay the owner's, where it is not said
 * otherwise; "from the pool" means memory of AllocatePool(), which whoever gets it gives back by FreePool().
 */
#ifndef SANSTRAP_EFI_HOME_H
#define SANSTRAP_EFI_HOME_H

#include "efi/efi.h"
#include "loader/loader.h"

/* For AllocatePages() with AllocateMaxAddress. */
#define BELOW_4_GIB 0xFFFFFFFFu

/* ---- main.c: how we were started ---- */

/* Filled in before anything else of this room is called. The firmware's; `boot` is good until boot services end. */
extern struct firmware {
    EFI_HANDLE image;
    EFI_SYSTEM_TABLE *system;
    EFI_BOOT_SERVICES *boot;
    EFI_LOADED_IMAGE *loaded; /* our image's */
    bool resident;            /* we stay in memory when the entry point returns: started as a driver */
} firmware;

/* The first configuration table with this GUID (UEFI 2.10, 4.6); NULL when there is none. */
void *firmware_table(const EFI_GUID *guid);

/* ---- firmware_path.c: the firmware's device paths ---- */

/* A file's path on its volume, in characters with the NUL. */
#define FILE_PATH_MAX 260

/* NULL when the handle is NULL, or has no path. It is the firmware's, and is gone when the handle is. At up to TPL_NOTIFY. */
EFI_DEVICE_PATH *firmware_path_of(EFI_HANDLE handle);

/* The device path of file `name` on a volume, from the pool; NULL when the volume has none, or there is no memory. */
EFI_DEVICE_PATH *firmware_path_of_file(EFI_HANDLE volume, const CHAR16 *name);

/* `path` with the nodes of `rest` behind it; from the pool. NULL without a path, or memory. */
EFI_DEVICE_PATH *firmware_path_join(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *rest);

/*
 * Writes the path, on our image's volume, of file `name` in the folder of our image, with its NUL. False when that did not come
 * from a file, or lies too deep; `path` is of no use then.
 */
bool firmware_path_beside_image(const CHAR16 *name, CHAR16 path[FILE_PATH_MAX]);

/* ---- clock.c, random.c ---- */

/* Measures the time stamp counter against Stall(), in some tens of milliseconds. False when it does not count. */
bool clock_calibrate(void);

/* Fills the pool that platform_random() draws from. Wants the clock. */
void random_start(void);

/* ---- console.c: screen, keyboard, a serial port ---- */

/*
 * Opens the serial port and sets the level of lines for the screen. Before it, text goes to the firmware's console alone. A port
 * that there is not, or that takes no text, is left out without a word.
 */
void console_start(const struct home_options *options);

/* machine->write and machine->read_key (loader/loader.h). */
void console_write(const char *text);
void console_draw(const char *text);
void console_note(const char *text);
int console_read_key(void);

/* From now on the screen belongs to what we booted: lines go to serial only; and back. */
void console_leave_screen(void);
void console_take_screen(void);

/* ---- resident.c: staying when we return ---- */

/*
 * Starts sanstrap-driver.efi, which lies beside our image or our boot file, in our place and with our load options: with boot=no
 * the disk has to outlive us, and an application's memory does not. False when it cannot be started; else it has returned, and
 * *status is its answer. With `perhaps` it is not known that the driver is wanted: then a TFTP server, whose silence costs a
 * minute, is not asked for it.
 */
bool resident_start(bool perhaps, EFI_STATUS *status);

/* ---- settings_sources.c: what we are told by whom ---- */

/* The load options as a line of settings. Never NULL, and stays valid; *odd is NULL, or says why it is not what was given. */
const char *sources_line(const char **odd);

/*
 * sanstrap.conf: beside the image on its volume, else from the server that the firmware loaded us from. Stays valid. To be
 * called before a card is taken, with the clock.
 */
const struct settings_file *sources_file(void);

/* The firmware's PXE client that loaded us by this kind of address, with its lease; NULL when it did not. */
EFI_PXE_BASE_CODE_PROTOCOL *sources_pxe(bool ipv6);

/*
 * The DHCPACK that the firmware booted us with, from its op byte on, copied; NULL and *length 0 when there is none, or it is
 * DHCPv6's. To be called before a card is taken, which takes the protocol away.
 */
const uint8_t *sources_dhcp_ack(size_t *length);
const uint8_t *sources_dhcp_discover(size_t *length); /* and the DHCPDISCOVER that it had asked by, */
const uint8_t *sources_dhcp_reply(size_t *length);    /* what a boot server has answered */
const uint8_t *sources_dhcp_proxy(size_t *length);    /* and what a ProxyDHCP server offered */

/*
 * The beginning of a DHCP answer, in DHCP_OPTIONS_START bytes that are zero, for when there was none with what sanstrap.conf goes
 * by: it has the MAC address of the card that loaded us.
 */
void sources_begin_lease(uint8_t *lease);

/* SMBIOS's system UUID, as struct machine has it; untouched when unknown. */
void sources_uuid(uint8_t uuid[16]);

/* ---- settings_server.c, settings_http.c: the boot server ---- */

/* Look for sanstrap.conf where PXE, or HTTP boot over IPv4, has loaded us from: the rest of sources_file(). */
bool server_find_file(struct settings_file *file); /* false: it was not PXE */
void http_find_file(struct settings_file *file);

/*
 * Read a file beside the boot file there, at most `size` bytes of it, before a card is taken. They return how many; 0 when there
 * is none, or we did not come that way.
 */
size_t server_read_beside(const char *name, void *to, size_t size);
size_t http_read_beside(const char *name, void *to, size_t size);

/* ---- pci.c: the cards ---- */

#define CARDS_MAX       16
#define OTHER_CARDS_MAX 4

/* What we know of a card: struct pci_device's `home`. */
struct efi_card {
    EFI_HANDLE handle;
    EFI_PCI_IO_PROTOCOL *pci;
    EFI_DEVICE_PATH *path; /* the firmware's, ends with the PCI node */
    uint32_t ports[6];     /* where the ports of a BAR begin that was mapped and is of I/O ports; else 0 */
    UINT64 attributes;     /* the PCI I/O protocol's, as we found them when the firmware's drivers had left */
    bool taken;            /* and what follows is good */
    void *memory;          /* of `pages` pages, the arena's as long as this card is the last one taken */
    UINTN pages;
    EFI_PHYSICAL_ADDRESS bus; /* where the card sees it */
    void *mapping;            /* Map()'s token for Unmap() */
};

/*
 * Fills machine->nics, which has room for CARDS_MAX, in PCI order with the cards that nicdrv/ has a driver for, and
 * machine->other_nics with the first network cards beside them. To be called once: what `home` of each points to is one array.
 * platform.h's functions for PCI and registers take the former alone, its functions for PCI also the bridges above them.
 */
void pci_find_nics(struct machine *machine);

/* The card among `nics` that the image came over; NULL when it came from elsewhere, or over another. */
struct pci_device *pci_boot_nic(struct pci_device *nics, unsigned count);

/* ---- nic_takeover.c: the card becomes ours, and goes back ---- */

/*
 * Fills *arena with memory of `size` bytes, in whole pages, that no card reaches. `arena` is kept: each card that is taken puts
 * its own memory, as large, behind it; what was taken from it before stays where it is until takeover_give_cards_back(). False
 * when the firmware has not so much.
 */
bool takeover_start_arena(struct arena *arena, size_t size);

/*
 * Sends the firmware's drivers away from the card, opens it for us alone, makes the arena memory that it reaches, and switches
 * memory decoding and bus mastering on. Of a card that is ours already only the last two. E_NIC_FIRMWARE when the firmware does
 * not let go, E_NIC_MEMORY: it has the card again then. E_NIC_REGISTERS: we keep it.
 */
enum status takeover_take_card(struct pci_device *device);

/*
 * Gives every card that was taken back to the firmware, which connects its drivers to them again, and all memory of the arena,
 * which is of no more use. The cards must be closed.
 */
void takeover_give_cards_back(void);

/* True when the path leads to a card that is ours, or over it. */
bool takeover_holds_path(const EFI_DEVICE_PATH *path);

/*
 * True when a card was ever taken from the program that started us, or that started that one: iPXE, which drives the card itself
 * and uses what is gone when it goes on. Nothing may then return.
 */
bool takeover_starter_lost_card(void);

/* The device path of a card's PCI function; it stays valid. NULL cannot be. */
EFI_DEVICE_PATH *takeover_card_path(const struct nic *nic);

/* ---- foreign_disks.c: disks that others made of a card's network ---- */

/*
 * Has every program that started us, and that serves a disk behind the card, end its connections, as if it were unloaded. True
 * when there was one: nothing may then return to it. While the card has its drivers still.
 */
bool foreign_disks_end_sessions(const EFI_DEVICE_PATH *card);

/* Sends the drivers away from the disk and takes its BlockIo off the handle; does nothing to partitions, and to our own disk. */
void foreign_disk_remove(EFI_HANDLE handle, EFI_BLOCK_IO_PROTOCOL *disk);

/* ---- starter.c: who started us ---- */

#define GENERATIONS_MAX 16 /* images can name each other as parents, in a circle */

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

/* Memory for the flight recorder that an OS leaves alone, with its size; NULL and 0 when there is none. To be called once. */
void *tables_allocate_recorder(size_t *size);

/* Closes the recorder and gives its memory back; does nothing without. */
void tables_free_recorder(void);

/*
 * Gives the tables to ACPI (UEFI 2.10, 20.2), which copies them, in place of those given before; iBFTs that others left are
 * hidden. OK without tables (handoff=no). E_BOOT_ACPI: nothing is published then.
 */
enum status tables_publish(const struct boot_tables *tables);

/* Takes back what was published, and shows what was hidden; does nothing without. */
void tables_withdraw(void);

/* machine->firmware_ibft (loader/loader.h): among ACPI's tables. */
const uint8_t *tables_firmware_ibft(size_t *size);

/* ---- gate.c: one at a time in the stack ---- */

/*
 * Everybody who calls the disk goes through here once it is published: BlockIo's functions and the timer. False when somebody is
 * inside already, that is when we were interrupted, or when the gate is shut: then keep out. True raises the TPL to TPL_CALLBACK
 * at least; gate_leave() restores it, with what stands in *old. At any TPL below TPL_HIGH_LEVEL.
 */
bool gate_enter(EFI_TPL *old);
void gate_leave(EFI_TPL old);

/* From now on nobody comes in: the card has stopped. Whoever is inside stays. And again as before, which is how it begins. */
void gate_shut(void);
void gate_open(void);
bool gate_is_shut(void);

/* ---- events.c: what happens while others run ---- */

/*
 * Opens the gate; from now on a timer pumps the disk and what waits for it in block_queue.h, and when boot services end the card
 * is closed, the gate shut, and that aborted. Both are used until events_stop(). E_INTERNAL when the firmware makes no event: all
 * is then stopped again.
 */
enum status events_start(struct disk *disk, struct nic *nic);

/* Somebody waits for his event: until there is nothing left to do, the timer comes as often as the firmware can. */
void events_hurry(void);

/* Leaves card and gate as they are; does nothing when events are off. */
void events_stop(void);

#endif
