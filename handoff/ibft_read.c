/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Validates an iBFT and reads it into struct handoff, in one pass: header and control structure, where the structures are, then
 * each structure field by field. Clauses are those of the specification that handoff/ibft.h names.
 *
 * Every fault is recorded. Those that the path in use can do without are forgiven: the field is read as what is left of it, or a
 * structure of another path is left out. So one pass serves the strict reader and the lenient one.
 */
#include <string.h>

#include "handoff/field_check.h"
#include "platform/bytes.h"

#define PAIRS_MAX      HANDOFF_TARGETS
#define STRUCTURES_MAX (3 + 2 * PAIRS_MAX) /* control, initiator, extensions, and two a path */
#define NO_NIC         0xFF
#define WRONG_NIC      0xFE

/* IEEE 802.1Q's tag: the VLAN's number, a bit that nobody sets for a whole VLAN, the priority. */
#define VLAN_BITS           0xFFFu
#define VLAN_DROP_BIT       0x1000u
#define VLAN_PRIORITY_SHIFT 13

struct range {
    uint32_t start, end;
};

struct ibft_reader {
    struct check check;
    struct range ranges[STRUCTURES_MAX]; /* what structures occupy; strings keep out of it */
    unsigned range_count;
    struct ibft_pair pairs[PAIRS_MAX];
    unsigned pair_count;
    uint16_t extensions, initiator;
    uint8_t place_of_nic[PAIRS_MAX]; /* NIC structure's index → index in struct handoff, NO_NIC, WRONG_NIC */
    bool first_is_lost;              /* a target that came before all others was left out */
};

/* ---- the structures' common header (3.2) ---- */

struct structure_kind {
    const char *name, *id_text;
    enum ibft_id id;
    bool is_numbered; /* there are several; otherwise the index is 0 */
    uint8_t flags;    /* that are defined */
    uint16_t size, size_most;
    const char *size_text;
};

#define CONTROL_SIZE_TEXT "18, and 4 more for each further path"

static const struct structure_kind control_kind = {
    .name = "control",
    .id_text = "1",
    .id = IBFT_CONTROL,
    .flags = IBFT_FAILOVER,
    .size = sizeof(struct ibft_control),
    .size_most = sizeof(struct ibft_control) + (PAIRS_MAX - IBFT_PAIRS) * sizeof(struct ibft_pair),
    .size_text = CONTROL_SIZE_TEXT,
};

#define KIND_OF_FIXED_SIZE(type)                                                                                                 \
    .size = sizeof(struct type), .size_most = sizeof(struct type), .size_text = "the structure's size"

static const struct structure_kind initiator_kind = {
    .name = "initiator",
    .id_text = "2",
    .id = IBFT_INITIATOR,
    .flags = IBFT_FLAGS_INITIATOR,
    KIND_OF_FIXED_SIZE(ibft_initiator),
};

static const struct structure_kind nic_kind = {
    .name = "NIC",
    .id_text = "3",
    .id = IBFT_NIC,
    .is_numbered = true,
    .flags = IBFT_FLAGS_NIC,
    KIND_OF_FIXED_SIZE(ibft_nic),
};

static const struct structure_kind target_kind = {
    .name = "target",
    .id_text = "4",
    .id = IBFT_TARGET,
    .is_numbered = true,
    .flags = IBFT_FLAGS_TARGET,
    KIND_OF_FIXED_SIZE(ibft_target),
};

/*
 * Copies kind->size bytes at offset `at`, where that many can be read, to `to`; true when they are such a structure. A longer
 * one, a wrong index and flags that are not known are told, and of no concern.
 */
static bool read_structure(struct check *check, const struct structure_kind *kind, uint32_t at, unsigned index, void *to)
{
    check_enter_structure(check, at, kind->name, kind->is_numbered ? (int)index : CHECK_NOT_NUMBERED);
    memcpy(to, check->bytes + at, kind->size);
    const struct ibft_structure *header = to;

    if (!check_number(check, "id", FIELD(ibft_structure, id), header->id, kind->id, kind->id, kind->id_text))
        return false;
    bool good = check_number(check, "version", FIELD(ibft_structure, version), header->version, IBFT_STRUCTURE_VERSION,
                             IBFT_STRUCTURE_VERSION, "1");
    unsigned grave = check->grave;
    check_number(check, "length", FIELD(ibft_structure, length), header->length, kind->size, kind->size_most, kind->size_text);
    check_number(check, "index", FIELD(ibft_structure, index), header->index, index, index,
                 "the structure's place in the control structure");
    check_flags(check, FIELD(ibft_structure, flags), header->flags, kind->flags);

    bool whole = header->length >= kind->size;
    check->grave = grave + !whole;
    return good && whole;
}

