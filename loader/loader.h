/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot story, the same on every firmware: command line → card → link → address → settings → session → disk → handoff → boot.
 * The firmware's side calls loader_run() once it has taken the machine over, and supplies the services below.
 */
#ifndef SANSTRAP_LOADER_H
#define SANSTRAP_LOADER_H

#include "handoff/handoff.h"
#include "iscsi/iscsi.h"
#include "loader/settings_file.h"
#include "net/net.h"
#include "nicdrv/nic.h"

#define BOOT_FILES_MAX 255 /* bytes of file= */
#define KEY_ESCAPE     27  /* as read_key() gives it */

/*
 * What the operating system is told (handoff/handoff.h), made and checked; lengths are 0 with handoff=no. The home copies both to
 * where an OS finds them, and calls isdh_place() for its copy.
 */
struct boot_tables {
    const uint8_t *ibft, *isdh;
    size_t ibft_length, isdh_length;
};

/* What the firmware's side is told beside the disk. The pointers stay valid for as long as the disk is in use. */
struct boot_options {
    uint8_t drive;  /* BIOS drive number, 80h..FFh */
    bool hook_only; /* publish the disk, then go on with the firmware's own boot order */
    /* UEFI: what to start, paths from the file system's root with commas between; "": the usual names. */
    char files[BOOT_FILES_MAX + 1];
    uint16_t vlan;                 /* in which the target is; 0: untagged */
    struct nic *nic;               /* the card the disk is reached by: PCI address and MAC, for device paths */
    struct network *network;       /* over it, to be paused between calls, */
    struct disk *cache;            /* or parked while this has something in flight (cache/cache.h); NULL: read-ahead=off */
    struct iscsi_session *session; /* iscsi_session_info() tells target and LUN */
    struct net_address target;     /* the portal, as the tables have it; family 0: only its name is known */
    uint16_t target_port;
    uint32_t call_ms; /* how long the disk may take for one call of the program that reads it */
    struct boot_tables tables;
};

/* In this order: the names of boot= (loader/value.c). */
enum boot_choice {
    BOOT_YES,
    BOOT_NO,   /* the disk is published and outlives the loader */
    BOOT_AUTO, /* the same when it cannot be booted */
};

/* The settings that the firmware's side wants before there is a struct machine. */
struct home_options {
    uint32_t memory;      /* bytes of arena, 1 MiB..64 MiB */
    uint8_t serial_port;  /* 1..4: COM1..COM4; 0: none */
    bool serial_asked;    /* by serial=, and so its keys are the user's */
    uint32_t serial_baud; /* 0: speed and format stay as the firmware left them */
    enum log_level log;   /* lines above this level are not wanted on the screen */
    enum boot_choice boot;
    bool boot_open; /* a DHCP answer that is still to come may say otherwise */
};

/* RFC 4578 client system architectures, as IANA's registry has corrected them. */
#define ARCHITECTURE_BIOS     0
#define ARCHITECTURE_X64_UEFI 7

/* What the firmware's side knows when the story begins. All pointers stay valid. */
struct machine {
    const char *command_line;         /* "" when there was none; NUL-terminated */
    const struct settings_file *file; /* NULL when there is none */
    const uint8_t *cached_ack;        /* the DHCPACK the ROM got, from its op byte on; NULL when none */
    size_t cached_ack_length;
    const uint8_t *cached_discover; /* and the DHCPDISCOVER by which it had asked; NULL when the firmware keeps none */
    size_t cached_discover_length;
    /* What else the ROM was told: by a boot server, and by a ProxyDHCP server. NULL when nothing, or not kept; often the same. */
    const uint8_t *cached_reply, *cached_proxy;
    size_t cached_reply_length, cached_proxy_length;
    struct pci_device *boot_nic; /* the card that loaded us; NULL when unknown: then all are tried in order */
    /*
     * What the firmware was set to do with boot_nic when it loaded us: a VLAN, a static address with prefix, gateway and DNS. Of
     * the rest nothing is used; prefix 0: no address. NULL when there is neither.
     */
    const struct handoff_address *boot_path;
    struct pci_device *nics; /* every supported card, in PCI order */
    unsigned nic_count;
    struct pci_device *other_nics; /* network cards that nicdrv/ has no driver for, the first few, to be told of */
    unsigned other_nic_count;
    uint8_t uuid[16];      /* SMBIOS system UUID in wire order; all zero when unknown */
    uint16_t architecture; /* DHCP option 93 */
    struct arena *arena;

    /* For the flight recorder: memory that stays when the OS runs, and its physical address. NULL: there is none. */
    void *recorder;
    size_t recorder_size;
    uint64_t recorder_address;

    bool acpi_tables; /* the home gives the tables to ACPI, which copies them */

    /* The iBFT that somebody left before us, with how many bytes of it can be read; NULL when there is none. */
    const uint8_t *(*firmware_ibft)(size_t *size);

    /* A key press: its ASCII code (KEY_ESCAPE for Esc), 0 when none is waiting. Never blocks. */
    int (*read_key)(void);

    /* Text for the screen, and for serial, once on each; '\n' ends a line, '\r' returns to its start. */
    void (*write)(const char *text);

    /*
     * The same for one of them: what is drawn over itself goes to the screen, if that can be reached alone; what stands for it on
     * a serial line goes there, or to both where they are one.
     */
    void (*draw)(const char *text);
    void (*note)(const char *text);

    /*
     * Makes the disk the machine's (INT 13h, BlockIo) and starts what it holds. Comes back with a failure when nothing could be
     * started, under UEFI also when what was started came back; the disk is taken out of the machine's sight again then. With
     * `hook_only` the disk is published and nothing is started: it returns OK (UEFI), or goes on to the firmware's own boot
     * order and does not return (BIOS).
     */
    enum status (*boot)(struct disk *disk, const struct boot_options *options);

    /* Gives control to the firmware's next boot device. Does not return. */
    void (*next_boot_device)(void);
};

/*
 * Fills `options` from the machine's command line, file and cached answers, of which all but the first may be missing, with the
 * defaults of loader/settings.def for what is not set. A value that cannot be is left out here; loader_run() reads the same again
 * and tells the user. Wants no clock.
 */
void loader_home_options(const struct machine *machine, struct home_options *options);

/* Called with the machine's services. Ends in machine->next_boot_device() and so does not return. */
void loader_run(const struct machine *machine);

/*
 * Takes down what a disk lives from that was published with hook_only: logs out, closes network and card; neither disk nor struct
 * boot_options may be used any more. Takes at most two seconds. Does nothing when there is none.
 */
void loader_close(void);

/*
 * Draws the countdown of a wait that is under way inside the layers. The home calls it from its platform_idle(); it returns
 * at once when the loader waits for nothing, and so at all times while machine->boot() runs.
 */
void loader_idle(void);

#endif
