/* SPDX-License-Identifier: BSD-2-Clause */
/* From an iBFT's bytes to struct handoff, each field checked. */
#include <string.h>

#include "handoff/check.h"

#define PAIRS_MAX      HANDOFF_TARGETS
#define STRUCTURES_MAX (3 + 2 * PAIRS_MAX) /* control, initiator, extensions, and two a path */

struct range {
    uint32_t start, end;
};

struct reader {
    struct check check;
    struct range ranges[STRUCTURES_MAX]; /* what structures occupy; strings keep out of it */
    unsigned range_count;
    struct ibft_pair pairs[PAIRS_MAX];
    unsigned pair_count;
    uint16_t extensions, initiator;
    uint8_t place_of_nic[PAIRS_MAX]; /* NIC structure's index → index in struct handoff */
};

#define NOT_THERE 0xFF

/* ---- the frame: header, control structure, where structures are ---- */

static bool read_header(struct check *check)
{
    struct ibft_header header;
    static const char allowed[] = "66 to 65535, all of it readable";
    uint32_t least = sizeof(struct ibft_header) + sizeof(struct ibft_control);
    if (!check_number(check, "length", HERE(ibft_header, length), check->length, least, UINT32_MAX, allowed))
        return false;
    memcpy(&header, check->bytes, sizeof header);
    uint32_t most = check->length < IBFT_LENGTH_MAX ? check->length : IBFT_LENGTH_MAX;
    if (!check_number(check, "length", HERE(ibft_header, length), header.length, least, most, allowed))
        return false;
    check->length = header.length;
    check_number(check, "revision", HERE(ibft_header, revision), header.revision, IBFT_REVISION, IBFT_REVISION, "1");
    uint8_t sum = handoff_sum(check->bytes, header.length);
    return sum == 0 ||
           check_fault(check, "checksum", HERE(ibft_header, checksum), "a sum of all bytes of 0", "a sum of %02xh", sum);
}

/* The part that all structures have in common. The offset is known to be sound. */
static bool read_structure(struct check *check, struct ibft_structure *structure, enum ibft_id id, unsigned least, unsigned most,
                           unsigned index, uint8_t flags)
{
    memcpy(structure, check->bytes + check->at, sizeof *structure);
    static const char *const ids[] = {"", "1", "2", "3", "4"};
    bool good = check_number(check, "id", HERE(ibft_structure, id), structure->id, id, id, ids[id]);
    good &= check_number(check, "version", HERE(ibft_structure, version), structure->version, IBFT_STRUCTURE_VERSION,
                         IBFT_STRUCTURE_VERSION, "1");
    good &= check_number(check, "length", HERE(ibft_structure, length), structure->length, least, most,
                         id == IBFT_CONTROL ? "18, and 4 more for each further path" : "the structure's size");
    good &= check_number(check, "index", HERE(ibft_structure, index), structure->index, index, index,
                         "the structure's place in the control structure");
    good &= check_flags(check, HERE(ibft_structure, flags), structure->flags, flags);
    return good;
}

/* Takes [start, start + size) for a structure. */
static bool occupy(struct reader *reader, const char *field, size_t offset, uint32_t start, uint32_t size)
{
    struct check *check = &reader->check;
    if (start % IBFT_ALIGNMENT_MINIMUM)
        return check_fault(check, field, offset, "a multiple of 8", "%u", (unsigned)start);
    if (start < sizeof(struct ibft_header) || start > check->length || size > check->length - start)
        return check_fault(check, field, offset, "inside the table, behind its header", "%u, of %u bytes", (unsigned)start,
                           (unsigned)check->length);
    for (unsigned i = 0; i < reader->range_count; i++)
        if (start < reader->ranges[i].end && start + size > reader->ranges[i].start)
            return check_fault(check, field, offset, "a place of its own", "%u, inside another structure", (unsigned)start);
    reader->ranges[reader->range_count++] = (struct range){start, start + size};
    return true;
}