/* ---- the frame: header (3.3), control structure (3.4), where structures are ---- */

static bool read_ibft_header(struct check *check)
{
    static const char allowed[] = "66 to 65535, all of it readable";
    uint32_t least = sizeof(struct ibft_header) + sizeof(struct ibft_control);
    if (!check_number(check, "length", FIELD(ibft_header, length), check->length, least, UINT32_MAX, allowed))
        return false;

    struct ibft_header header;
    memcpy(&header, check->bytes, sizeof header);
    if (!check_number(check, "length", FIELD(ibft_header, length), header.length, least,
                      smaller_of(check->length, IBFT_LENGTH_MAX), allowed))
        return false;
    check->length = header.length;

    check_number(check, "revision", FIELD(ibft_header, revision), header.revision, IBFT_REVISION, IBFT_REVISION, "1");
    uint8_t sum = bytes_sum(check->bytes, header.length);
    return sum == 0 ||
           check_fault(check, "checksum", FIELD(ibft_header, checksum), "a sum of all bytes of 0", "a sum of %02xh", sum);
}

/* Takes [start, start + size) for a structure. Where it begins matters to no copy of it. */
static bool occupy(struct ibft_reader *reader, const char *field, size_t offset, uint32_t start, uint32_t size)
{
    struct check *check = &reader->check;
    unsigned grave = check->grave;
    if (start % IBFT_ALIGNMENT_MINIMUM)
        check_fault(check, field, offset, "a multiple of 8", "%u", (unsigned)start);
    check->grave = grave;
    if (start < sizeof(struct ibft_header) || start > check->length || size > check->length - start)
        return check_fault(check, field, offset, "inside the table, behind its header", "%u, of %u bytes", (unsigned)start,
                           (unsigned)check->length);
    for (unsigned i = 0; i < reader->range_count; i++)
        if (start < reader->ranges[i].end && start + size > reader->ranges[i].start)
            return check_fault(check, field, offset, "a place of its own", "%u, inside another structure", (unsigned)start);

    reader->ranges[reader->range_count++] = (struct range){start, start + size};
    return true;
}

static bool read_control(struct ibft_reader *reader)
{
    struct check *check = &reader->check;
    struct ibft_control control;
    uint32_t at = sizeof(struct ibft_header);
    if (!read_structure(check, &control_kind, at, 0, &control))
        return false;

    uint16_t length = control.structure.length;
    uint32_t further = length - (uint32_t)sizeof control;
    unsigned grave = check->grave;
    if (further % sizeof(struct ibft_pair))
        check_fault(check, "length", FIELD(ibft_structure, length), CONTROL_SIZE_TEXT, "%u", length);
    check->grave = grave;
    if (!occupy(reader, "length", FIELD(ibft_structure, length), at, length))
        return false;

    reader->extensions = control.extensions;
    reader->initiator = control.initiator;
    reader->pair_count = smaller_of(IBFT_PAIRS + further / (uint32_t)sizeof(struct ibft_pair), PAIRS_MAX);
    memcpy(reader->pairs, check->bytes + at + FIELD(ibft_control, pairs), reader->pair_count * sizeof(struct ibft_pair));
    return true;
}

/* A NIC that is there twice serves both paths: the index of the first, or `index`. */
static unsigned first_of_same_nic(const struct ibft_reader *reader, unsigned index)
{
    unsigned first = 0;
    while (reader->pairs[first].nic != reader->pairs[index].nic)
        first++;
    return first;
}

/* An offset of 0 says that there is none; it becomes 0 where there can be no structure. */
static void occupy_pair(struct ibft_reader *reader, unsigned index)
{
    struct ibft_pair *pair = &reader->pairs[index];
    size_t offset = FIELD(ibft_control, pairs) + index * sizeof *pair;
    bool again = first_of_same_nic(reader, index) != index;

    if (pair->nic && !occupy(reader, "NIC offset", offset, pair->nic, sizeof(struct ibft_nic)) && !again)
        pair->nic = 0;
    if (pair->target &&
        !occupy(reader, "target offset", offset + FIELD(ibft_pair, target), pair->target, sizeof(struct ibft_target))) {
        pair->target = 0;
        reader->first_is_lost |= index == 0;
    }
}

