/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Validates the records of an ISDH table and reads them into struct handoff, one function a kind. Limits of the members are those
 * of docs/handoff.md, "Records".
 */
#include <string.h>

#include "handoff/isdh_members.h"
#include "handoff/isdh_reader.h"

#define PCI_DEVICE_MAX   31
#define PCI_FUNCTION_MAX 7
#define PRIORITY_MAX     7 /* IEEE 802.1Q */
#define MTU_MIN          576
#define BLOCK_MIN        512
#define BLOCK_MAX        65536
#define WWID_MAX         64
#define LIMIT_MIN        512 /* of what a session negotiates (RFC 7143, 13.12 to 13.14) */
#define LIMIT_MAX        16777215
#define SESSION_FLAGS                                                                                                            \
    (ISDH_SESSION_IMMEDIATE_DATA | ISDH_SESSION_INITIAL_R2T | ISDH_SESSION_HEADER_DIGEST | ISDH_SESSION_DATA_DIGEST)

void isdh_check_flags(struct isdh_reader *reader, size_t offset, uint32_t flags, uint32_t known)
{
    if (!reader->newer)
        check_flags(&reader->check, offset, flags, known);
}

void isdh_check_reserved(struct isdh_reader *reader, size_t offset, const void *bytes, size_t length)
{
    if (!reader->newer)
        check_zeros(&reader->check, "reserved", offset, bytes, length);
}

/* ---- records ---- */

/*
 * Copies the fixed part of the record that is looked at, `size` bytes; false when the record is shorter. `name` and `index` are
 * how faults call it.
 */
static bool copy_record(struct isdh_reader *reader, void *to, size_t size, const char *name, int index)
{
    struct check *check = &reader->check;
    struct isdh_record record;
    check_enter_structure(check, check->at, name, index);
    memcpy(&record, check->bytes + check->at, sizeof record);
    if (record.length < size)
        return check_fault(check, "length", FIELD(isdh_record, length), "at least the record's members", "%u", record.length);

    memcpy(to, check->bytes + check->at, size);
    return true;
}

/* The string of a record whose fixed part has `size` bytes. */
static const char *read_record_text(struct isdh_reader *reader, const char *field, size_t offset, const struct isdh_text *text,
                                    size_t size, enum check_text kind)
{
    struct check *check = &reader->check;
    if (!text->length && text->offset)
        check_fault(check, field, offset, "0, 0 where there is none", "no bytes at %u", text->offset);

    struct isdh_record record;
    memcpy(&record, check->bytes + check->at, sizeof record);
    struct check_text_place place = {check->at + text->offset, text->length, check->at + (uint32_t)size,
                                     check->at + record.length};
    return check_string(check, field, offset, &place, kind);
}

/* Of the `record` that `reader` looks at. */
#define RECORD_TEXT(type, member, name, kind)                                                                                    \
    read_record_text(reader, name, FIELD(type, member), &record.member, sizeof(struct type), kind)

/* True for the first record of the type. */
static bool check_only_one(struct isdh_reader *reader, enum isdh_type type)
{
    unsigned bit = 1u << (type & ~ISDH_CRITICAL);
    if (reader->seen & bit)
        return check_fault(&reader->check, "type", FIELD(isdh_record, type), "one record of the kind", "a second one");

    reader->seen |= bit;
    return true;
}

/* Records of a kind are numbered from 0 in the order in which they stand. */
static bool check_index(struct isdh_reader *reader, size_t offset, uint8_t index, unsigned count, unsigned most)
{
    if (count == most)
        return check_fault(&reader->check, "type", FIELD(isdh_record, type), "4 records of the kind at most", "one more");
    return check_number(&reader->check, "index", offset, index, count, count, "from 0 up, in the order of the records");
}

static void read_producer_record(struct isdh_reader *reader)
{
    struct isdh_producer record;
    if (copy_record(reader, &record, sizeof record, "producer", CHECK_NOT_NUMBERED) && check_only_one(reader, ISDH_PRODUCER))
        reader->to->producer = RECORD_TEXT(isdh_producer, name, "name", TEXT_PRINTABLE);
}

static void read_clock_record(struct isdh_reader *reader)
{
    struct isdh_clock record;
    if (!copy_record(reader, &record, sizeof record, "clock", CHECK_NOT_NUMBERED) || !check_only_one(reader, ISDH_CLOCK))
        return;

    if (!record.ticks_per_ms)
        check_fault(&reader->check, "ticks per millisecond", FIELD(isdh_clock, ticks_per_ms), "1 and above", "0");
    isdh_check_reserved(reader, FIELD(isdh_clock, reserved), &record.reserved, sizeof record.reserved);
    isdh_members_read(isdh_clock_members, &record, reader->to);
}

