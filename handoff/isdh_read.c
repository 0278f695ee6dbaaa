/* SPDX-License-Identifier: BSD-2-Clause */
/* Validates an ISDH table and reads it into struct handoff: header, sums, the frame of records. Records: isdh_read_records.c. */
#include <string.h>

#include "handoff/isdh_reader.h"
#include "platform/bytes.h"
#include "platform/crc32.h"

/* ---- header ---- */

static bool read_lengths(struct check *check, struct isdh_header *header)
{
    static const char allowed[] = "112 to 65536, a multiple of 8, all of it readable";
    if (!check_number(check, "length", FIELD(isdh_header, length), check->length, sizeof *header, UINT32_MAX, allowed))
        return false;

    memcpy(header, check->bytes, sizeof *header);
    uint32_t most = smaller_of(check->length, ISDH_LENGTH_MAX);
    if (!check_number(check, "length", FIELD(isdh_header, length), header->length, sizeof *header, most, allowed))
        return false;
    if (header->length % ISDH_ALIGNMENT)
        return check_fault(check, "length", FIELD(isdh_header, length), allowed, "%u", (unsigned)header->length);

    check->length = header->length;
    return check_number(check, "whole length", FIELD(isdh_header, whole_length), header->whole_length, header->length,
                        header->length, "what `length` says");
}

/* The table is what its producer wrote. */
static bool is_whole(struct check *check, const struct isdh_header *header)
{
    struct isdh_header zeroed = *header;
    zeroed.checksum = 0;
    zeroed.crc32 = 0;

    uint32_t crc = crc32(0, &zeroed, sizeof zeroed);
    crc = crc32(crc, check->bytes + sizeof zeroed, header->length - sizeof zeroed);
    if (crc != header->crc32)
        check_fault(check, "CRC-32", FIELD(isdh_header, crc32), "the CRC of the table", "%08x, computed %08x",
                    (unsigned)header->crc32, (unsigned)crc);

    uint8_t sum = bytes_sum(check->bytes, header->length);
    if (sum)
        check_fault(check, "checksum", FIELD(isdh_header, checksum), "a sum of all bytes of 0", "a sum of %02xh", sum);
    return !check->faults->count;
}

static void check_self(struct check *check, const struct isdh_header *header, uint64_t self)
{
    uint64_t wanted = header->flags & ISDH_FLAG_ACPI ? 0 : self;
    if (wanted != ISDH_ANYWHERE && header->self != wanted)
        check_fault(check, "own address", FIELD(isdh_header, self),
                    wanted ? "where the table lies" : "0 in a table given to ACPI", "%llxh", (unsigned long long)header->self);
}

static bool read_isdh_header(struct isdh_reader *reader, uint64_t self, uint32_t *records)
{
    struct check *check = &reader->check;
    struct isdh_header header;
    if (!read_lengths(check, &header))
        return false;

    if (memcmp(header.magic, ISDH_MAGIC, sizeof header.magic))
        return check_fault(check, "magic", FIELD(isdh_header, magic), "the magic of ISDH", "other bytes");
    check_number(check, "revision", FIELD(isdh_header, revision), header.revision, ISDH_ACPI_REVISION, ISDH_ACPI_REVISION, "1");
    if (!check_number(check, "major version", FIELD(isdh_header, major), header.major, ISDH_MAJOR, ISDH_MAJOR, "1") ||
        !is_whole(check, &header))
        return false;

    reader->newer = header.minor > ISDH_MINOR;
    isdh_check_flags(reader, FIELD(isdh_header, flags), header.flags, ISDH_FLAG_SECRETS | ISDH_FLAG_ACPI);
    isdh_check_reserved(reader, FIELD(isdh_header, reserved), &header.reserved, sizeof header.reserved);
    check_self(check, &header, self);
    if (!header.generation)
        check_fault(check, "generation", FIELD(isdh_header, generation), "1 and above", "0");

    if (!check_number(check, "header length", FIELD(isdh_header, header_length), header.header_length, sizeof header,
                      header.length, "112 to the table's length, a multiple of 8"))
        return false;
    if (header.header_length % ISDH_ALIGNMENT)
        return check_fault(check, "header length", FIELD(isdh_header, header_length), "a multiple of 8", "%u",
                           (unsigned)header.header_length);

    reader->flags = header.flags;
    reader->to->generation = header.generation;
    memcpy(reader->to->boot_id, header.boot_id, sizeof header.boot_id);
    *records = header.header_length;
    return true;
}

/* ---- the whole ---- */

static void read_records(struct isdh_reader *reader, uint32_t at)
{
    struct check *check = &reader->check;
    for (unsigned number = 0; at < check->length; number++) {
        struct isdh_record record;
        check_enter_structure(check, at, "record", (int)number);
        memcpy(&record, check->bytes + at, sizeof record); /* the length of the table is a multiple of 8 */
        if (record.length < sizeof record || record.length > check->length - at) {
            check_fault(check, "length", FIELD(isdh_record, length), "4 to what is left of the table", "%u", record.length);
            return;
        }
        isdh_read_record(reader, record.type);

        uint32_t padding = (0u - record.length) % ISDH_ALIGNMENT;
        check_enter_structure(check, at, "record", (int)number);
        check_zeros(check, "padding", record.length, check->bytes + at + record.length, padding);
        at += record.length + padding;
    }
}

/* At least one target, and a session for each. */
static void check_completeness(struct isdh_reader *reader)
{
    struct check *check = &reader->check;
    const struct handoff *to = reader->to;
    for (unsigned i = 0; i < to->target_count; i++) {
        check_enter_structure(check, reader->target_at[i], "target", (int)i);
        if (!(reader->sessions & 1u << i))
            check_fault(check, "session", 0, "a session record for each target", "none");
    }

    check_enter_structure(check, 0, "header", CHECK_NOT_NUMBERED);
    if (!to->target_count)
        check_fault(check, "records", sizeof(struct isdh_header), "at least one target record", "none");
}

bool isdh_read(const uint8_t *bytes, size_t size, uint64_t self, struct handoff *to, struct handoff_faults *faults)
{
    struct isdh_reader reader = {.to = to};
    memset(to, 0, sizeof *to);
    to->producer = to->initiator = "";
    check_begin(&reader.check, "ISDH", bytes, size, faults);

    uint32_t records = 0; /* where they begin */
    if (read_isdh_header(&reader, self, &records)) {
        read_records(&reader, records);
        check_completeness(&reader);
    }
    return faults->count == 0;
}