static bool occupy_all(struct ibft_reader *reader)
{
    struct check *check = &reader->check;
    bool good =
        occupy(reader, "initiator offset", FIELD(ibft_control, initiator), reader->initiator, sizeof(struct ibft_initiator));

    unsigned grave = check->grave;
    if (reader->extensions) /* of which nothing but their beginning is known */
        occupy(reader, "extensions offset", FIELD(ibft_control, extensions), reader->extensions, sizeof(struct ibft_structure));
    for (unsigned i = 0; i < reader->pair_count; i++)
        occupy_pair(reader, i);
    check->grave = grave;
    return good;
}

/* ---- strings (2.5) ---- */

static const char *read_ibft_text(struct ibft_reader *reader, const char *field, size_t offset, const struct ibft_text *text,
                                  enum check_text kind)
{
    struct check *check = &reader->check;
    if (!text->length)
        return "";

    for (unsigned i = 0; i < reader->range_count; i++)
        if (text->offset < reader->ranges[i].end && (uint32_t)text->offset + text->length >= reader->ranges[i].start) {
            check_fault(check, field, offset, "a place outside the structures", "%u bytes at %u", text->length, text->offset);
            return "";
        }

    struct check_text_place place = {text->offset, text->length, sizeof(struct ibft_header) + sizeof(struct ibft_control),
                                     check->length};
    return check_string(check, field, offset, &place, kind);
}

static const char *read_iscsi_name(struct ibft_reader *reader, size_t offset, const struct ibft_text *text)
{
    if (!text->length)
        check_fault(&reader->check, "name", offset, "an iSCSI name", "empty");
    return read_ibft_text(reader, "name", offset, text, TEXT_ISCSI_NAME);
}

/* One without which a path serves: an address that cannot be is read as none. */
static bool read_server(struct check *check, const char *field, size_t offset, uint8_t address[16])
{
    unsigned grave = check->grave;
    bool good = check_address(check, field, offset, address, ADDRESS_OR_NONE);
    check->grave = grave;
    if (!good)
        memset(address, 0, 16);
    return good;
}

/* ---- initiator (3.5) ---- */

static void read_initiator(struct ibft_reader *reader, struct handoff *to)
{
    struct check *check = &reader->check;
    struct ibft_initiator initiator;
    if (!read_structure(check, &initiator_kind, reader->initiator, 0, &initiator))
        return;
    if (!(initiator.structure.flags & IBFT_VALID)) {
        check_fault(check, "flags", FIELD(ibft_structure, flags), "bit 0 set: a valid initiator", "%02xh",
                    initiator.structure.flags);
        return;
    }

    read_server(check, "iSNS server", FIELD(ibft_initiator, isns), initiator.isns);
    read_server(check, "SLP server", FIELD(ibft_initiator, slp), initiator.slp);
    read_server(check, "first RADIUS server", FIELD(ibft_initiator, radius[0]), initiator.radius[0]);
    read_server(check, "second RADIUS server", FIELD(ibft_initiator, radius[1]), initiator.radius[1]);
    to->initiator = read_iscsi_name(reader, FIELD(ibft_initiator, name), &initiator.name);
}

/* ---- NICs (3.6) ---- */

/* Who gave the address, when the table's word is none: whoever names a DHCP server had it from there. */
static void read_origin(struct check *check, struct ibft_nic *nic)
{
    if (!check_number(check, "origin", FIELD(ibft_nic, origin), nic->origin, ISDH_ORIGIN_OTHER, ISDH_ORIGIN_ROUTER, "0 to 4"))
        nic->origin = handoff_address_is_none(nic->dhcp_server) ? ISDH_ORIGIN_OTHER : ISDH_ORIGIN_DHCP;
}

/* What of an address is read as something else when it is wrong; VLAN is IEEE 802.1Q's TCI where the priority stands with it. */
static void read_nic_liberties(struct check *check, struct ibft_nic *nic)
{
    unsigned grave = check->grave;
    if (read_server(check, "gateway", FIELD(ibft_nic, gateway), nic->gateway) &&
        !check_same_version(check, "gateway", FIELD(ibft_nic, gateway), nic->gateway, nic->address))
        memset(nic->gateway, 0, sizeof nic->gateway);
    read_server(check, "first DNS server", FIELD(ibft_nic, dns[0]), nic->dns[0]);
    read_server(check, "second DNS server", FIELD(ibft_nic, dns[1]), nic->dns[1]);
    read_server(check, "DHCP server", FIELD(ibft_nic, dhcp_server), nic->dhcp_server);
    read_origin(check, nic);

    check_number(check, "VLAN", FIELD(ibft_nic, vlan), nic->vlan, 0, VLAN_MAX, "0 to 4094");
    bool is_tag = !(nic->vlan & VLAN_DROP_BIT) && (nic->vlan & VLAN_BITS) <= VLAN_MAX;
    check->grave = grave + !is_tag;
}

