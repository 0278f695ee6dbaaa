/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told of every table, valid or not: where it was found, its header, its faults. */
#include "tools/handoff/decode.h"

#include <inttypes.h>
#include <string.h>

#include "tools/handoff/facts.h"
#include "tools/handoff/notation.h"

static const char *kind_word(const struct table *table)
{
    return table->kind == HANDOFF_IBFT ? "iBFT" : "ISDH";
}

/* "iBFT in FILE, 500 bytes: valid" */
static struct node *begin_table(struct node *list, const struct table *table, uint64_t length)
{
    static const char *const also[] = {[TABLE_COUNTS] = "",
                                       [TABLE_SUPERSEDED] = ", but one of a higher generation is there",
                                       [TABLE_PASSED_OVER] = ", and passed over: a valid one is there"};
    const char *verdict = table->valid ? "valid" : "INVALID", *then = also[table->role];

    if (table->file)
        return tree_add_object(list, NULL, "%s in %s, %" PRIu64 " bytes: %s%s", kind_word(table), table->file, length, verdict,
                               then);
    return tree_add_object(list, NULL, "%s at 0x%" PRIx64 ", %" PRIu64 " bytes: %s%s", kind_word(table), table->self, length,
                           verdict, then);
}

static void add_table_place(struct node *in, const struct table *table, uint64_t length)
{
    static const char *const roles[] = {
        [TABLE_COUNTS] = "counts", [TABLE_SUPERSEDED] = "superseded", [TABLE_PASSED_OVER] = "passed-over"};

    tree_add_text(in, "table", NULL, kind_word(table));
    if (table->file)
        tree_add_text(in, "file", NULL, table->file);
    else
        tree_add_nothing(in, "file", NULL);
    if (table->self != ISDH_ANYWHERE)
        tree_add_number(in, "address", NULL, table->self);
    else
        tree_add_nothing(in, "address", NULL);

    tree_add_number(in, "length", NULL, length);
    tree_add_truth(in, "valid", NULL, table->valid);
    tree_add_text(in, "role", NULL, roles[table->role]);
    tree_add_truth(in, "linux_choice", NULL, table->linux_choice);
    if (table->linux_choice)
        tree_add_remark(in, "Linux", "finds this one first in low memory");
}

/* "IBM   \0" and the like, as ACPI pads them. */
static void add_padded(struct node *in, const char *name, const char *label, const char *text, size_t length)
{
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\0'))
        length--;
    tree_add_bytes(in, name, label, text, length);
}

static void add_acpi_header(struct node *in, const struct ibft_header *header)
{
    add_padded(in, "signature", NULL, header->signature, sizeof header->signature);
    tree_add_number(in, "revision", NULL, header->revision);
    add_padded(in, "oem_id", "OEM", header->oem_id, sizeof header->oem_id);
    add_padded(in, "oem_table_id", "OEM table", header->oem_table_id, sizeof header->oem_table_id);
}

static void add_fault(struct node *list, const struct handoff_faults *faults, unsigned index)
{
    const struct handoff_fault *fault = &faults->list[index];
    struct node *in = tree_add_object(list, NULL, NULL);
    tree_add_text(in, "table", NULL, faults->table);
    tree_add_text(in, "structure", NULL, fault->structure);
    tree_add_text(in, "field", NULL, fault->field);
    tree_add_number(in, "offset", NULL, fault->offset);
    tree_add_text(in, "found", NULL, fault->found);
    tree_add_text(in, "allowed", NULL, fault->allowed);

    char text[512];
    handoff_fault_text(faults, index, text, sizeof text);
    tree_show(in, "%s", text);
}

static void add_faults(struct node *in, const struct handoff_faults *faults)
{
    unsigned listed = faults->count < HANDOFF_FAULTS ? faults->count : HANDOFF_FAULTS;
    struct node *list = tree_add_list(in, "faults", NULL);
    for (unsigned i = 0; i < listed; i++) {
        add_fault(list, faults, i);
        tree_add_remark(in, "Fault", "%s", list->last->shown);
    }
    tree_add_number(in, "fault_count", NULL, faults->count);
    if (faults->count > listed)
        tree_add_remark(in, "Fault", "%u more", faults->count - listed);
}

static void decode_table(struct node *list, const struct table *table, bool secrets)
{
    struct handoff facts;
    struct handoff_faults faults = {.count = 0};
    bool valid = table_read(table, &facts, &faults);

    struct ibft_header header = {.length = 0}; /* all but the reserved bytes are an ISDH's, too */
    bool whole = table->size >= sizeof header;
    if (whole)
        memcpy(&header, table->bytes, sizeof header);

    uint64_t length = whole ? header.length : table->size;
    struct node *in = begin_table(list, table, length);
    add_table_place(in, table, length);
    if (whole)
        add_acpi_header(in, &header);
    add_faults(in, &faults);

    if (valid && table->kind == HANDOFF_IBFT)
        decode_ibft(in, table, &facts, secrets);
    else if (valid)
        decode_isdh(in, table, &facts, secrets);
}

void decode_tables(struct node *list, const struct tables *tables, bool secrets)
{
    for (size_t i = 0; i < tables->count; i++)
        decode_table(list, &tables->list[i], secrets);
}