static void read_log_record(struct isdh_reader *reader)
{
    struct isdh_log record;
    if (!copy_record(reader, &record, sizeof record, "log", CHECK_NOT_NUMBERED) || !check_only_one(reader, ISDH_LOG))
        return;

    if (!record.address || record.address > UINT64_MAX - record.size)
        check_fault(&reader->check, "address", FIELD(isdh_log, address), "a physical address", "%llxh",
                    (unsigned long long)record.address);
    uint32_t rest = record.size % sizeof(struct recorder_slot);
    if (rest || record.size < sizeof(struct recorder_header) + sizeof(struct recorder_slot))
        check_fault(&reader->check, "size", FIELD(isdh_log, size), "a multiple of 64, 128 and above", "%u",
                    (unsigned)record.size);
    isdh_members_read(isdh_log_members, &record, reader->to);
}

static void read_nic_record(struct isdh_reader *reader)
{
    struct check *check = &reader->check;
    struct handoff *to = reader->to;
    struct isdh_nic record;
    if (!copy_record(reader, &record, sizeof record, "NIC", (int)to->nic_count) ||
        !check_index(reader, FIELD(isdh_nic, index), record.index, to->nic_count, HANDOFF_NICS))
        return;

    check_number(check, "device", FIELD(isdh_nic, device), record.device, 0, PCI_DEVICE_MAX, "0 to 31");
    check_number(check, "function", FIELD(isdh_nic, function), record.function, 0, PCI_FUNCTION_MAX, "0 to 7");
    check_mac(check, "MAC address", FIELD(isdh_nic, mac), record.mac);

    struct handoff_nic *nic = &to->nics[to->nic_count++];
    isdh_members_read(isdh_nic_members, &record, nic);
    nic->driver = RECORD_TEXT(isdh_nic, driver, "driver", TEXT_PRINTABLE);
}

static void check_addresses(struct check *check, const struct isdh_address *record)
{
    check_address(check, "address", FIELD(isdh_address, address), record->address, ADDRESS_NEEDED);
    check_prefix(check, FIELD(isdh_address, prefix), record->prefix, record->address);
    if (check_address(check, "gateway", FIELD(isdh_address, gateway), record->gateway, ADDRESS_OR_NONE))
        check_same_version(check, "gateway", FIELD(isdh_address, gateway), record->gateway, record->address);
    check_address(check, "first DNS server", FIELD(isdh_address, dns[0]), record->dns[0], ADDRESS_OR_NONE);
    check_address(check, "second DNS server", FIELD(isdh_address, dns[1]), record->dns[1], ADDRESS_OR_NONE);
    check_address(check, "DHCP server", FIELD(isdh_address, dhcp_server), record->dhcp_server, ADDRESS_OR_NONE);
}

static void read_address_record(struct isdh_reader *reader)
{
    struct check *check = &reader->check;
    struct handoff *to = reader->to;
    struct isdh_address record;
    if (!copy_record(reader, &record, sizeof record, "address", (int)to->address_count) ||
        !check_index(reader, FIELD(isdh_address, index), record.index, to->address_count, HANDOFF_ADDRESSES))
        return;

    if (record.nic >= to->nic_count)
        check_fault(check, "NIC", FIELD(isdh_address, nic), "the index of a NIC record before this one", "%u", record.nic);
    check_number(check, "origin", FIELD(isdh_address, origin), record.origin, ISDH_ORIGIN_OTHER, ISDH_ORIGIN_ROUTER, "0 to 4");
    check_addresses(check, &record);
    check_number(check, "VLAN", FIELD(isdh_address, vlan), record.vlan, 0, VLAN_MAX, "0 to 4094");
    check_number(check, "VLAN priority", FIELD(isdh_address, vlan_priority), record.vlan_priority, 0, PRIORITY_MAX, "0 to 7");
    isdh_check_reserved(reader, FIELD(isdh_address, reserved), &record.reserved, sizeof record.reserved);
    isdh_check_reserved(reader, FIELD(isdh_address, reserved_too), &record.reserved_too, sizeof record.reserved_too);
    check_number(check, "MTU", FIELD(isdh_address, mtu), record.mtu, MTU_MIN, UINT16_MAX, "576 to 65535");
    if (!bytes_are_zero(record.next_hop, sizeof record.next_hop))
        check_mac(check, "next hop", FIELD(isdh_address, next_hop), record.next_hop);

    struct handoff_address *address = &to->addresses[to->address_count++];
    isdh_members_read(isdh_address_members, &record, address);
    address->hostname = RECORD_TEXT(isdh_address, hostname, "host name", TEXT_PRINTABLE);
}

