/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The iSCSI Boot Firmware Table, revision 1, byte for byte: what an OS's initiator learns of NIC, addresses and target. Little
 * endian; IPv4 addresses as ::ffff:a.b.c.d, all zero for none; offsets count from the table's first byte, 0 for none; a string
 * ends with a NUL that its length leaves out.
 */
#ifndef SANSTRAP_IBFT_H
#define SANSTRAP_IBFT_H

#include <stdint.h>

#define IBFT_REVISION          1
#define IBFT_STRUCTURE_VERSION 1
#define IBFT_LENGTH_MAX        65535
#define IBFT_ALIGNMENT         16       /* of structures, as we write them */
#define IBFT_ALIGNMENT_MINIMUM 8        /* and as we take them */
#define IBFT_PAIRS             2        /* NIC and target offsets that every control structure has */
#define IBFT_SCAN_STEP         16       /* of its place in low memory */
#define IBFT_OEM_ID            "SNSTRP" /* in the tables that we write */

enum ibft_id { IBFT_CONTROL = 1, IBFT_INITIATOR, IBFT_NIC, IBFT_TARGET };

#define IBFT_VALID         0x01 /* flag of every structure but control: it holds something */
#define IBFT_BOOT_SELECTED 0x02 /* booted by it */
#define IBFT_FAILOVER      0x01 /* control: the other path may be tried */
#define IBFT_FLAGS_NIC     0x07 /* bit 2: the address is globally valid, not link-local */
#define IBFT_FLAGS_TARGET  0x0F /* bits 2 and 3: CHAP by RADIUS, one-way and reverse */
#define IBFT_NIC_GLOBAL    0x04

enum ibft_chap { IBFT_NO_CHAP, IBFT_ONE_WAY_CHAP, IBFT_MUTUAL_CHAP };

struct ibft_text {
    uint16_t length, offset;
} __attribute__((packed));

struct ibft_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum; /* all bytes of the table add up to 0 */
    char oem_id[6], oem_table_id[8];
    uint8_t reserved[24];
} __attribute__((packed));

struct ibft_structure {
    uint8_t id, version;
    uint16_t length;
    uint8_t index, flags;
} __attribute__((packed));

struct ibft_pair {
    uint16_t nic, target;
} __attribute__((packed));

/* Longer by one pair for each path beyond the second. */
struct ibft_control {
    struct ibft_structure structure;
    uint16_t extensions, initiator;
    struct ibft_pair pairs[IBFT_PAIRS];
} __attribute__((packed));

struct ibft_initiator {
    struct ibft_structure structure;
    uint8_t isns[16], slp[16], radius[2][16];
    struct ibft_text name;
} __attribute__((packed));

struct ibft_nic {
    struct ibft_structure structure;
    uint8_t address[16], prefix, origin, gateway[16], dns[2][16], dhcp_server[16];
    uint16_t vlan;
    uint8_t mac[6];
    uint16_t location; /* PCI: bus << 8 | device << 3 | function */
    struct ibft_text hostname;
} __attribute__((packed));

struct ibft_target {
    struct ibft_structure structure;
    uint8_t address[16];
    uint16_t port;
    uint8_t lun[8], chap, nic; /* the NIC structure's index */
    struct ibft_text name, chap_name, chap_secret, reverse_name, reverse_secret;
} __attribute__((packed));

_Static_assert(sizeof(struct ibft_header) == 48, "iBFT header");
_Static_assert(sizeof(struct ibft_control) == 18, "iBFT control structure");
_Static_assert(sizeof(struct ibft_initiator) == 74, "iBFT initiator structure");
_Static_assert(sizeof(struct ibft_nic) == 102, "iBFT NIC structure");
_Static_assert(sizeof(struct ibft_target) == 54, "iBFT target structure");

#endif