static void read_nic_address(struct ibft_reader *reader, struct ibft_nic *nic, struct handoff_address *to)
{
    struct check *check = &reader->check;
    check_address(check, "address", FIELD(ibft_nic, address), nic->address, ADDRESS_NEEDED);
    check_prefix(check, FIELD(ibft_nic, prefix), nic->prefix, nic->address);
    read_nic_liberties(check, nic);

    *to = (struct handoff_address){.prefix = nic->prefix,
                                   .origin = nic->origin,
                                   .vlan = nic->vlan & VLAN_BITS,
                                   .vlan_priority = (uint8_t)(nic->vlan >> VLAN_PRIORITY_SHIFT),
                                   .lease_seconds = UINT32_MAX};
    memcpy(to->address, nic->address, sizeof to->address);
    memcpy(to->gateway, nic->gateway, sizeof to->gateway);
    memcpy(to->dns, nic->dns, sizeof to->dns);
    memcpy(to->dhcp_server, nic->dhcp_server, sizeof to->dhcp_server);

    unsigned grave = check->grave;
    to->hostname = read_ibft_text(reader, "host name", FIELD(ibft_nic, hostname), &nic->hostname, TEXT_PRINTABLE);
    check->grave = grave;
}

/* One that is wrong counts for nothing: a target that is reached over it is wrong, then. */
static void read_nic(struct ibft_reader *reader, unsigned index, struct handoff *to)
{
    struct check *check = &reader->check;
    struct ibft_nic nic;
    unsigned grave = check->grave, place = to->nic_count;
    bool good = read_structure(check, &nic_kind, reader->pairs[index].nic, index, &nic);
    if (good && nic.structure.flags & IBFT_VALID) {
        read_nic_address(reader, &nic, &to->addresses[place]);
        to->addresses[place].nic = (uint8_t)place;

        check_mac(check, "MAC address", FIELD(ibft_nic, mac), nic.mac);
        to->nics[place] = (struct handoff_nic){.bus = IBFT_LOCATION_BUS(nic.location),
                                               .device = IBFT_LOCATION_DEVICE(nic.location),
                                               .function = IBFT_LOCATION_FUNCTION(nic.location),
                                               .driver = ""};
        memcpy(to->nics[place].mac, nic.mac, sizeof nic.mac);
        reader->place_of_nic[index] = WRONG_NIC;
        if (check->grave == grave) {
            reader->place_of_nic[index] = (uint8_t)place;
            to->address_count = ++to->nic_count;
        }
    }
    check->grave = grave;
}

/* ---- targets (3.7) ---- */

struct chap_fields {
    const char *name, *secret;
    size_t name_offset, secret_offset;
};

static void read_chap(struct ibft_reader *reader, const struct chap_fields *fields, const struct ibft_text *name,
                      const struct ibft_text *secret, bool needed, struct handoff_chap *to)
{
    unsigned grave = reader->check.grave;
    const char *allowed = needed ? "one, as the CHAP type says" : "none, as the CHAP type says";
    to->name = read_ibft_text(reader, fields->name, fields->name_offset, name, TEXT_PRINTABLE);
    to->secret = read_ibft_text(reader, fields->secret, fields->secret_offset, secret, TEXT_SECRET);

    if (!name->length == needed)
        check_fault(&reader->check, fields->name, fields->name_offset, allowed, "%u bytes", name->length);
    if (!secret->length == needed)
        check_fault(&reader->check, fields->secret, fields->secret_offset, allowed, "%u bytes", secret->length);
    if (needed)
        return;
    *to = (struct handoff_chap){"", ""}; /* what stays from earlier settings, where CHAP is off */
    reader->check.grave = grave;
}

static void read_login(struct ibft_reader *reader, const struct ibft_target *target, struct handoff_target *to)
{
    static const struct chap_fields own = {"CHAP name", "CHAP secret", FIELD(ibft_target, chap_name),
                                           FIELD(ibft_target, chap_secret)};
    static const struct chap_fields reverse = {"reverse CHAP name", "reverse CHAP secret", FIELD(ibft_target, reverse_name),
                                               FIELD(ibft_target, reverse_secret)};
    check_number(&reader->check, "CHAP type", FIELD(ibft_target, chap), target->chap, IBFT_NO_CHAP, IBFT_MUTUAL_CHAP, "0 to 2");
    struct ibft_text name = target->chap_name, secret = target->chap_secret;
    read_chap(reader, &own, &name, &secret, target->chap != IBFT_NO_CHAP, &to->chap);
    name = target->reverse_name;
    secret = target->reverse_secret;
    read_chap(reader, &reverse, &name, &secret, target->chap == IBFT_MUTUAL_CHAP, &to->reverse);
}

