/* SPDX-License-Identifier: BSD-2-Clause */
/* A valid ISDH table. */
#include <inttypes.h>
#include <string.h>

#include "tools/handoff/decode.h"
#include "tools/handoff/facts.h"
#include "tools/handoff/notation.h"

static const struct flag_word table_flags[] = {{ISDH_FLAG_SECRETS, "secrets"}, {ISDH_FLAG_ACPI, "acpi"}, {0, NULL}};
static const struct flag_word target_flags[] = {{ISDH_TARGET_BOOT, "boot"}, {ISDH_TARGET_READ_ONLY, "read-only"}, {0, NULL}};
static const struct flag_word session_flags[] = {{ISDH_SESSION_IMMEDIATE_DATA, "immediate-data"},
                                                 {ISDH_SESSION_INITIAL_R2T, "initial-r2t"},
                                                 {ISDH_SESSION_HEADER_DIGEST, "header-digest"},
                                                 {ISDH_SESSION_DATA_DIGEST, "data-digest"},
                                                 {0, NULL}};

static void add_isdh_header(struct node *in, const struct isdh_header *header)
{
    struct node *version = tree_add_object(in, "version", NULL);
    tree_add_number(version, "major", NULL, header->major);
    tree_add_number(version, "minor", NULL, header->minor);
    tree_add_remark(in, "Version", "%u.%u", header->major, header->minor);
    notation_add_flags(in, "flags", "Flags", header->flags, table_flags);
    notation_add_physical(in, "self", "Own address", header->self);
    tree_add_number(in, "generation", "Generation", header->generation);
    notation_add_hex(in, "boot_id", "Boot id", header->boot_id, sizeof header->boot_id);
}

/* Ticks as seconds since the counter was 0, to the millisecond. */
static void add_ticks(struct node *in, const char *name, const char *label, uint64_t ticks, uint64_t ticks_per_ms)
{
    uint64_t ms = ticks_per_ms ? ticks / ticks_per_ms : 0;
    struct node *node = tree_add_number(in, name, label, ticks);
    if (ticks_per_ms)
        tree_show(node, "%" PRIu64 ".%03u s after power-on", ms / 1000, (unsigned)(ms % 1000));
    else
        tree_show(node, "tick %" PRIu64, ticks);
}

static void add_clock(struct node *in, const struct handoff *facts)
{
    if (!facts->ticks_per_ms) {
        tree_add_nothing(in, "clock", NULL);
        return;
    }
    struct node *clock = tree_add_object(in, "clock", "Clock");
    tree_show(tree_add_number(clock, "ticks_per_ms", "Rate", facts->ticks_per_ms), "%" PRIu64 " ticks per millisecond",
              facts->ticks_per_ms);
    add_ticks(clock, "now", "Table written", facts->now, facts->ticks_per_ms);
}

static void add_log_record(struct node *in, const struct handoff *facts)
{
    if (!facts->log_address) {
        tree_add_nothing(in, "log", NULL);
        return;
    }
    struct node *log = tree_add_object(in, "log", "Flight recorder");
    notation_add_physical(log, "address", "Address", facts->log_address);
    tree_show(tree_add_number(log, "size", "Size", facts->log_size), "%" PRIu32 " bytes", facts->log_size);
}

static void add_nic_record(struct node *list, unsigned index, const struct handoff_nic *nic)
{
    struct node *in = tree_add_object(list, NULL, "NIC %u", index);
    facts_add_index(in, index);
    facts_add_pci(in, nic);

    tree_add_number(in, "vendor_id", NULL, nic->vendor_id);
    tree_add_number(in, "device_id", NULL, nic->device_id);
    tree_add_number(in, "subsystem_vendor_id", NULL, nic->subsystem_vendor_id);
    tree_add_number(in, "subsystem_id", NULL, nic->subsystem_id);
    tree_add_remark(in, "PCI id", "%04x:%04x, subsystem %04x:%04x", nic->vendor_id, nic->device_id, nic->subsystem_vendor_id,
                    nic->subsystem_id);

    notation_add_physical(in, "registers", "Registers", nic->registers);
    notation_add_mac(in, "mac", "MAC address", nic->mac);
    if (nic->link_megabits)
        tree_show(tree_add_number(in, "link_megabits", "Link", nic->link_megabits), "%" PRIu32 " Mbit/s", nic->link_megabits);
    else
        tree_show(tree_add_nothing(in, "link_megabits", "Link"), "unknown");
    notation_add_name(in, "driver", "Card", nic->driver);
}

