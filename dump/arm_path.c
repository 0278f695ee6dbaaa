/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a table is kept: the card, the disk, the ways to it, where may be written. */
#include <string.h>

#include "dump/core.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define PCI_ID           0x00 /* vendor and device, as configuration space has them; PCI 3.0 section 6.1 */
#define PCI_SUBSYSTEM    0x2C
#define BLOCK_SIZE_LEAST 512u
#define BLOCK_SIZE_MOST  65536u
#define PREFIX_IPV6      64 /* net.h */

/* In memory that is staging later: it is more than a kernel's stack has to spare. */
struct reading {
    struct handoff handoff;
    struct handoff_faults faults;
    char text[HANDOFF_TEXT_MAX + 1];
    bool isdh;
};
_Static_assert(sizeof(struct reading) <= DUMP_SCRATCH, "what is read fits the least staging memory");

/* ---- texts ---- */

/* Each once. */
static enum status keep_text(struct dump_armed *armed, const char *text, uint16_t *offset)
{
    size_t size = strlen(text) + 1;
    uint32_t at = 0;
    while (at < armed->text_size && strcmp(armed->texts + at, text) != 0)
        at += (uint32_t)strlen(armed->texts + at) + 1;

    if (at == armed->text_size) {
        if (size > DUMP_TEXTS_MAX - at)
            return fail(E_DUMP_MEMORY, "names and secrets have more than %u bytes", DUMP_TEXTS_MAX);
        memcpy(armed->texts + at, text, size);
        armed->text_size += (uint32_t)size;
    }
    *offset = (uint16_t)at;
    return OK;
}

static enum status keep_name(struct dump_armed *armed, const char *what, const char *given, const char *in_table,
                             uint16_t *offset)
{
    const char *name = given ? given : in_table;
    size_t length = strnlen(name, ISCSI_NAME_MAX + 1);
    if (!length || length > ISCSI_NAME_MAX)
        return fail(E_DUMP_TABLE, "%s name: %s; 1 to %u bytes are allowed", what, length ? "longer" : "none", ISCSI_NAME_MAX);
    return keep_text(armed, name, offset);
}

/* ---- the table ---- */

static enum status read_whole(struct reading *reading, const struct dump_config *config)
{
    enum handoff_table kind = config->table ? handoff_table_at(config->table, config->table_size) : HANDOFF_NO_TABLE;
    bool good = false;
    if (kind == HANDOFF_ISDH)
        good = isdh_read(config->table, config->table_size, config->table_self, &reading->handoff, &reading->faults);
    else if (kind == HANDOFF_IBFT)
        good = ibft_read_leniently(config->table, config->table_size, &reading->handoff, &reading->faults);
    else
        return fail(E_DUMP_TABLE, "neither an ISDH nor an iBFT begins there, whole");

    reading->isdh = kind == HANDOFF_ISDH;
    if (good && !reading->handoff.target_count)
        return fail(E_DUMP_TABLE, "%s, target: there is none", reading->faults.table);
    if (good)
        return OK;
    handoff_fault_text(&reading->faults, 0, reading->text, sizeof reading->text);
    return fail(E_DUMP_TABLE, "%s", reading->text);
}

/* That of the dump area, where that counts; else the one that was booted from. */
static unsigned first_target(const struct handoff *handoff, const struct dump_config *config)
{
    if (!config->extent_count && handoff->dump_area.there)
        return handoff->dump_area.target;
    for (unsigned i = 0; i < handoff->target_count; i++) {
        if (handoff->targets[i].boot)
            return i;
    }
    return 0;
}

/* ---- the card ---- */

static enum status keep_card(struct dump_target *target, const struct handoff_nic *nic)
{
    struct pci_device *card = &target->card;
    *card = (struct pci_device){.segment = nic->segment, .bus = nic->bus, .device = nic->device, .function = nic->function};
    uint32_t id = platform_pci_read32(card, PCI_ID), subsystem = platform_pci_read32(card, PCI_SUBSYSTEM);
    card->vendor_id = (uint16_t)id;
    card->device_id = (uint16_t)(id >> 16);
    card->subsystem_vendor_id = (uint16_t)subsystem;
    card->subsystem_id = (uint16_t)(subsystem >> 16);