static void read_target_fields(struct ibft_reader *reader, const struct ibft_target *target, struct handoff *to)
{
    struct check *check = &reader->check;
    struct handoff_target *place = &to->targets[to->target_count];
    *place = (struct handoff_target){.boot = target->structure.flags & IBFT_BOOT_SELECTED,
                                     .port = target->port,
                                     .portal_group = ISDH_PORTAL_GROUP_UNKNOWN,
                                     .serial = "",
                                     .vendor = "",
                                     .product = "",
                                     .revision = ""};
    check_address(check, "address", FIELD(ibft_target, address), target->address, ADDRESS_NEEDED);
    check_number(check, "port", FIELD(ibft_target, port), target->port, 1, 65535, "1 to 65535");
    memcpy(place->address, target->address, sizeof place->address);
    memcpy(place->lun, target->lun, sizeof place->lun);
    struct ibft_text name = target->name;
    place->name = read_iscsi_name(reader, FIELD(ibft_target, name), &name);
    read_login(reader, target, place);

    uint8_t nic = target->nic < reader->pair_count ? reader->place_of_nic[target->nic] : NO_NIC;
    if (nic == NO_NIC)
        check_fault(check, "NIC index", FIELD(ibft_target, nic), "the index of a valid NIC structure", "%u", target->nic);
    if (nic >= to->nic_count) {
        check->grave++; /* what is wrong with the NIC has been told */
        return;
    }
    place->ip = nic;
    check_same_version(check, "address", FIELD(ibft_target, address), target->address, to->addresses[place->ip].address);
}

/* One that is wrong is left out, unless it is the one to boot from. */
static void read_target(struct ibft_reader *reader, unsigned index, struct handoff *to)
{
    struct check *check = &reader->check;
    struct ibft_target target;
    unsigned grave = check->grave;
    bool good = read_structure(check, &target_kind, reader->pairs[index].target, index, &target);
    bool valid = target.structure.flags & IBFT_VALID;
    if (good && valid)
        read_target_fields(reader, &target, to);

    bool wrong = check->grave != grave;
    if (valid && wrong && target.structure.flags & IBFT_BOOT_SELECTED)
        return;
    check->grave = grave;
    if (valid && !wrong)
        to->target_count++;
    else if (valid)
        reader->first_is_lost |= !to->target_count;
}

/* ---- the table ---- */

/* All NICs first, as targets refer to them. */
static void read_paths(struct ibft_reader *reader, struct handoff *to)
{
    memset(reader->place_of_nic, NO_NIC, sizeof reader->place_of_nic);
    for (unsigned i = 0; i < reader->pair_count; i++) {
        unsigned first = first_of_same_nic(reader, i);
        if (first != i)
            reader->place_of_nic[i] = reader->place_of_nic[first];
        else if (reader->pairs[i].nic)
            read_nic(reader, i, to);
    }

    for (unsigned i = 0; i < reader->pair_count; i++)
        if (reader->pairs[i].target)
            read_target(reader, i, to);
}

/* Without a target that says so, the first is booted from. */
static bool has_its_path(const struct ibft_reader *reader, const struct handoff *to)
{
    bool boot = false;
    for (unsigned i = 0; i < to->target_count; i++)
        boot |= to->targets[i].boot;
    return boot || !reader->first_is_lost;
}

bool ibft_read_leniently(const uint8_t *bytes, size_t size, struct handoff *to, struct handoff_faults *faults)
{
    struct ibft_reader reader = {.pair_count = 0};
    memset(to, 0, sizeof *to);
    to->producer = to->initiator = "";
    check_begin(&reader.check, "iBFT", bytes, size, faults);

    if (!read_ibft_header(&reader.check) || !read_control(&reader) || !occupy_all(&reader))
        return false;
    read_initiator(&reader, to);
    read_paths(&reader, to);
    return !reader.check.grave && has_its_path(&reader, to);
}

bool ibft_read(const uint8_t *bytes, size_t size, struct handoff *to, struct handoff_faults *faults)
{
    return ibft_read_leniently(bytes, size, to, faults) && !faults->count;
}