static void add_lease(struct node *in, const struct handoff_address *address, uint64_t ticks_per_ms)
{
    if (address->lease_seconds == UINT32_MAX) {
        tree_show(tree_add_nothing(in, "lease_seconds", "Lease"), "none, or for ever");
        tree_add_nothing(in, "lease_acquired", NULL);
        return;
    }
    tree_show(tree_add_number(in, "lease_seconds", "Lease", address->lease_seconds), "%" PRIu32 " s", address->lease_seconds);
    add_ticks(in, "lease_acquired", "Lease acquired", address->lease_acquired, ticks_per_ms);
}

static void add_address_record(struct node *list, unsigned index, const struct handoff *facts)
{
    const struct handoff_address *address = &facts->addresses[index];
    struct node *in = tree_add_object(list, NULL, "Address %u", index);
    facts_add_index(in, index);
    tree_show(tree_add_number(in, "nic", "On", address->nic), "NIC %u", address->nic);
    facts_add_address(in, address);
    facts_add_vlan(in, address->vlan);
    tree_add_number(in, "vlan_priority", address->vlan ? "VLAN priority" : NULL, address->vlan_priority);
    tree_show(tree_add_number(in, "mtu", "MTU", address->mtu), "%u bytes", address->mtu);
    notation_add_mac(in, "next_hop", "Next hop (hint)", address->next_hop);
    add_lease(in, address, facts->ticks_per_ms);
}

/* ---- target, disk, session ---- */

static void add_disk_size(struct node *in, const struct handoff_target *target)
{
    tree_add_number(in, "block_size", NULL, target->block_size);
    tree_add_number(in, "block_count", NULL, target->block_count);

    uint64_t bytes;
    if (__builtin_mul_overflow(target->block_count, (uint64_t)target->block_size, &bytes))
        tree_add_remark(in, "Size", "%" PRIu64 " blocks of %" PRIu32 " bytes", target->block_count, target->block_size);
    else
        tree_add_remark(in, "Size", "%" PRIu64 " blocks of %" PRIu32 " bytes: %" PRIu64 " MiB", target->block_count,
                        target->block_size, bytes / MIB);
}

/* Designator types of SPC-4 section 7.8.6. */
static void add_wwid(struct node *in, const struct handoff_target *target)
{
    static const char *const types[] = {[ISDH_WWID_T10] = "T10 vendor id",
                                        [ISDH_WWID_EUI64] = "EUI-64",
                                        [ISDH_WWID_NAA] = "NAA",
                                        [ISDH_WWID_SCSI_NAME] = "SCSI name"};
    tree_add_number(in, "wwid_type", NULL, target->wwid_type);
    if (!target->wwid_length) {
        tree_add_nothing(in, "wwid", "WWID");
        return;
    }
    notation_add_hex(in, "wwid", "WWID", target->wwid, target->wwid_length);
    tree_show(in->last, "%s (%s)", in->last->text, types[target->wwid_type]);
}

static void add_disk(struct node *in, const struct handoff_target *target)
{
    add_disk_size(in, target);
    add_wwid(in, target);
    notation_add_name(in, "serial", "Serial number", target->serial);
    notation_add_name(in, "vendor", "Vendor", target->vendor);
    notation_add_name(in, "product", "Product", target->product);
    notation_add_name(in, "revision", "Revision", target->revision);
}

