/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ISDH table (iSCSI dump handoff), version 1.0, byte for byte: what a crash-dump driver needs to reach the boot disk when
 * nothing of the OS lives. docs/handoff.md is its specification, with the limits of every member; this header belongs to producer
 * and consumers alike and needs nothing but <stdint.h>. Members lie at multiples of their size; numbers are little endian;
 * lengths and sizes are bytes; addresses have 16 bytes in the network's order, IPv4 as ::ffff:a.b.c.d, all zero for none;
 * reserved members are 0.
 *
 * An ACPI table header, our own header, then records, each at a multiple of 8 bytes from the table's start, with zeros between.
 */
#ifndef SANSTRAP_ISDH_H
#define SANSTRAP_ISDH_H

#include <stdint.h>

#define ISDH_SIGNATURE     "ISDH"
#define ISDH_ACPI_REVISION 1
#define ISDH_MAGIC         "\x93\xd6Sanstrap-ISDH\x1a"
#define ISDH_MAJOR         1 /* another one is another format */
#define ISDH_MINOR         0 /* what a higher one may add: docs/handoff.md */
#define ISDH_ALIGNMENT     8 /* of records */
#define ISDH_LENGTH_MAX    65536
#define ISDH_SCAN_STEP     16 /* of its place in low memory */

#define ISDH_FLAG_SECRETS 0x1 /* the authentication records hold the secrets */
#define ISDH_FLAG_ACPI    0x2 /* given to ACPI, which copied it: `self` is 0 */

struct isdh_header {
    char signature[4];
    uint32_t length;            /* of the table */
    uint8_t revision, checksum; /* all bytes of the table add up to 0 */
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
    uint8_t magic[16];
    uint16_t major, minor;
    uint32_t whole_length; /* `length` once more */
    uint32_t crc32;        /* IEEE 802.3, over the table with this member and `checksum` as 0 */
    uint64_t self;         /* physical address of the table */
    uint64_t generation;   /* of two valid tables the higher one counts */
    uint8_t boot_id[16];   /* random; the log's header holds it too */
    uint32_t flags;
    uint32_t header_length; /* where the first record begins */
    uint64_t reserved;      /* 0 */
} __attribute__((packed));

/* Types of records. A reader passes over one that it does not know, unless it is critical. */
#define ISDH_CRITICAL 0x8000
enum isdh_type {
    ISDH_PRODUCER = 1,
    ISDH_CLOCK = 2,
    ISDH_LOG = 3,
    ISDH_NIC = ISDH_CRITICAL | 4,
    ISDH_ADDRESS = ISDH_CRITICAL | 5,
    ISDH_TARGET = ISDH_CRITICAL | 6,
    ISDH_SESSION = ISDH_CRITICAL | 7,
    ISDH_AUTHENTICATION = ISDH_CRITICAL | 8,
    ISDH_DUMP_AREA = ISDH_CRITICAL | 9
};

struct isdh_record {
    uint16_t type, length; /* bytes with this header, without the zeros up to the next record */
} __attribute__((packed));

/* A string inside its record, which ends with a NUL that the length leaves out; or bytes. 0, 0 for none. */
struct isdh_text {
    uint16_t offset, length; /* from the record's first byte */
} __attribute__((packed));

struct isdh_producer {
    struct isdh_record record;
    struct isdh_text name; /* program and version */
} __attribute__((packed));

/* The clock that times in this table and in the log are told by: the CPU's time stamp counter. */
struct isdh_clock {
    struct isdh_record record;
    uint32_t reserved;
    uint64_t ticks_per_ms;
    uint64_t now; /* ticks when the table was written */
} __attribute__((packed));

struct isdh_log {
    struct isdh_record record;
    uint32_t size;    /* of the recorder with its header */
    uint64_t address; /* physical, of struct recorder_header */
} __attribute__((packed));

struct isdh_nic {
    struct isdh_record record;
    uint8_t index, bus, device, function; /* from 0 up, in the order of the records; PCI location */
    uint16_t segment, vendor_id, device_id, subsystem_vendor_id, subsystem_id;
    uint8_t mac[6];
    uint64_t registers;      /* BAR 0's physical address; 0: unknown */
    uint32_t link_megabits;  /* a second; 0: unknown */
    struct isdh_text driver; /* the card's model, as the producer's driver names it */
} __attribute__((packed));

/* Numbers of the iBFT (2.6). */
enum isdh_origin { ISDH_ORIGIN_OTHER, ISDH_ORIGIN_MANUAL, ISDH_ORIGIN_WELL_KNOWN, ISDH_ORIGIN_DHCP, ISDH_ORIGIN_ROUTER };

