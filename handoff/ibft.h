/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The iSCSI Boot Firmware Table, revision 1, byte for byte: what an OS's initiator learns of NIC, addresses and target.
 *
 * Clauses in brackets are those of "iSCSI Boot Firmware Table (iBFT) as Defined in ACPI 3.0b Specification", version 1.02.
 * Numbers are little endian (2.3); addresses are 16 bytes in the network's order, IPv4 as ::ffff:a.b.c.d, all zero for none
 * (2.1); lengths are in bytes and offsets count from the table's first byte, 0 for none (2.4); a string ends with a NUL that its
 * length leaves out (2.5). What we write of what the specification leaves open: docs/handoff.md.
 */
#ifndef SANSTRAP_IBFT_H
#define SANSTRAP_IBFT_H

#include <stdint.h>

#define IBFT_SIGNATURE         "iBFT"
#define IBFT_SIGNATURE_ACPI    "IBFT" /* as ACPI tables are called */
#define IBFT_SIGNATURE_SWAPPED "BIFT" /* as one firmware wrote it */
#define IBFT_REVISION          1
#define IBFT_STRUCTURE_VERSION 1
#define IBFT_LENGTH_MAX        65535    /* what offsets of 16 bits reach */
#define IBFT_ALIGNMENT         16       /* of structures, as we write them */
#define IBFT_ALIGNMENT_MINIMUM 8        /* and as we take them */
#define IBFT_PAIRS             2        /* NIC and target offsets that every control structure has */
#define IBFT_SCAN_STEP         16       /* of its place in low memory */
#define IBFT_OEM_ID            "SNSTRP" /* in the tables that we write */

enum ibft_id { IBFT_CONTROL = 1, IBFT_INITIATOR, IBFT_NIC, IBFT_TARGET };

#define IBFT_FAILOVER             0x01 /* control: the other path may be tried */
#define IBFT_VALID                0x01 /* every structure but control: it holds something */
#define IBFT_BOOT_SELECTED        0x02 /* and these: booted by it */
#define IBFT_NIC_GLOBAL           0x04 /* the address is globally valid, not link-local */
#define IBFT_TARGET_RADIUS        0x04 /* CHAP is judged by a RADIUS server */
#define IBFT_TARGET_RADIUS_MUTUAL 0x08 /* reverse CHAP is */
#define IBFT_FLAGS_INITIATOR      (IBFT_VALID | IBFT_BOOT_SELECTED)
#define IBFT_FLAGS_NIC            (IBFT_VALID | IBFT_BOOT_SELECTED | IBFT_NIC_GLOBAL)
#define IBFT_FLAGS_TARGET         (IBFT_VALID | IBFT_BOOT_SELECTED | IBFT_TARGET_RADIUS | IBFT_TARGET_RADIUS_MUTUAL)

enum ibft_chap { IBFT_NO_CHAP, IBFT_ONE_WAY_CHAP, IBFT_MUTUAL_CHAP };

/* PCI location of a NIC. */
#define IBFT_LOCATION(bus, device, function) ((uint16_t)((bus) << 8 | (device) << 3 | (function)))
#define IBFT_LOCATION_BUS(location)          ((uint8_t)((location) >> 8))
#define IBFT_LOCATION_DEVICE(location)       ((uint8_t)((location) / 8 % 32))
#define IBFT_LOCATION_FUNCTION(location)     ((uint8_t)((location) % 8))

/* 2.5. 0, 0 for none. */
struct ibft_text {
    uint16_t length, offset;
} __attribute__((packed));

/* 3.3 */
struct ibft_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum; /* all bytes of the table add up to 0 */
    char oem_id[6], oem_table_id[8];
    uint8_t reserved[24];
} __attribute__((packed));

/* 3.2: what every structure begins with. */
struct ibft_structure {
    uint8_t id, version; /* enum ibft_id */
    uint16_t length;     /* of the structure */
    uint8_t index;       /* of a NIC or target: that of the pair that tells of it */
    uint8_t flags;
} __attribute__((packed));

/* Offsets of the structures of a path. */
struct ibft_pair {
    uint16_t nic, target;
} __attribute__((packed));

/* 3.4. Stands behind the header; longer by one pair for each path beyond the second. */
struct ibft_control {
    struct ibft_structure structure;
    uint16_t extensions, initiator; /* offsets */
    struct ibft_pair pairs[IBFT_PAIRS];
} __attribute__((packed));

/* 3.5 */
struct ibft_initiator {
    struct ibft_structure structure;
    uint8_t isns[16], slp[16], radius[2][16];
    struct ibft_text name;
} __attribute__((packed));

/* 3.6 */
struct ibft_nic {
    struct ibft_structure structure;
    uint8_t address[16], prefix, origin; /* prefix in bits; enum isdh_origin (2.6) */
    uint8_t gateway[16], dns[2][16], dhcp_server[16];
    uint16_t vlan; /* 0: untagged */
    uint8_t mac[6];
    uint16_t location; /* IBFT_LOCATION() */
    struct ibft_text hostname;
} __attribute__((packed));

/* 3.7 */
struct ibft_target {
    struct ibft_structure structure;
    uint8_t address[16];
    uint16_t port;
    uint8_t lun[8];    /* as in a BHS */
    uint8_t chap, nic; /* enum ibft_chap; the NIC structure's index */
    struct ibft_text name, chap_name, chap_secret, reverse_name, reverse_secret;
} __attribute__((packed));

_Static_assert(sizeof(struct ibft_header) == 48, "iBFT header");
_Static_assert(sizeof(struct ibft_control) == 18, "iBFT control structure");
_Static_assert(sizeof(struct ibft_initiator) == 74, "iBFT initiator structure");
_Static_assert(sizeof(struct ibft_nic) == 102, "iBFT NIC structure");
_Static_assert(sizeof(struct ibft_target) == 54, "iBFT target structure");

#endif
