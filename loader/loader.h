/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot story, the same on every firmware: settings → link → address → session → disk → boot. The firmware's side calls loader_run()
 * once it has taken the machine over, and supplies the services below.
 */
#ifndef SANSTRAP_LOADER_H
#define SANSTRAP_LOADER_H

#include "iscsi/iscsi.h"
#include "net/net.h"
#include "nicdrv/nic.h"

/* The settings that concern the firmware's side. */
struct boot_options {
    uint8_t drive;   /* BIOS drive number, 80h..FFh */
    bool hook_only;  /* publish the disk, then go on with the firmware's own boot order */
};

/* What the firmware's side knows when the story begins. All pointers stay valid. */
struct machine {
    const char *command_line;       /* "" when there was none; NUL-terminated */
    const uint8_t *cached_ack;      /* the DHCPACK the ROM got, from its op byte on; NULL when none */
    size_t cached_ack_length;
    struct pci_device *boot_nic;    /* the card that loaded us; NULL when unknown: then all are tried in order */
    struct pci_device *nics;        /* every supported card, in PCI order */
    unsigned nic_count;
    uint8_t uuid[16];               /* SMBIOS system UUID in wire order; all zero when unknown */
    uint16_t architecture;          /* DHCP option 93 */
    struct arena *arena;

    /* A key press: its ASCII code (27 for Esc), 0 when none is waiting. Never blocks. */
    int (*read_key)(void);

    /* Text for the screen, and for serial; '\n' ends a line, '\r' returns to its start. */
    void (*write)(const char *text);

    /*
     * Makes the disk the machine's (INT 13h, BlockIo) and starts what it holds. Returns only when it could not be booted.
     * With `hook_only` the disk is published and control goes back to the firmware's own boot order.
     */
    enum status (*boot)(struct disk *disk, const struct boot_options *options);

    /* Gives control to the firmware's next boot device. Does not return. */
    void (*next_boot_device)(void);
};

/* Called with the machine's services; returns only through machine->next_boot_device(). */
void loader_run(const struct machine *machine);

#endif