struct isdh_address {
    struct isdh_record record;
    uint8_t index, nic, prefix, origin; /* NIC record's index; bits; enum isdh_origin */
    uint8_t address[16], gateway[16], dns[2][16], dhcp_server[16];
    uint16_t vlan; /* 0: frames are untagged */
    uint8_t vlan_priority, reserved;
    uint32_t lease_seconds;  /* FFFFFFFFh: for ever, or no lease */
    uint64_t lease_acquired; /* ticks */
    uint16_t mtu;
    uint8_t next_hop[6]; /* MAC address that frames to the target went to: a hint; zeros when unknown */
    struct isdh_text hostname;
    uint32_t reserved_too;
} __attribute__((packed));

/* Designator types that identify a logical unit (SPC-4 section 7.8.6); 0 where there is no WWID. */
enum isdh_wwid_type { ISDH_WWID_T10 = 1, ISDH_WWID_EUI64 = 2, ISDH_WWID_NAA = 3, ISDH_WWID_SCSI_NAME = 8 };

#define ISDH_TARGET_BOOT          0x1 /* booted from it */
#define ISDH_TARGET_READ_ONLY     0x2
#define ISDH_PORTAL_GROUP_UNKNOWN 0xFFFF

struct isdh_target {
    struct isdh_record record;
    uint8_t index, ip, flags, wwid_type; /* address record's index; enum isdh_wwid_type */
    uint8_t address[16];
    uint16_t port, portal_group; /* ISDH_PORTAL_GROUP_UNKNOWN */
    uint8_t lun[8];              /* as in a BHS */
    uint32_t block_size;
    uint64_t block_count;
    struct isdh_text name, wwid, serial, vendor, product, revision;
} __attribute__((packed));

#define ISDH_SESSION_IMMEDIATE_DATA 0x1
#define ISDH_SESSION_INITIAL_R2T    0x2
#define ISDH_SESSION_HEADER_DIGEST  0x4
#define ISDH_SESSION_DATA_DIGEST    0x8

struct isdh_session {
    struct isdh_record record;
    uint8_t target, flags; /* target record's index */
    uint8_t isid[6];
    uint16_t tsih; /* of the session that read the boot files: for information, it may be gone */
    uint16_t reserved;
    uint32_t max_burst, first_burst, max_send_segment, max_receive_segment; /* as negotiated (RFC 7143, 13.12 to 13.14) */
    struct isdh_text initiator;
} __attribute__((packed));

enum isdh_authentication_type { ISDH_ONE_WAY_CHAP = 1, ISDH_MUTUAL_CHAP };

struct isdh_authentication {
    struct isdh_record record;
    uint8_t target, type, reserved[2];                           /* target record's index; enum isdh_authentication_type */
    struct isdh_text name, secret, reverse_name, reverse_secret; /* secrets by ISDH_FLAG_SECRETS only */
} __attribute__((packed));

/* Where a dump may be written. Without such a record, or extents of the driver's own, nothing may be written at all. */
struct isdh_dump_area {
    struct isdh_record record;
    uint8_t target, reserved; /* target record's index */
    uint16_t extent_count;
    uint8_t signature[16]; /* what the area's first bytes hold while it is free for a dump */
    struct {
        uint64_t lba, blocks; /* blocks of the target's block size */
    } __attribute__((packed)) extents[];
} __attribute__((packed));

_Static_assert(sizeof(struct isdh_header) == 112, "ISDH header");
_Static_assert(sizeof(struct isdh_nic) == 40, "ISDH NIC record");
_Static_assert(sizeof(struct isdh_address) == 120, "ISDH address record");
_Static_assert(sizeof(struct isdh_target) == 72, "ISDH target record");
_Static_assert(sizeof(struct isdh_session) == 36, "ISDH session record");
_Static_assert(sizeof(struct isdh_authentication) == 24, "ISDH authentication record");
_Static_assert(sizeof(struct isdh_dump_area) == 24, "ISDH dump area record");

/* ---- the flight recorder ---- */

#define RECORDER_MAGIC     "SNSTLOG\x01"
#define RECORDER_TEXT      48  /* bytes of text in a slot */
#define RECORDER_CONTINUES 0x1 /* the line goes on in the slot of the next number */
#define RECORDER_CONTINUED 0x2 /* and it came from the slot of the number before */

/* A ring of slots behind a header; slot `number` lies at index (number - 1) modulo slot_count. Numbers rise from 1; 0: empty. */
struct recorder_header {
    char magic[8];
    uint32_t slot_size, slot_count; /* bytes */
    uint64_t ticks_per_ms;          /* of the time stamp counter, as in the ISDH */
    uint64_t last;                  /* the number written last */
    uint8_t boot_id[16];            /* the ISDH's */
    uint8_t reserved[16];
} __attribute__((packed));

struct recorder_slot {
    uint64_t ticks;
    uint32_t number;                 /* its lower 32 bits */
    uint8_t level;                   /* 0 error, 1 warning, 2 information, 3 detail */
    uint8_t flags, length, reserved; /* RECORDER_CONTINU…; bytes of text */
    char text[RECORDER_TEXT];        /* printable ASCII */
} __attribute__((packed));

_Static_assert(sizeof(struct recorder_header) == 64, "log header");
_Static_assert(sizeof(struct recorder_slot) == 64, "log slot");

#endif