static bool read_control(struct reader *reader)
{
    struct check *check = &reader->check;
    struct ibft_control control;
    uint32_t at = sizeof(struct ibft_header);
    check_structure(check, at, "control", -1);
    if (!read_structure(check, &control.structure, IBFT_CONTROL, sizeof control,
                        sizeof control + (PAIRS_MAX - IBFT_PAIRS) * sizeof(struct ibft_pair), 0, IBFT_FAILOVER))
        return false;
    uint16_t length = control.structure.length;
    if ((length - sizeof control) % sizeof(struct ibft_pair))
        return check_fault(check, "length", HERE(ibft_structure, length), "18, and 4 more for each further path", "%u", length);
    if (!occupy(reader, "length", HERE(ibft_structure, length), at, length))
        return false;
    memcpy(&control, check->bytes + at, sizeof control);
    reader->extensions = control.extensions;
    reader->initiator = control.initiator;
    reader->pair_count = IBFT_PAIRS + (unsigned)((length - sizeof control) / sizeof(struct ibft_pair));
    memcpy(reader->pairs, check->bytes + at + HERE(ibft_control, pairs), reader->pair_count * sizeof(struct ibft_pair));
    return true;
}

/* An offset of 0 says that there is none. */
static bool occupy_pairs(struct reader *reader)
{
    bool good =
        occupy(reader, "initiator offset", HERE(ibft_control, initiator), reader->initiator, sizeof(struct ibft_initiator));
    if (reader->extensions) /* of which nothing but their beginning is known */
        good &= occupy(reader, "extensions offset", HERE(ibft_control, extensions), reader->extensions,
                       sizeof(struct ibft_structure));
    for (unsigned i = 0; i < reader->pair_count; i++) {
        size_t offset = HERE(ibft_control, pairs) + i * sizeof(struct ibft_pair);
        if (reader->pairs[i].nic)
            good &= occupy(reader, "NIC offset", offset, reader->pairs[i].nic, sizeof(struct ibft_nic));
        if (reader->pairs[i].target)
            good &= occupy(reader, "target offset", offset + HERE(ibft_pair, target), reader->pairs[i].target,
                           sizeof(struct ibft_target));
    }
    return good;
}

/* ---- strings ---- */

static const char *read_text(struct reader *reader, const char *field, size_t offset, const struct ibft_text *text,
                             enum check_text kind)
{
    struct check *check = &reader->check;
    struct text_place place = {text->offset, text->length, sizeof(struct ibft_header) + sizeof(struct ibft_control),
                               check->length};
    if (!text->length)
        return "";
    for (unsigned i = 0; i < reader->range_count; i++)
        if (text->offset < reader->ranges[i].end && (uint32_t)text->offset + text->length >= reader->ranges[i].start) {
            check_fault(check, field, offset, "a place outside the structures", "%u bytes at %u", text->length, text->offset);
            return "";
        }
    return check_string(check, field, offset, &place, kind);
}

static const char *need_name(struct reader *reader, const char *field, size_t offset, const struct ibft_text *text)
{
    if (!text->length)
        check_fault(&reader->check, field, offset, "an iSCSI name", "empty");
    return read_text(reader, field, offset, text, TEXT_ISCSI_NAME);
}

/* ---- initiator, NICs, targets ---- */

