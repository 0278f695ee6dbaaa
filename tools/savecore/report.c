/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas and dumps in words. Texts of a head are the dead system's, and are escaped by the printers. */
#include "tools/savecore/report.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "platform/bytes.h"
#include "platform/status.h"

static void add_hex(struct node *in, const char *name, const char *label, const uint8_t bytes[16])
{
    char text[33] = "";
    for (unsigned i = 0; i < 16; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    if (bytes_are_zero(bytes, 16))
        tree_add_nothing(in, name, label);
    else
        tree_add_text(in, name, label, text);
}

/* A text of the head: `size` bytes, with or without a NUL. */
static void add_text(struct node *in, const char *name, const char *label, const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    if (length)
        tree_add_bytes(in, name, label, text, length);
    else
        tree_add_nothing(in, name, label);
}

static void add_bytes(struct node *in, const char *name, const char *label, uint64_t bytes)
{
    struct node *node = tree_add_number(in, name, label, bytes);
    if (bytes >= MIB)
        tree_show(node, "%" PRIu64 " (%" PRIu64 " MiB)", bytes, bytes / MIB);
}

static void add_time(struct node *in, uint64_t started)
{
    char text[64];
    struct tm utc;
    time_t seconds = (time_t)started;
    struct node *node = started ? tree_add_number(in, "started", "Begun", started) : tree_add_nothing(in, "started", "Begun");
    if (started && started <= INT64_MAX && gmtime_r(&seconds, &utc) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc))
        tree_show(node, "%s", text);
}

static void add_format(struct node *in, uint32_t format)
{
    if (format == DUMP_AREA_ELF)
        tree_add_text(in, "format", "Format", "elf");
    else if (format == DUMP_AREA_KDUMP)
        tree_add_text(in, "format", "Format", "kdump");
    else
        tree_show(tree_add_nothing(in, "format", "Format"), "%" PRIu32 ", which is not known", format);
}

static void add_dump(struct node *in, const struct dump_area_head *head)
{
    struct node *dump = tree_add_object(in, "dump", "Dump");
    add_hex(dump, "id", "Id", head->dump_id);
    add_format(dump, head->format);
    add_hex(dump, "boot_id", "Boot id", head->boot_id);
    add_time(dump, head->started);
    add_bytes(dump, "memory", "RAM to dump", head->memory);
    add_text(dump, "producer", "Producer", head->producer, sizeof head->producer);
    add_text(dump, "system", "System", head->system, sizeof head->system);
    add_text(dump, "reason", "Reason", head->reason, sizeof head->reason);
}

static void add_trailer(struct node *in, const struct dump_area_trailer *trailer)
{
    struct node *node = tree_add_object(in, "trailer", "Trailer");
    struct node *status = tree_add_number(node, "status", "Status", trailer->status);
    if (trailer->status == OK)
        tree_show(status, "whole");
    else
        tree_show(status, "S%" PRIu32 ", %s", trailer->status, status_what((enum status)trailer->status));

    add_text(node, "detail", "Detail", trailer->detail, sizeof trailer->detail);
    add_bytes(node, "length", "Bytes", trailer->length);
    tree_show(tree_add_number(node, "crc32c", "CRC-32C", trailer->data_crc32c), "%08" PRIx32, trailer->data_crc32c);
    tree_add_number(node, "reconnects", "Lost sessions", trailer->reconnects);
    tree_add_number(node, "milliseconds", "Milliseconds", trailer->milliseconds);
}

static void add_place(struct node *in, const struct area *area)
{
    char id[GUID_TEXT_SIZE];
    tree_add_text(in, "disk", "Disk", area->disk.path);
    if (area->partition) {
        guid_format(area->partition_id, id);
        tree_add_number(in, "partition", "Partition", area->partition);
        tree_add_text(in, "partuuid", "PARTUUID", id);
    } else {
        tree_add_nothing(in, "partition", NULL);
        tree_add_nothing(in, "partuuid", NULL);
    }

    tree_add_number(in, "first_lba", "First block", area->first_lba);
    tree_add_number(in, "blocks", "Blocks", area->blocks);
    tree_add_number(in, "block_size", "Block size", area->disk.block_size);
    add_bytes(in, "capacity", "Holds", dump_area_capacity(area->blocks, area->disk.block_size));
}

void report_area(struct node *list, const struct area *area, const char *saved_to)
{
    struct node *node = tree_add_object(list, NULL, "%s", area->name);
    tree_add_text(node, "name", NULL, area->name);
    tree_add_text(node, "state", "State", area_condition_word(area->condition));
    add_text(node, "problem", *area->problem ? "Problem" : NULL, area->problem, sizeof area->problem);
    if (saved_to)
        tree_add_text(node, "saved_to", "Saved to", saved_to);
    else
        tree_add_nothing(node, "saved_to", NULL);
    add_place(node, area);

    if (area->condition >= AREA_FREE)
        add_hex(node, "area_id", "Area id", area->head.area_id);
    else
        tree_add_nothing(node, "area_id", NULL);
    if (area->condition >= AREA_INCOMPLETE)
        add_dump(node, &area->head);
    else
        tree_add_nothing(node, "dump", NULL);
    if (area->condition >= AREA_INCOMPLETE && area->has_trailer)
        add_trailer(node, &area->trailer);
    else
        tree_add_nothing(node, "trailer", NULL);
}