    /* The iBFT tells its place alone. */
    if (nic->vendor_id && (nic->vendor_id != card->vendor_id || nic->device_id != card->device_id))
        return fail(E_DUMP_NIC, "PCI %04x:%02x:%02x.%x is %04x:%04x, and by the table %04x:%04x", card->segment, card->bus,
                    card->device, card->function, card->vendor_id, card->device_id, nic->vendor_id, nic->device_id);
    if (!nic_probe(card))
        return fail(E_DUMP_NIC, "PCI %04x:%02x:%02x.%x is %04x:%04x, for which there is no driver", card->segment, card->bus,
                    card->device, card->function, card->vendor_id, card->device_id);

    target->registers = nic->registers;
    memcpy(target->mac, nic->mac, sizeof target->mac);
    return OK;
}

/* ---- the disk ---- */

static void read_disk(struct dump_disk *disk, const struct handoff_target *target)
{
    *disk = (struct dump_disk){.wwid_type = target->wwid_type,
                               .wwid_length = target->wwid ? target->wwid_length : 0,
                               .block_size = target->block_size,
                               .block_count = target->block_count};
    if (disk->wwid_length)
        memcpy(disk->wwid, target->wwid, disk->wwid_length);
    format_text(disk->serial, sizeof disk->serial, "%s", target->serial);
}

static bool is_same_disk(const struct dump_disk *a, const struct dump_disk *b)
{
    if (a->block_size != b->block_size || a->block_count != b->block_count || a->wwid_length != b->wwid_length)
        return false;
    return a->wwid_length ? a->wwid_type == b->wwid_type && memcmp(a->wwid, b->wwid, a->wwid_length) == 0
                          : strcmp(a->serial, b->serial) == 0;
}

static enum status check_disk(const struct dump_disk *disk)
{
    uint32_t size = disk->block_size;
    if (disk->wwid_length > sizeof disk->wwid || strnlen(disk->serial, sizeof disk->serial) == sizeof disk->serial)
        return fail(E_DUMP_IDENTITY, "a WWID of %u bytes, or a serial number without an end", disk->wwid_length);
    if (!disk->wwid_length && !disk->serial[0])
        return fail(E_DUMP_IDENTITY, "neither WWID nor serial number");
    if (size < BLOCK_SIZE_LEAST || size > BLOCK_SIZE_MOST || size & (size - 1) || !disk->block_count)
        return fail(E_DUMP_IDENTITY, "%llu blocks of %u bytes", (unsigned long long)disk->block_count, (unsigned)size);
    return OK;
}

static enum status keep_disk(struct dump_armed *armed, const struct handoff_target *target, const struct dump_config *config)
{
    if (config->parameters.disk)
        armed->disk = *config->parameters.disk;
    else
        read_disk(&armed->disk, target);
    if (target->read_only)
        return fail(E_DUMP_TABLE, "target, flags: it is write-protected");

    armed->target.block_size = armed->disk.block_size;
    armed->target.block_count = armed->disk.block_count;
    return check_disk(&armed->disk);
}

static enum status keep_extents(struct dump_target *target, const struct handoff *handoff, const struct dump_config *config)
{
    if (config->extent_count > DUMP_EXTENTS)
        return fail(E_DUMP_EXTENT, "%u extents, at most %u", config->extent_count, DUMP_EXTENTS);

    target->extent_count = config->extent_count;
    memcpy(target->extents, config->extents, config->extent_count * sizeof target->extents[0]);
    if (config->extent_count || !handoff->dump_area.there)
        return OK;

    target->extent_count = handoff->dump_area.extent_count;
    for (unsigned i = 0; i < target->extent_count; i++)
        target->extents[i] =
            (struct dump_extent){.lba = handoff->dump_area.extents[i].lba, .blocks = handoff->dump_area.extents[i].blocks};
    return OK;
}

/* ---- a way to it ---- */