static void add_byte_count(struct node *in, const char *name, const char *label, uint32_t bytes)
{
    tree_show(tree_add_number(in, name, label, bytes), "%" PRIu32 " bytes", bytes);
}

static void add_session(struct node *target_object, const struct handoff_target *target)
{
    struct node *in = tree_add_object(target_object, "session", "Session");
    notation_add_hex(in, "isid", "ISID", target->isid, sizeof target->isid);
    tree_add_number(in, "tsih", "TSIH", target->tsih);
    notation_add_flags(in, "flags", "Flags", target->session_flags, session_flags);
    add_byte_count(in, "max_burst", "Max. burst", target->max_burst);
    add_byte_count(in, "first_burst", "First burst", target->first_burst);
    add_byte_count(in, "max_send_segment", "Segment sent", target->max_send_segment);
    add_byte_count(in, "max_receive_segment", "Segment received", target->max_receive_segment);
}

static void add_target_record(struct node *list, unsigned index, const struct handoff_target *target, bool secrets)
{
    struct node *in = tree_add_object(list, NULL, "Target %u", index);
    uint32_t flags = (target->boot ? ISDH_TARGET_BOOT : 0) | (target->read_only ? ISDH_TARGET_READ_ONLY : 0);
    facts_add_index(in, index);
    notation_add_flags(in, "flags", "Flags", flags, target_flags);
    tree_show(tree_add_number(in, "ip", "From", target->ip), "address %u", target->ip);
    facts_add_portal(in, target);

    if (target->portal_group != ISDH_PORTAL_GROUP_UNKNOWN)
        tree_add_number(in, "portal_group", "Portal group", target->portal_group);
    else
        tree_show(tree_add_nothing(in, "portal_group", "Portal group"), "unknown");

    add_disk(in, target);
    facts_add_chap(in, target, secrets);
    add_session(in, target);
}

static void add_dump_area(struct node *in, const struct handoff_dump_area *area)
{
    if (!area->there) {
        tree_add_nothing(in, "dump_area", NULL);
        return;
    }
    struct node *object = tree_add_object(in, "dump_area", "Dump area");
    tree_show(tree_add_number(object, "target", "On", area->target), "target %u", area->target);
    notation_add_hex(object, "signature", "Signature", area->signature, sizeof area->signature);

    struct node *list = tree_add_list(object, "extents", "Blocks");
    for (unsigned i = 0; i < area->extent_count; i++) {
        struct node *extent = tree_add_object(list, NULL, NULL);
        tree_add_number(extent, "lba", NULL, area->extents[i].lba);
        tree_add_number(extent, "blocks", NULL, area->extents[i].blocks);
        tree_show(extent, "%" PRIu64 " to %" PRIu64, area->extents[i].lba, area->extents[i].lba + area->extents[i].blocks - 1);
    }
}

void decode_isdh(struct node *in, const struct table *table, const struct handoff *facts, bool secrets)
{
    struct isdh_header header;
    memcpy(&header, table->bytes, sizeof header);
    add_isdh_header(in, &header);
    notation_add_name(in, "producer", "Producer", facts->producer);
    tree_add_text(in, "initiator", "Initiator", facts->initiator);
    add_clock(in, facts);
    add_log_record(in, facts);

    struct node *list = tree_add_list(in, "nics", NULL);
    for (unsigned i = 0; i < facts->nic_count; i++)
        add_nic_record(list, i, &facts->nics[i]);
    list = tree_add_list(in, "addresses", NULL);
    for (unsigned i = 0; i < facts->address_count; i++)
        add_address_record(list, i, facts);
    list = tree_add_list(in, "targets", NULL);
    for (unsigned i = 0; i < facts->target_count; i++)
        add_target_record(list, i, &facts->targets[i], secrets);
    add_dump_area(in, &facts->dump_area);
}