static void read_initiator(struct reader *reader, struct handoff *to)
{
    struct check *check = &reader->check;
    struct ibft_initiator initiator;
    check_structure(check, reader->initiator, "initiator", -1);
    memcpy(&initiator, check->bytes + check->at, sizeof initiator);
    if (!read_structure(check, &initiator.structure, IBFT_INITIATOR, sizeof initiator, sizeof initiator, 0,
                        IBFT_VALID | IBFT_BOOT_SELECTED))
        return;
    if (!(initiator.structure.flags & IBFT_VALID)) {
        check_fault(check, "flags", HERE(ibft_structure, flags), "bit 0 set: a valid initiator", "%02xh",
                    initiator.structure.flags);
        return;
    }
    check_address(check, "iSNS server", HERE(ibft_initiator, isns), initiator.isns, ADDRESS_OR_NONE);
    check_address(check, "SLP server", HERE(ibft_initiator, slp), initiator.slp, ADDRESS_OR_NONE);
    check_address(check, "first RADIUS server", HERE(ibft_initiator, radius), initiator.radius[0], ADDRESS_OR_NONE);
    check_address(check, "second RADIUS server", HERE(ibft_initiator, radius) + 16, initiator.radius[1], ADDRESS_OR_NONE);
    to->initiator = need_name(reader, "name", HERE(ibft_initiator, name), &initiator.name);
}

static void read_address(struct reader *reader, const struct ibft_nic *nic, struct handoff_address *to)
{
    struct check *check = &reader->check;
    check_address(check, "address", HERE(ibft_nic, address), nic->address, ADDRESS_NEEDED);
    check_prefix(check, HERE(ibft_nic, prefix), nic->prefix, nic->address);
    check_number(check, "origin", HERE(ibft_nic, origin), nic->origin, ISDH_ORIGIN_OTHER, ISDH_ORIGIN_ROUTER, "0 to 4");
    if (check_address(check, "gateway", HERE(ibft_nic, gateway), nic->gateway, ADDRESS_OR_NONE))
        check_same_version(check, "gateway", HERE(ibft_nic, gateway), nic->gateway, nic->address);
    check_address(check, "first DNS server", HERE(ibft_nic, dns), nic->dns[0], ADDRESS_OR_NONE);
    check_address(check, "second DNS server", HERE(ibft_nic, dns) + 16, nic->dns[1], ADDRESS_OR_NONE);
    check_address(check, "DHCP server", HERE(ibft_nic, dhcp_server), nic->dhcp_server, ADDRESS_OR_NONE);
    check_number(check, "VLAN", HERE(ibft_nic, vlan), nic->vlan, 0, VLAN_MAX, "0 to 4094");
    *to = (struct handoff_address){.prefix = nic->prefix, .origin = nic->origin, .vlan = nic->vlan, .lease_seconds = UINT32_MAX};
    memcpy(to->address, nic->address, 16);
    memcpy(to->gateway, nic->gateway, 16);
    memcpy(to->dns, nic->dns, sizeof to->dns);
    memcpy(to->dhcp_server, nic->dhcp_server, 16);
    to->hostname = read_text(reader, "host name", HERE(ibft_nic, hostname), &nic->hostname, TEXT_PRINTABLE);
}

static void read_nic(struct reader *reader, unsigned index, struct handoff *to)
{
    struct check *check = &reader->check;
    struct ibft_nic nic;
    check_structure(check, reader->pairs[index].nic, "NIC", (int)index);
    memcpy(&nic, check->bytes + check->at, sizeof nic);
    if (!read_structure(check, &nic.structure, IBFT_NIC, sizeof nic, sizeof nic, index, IBFT_FLAGS_NIC) ||
        !(nic.structure.flags & IBFT_VALID))
        return;
    unsigned place = to->nic_count++;
    reader->place_of_nic[index] = (uint8_t)place;
    to->address_count = to->nic_count;
    read_address(reader, &nic, &to->addresses[place]);
    to->addresses[place].nic = (uint8_t)place;
    check_mac(check, "MAC address", HERE(ibft_nic, mac), nic.mac);
    to->nics[place] = (struct handoff_nic){
        .bus = (uint8_t)(nic.location >> 8), .device = nic.location >> 3 & 0x1F, .function = nic.location & 7, .driver = ""};
    memcpy(to->nics[place].mac, nic.mac, sizeof nic.mac);
}