void dump_path_ipv4(const struct dump_path *path, struct net_ipv4 *ipv4)
{
    *ipv4 = (struct net_ipv4){.mtu = path->mtu};
    memcpy(ipv4->address, path->address.bytes, 4);
    memcpy(ipv4->gateway, path->gateway, 4);
    put_be32(ipv4->netmask, path->prefix ? UINT32_MAX << (32 - path->prefix) : 0);
}

static enum status check_address(struct reading *reading, const struct dump_path *path, unsigned index)
{
    if (path->address.family == 6)
        return path->prefix == PREFIX_IPV6 ? OK
                                           : fail(E_DUMP_TABLE, "%s, address %u: prefix is %u; allowed: %u",
                                                  reading->faults.table, index, path->prefix, PREFIX_IPV6);

    struct net_ipv4 ipv4;
    dump_path_ipv4(path, &ipv4);
    if (net_check_ipv4(&ipv4) == OK)
        return OK;
    format_text(reading->text, sizeof reading->text, "%s", failure_detail(E_ADDRESS_INVALID));
    return fail(E_DUMP_TABLE, "%s, address %u: %s", reading->faults.table, index, reading->text);
}

static enum status keep_address(struct reading *reading, struct dump_path *path, unsigned index)
{
    const struct handoff_address *from = &reading->handoff.addresses[index];
    bool ipv4 = handoff_address_is_ipv4(from->address);
    path->address.family = ipv4 ? 4 : 6;
    memcpy(path->address.bytes, ipv4 ? handoff_address_ipv4(from->address) : from->address, ipv4 ? 4 : 16);
    if (!handoff_address_is_none(from->gateway))
        memcpy(path->gateway, ipv4 ? handoff_address_ipv4(from->gateway) : from->gateway, ipv4 ? 4 : 16);

    path->prefix = from->prefix;
    path->vlan = from->vlan;
    path->vlan_priority = from->vlan_priority;
    path->mtu = from->mtu;
    if (from->lease_seconds != UINT32_MAX && from->lease_acquired && reading->handoff.ticks_per_ms)
        path->lease_end = from->lease_acquired + from->lease_seconds * (1000 * reading->handoff.ticks_per_ms);
    return check_address(reading, path, index);
}

/* One direction: names and secrets of the home, else of the table. */
static enum status keep_chap(struct dump_armed *armed, const char *direction, const struct iscsi_chap *given,
                             const struct handoff_chap *in_table, uint16_t *name, uint16_t *secret)
{
    if (given && (strnlen(given->name, sizeof given->name) == sizeof given->name ||
                  strnlen(given->secret, sizeof given->secret) == sizeof given->secret))
        return fail(E_DUMP_SECRET, "%s: name or secret without an end", direction);

    const char *named = given ? given->name : in_table->name;
    if (!named[0])
        return OK;
    const char *proof = given ? given->secret : in_table->secret;
    if (!proof[0])
        return fail(E_DUMP_SECRET, "%s of \"%.64s\": the table leaves the secret out", direction, named);

    enum status status = keep_text(armed, named, name);
    return status == OK ? keep_text(armed, proof, secret) : status;
}

static enum status keep_secrets(struct dump_armed *armed, struct dump_path *path, const struct handoff_target *from,
                                const struct dump_parameters *given)
{
    enum status status = keep_chap(armed, "CHAP", given->chap, &from->chap, &path->chap_name, &path->chap_secret);
    if (status == OK)
        status = keep_chap(armed, "reverse CHAP", given->mutual_chap, &from->reverse, &path->mutual_name, &path->mutual_secret);
    if (status != OK || !path->mutual_name)
        return status;

    if (!path->chap_name)
        return fail(E_DUMP_SECRET, "reverse CHAP wants our own name and secret, too");
    if (path->chap_secret == path->mutual_secret)
        return fail(E_CHAP_SECRETS_EQUAL, "as the dump would log in with them");
    return OK;
}

