/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stays for the operating system: the iBFT for its initiator, and our own table (ISDH) for its crash-dump driver. The loader
 * fills a struct handoff and writes the tables from it; whoever finds a table reads it back into the same structure. One
 * parser-validator of each table (ibft_read.c; isdh_read.c with isdh_read_records.c) serves the loader before it publishes, every
 * consumer, and the host's tool. Nothing here allocates or waits.
 *
 * Formats: handoff/ibft.h, handoff/isdh.h, docs/handoff.md.
 */
#ifndef SANSTRAP_HANDOFF_H
#define SANSTRAP_HANDOFF_H

#include <stdbool.h>
#include <stddef.h>

#include "handoff/ibft.h"
#include "handoff/isdh.h"
#include "platform/bytes.h"
#include "platform/status.h"

#define HANDOFF_NICS      4
#define HANDOFF_ADDRESSES 4
#define HANDOFF_TARGETS   4
#define HANDOFF_EXTENTS   32
#define HANDOFF_TEXT_MAX  255 /* bytes of a string other than an iSCSI name, without its NUL */

/*
 * Strings are NUL-terminated and "" when there is none, never NULL; those that a reader filled in lie in the table, as the WWID
 * does, and live as long as it. Addresses have 16 bytes in the network's order, IPv4 as ::ffff:a.b.c.d, all zero for none.
 * Numbers are in host byte order; times are ticks of the time stamp counter, of which `ticks_per_ms` tells the length. Limits of
 * every member: docs/handoff.md.
 */
struct handoff_nic {
    uint16_t segment; /* PCI location */
    uint8_t bus, device, function;
    uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_id;
    uint64_t registers; /* physical address of BAR 0; 0: unknown */
    uint8_t mac[6];
    uint32_t link_megabits; /* a second; 0: unknown */
    const char *driver;     /* the card's model */
};

struct handoff_address {
    uint8_t nic; /* index into nics */
    uint8_t address[16];
    uint8_t prefix; /* bits */
    uint8_t gateway[16], dns[2][16], dhcp_server[16];
    uint8_t origin; /* enum isdh_origin, whose numbers are the iBFT's */
    uint16_t vlan;  /* 0: untagged */
    uint8_t vlan_priority;
    uint16_t mtu;            /* bytes */
    uint8_t next_hop[6];     /* MAC address on the way to the target; zeros: unknown */
    uint32_t lease_seconds;  /* 0xFFFFFFFF: no lease, or for ever */
    uint64_t lease_acquired; /* ticks */
    const char *hostname;
};

struct handoff_chap {
    const char *name, *secret; /* both "" when this direction is off; the secret alone is "" where a table leaves it out */
};

struct handoff_target {
    uint8_t ip; /* index into addresses */
    bool boot;  /* booted from it */
    uint8_t address[16];
    uint16_t port, portal_group; /* ISDH_PORTAL_GROUP_UNKNOWN */
    uint8_t lun[8];              /* as in a BHS */
    const char *name;
    struct handoff_chap chap, reverse;
    /* The disk; ISDH only. */
    bool read_only;
    uint32_t block_size; /* bytes */
    uint64_t block_count;
    uint8_t wwid_type, wwid_length; /* enum isdh_wwid_type; bytes */
    const uint8_t *wwid;            /* NULL: none */
    const char *serial, *vendor, *product, *revision;
    /* The session; ISDH only. */
    uint8_t isid[6];
    uint16_t tsih;
    uint8_t session_flags;                                                  /* ISDH_SESSION_… */
    uint32_t max_burst, first_burst, max_send_segment, max_receive_segment; /* bytes */
};

struct handoff_dump_area {
    bool there;
    uint8_t target;        /* index into targets */
    uint8_t signature[16]; /* of the area while it is free for a dump */
    unsigned extent_count;
    struct handoff_extent {
        uint64_t lba, blocks;
    } extents[HANDOFF_EXTENTS];
};

struct handoff {
    const char *initiator;
    unsigned nic_count, address_count, target_count;
    struct handoff_nic nics[HANDOFF_NICS];
    struct handoff_address addresses[HANDOFF_ADDRESSES];
    struct handoff_target targets[HANDOFF_TARGETS];
    /* ISDH only. */
    uint64_t generation;
    uint8_t boot_id[16];
    const char *producer;
    uint64_t ticks_per_ms, now; /* 0 when the table does not tell; when it was written */
    uint64_t log_address;       /* physical, of the flight recorder; 0: there is none */
    uint32_t log_size;          /* bytes */
    struct handoff_dump_area dump_area;
};

/* ---- addresses ---- */

bool handoff_address_is_ipv4(const uint8_t address[16]);

/* The last four bytes of an IPv4 address: a.b.c.d, in `address` itself. */
const uint8_t *handoff_address_ipv4(const uint8_t address[16]);

/* All zero, or 0.0.0.0 in its mapped form, as some producers write "none". */
bool handoff_address_is_none(const uint8_t address[16]);

