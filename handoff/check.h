/* SPDX-License-Identifier: BSD-2-Clause */
/* What both readers check with; private to handoff/. Each function names what is wrong in the faults and returns whether all was
 * well. */
#ifndef SANSTRAP_HANDOFF_CHECK_H
#define SANSTRAP_HANDOFF_CHECK_H

#include "handoff/handoff.h"

#define HERE(type, member) offsetof(struct type, member)
#define VLAN_MAX           4094

/* The table, and the structure in it that is being looked at. */
struct check {
    const uint8_t *bytes;
    uint32_t length; /* of the table: every byte below can be read */
    struct handoff_faults *faults;
    char structure[24];
    uint32_t at; /* where the structure begins; fields' offsets count from here */
};

void check_begin(struct check *check, const char *table, const uint8_t *bytes, size_t size, struct handoff_faults *faults);

/* Names the structure that is looked at from now on. `index` below 0: there is but one. */
void check_structure(struct check *check, uint32_t at, const char *name, int index);

/* Records a fault; always false. */
bool check_fault(struct check *check, const char *field, size_t offset, const char *allowed, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

bool check_number(struct check *check, const char *field, size_t offset, uint32_t value, uint32_t least, uint32_t most,
                  const char *allowed);

/* All of `length` bytes are 0. */
bool check_zeros(struct check *check, const char *field, size_t offset, const uint8_t *bytes, size_t length);

/* Of `flags` none is set but the `known` ones. */
bool check_flags(struct check *check, size_t offset, uint32_t flags, uint32_t known);

/* What an address may be besides a unicast one. */
enum check_address { ADDRESS_NEEDED, ADDRESS_OR_NONE };
bool check_address(struct check *check, const char *field, size_t offset, const uint8_t address[16], enum check_address kind);

/* Of the same IP version as `other`, or none. */
bool check_same_version(struct check *check, const char *field, size_t offset, const uint8_t address[16],
                        const uint8_t other[16]);

bool check_prefix(struct check *check, size_t offset, uint8_t prefix, const uint8_t address[16]);
bool check_mac(struct check *check, const char *field, size_t offset, const uint8_t mac[6]);

enum check_text { TEXT_PRINTABLE, TEXT_SECRET, TEXT_ISCSI_NAME };

/*
 * A string of `length` bytes at `start` of the table, with its NUL inside [low, high): its bytes are of the kind wanted. `offset`
 * is that of the field that tells of it. The string, or "" when there is none or it is wrong.
 */
struct text_place {
    uint32_t start, length, low, high;
};
const char *check_string(struct check *check, const char *field, size_t offset, const struct text_place *place,
                         enum check_text kind);

#endif
