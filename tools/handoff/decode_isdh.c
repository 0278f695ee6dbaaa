/* SPDX-License-Identifier: BSD-2-Clause */
/* A valid ISDH table. */
#include <inttypes.h>
#include <string.h>

#include "tools/handoff/decode.h"
#include "tools/handoff/facts.h"
#include "tools/handoff/notation.h"

#define PORTAL_GROUP_UNKNOWN 0xFFFF

static const struct flag_word table_flags[] = {{ISDH_FLAG_SECRETS, "secrets"}, {ISDH_FLAG_ACPI, "acpi"}, {0, NULL}};
static const struct flag_word target_flags[] = {{ISDH_TARGET_BOOT, "boot"}, {ISDH_TARGET_READ_ONLY, "read-only"}, {0, NULL}};
static const struct flag_word session_flags[] = {{ISDH_SESSION_IMMEDIATE_DATA, "immediate-data"},
                                                 {ISDH_SESSION_INITIAL_R2T, "initial-r2t"},
                                                 {ISDH_SESSION_HEADER_DIGEST, "header-digest"},
                                                 {ISDH_SESSION_DATA_DIGEST, "data-digest"},
                                                 {0, NULL}};

static void put_header(struct node *in, const struct isdh_header *header)
{
    struct node *version = tree_object(in, "version", NULL);
    tree_number(version, "major", NULL, header->major);
    tree_number(version, "minor", NULL, header->minor);
    tree_remark(in, "Version", "%u.%u", header->major, header->minor);
    put_flags(in, "flags", "Flags", header->flags, table_flags);
    put_physical(in, "self", "Own address", header->self);
    tree_number(in, "generation", "Generation", header->generation);
    put_hex(in, "boot_id", "Boot id", header->boot_id, sizeof header->boot_id);
}

/* Ticks as seconds since the counter was 0, to the millisecond. */
static void put_ticks(struct node *in, const char *name, const char *label, uint64_t ticks, uint64_t ticks_per_ms)
{
    uint64_t ms = ticks_per_ms ? ticks / ticks_per_ms : 0;
    struct node *node = tree_number(in, name, label, ticks);
    if (ticks_per_ms)
        tree_show(node, "%" PRIu64 ".%03u s after power-on", ms / 1000, (unsigned)(ms % 1000));
    else
        tree_show(node, "tick %" PRIu64, ticks);
}

static void put_clock(struct node *in, const struct handoff *facts)
{
    if (!facts->ticks_per_ms) {
        tree_nothing(in, "clock", NULL);
        return;
    }
    struct node *clock = tree_object(in, "clock", "Clock");
    tree_show(tree_number(clock, "ticks_per_ms", "Rate", facts->ticks_per_ms), "%" PRIu64 " ticks per millisecond",
              facts->ticks_per_ms);
    put_ticks(clock, "now", "Table written", facts->now, facts->ticks_per_ms);
}

static void put_log(struct node *in, const struct handoff *facts)
{
    if (!facts->log_address) {
        tree_nothing(in, "log", NULL);
        return;
    }
    struct node *log = tree_object(in, "log", "Flight recorder");
    put_physical(log, "address", "Address", facts->log_address);
    tree_show(tree_number(log, "size", "Size", facts->log_size), "%" PRIu32 " bytes", facts->log_size);
}

static void put_nic(struct node *list, unsigned index, const struct handoff_nic *nic)
{
    struct node *in = tree_object(list, NULL, "NIC %u", index);
    put_index(in, index);
    put_pci(in, nic);
    tree_number(in, "vendor_id", NULL, nic->vendor_id);
    tree_number(in, "device_id", NULL, nic->device_id);
    tree_number(in, "subsystem_vendor_id", NULL, nic->subsystem_vendor_id);
    tree_number(in, "subsystem_id", NULL, nic->subsystem_id);
    tree_remark(in, "PCI id", "%04x:%04x, subsystem %04x:%04x", nic->vendor_id, nic->device_id, nic->subsystem_vendor_id,
                nic->subsystem_id);
    put_physical(in, "registers", "Registers", nic->registers);
    put_mac(in, "mac", "MAC address", nic->mac);
    if (nic->link_megabits)
        tree_show(tree_number(in, "link_megabits", "Link", nic->link_megabits), "%" PRIu32 " Mbit/s", nic->link_megabits);
    else
        tree_show(tree_nothing(in, "link_megabits", "Link"), "unknown");
    put_name(in, "driver", "Card", nic->driver);
}

static void put_lease(struct node *in, const struct handoff_address *address, uint64_t ticks_per_ms)
{
    if (address->lease_seconds == UINT32_MAX) {
        tree_show(tree_nothing(in, "lease_seconds", "Lease"), "none, or for ever");
        tree_nothing(in, "lease_acquired", NULL);
        return;
    }
    tree_show(tree_number(in, "lease_seconds", "Lease", address->lease_seconds), "%" PRIu32 " s", address->lease_seconds);
    put_ticks(in, "lease_acquired", "Lease acquired", address->lease_acquired, ticks_per_ms);
}

static void put_ip_configuration(struct node *list, unsigned index, const struct handoff *facts)
{
    const struct handoff_address *address = &facts->addresses[index];
    struct node *in = tree_object(list, NULL, "Address %u", index);
    put_index(in, index);
    tree_show(tree_number(in, "nic", "On", address->nic), "NIC %u", address->nic);
    put_address(in, address);
    put_vlan(in, address->vlan);
    tree_number(in, "vlan_priority", address->vlan ? "VLAN priority" : NULL, address->vlan_priority);
    tree_show(tree_number(in, "mtu", "MTU", address->mtu), "%u bytes", address->mtu);
    put_mac(in, "next_hop", "Next hop (hint)", address->next_hop);
    put_lease(in, address, facts->ticks_per_ms);
}

