/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the module asks of a table before the core is armed with it: which card, which disk. core/facts.c is compiled as the core
 * is, since the readers of handoff/ are; this header serves both sides.
 */
#ifndef SANSTRAP_DUMP_FACTS_H
#define SANSTRAP_DUMP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dump/dump.h"

/* A table that was found: `self` as dump_config.table_self has it. */
struct found_table {
    const uint8_t *bytes; /* NULL: none yet */
    size_t size;
    uint64_t self, generation;
};

#define FOUND_BY_ACPI 0

/* Takes *found's place when it is an ISDH, valid, and of a higher generation. False when it is not valid. */
bool facts_consider(const uint8_t *bytes, size_t size, uint64_t self, struct found_table *found);

/* Considers every ISDH in `memory`, whose first byte has the physical address `address`, by the rule of docs/handoff.md. */
void facts_scan(const uint8_t *memory, size_t size, uint64_t address, struct found_table *found);

/* The first iBFT in `memory`, valid or not: false when there is none. */
bool facts_scan_ibft(const uint8_t *memory, size_t size, uint64_t address, struct found_table *found);

/* Of the target that was booted from, or else the first one. */
struct table_facts {
    uint16_t segment;
    uint8_t bus, device, function;
    uint16_t vendor_id, device_id; /* 0: the table does not tell */
    uint16_t subsystem_vendor_id, subsystem_id;
    uint64_t registers; /* physical address of BAR 0; 0: not told */
    uint8_t mac[6];
    struct dump_disk disk; /* nothing in it: the table does not tell */
};

/* False, with the reason in `why`, when the table is not valid. */
bool facts_read(const struct found_table *table, struct table_facts *facts, char *why, size_t size);

#endif