/* A host can have it and be reached by it: no multicast, broadcast, loopback or unspecified address. */
bool handoff_address_is_host(const uint8_t address[16]);

/* ---- what is wrong with a table ---- */

#define HANDOFF_FAULTS         8
#define HANDOFF_STRUCTURE_SIZE 24 /* of a structure's name, with its NUL */

struct handoff_fault {
    char structure[HANDOFF_STRUCTURE_SIZE]; /* "NIC 0" */
    const char *field;                      /* "VLAN", a constant */
    uint32_t offset;                        /* bytes, of the field from the table's start */
    char found[72];                         /* "5000"; of a secret never a byte */
    const char *allowed;                    /* "0 to 4094", a constant */
};

struct handoff_faults {
    const char *table; /* "iBFT" */
    unsigned count;    /* of all; the first HANDOFF_FAULTS are listed */
    struct handoff_fault list[HANDOFF_FAULTS];
};

/* Of a listed fault: "iBFT, NIC 0: VLAN at 88h is 5000; allowed: 0 to 4094". At most `size` bytes with the NUL; ASCII. */
void handoff_fault_text(const struct handoff_faults *faults, unsigned index, char *to, size_t size);

/* ---- reading ---- */

/*
 * Reads and checks a whole table of which `size` bytes can be read. False with at least one fault when anything is wrong; the
 * members of `to` are then undefined. `bytes` needs no alignment, and has to stay while the strings of `to` are used.
 */
bool ibft_read(const uint8_t *bytes, size_t size, struct handoff *to, struct handoff_faults *faults);

/*
 * The same for a table that somebody else made. True when the path in use (initiator, the target to boot from, its NIC) can be
 * trusted, though `faults` may be listed: paths that cannot be are left out, servers and gateways that no host can be are none,
 * an unknown origin is DHCP's when a DHCP server is named, and a VLAN's priority stands apart from it.
 */
bool ibft_read_leniently(const uint8_t *bytes, size_t size, struct handoff *to, struct handoff_faults *faults);

/*
 * `self` is where the table was found, which it has to say of itself; ISDH_ANYWHERE leaves that out, for a copy in a file. A
 * table from ACPI has ISDH_FLAG_ACPI and `self` 0, and is taken wherever it lies.
 */
#define ISDH_ANYWHERE UINT64_MAX
bool isdh_read(const uint8_t *bytes, size_t size, uint64_t self, struct handoff *to, struct handoff_faults *faults);

/* ---- looking ---- */

enum handoff_table { HANDOFF_NO_TABLE, HANDOFF_IBFT, HANDOFF_ISDH };

/* What the first four bytes alone say. */
enum handoff_table handoff_table_by_signature(const uint8_t bytes[4]);

/*
 * What begins at `bytes`, by its signature (the ISDH by its magic, too) and a length that lies within `size`. That is how Linux
 * takes an iBFT; only reading it tells whether it is valid.
 */
enum handoff_table handoff_table_at(const uint8_t *bytes, size_t size);

/* The offset in `memory` of the next table of this kind at or behind `from` in steps of `step` bytes; `size`: there is none. */
size_t handoff_find(enum handoff_table table, const uint8_t *memory, size_t size, size_t from, size_t step);

/* Bytes of the table that handoff_table_at() found, as it says itself. */
uint32_t handoff_table_length(const uint8_t *bytes);

/* ---- writing ---- */

/*
 * The Windows initiator routes through the iBFT's gateway even to a target on its own subnet (KB960104, KB2727330): the field
 * stays empty there, unless told otherwise.
 */
enum ibft_gateway { IBFT_GATEWAY_AUTO, IBFT_GATEWAY_ALWAYS, IBFT_GATEWAY_NEVER };

struct isdh_options {
    uint64_t self; /* physical address of the table; 0 with `acpi` */
    bool acpi;     /* ISDH_FLAG_ACPI */
    bool secrets;  /* ISDH_FLAG_SECRETS, and CHAP secrets in the table; otherwise they are left out */
};

/*
 * Write a table of at most `size` bytes to `to`, and its length to *length. Then it is read: what its validator refuses is not
 * left there. E_HANDOFF_SIZE when it does not fit, *length being what it wants; E_HANDOFF_INVALID with the first fault as its
 * detail. `from` has no more of anything than the HANDOFF_… above.
 */
enum status ibft_write(const struct handoff *from, enum ibft_gateway gateway, uint8_t *to, size_t size, size_t *length);
enum status isdh_write(const struct handoff *from, const struct isdh_options *options, uint8_t *to, size_t size, size_t *length);

/* Bytes that suffice for four paths and every string at its longest. */
#define IBFT_SIZE_MAX (8 * KIB)
#define ISDH_SIZE_MAX (16 * KIB)

/*
 * Puts in a whole ISDH where it lies (`self`, a physical address; 0 in one for ACPI) and its generation, and makes CRC and sum
 * right for what it then holds.
 */
void isdh_place(uint8_t *table, uint64_t self, uint64_t generation);

#endif