/* ---- target, disk, session ---- */

static void put_size(struct node *in, const struct handoff_target *target)
{
    uint64_t bytes;
    tree_number(in, "block_size", NULL, target->block_size);
    tree_number(in, "block_count", NULL, target->block_count);
    if (__builtin_mul_overflow(target->block_count, (uint64_t)target->block_size, &bytes))
        tree_remark(in, "Size", "%" PRIu64 " blocks of %" PRIu32 " bytes", target->block_count, target->block_size);
    else
        tree_remark(in, "Size", "%" PRIu64 " blocks of %" PRIu32 " bytes: %" PRIu64 " MiB", target->block_count,
                    target->block_size, bytes >> 20);
}

/* Designator types of SPC-5 7.8.6. */
static void put_wwid(struct node *in, const struct handoff_target *target)
{
    static const char *const types[] = {[1] = "T10 vendor id", [2] = "EUI-64", [3] = "NAA", [8] = "SCSI name"};
    tree_number(in, "wwid_type", NULL, target->wwid_type);
    if (!target->wwid_length) {
        tree_nothing(in, "wwid", "WWID");
        return;
    }
    put_hex(in, "wwid", "WWID", target->wwid, target->wwid_length);
    tree_show(in->last, "%s (%s)", in->last->text, types[target->wwid_type]);
}

static void put_disk(struct node *in, const struct handoff_target *target)
{
    put_size(in, target);
    put_wwid(in, target);
    put_name(in, "serial", "Serial number", target->serial);
    put_name(in, "vendor", "Vendor", target->vendor);
    put_name(in, "product", "Product", target->product);
    put_name(in, "revision", "Revision", target->revision);
}

static void put_bytes_of(struct node *in, const char *name, const char *label, uint32_t bytes)
{
    tree_show(tree_number(in, name, label, bytes), "%" PRIu32 " bytes", bytes);
}

static void put_session(struct node *target_object, const struct handoff_target *target)
{
    struct node *in = tree_object(target_object, "session", "Session");
    put_hex(in, "isid", "ISID", target->isid, sizeof target->isid);
    tree_number(in, "tsih", "TSIH", target->tsih);
    put_flags(in, "flags", "Flags", target->session_flags, session_flags);
    put_bytes_of(in, "max_burst", "Max. burst", target->max_burst);
    put_bytes_of(in, "first_burst", "First burst", target->first_burst);
    put_bytes_of(in, "max_send_segment", "Segment sent", target->max_send_segment);
    put_bytes_of(in, "max_receive_segment", "Segment received", target->max_receive_segment);
}

static void put_target(struct node *list, unsigned index, const struct handoff_target *target, bool secrets)
{
    struct node *in = tree_object(list, NULL, "Target %u", index);
    uint32_t flags = (target->boot ? ISDH_TARGET_BOOT : 0) | (target->read_only ? ISDH_TARGET_READ_ONLY : 0);
    put_index(in, index);
    put_flags(in, "flags", "Flags", flags, target_flags);
    tree_show(tree_number(in, "ip", "From", target->ip), "address %u", target->ip);
    put_portal(in, target);
    if (target->portal_group != PORTAL_GROUP_UNKNOWN)
        tree_number(in, "portal_group", "Portal group", target->portal_group);
    else
        tree_show(tree_nothing(in, "portal_group", "Portal group"), "unknown");
    put_disk(in, target);
    put_chap(in, target, secrets);
    put_session(in, target);
}

static void put_dump_area(struct node *in, const struct handoff_dump_area *area)
{
    if (!area->there) {
        tree_nothing(in, "dump_area", NULL);
        return;
    }
    struct node *object = tree_object(in, "dump_area", "Dump area");
    tree_show(tree_number(object, "target", "On", area->target), "target %u", area->target);
    put_hex(object, "signature", "Signature", area->signature, sizeof area->signature);
    struct node *list = tree_list(object, "extents", "Blocks");
    for (unsigned i = 0; i < area->extent_count; i++) {
        struct node *extent = tree_object(list, NULL, NULL);
        tree_number(extent, "lba", NULL, area->extents[i].lba);
        tree_number(extent, "blocks", NULL, area->extents[i].blocks);
        tree_show(extent, "%" PRIu64 " to %" PRIu64, area->extents[i].lba, area->extents[i].lba + area->extents[i].blocks - 1);
    }
}

void decode_isdh(struct node *in, const struct table *table, const struct handoff *facts, bool secrets)
{
    struct isdh_header header;
    memcpy(&header, table->bytes, sizeof header);
    put_header(in, &header);
    put_name(in, "producer", "Producer", facts->producer);
    tree_text(in, "initiator", "Initiator", facts->initiator);
    put_clock(in, facts);
    put_log(in, facts);
    struct node *list = tree_list(in, "nics", NULL);
    for (unsigned i = 0; i < facts->nic_count; i++)
        put_nic(list, i, &facts->nics[i]);
    list = tree_list(in, "addresses", NULL);
    for (unsigned i = 0; i < facts->address_count; i++)
        put_ip_configuration(list, i, facts);
    list = tree_list(in, "targets", NULL);
    for (unsigned i = 0; i < facts->target_count; i++)
        put_target(list, i, &facts->targets[i], secrets);
    put_dump_area(in, &facts->dump_area);
}