/* ---- target and disk ---- */

/* Designators that identify a logical unit (SPC-4 section 7.8.6); none of the others does. */
static void check_wwid_type(struct check *check, const struct isdh_target *record)
{
    static const uint8_t known[] = {ISDH_WWID_T10, ISDH_WWID_EUI64, ISDH_WWID_NAA, ISDH_WWID_SCSI_NAME};
    bool good = record->wwid.length ? memchr(known, record->wwid_type, sizeof known) != NULL : !record->wwid_type;
    if (!good)
        check_fault(check, "WWID type", FIELD(isdh_target, wwid_type), "1, 2, 3 or 8 with a WWID, 0 without", "%u",
                    record->wwid_type);
}

static void check_disk(struct check *check, const struct isdh_target *record)
{
    uint32_t size = record->block_size;
    if (size < BLOCK_MIN || size > BLOCK_MAX || (size & (size - 1)))
        check_fault(check, "block size", FIELD(isdh_target, block_size), "a power of two, 512 to 65536", "%u", (unsigned)size);

    if (!record->block_count)
        check_fault(check, "block count", FIELD(isdh_target, block_count), "1 and above", "0");
    check_number(check, "WWID", FIELD(isdh_target, wwid), record->wwid.length, 0, WWID_MAX, "at most 64 bytes");
    check_wwid_type(check, record);
}

/* An identifier of any bytes: no NUL is looked for. */
static const uint8_t *read_wwid(struct isdh_reader *reader, const struct isdh_target *record, uint8_t *length)
{
    struct check *check = &reader->check;
    const struct isdh_text *wwid = &record->wwid;
    *length = 0;
    if (!wwid->length && wwid->offset)
        check_fault(check, "WWID", FIELD(isdh_target, wwid), "0, 0 where there is none", "no bytes at %u", wwid->offset);
    if (!wwid->length || wwid->length > WWID_MAX)
        return NULL;

    if (wwid->offset < sizeof *record || wwid->offset > record->record.length ||
        wwid->length > record->record.length - wwid->offset) {
        check_fault(check, "WWID", FIELD(isdh_target, wwid), "a place inside the record", "%u bytes at %u", wwid->length,
                    wwid->offset);
        return NULL;
    }

    *length = (uint8_t)wwid->length;
    return check->bytes + check->at + wwid->offset;
}

static void check_portal(struct isdh_reader *reader, const struct isdh_target *record)
{
    struct check *check = &reader->check;
    const struct handoff *to = reader->to;
    if (record->ip >= to->address_count)
        check_fault(check, "IP", FIELD(isdh_target, ip), "the index of an address record before this one", "%u", record->ip);
    else if (check_address(check, "address", FIELD(isdh_target, address), record->address, ADDRESS_NEEDED))
        check_same_version(check, "address", FIELD(isdh_target, address), record->address, to->addresses[record->ip].address);
}

static void read_target_record(struct isdh_reader *reader)
{
    struct check *check = &reader->check;
    struct handoff *to = reader->to;
    struct isdh_target record;
    if (!copy_record(reader, &record, sizeof record, "target", (int)to->target_count) ||
        !check_index(reader, FIELD(isdh_target, index), record.index, to->target_count, HANDOFF_TARGETS))
        return;

    isdh_check_flags(reader, FIELD(isdh_target, flags), record.flags, ISDH_TARGET_BOOT | ISDH_TARGET_READ_ONLY);
    check_portal(reader, &record);
    check_number(check, "port", FIELD(isdh_target, port), record.port, 1, UINT16_MAX, "1 to 65535");
    check_disk(check, &record);

    reader->target_at[to->target_count] = check->at;
    struct handoff_target *target = &to->targets[to->target_count++];
    *target = (struct handoff_target){.boot = record.flags & ISDH_TARGET_BOOT,
                                      .read_only = record.flags & ISDH_TARGET_READ_ONLY,
                                      .chap = {"", ""},
                                      .reverse = {"", ""}};
    isdh_members_read(isdh_target_members, &record, target);
    target->wwid = read_wwid(reader, &record, &target->wwid_length);

    if (!record.name.length)
        check_fault(check, "name", FIELD(isdh_target, name), "an iSCSI name", "empty");
    target->name = RECORD_TEXT(isdh_target, name, "name", TEXT_ISCSI_NAME);
    target->serial = RECORD_TEXT(isdh_target, serial, "serial number", TEXT_PRINTABLE);
    target->vendor = RECORD_TEXT(isdh_target, vendor, "vendor", TEXT_PRINTABLE);
    target->product = RECORD_TEXT(isdh_target, product, "product", TEXT_PRINTABLE);
    target->revision = RECORD_TEXT(isdh_target, revision, "revision", TEXT_PRINTABLE);
}