static enum iscsi_digests agreed_digests(const struct handoff_target *from, const struct dump_parameters *given)
{
    bool header = from->session_flags & ISDH_SESSION_HEADER_DIGEST, data = from->session_flags & ISDH_SESSION_DATA_DIGEST;
    if (given->digests_given)
        return given->digests;
    if (header)
        return data ? ISCSI_DIGESTS_BOTH : ISCSI_DIGESTS_HEADER;
    return data ? ISCSI_DIGESTS_DATA : ISCSI_DIGESTS_AUTO;
}

static enum status keep_path(struct dump_armed *armed, struct reading *reading, const struct dump_config *config, unsigned index)
{
    const struct handoff_target *from = &reading->handoff.targets[index];
    const struct dump_parameters *given = &config->parameters;
    struct dump_path path = {
        .port = from->port, .portal_group = from->portal_group, .replaces = given->isid, .digests = agreed_digests(from, given)};
    memcpy(path.lun, from->lun, sizeof path.lun);
    memcpy(path.isid, given->isid ? given->isid : from->isid, sizeof path.isid);

    enum status status = keep_address(reading, &path, from->ip);
    bool ipv4 = handoff_address_is_ipv4(from->address);
    if (ipv4)
        format_ipv4(reading->text, handoff_address_ipv4(from->address));
    else
        format_ipv6(reading->text, from->address);
    if (status == OK)
        status = keep_text(armed, reading->text, &path.host);
    if (status == OK)
        status = keep_name(armed, "target", given->target_name, from->name, &path.target_name);
    if (status == OK)
        status = keep_secrets(armed, &path, from, given);
    if (status != OK)
        return status;

    armed->paths[armed->path_count++] = path;
    return OK;
}

/* The other targets that show this disk over this card; what is wrong with one of them is no reason to go without the first. */
static void keep_other_paths(struct dump_armed *armed, struct reading *reading, const struct dump_config *config, unsigned first)
{
    const struct handoff *handoff = &reading->handoff;
    uint8_t card = handoff->addresses[handoff->targets[first].ip].nic;
    for (unsigned i = 0; i < handoff->target_count; i++) {
        struct dump_disk disk;
        read_disk(&disk, &handoff->targets[i]);
        if (i == first || handoff->addresses[handoff->targets[i].ip].nic != card || handoff->targets[i].read_only ||
            !is_same_disk(&disk, &armed->disk))
            continue;

        enum status status = keep_path(armed, reading, config, i);
        if (status != OK)
            log_printf(LOG_WARNING, "Dump: target %u is left out: %s (%s)", i, status_what(status), failure_detail(status));
    }
}

static void describe(struct dump_armed *armed)
{
    const struct dump_path *path = &armed->paths[0];
    struct dump_target *target = &armed->target;
    const char *host = armed->texts + path->host;

    net_format_address(&path->address, target->address);
    format_text(target->portal, sizeof target->portal, path->address.family == 6 ? "[%s]:%u" : "%s:%u", host, path->port);
    format_text(target->target_name, sizeof target->target_name, "%s", armed->texts + path->target_name);
}

enum status dump_read_table(struct dump_armed *armed, const struct dump_config *config, void *scratch)
{
    struct reading *reading = scratch;
    enum status status = read_whole(reading, config);
    if (status != OK)
        return status;

    const struct handoff *handoff = &reading->handoff;
    unsigned first = first_target(handoff, config);
    const struct handoff_target *target = &handoff->targets[first];
    armed->text_size = 1; /* "" */
    memcpy(armed->target.boot_id, handoff->boot_id, sizeof handoff->boot_id);

    status = keep_card(&armed->target, &handoff->nics[handoff->addresses[target->ip].nic]);
    if (status == OK)
        status = keep_disk(armed, target, config);
    if (status == OK)
        status = keep_extents(&armed->target, handoff, config);
    if (status == OK)
        status = keep_name(armed, "initiator", config->parameters.initiator_name, handoff->initiator, &armed->initiator_name);
    if (status == OK)
        status = keep_path(armed, reading, config, first);
    if (status != OK)
        return status;

    keep_other_paths(armed, reading, config, first);
    describe(armed);
    return OK;
}
