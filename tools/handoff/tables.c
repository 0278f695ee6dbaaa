/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of tables, their validity and their roles. */
#include "tools/handoff/tables.h"

#include <stdlib.h>
#include <string.h>

#include "platform/format.h"
#include "tools/common/memory.h"

enum handoff_table table_kind(const uint8_t *bytes, size_t size)
{
    return size < 4 ? HANDOFF_NO_TABLE : handoff_table_by_signature(bytes);
}

static bool has_its_signature(const struct table *table, struct handoff_faults *faults)
{
    bool ibft = table->kind == HANDOFF_IBFT;
    if (table->size < 4 || table_kind(table->bytes, table->size) == table->kind)
        return true;

    *faults = (struct handoff_faults){
        .table = ibft ? "iBFT" : "ISDH",
        .count = 1,
        .list = {{.structure = "header", .field = "signature", .allowed = ibft ? "iBFT, IBFT, BIFT" : "ISDH"}}};
    format_text(faults->list[0].found, sizeof faults->list[0].found, "the bytes %02x %02x %02x %02x", table->bytes[0],
                table->bytes[1], table->bytes[2], table->bytes[3]);
    return false;
}

bool table_read(const struct table *table, struct handoff *facts, struct handoff_faults *faults)
{
    if (!has_its_signature(table, faults))
        return false;
    if (table->kind == HANDOFF_IBFT)
        return ibft_read(table->bytes, table->size, facts, faults);
    return isdh_read(table->bytes, table->size, table->self, facts, faults);
}

void tables_add(struct tables *tables, struct table table)
{
    struct handoff facts;
    struct handoff_faults faults;
    table.valid = table_read(&table, &facts, &faults);
    table.generation = table.valid && table.kind == HANDOFF_ISDH ? facts.generation : 0;
    table.role = TABLE_COUNTS;
    if (tables->count == tables->room) {
        tables->room = tables->room ? 2 * tables->room : 16;
        tables->list = memory_resize(tables->list, tables->room * sizeof *tables->list);
    }
    tables->list[tables->count++] = table;
}

const struct table *tables_isdh(const struct tables *tables)
{
    const struct table *best = NULL;
    for (size_t i = 0; i < tables->count; i++) {
        const struct table *table = &tables->list[i];
        if (table->kind == HANDOFF_ISDH && table->valid && (!best || table->generation > best->generation))
            best = table;
    }
    return best;
}

void tables_judge(struct tables *tables)
{
    const struct table *best = tables_isdh(tables);
    for (size_t i = 0; i < tables->count; i++) {
        struct table *table = &tables->list[i];
        if (table->kind != HANDOFF_ISDH || !best || table == best)
            table->role = TABLE_COUNTS;
        else if (table->valid)
            table->role = TABLE_SUPERSEDED;
        else
            table->role = table->file ? TABLE_COUNTS : TABLE_PASSED_OVER;
    }
}

bool tables_are_valid(const struct tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        if (tables->list[i].role == TABLE_COUNTS && !tables->list[i].valid)
            return false;
    return tables->count > 0;
}

void tables_free(struct tables *tables)
{
    free(tables->list);
    *tables = (struct tables){0};
}