/* ---- what belongs to a target: its record stands before ---- */

/* `had` has a bit for each target that such a record has come for. */
static struct handoff_target *referred_target(struct isdh_reader *reader, size_t offset, uint8_t index, unsigned *had)
{
    if (index >= reader->to->target_count) {
        check_fault(&reader->check, "target", offset, "the index of a target record before this one", "%u", index);
        return NULL;
    }

    if (had && *had & 1u << index) {
        check_fault(&reader->check, "target", offset, "one record for each target", "%u, which has one", index);
        return NULL;
    }

    if (had)
        *had |= 1u << index;
    return &reader->to->targets[index];
}

static void check_limits(struct check *check, const struct isdh_session *record)
{
    static const char allowed[] = "512 to 16777215";
    check_number(check, "MaxBurstLength", FIELD(isdh_session, max_burst), record->max_burst, LIMIT_MIN, LIMIT_MAX, allowed);
    check_number(check, "FirstBurstLength", FIELD(isdh_session, first_burst), record->first_burst, LIMIT_MIN, record->max_burst,
                 "512 to MaxBurstLength");
    check_number(check, "segments sent", FIELD(isdh_session, max_send_segment), record->max_send_segment, LIMIT_MIN, LIMIT_MAX,
                 allowed);
    check_number(check, "segments received", FIELD(isdh_session, max_receive_segment), record->max_receive_segment, LIMIT_MIN,
                 LIMIT_MAX, allowed);
}

static void read_session_record(struct isdh_reader *reader)
{
    struct check *check = &reader->check;
    struct handoff *to = reader->to;
    struct isdh_session record;
    if (!copy_record(reader, &record, sizeof record, "session", CHECK_NOT_NUMBERED))
        return;
    struct handoff_target *target = referred_target(reader, FIELD(isdh_session, target), record.target, &reader->sessions);
    if (!target)
        return;

    check_enter_structure(check, check->at, "session", record.target);
    isdh_check_reserved(reader, FIELD(isdh_session, reserved), &record.reserved, sizeof record.reserved);
    isdh_check_flags(reader, FIELD(isdh_session, flags), record.flags, SESSION_FLAGS);
    check_limits(check, &record);
    isdh_members_read(isdh_session_members, &record, target);
    target->session_flags &= SESSION_FLAGS;

    if (!record.initiator.length)
        check_fault(check, "initiator name", FIELD(isdh_session, initiator), "an iSCSI name", "empty");
    const char *name = RECORD_TEXT(isdh_session, initiator, "initiator name", TEXT_ISCSI_NAME);
    if (to->initiator[0] && strcmp(name, to->initiator))
        check_fault(check, "initiator name", FIELD(isdh_session, initiator), "the same in every session record", "another one");
    to->initiator = name;
}

static void read_authentication_record(struct isdh_reader *reader)
{
    struct check *check = &reader->check;
    struct isdh_authentication record;
    if (!copy_record(reader, &record, sizeof record, "authentication", CHECK_NOT_NUMBERED))
        return;
    struct handoff_target *target =
        referred_target(reader, FIELD(isdh_authentication, target), record.target, &reader->authentications);
    if (!target)
        return;

    check_enter_structure(check, check->at, "authentication", record.target);
    check_number(check, "type", FIELD(isdh_authentication, type), record.type, ISDH_ONE_WAY_CHAP, ISDH_MUTUAL_CHAP, "1, 2");
    isdh_check_reserved(reader, FIELD(isdh_authentication, reserved), record.reserved, sizeof record.reserved);

    bool mutual = record.type == ISDH_MUTUAL_CHAP, secrets = reader->flags & ISDH_FLAG_SECRETS;
    target->chap.name = RECORD_TEXT(isdh_authentication, name, "CHAP name", TEXT_PRINTABLE);
    target->chap.secret = RECORD_TEXT(isdh_authentication, secret, "CHAP secret", TEXT_SECRET);
    target->reverse.name = RECORD_TEXT(isdh_authentication, reverse_name, "reverse CHAP name", TEXT_PRINTABLE);
    target->reverse.secret = RECORD_TEXT(isdh_authentication, reverse_secret, "reverse CHAP secret", TEXT_SECRET);

    if (!record.name.length)
        check_fault(check, "CHAP name", FIELD(isdh_authentication, name), "a name", "empty");
    if (!record.secret.length == secrets)
        check_fault(check, "CHAP secret", FIELD(isdh_authentication, secret), "a secret if the table's flags say so", "%s",
                    secrets ? "none" : "one");
    if (!record.reverse_name.length == mutual)
        check_fault(check, "reverse CHAP name", FIELD(isdh_authentication, reverse_name), "a name if the type is 2", "%s",
                    mutual ? "none" : "one");
    if (!record.reverse_secret.length == (mutual && secrets))
        check_fault(check, "reverse CHAP secret", FIELD(isdh_authentication, reverse_secret),
                    "a secret if the type is 2 and the table's flags say so", "%s", mutual && secrets ? "none" : "one");
}

