/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a field of either table may hold: numbers, flags, addresses, strings; and where a table's faults are collected. The tables
 * themselves are validated in ibft_read.c, and in isdh_read.c with isdh_read_records.c. Private to handoff/.
 *
 * Every check_…() of a field returns true when the field is right; otherwise it records a fault with `field`, the field's
 * `offset` from the structure's first byte, what was found and what is allowed, and returns false. Field names and what is
 * allowed are constants: the faults keep the pointers. Numbers are in host byte order, addresses as struct handoff has them.
 */
#ifndef SANSTRAP_HANDOFF_FIELD_CHECK_H
#define SANSTRAP_HANDOFF_FIELD_CHECK_H

#include "handoff/handoff.h"

/* The offset of a member, for the checks below: FIELD(ibft_nic, vlan). */
#define FIELD(structure, member) offsetof(struct structure, member)

#define VLAN_MAX 4094 /* IEEE 802.1Q: 4095 is reserved */

/* The table, and the structure in it that is being looked at. */
struct check {
    const uint8_t *bytes;
    uint32_t length; /* of the table: every byte below can be read */
    struct handoff_faults *faults;
    char structure[HANDOFF_STRUCTURE_SIZE];
    uint32_t at;    /* where the structure begins; fields' offsets count from here */
    unsigned grave; /* faults of all that were recorded, less those that a reader forgave: it puts back what stood here before */
};

#define CHECK_NOT_NUMBERED (-1) /* index of a structure that there is but one of */

/* Clears the faults; the structure that is looked at is the table's header. `table` is a constant: "iBFT". */
void check_begin(struct check *check, const char *table, const uint8_t *bytes, size_t size, struct handoff_faults *faults);

/* The structure at offset `at` of the table is looked at from now on; faults call it "name index". */
void check_enter_structure(struct check *check, uint32_t at, const char *name, int index);

/* Records a fault, with what was found as a text; always false. */
bool check_fault(struct check *check, const char *field, size_t offset, const char *allowed, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* From `least` to `most`. */
bool check_number(struct check *check, const char *field, size_t offset, uint32_t value, uint32_t least, uint32_t most,
                  const char *allowed);

/* All of `length` bytes are 0. */
bool check_zeros(struct check *check, const char *field, size_t offset, const uint8_t *bytes, size_t length);

/* Of `flags` none is set but the `known` ones. */
bool check_flags(struct check *check, size_t offset, uint32_t flags, uint32_t known);

/* A unicast address of either IP version, or none where that is allowed. */
enum check_address { ADDRESS_NEEDED, ADDRESS_OR_NONE };
bool check_address(struct check *check, const char *field, size_t offset, const uint8_t address[16], enum check_address kind);

/* Of the same IP version as `other`, which a card has, or none. */
bool check_same_version(struct check *check, const char *field, size_t offset, const uint8_t address[16],
                        const uint8_t other[16]);

/* Bits of the network's address: 0 to 32 or to 128, by the version of `address`. */
bool check_prefix(struct check *check, size_t offset, uint8_t prefix, const uint8_t address[16]);

/* Neither a group's nor all zero. */
bool check_mac(struct check *check, const char *field, size_t offset, const uint8_t mac[6]);

/* Bytes 20h and above but 7Fh; any but 0, never shown in a fault; RFC 7143 section 4.2.7. */
enum check_text { TEXT_PRINTABLE, TEXT_SECRET, TEXT_ISCSI_NAME };

/* A string of `length` bytes at `start`, that has to lie with its NUL inside [low, high): offsets from the table's first byte. */
struct check_text_place {
    uint32_t start, length, low, high;
};

/*
 * The string, which lies in the table, when its place is right and its bytes are of the kind wanted; "" when it is wrong, or of
 * length 0. `offset` is that of the field that tells of it.
 */
const char *check_string(struct check *check, const char *field, size_t offset, const struct check_text_place *place,
                         enum check_text kind);

#endif
