/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables that were found, and which of them count. */
#ifndef SANSTRAP_TOOLS_HANDOFF_TABLES_H
#define SANSTRAP_TOOLS_HANDOFF_TABLES_H

#include "handoff/handoff.h"

enum table_role {
    TABLE_COUNTS,
    TABLE_SUPERSEDED,  /* a valid ISDH beside one of a higher generation */
    TABLE_PASSED_OVER, /* an invalid ISDH of a memory image, beside a valid one: what is left of an older one, or of a copy */
};

struct table {
    enum handoff_table kind;
    const uint8_t *bytes;
    size_t size;       /* what can be read from its first byte on, more than the table perhaps */
    uint64_t self;     /* physical address; ISDH_ANYWHERE when it is not known */
    const char *file;  /* that it is the whole of; NULL: in a memory image */
    bool linux_choice; /* the one that Linux takes of those in low memory */
    /* Known once it was added. */
    bool valid;
    uint64_t generation; /* of a valid ISDH */
    enum table_role role;
};

/* In ascending order of addresses or names. Bytes and names of files are their sources'. */
struct tables {
    struct table *list;
    size_t count, room;
};

/* Tells by its signature what a table's file holds; the length may be wrong. */
enum handoff_table table_kind(const uint8_t *bytes, size_t size);

/* Reads the table, as ibft_read() and isdh_read() do; its signature has to be that of its kind. */
bool table_read(const struct table *table, struct handoff *facts, struct handoff_faults *faults);

/* Reads a table and adds it. */
void tables_add(struct tables *tables, struct table table);

/* Adds those of a memory image whose first byte has the physical address `base` (tables_scan.c). */
void tables_scan(struct tables *tables, const uint8_t *memory, size_t size, uint64_t base);

/* Gives each its role, once all have been added. */
void tables_judge(struct tables *tables);

/* There is one that counts, and those that do are valid. */
bool tables_are_valid(const struct tables *tables);

/* The ISDH that counts, or NULL. */
const struct table *tables_isdh(const struct tables *tables);

/* The list, not what it points to. */
void tables_free(struct tables *tables);

#endif