/* Inside the disk, and apart from the extents before it: a dump that runs through all of them must not write over itself. */
static bool extent_is_sound(const struct handoff_dump_area *area, unsigned index, uint64_t block_count)
{
    const struct handoff_extent *extent = &area->extents[index];
    if (!extent->blocks || extent->lba >= block_count || extent->blocks > block_count - extent->lba)
        return false;

    for (const struct handoff_extent *other = area->extents; other < extent; other++)
        if (extent->lba < other->lba + other->blocks && other->lba < extent->lba + extent->blocks)
            return false;
    return true;
}

static void read_dump_area_record(struct isdh_reader *reader)
{
    struct check *check = &reader->check;
    struct handoff_dump_area *area = &reader->to->dump_area;
    struct isdh_dump_area record;
    if (!copy_record(reader, &record, sizeof record, "dump area", CHECK_NOT_NUMBERED) || !check_only_one(reader, ISDH_DUMP_AREA))
        return;

    const struct handoff_target *target = referred_target(reader, FIELD(isdh_dump_area, target), record.target, NULL);
    isdh_check_reserved(reader, FIELD(isdh_dump_area, reserved), &record.reserved, sizeof record.reserved);
    if (target && target->read_only)
        check_fault(check, "target", FIELD(isdh_dump_area, target), "one that is not write-protected", "%u", record.target);
    if (!target ||
        !check_number(check, "extents", FIELD(isdh_dump_area, extent_count), record.extent_count, 1, HANDOFF_EXTENTS, "1 to 32"))
        return;

    size_t bytes = record.extent_count * sizeof area->extents[0];
    if (record.record.length < sizeof record + bytes) {
        check_fault(check, "extents", FIELD(isdh_dump_area, extent_count), "as many as the record holds", "%u",
                    record.extent_count);
        return;
    }

    area->there = true;
    area->extent_count = record.extent_count;
    isdh_members_read(isdh_dump_area_members, &record, area);
    memcpy(area->extents, check->bytes + check->at + sizeof record, bytes);

    for (unsigned i = 0; i < area->extent_count; i++)
        if (!extent_is_sound(area, i, target->block_count))
            check_fault(check, "extent", sizeof record + i * sizeof area->extents[0], "blocks of the disk, of no other extent",
                        "%llu blocks at %llu", (unsigned long long)area->extents[i].blocks,
                        (unsigned long long)area->extents[i].lba);
}

/* ---- by type ---- */

void isdh_read_record(struct isdh_reader *reader, uint16_t type)
{
    /* clang-format off */
    static const struct { enum isdh_type type; void (*read)(struct isdh_reader *reader); } kinds[] = {
        {ISDH_PRODUCER,       read_producer_record},
        {ISDH_CLOCK,          read_clock_record},
        {ISDH_LOG,            read_log_record},
        {ISDH_NIC,            read_nic_record},
        {ISDH_ADDRESS,        read_address_record},
        {ISDH_TARGET,         read_target_record},
        {ISDH_SESSION,        read_session_record},
        {ISDH_AUTHENTICATION, read_authentication_record},
        {ISDH_DUMP_AREA,      read_dump_area_record},
    };
    /* clang-format on */

    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (type == kinds[i].type) {
            kinds[i].read(reader);
            return;
        }

        /* One bit must not turn what has to be understood into something to pass over. */
        if (type == (kinds[i].type ^ ISDH_CRITICAL)) {
            check_fault(&reader->check, "type", FIELD(isdh_record, type), "the kind's number with its critical bit", "%04xh",
                        type);
            return;
        }
    }

    if (type & ISDH_CRITICAL)
        check_fault(&reader->check, "type", FIELD(isdh_record, type), "a type that is known, as it is critical", "%04xh", type);
}