static void read_chap(struct reader *reader, const char *const fields[2], size_t offset, const struct ibft_text text[2],
                      bool needed, struct handoff_chap *to)
{
    to->name = read_text(reader, fields[0], offset, &text[0], TEXT_PRINTABLE);
    to->secret = read_text(reader, fields[1], offset + sizeof *text, &text[1], TEXT_SECRET);
    for (unsigned i = 0; i < 2; i++)
        if (!text[i].length == needed)
            check_fault(&reader->check, fields[i], offset + i * sizeof *text,
                        needed ? "one, as the CHAP type says" : "none, as the CHAP type says", "%u bytes", text[i].length);
}

static void read_login(struct reader *reader, const struct ibft_target *target, struct handoff_target *to)
{
    static const char *const own[] = {"CHAP name", "CHAP secret"};
    static const char *const reverse[] = {"reverse CHAP name", "reverse CHAP secret"};
    struct ibft_text text[2] = {target->chap_name, target->chap_secret};
    check_number(&reader->check, "CHAP type", HERE(ibft_target, chap), target->chap, IBFT_NO_CHAP, IBFT_MUTUAL_CHAP, "0 to 2");
    read_chap(reader, own, HERE(ibft_target, chap_name), text, target->chap != IBFT_NO_CHAP, &to->chap);
    text[0] = target->reverse_name;
    text[1] = target->reverse_secret;
    read_chap(reader, reverse, HERE(ibft_target, reverse_name), text, target->chap == IBFT_MUTUAL_CHAP, &to->reverse);
}

static void read_target(struct reader *reader, unsigned index, struct handoff *to)
{
    struct check *check = &reader->check;
    struct ibft_target target;
    check_structure(check, reader->pairs[index].target, "target", (int)index);
    memcpy(&target, check->bytes + check->at, sizeof target);
    if (!read_structure(check, &target.structure, IBFT_TARGET, sizeof target, sizeof target, index, IBFT_FLAGS_TARGET) ||
        !(target.structure.flags & IBFT_VALID))
        return;
    struct handoff_target *place = &to->targets[to->target_count++];
    *place = (struct handoff_target){.boot = target.structure.flags & IBFT_BOOT_SELECTED,
                                     .port = target.port,
                                     .portal_group = 0xFFFF,
                                     .serial = "",
                                     .vendor = "",
                                     .product = "",
                                     .revision = ""};
    check_address(check, "address", HERE(ibft_target, address), target.address, ADDRESS_NEEDED);
    check_number(check, "port", HERE(ibft_target, port), target.port, 1, 65535, "1 to 65535");
    memcpy(place->address, target.address, 16);
    memcpy(place->lun, target.lun, sizeof place->lun);
    place->name = need_name(reader, "name", HERE(ibft_target, name), &target.name);
    read_login(reader, &target, place);
    if (target.nic >= reader->pair_count || reader->place_of_nic[target.nic] == NOT_THERE) {
        check_fault(check, "NIC index", HERE(ibft_target, nic), "the index of a valid NIC structure", "%u", target.nic);
        return;
    }
    place->ip = reader->place_of_nic[target.nic];
    check_same_version(check, "address", HERE(ibft_target, address), target.address, to->addresses[place->ip].address);
}

static void read_paths(struct reader *reader, struct handoff *to)
{
    memset(reader->place_of_nic, NOT_THERE, sizeof reader->place_of_nic);
    for (unsigned i = 0; i < reader->pair_count; i++)
        if (reader->pairs[i].nic)
            read_nic(reader, i, to);
    for (unsigned i = 0; i < reader->pair_count; i++)
        if (reader->pairs[i].target)
            read_target(reader, i, to);
}

bool ibft_read(const uint8_t *bytes, size_t size, struct handoff *to, struct handoff_faults *faults)
{
    struct reader reader = {.pair_count = 0};
    memset(to, 0, sizeof *to);
    to->producer = to->initiator = "";
    check_begin(&reader.check, "iBFT", bytes, size, faults);
    if (read_header(&reader.check) && read_control(&reader) && occupy_pairs(&reader)) {
        read_initiator(&reader, to);
        read_paths(&reader, to);
    }
    return faults->count == 0;
}
