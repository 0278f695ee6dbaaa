/* SPDX-License-Identifier: BSD-2-Clause */
/* From struct handoff to an ISDH table, record by record, in the order of docs/handoff.md. */
#include <string.h>

#include "handoff/handoff.h"
#include "handoff/isdh_members.h"
#include "handoff/table_buffer.h"
#include "platform/bytes.h"
#include "platform/crc32.h"

struct isdh_writer {
    struct table_buffer buffer;
    const struct handoff *from;
    bool secrets;
    size_t record; /* offset of the one being written */
};

/* ---- records ---- */

/* Begins a record. Its fixed part is put by end_record(), once its strings are behind it. */
static void begin_record(struct isdh_writer *writer, size_t size)
{
    writer->record = table_buffer_append(&writer->buffer, size, ISDH_ALIGNMENT);
}

static void end_record(struct isdh_writer *writer, enum isdh_type type, void *fixed, size_t size)
{
    struct isdh_record record = {(uint16_t)type, (uint16_t)(writer->buffer.used - writer->record)};
    memcpy(fixed, &record, sizeof record);
    table_buffer_put(&writer->buffer, writer->record, fixed, size);
}

static struct isdh_text append_bytes(struct isdh_writer *writer, const void *bytes, size_t length, size_t terminator)
{
    if (!length)
        return (struct isdh_text){0, 0};

    size_t at = table_buffer_append(&writer->buffer, length + terminator, 1);
    table_buffer_put(&writer->buffer, at, bytes, length);
    return (struct isdh_text){(uint16_t)(at - writer->record), (uint16_t)length};
}

static struct isdh_text append_text(struct isdh_writer *writer, const char *text)
{
    return append_bytes(writer, text, strlen(text), 1);
}

static void write_producer_record(struct isdh_writer *writer)
{
    struct isdh_producer record;
    begin_record(writer, sizeof record);
    record.name = append_text(writer, writer->from->producer);
    end_record(writer, ISDH_PRODUCER, &record, sizeof record);
}

static void write_clock_record(struct isdh_writer *writer)
{
    struct isdh_clock record = {.reserved = 0};
    isdh_members_write(isdh_clock_members, &record, writer->from);
    begin_record(writer, sizeof record);
    end_record(writer, ISDH_CLOCK, &record, sizeof record);
}

static void write_log_record(struct isdh_writer *writer)
{
    struct isdh_log record;
    isdh_members_write(isdh_log_members, &record, writer->from);
    begin_record(writer, sizeof record);
    end_record(writer, ISDH_LOG, &record, sizeof record);
}

static void write_nic_record(struct isdh_writer *writer, unsigned index)
{
    const struct handoff_nic *from = &writer->from->nics[index];
    struct isdh_nic record = {.index = (uint8_t)index};
    isdh_members_write(isdh_nic_members, &record, from);
    begin_record(writer, sizeof record);
    record.driver = append_text(writer, from->driver);
    end_record(writer, ISDH_NIC, &record, sizeof record);
}

static void write_address_record(struct isdh_writer *writer, unsigned index)
{
    const struct handoff_address *from = &writer->from->addresses[index];
    struct isdh_address record = {.index = (uint8_t)index};
    isdh_members_write(isdh_address_members, &record, from);
    begin_record(writer, sizeof record);
    record.hostname = append_text(writer, from->hostname);
    end_record(writer, ISDH_ADDRESS, &record, sizeof record);
}

static void write_target_record(struct isdh_writer *writer, unsigned index)
{
    const struct handoff_target *from = &writer->from->targets[index];
    struct isdh_target record = {.index = (uint8_t)index,
                                 .flags = (from->boot ? ISDH_TARGET_BOOT : 0) | (from->read_only ? ISDH_TARGET_READ_ONLY : 0)};
    isdh_members_write(isdh_target_members, &record, from);

    begin_record(writer, sizeof record);
    record.name = append_text(writer, from->name);
    record.wwid = append_bytes(writer, from->wwid, from->wwid_length, 0);
    record.serial = append_text(writer, from->serial);
    record.vendor = append_text(writer, from->vendor);
    record.product = append_text(writer, from->product);
    record.revision = append_text(writer, from->revision);
    end_record(writer, ISDH_TARGET, &record, sizeof record);
}

static void write_session_record(struct isdh_writer *writer, unsigned index)
{
    struct isdh_session record = {.target = (uint8_t)index};
    isdh_members_write(isdh_session_members, &record, &writer->from->targets[index]);
    begin_record(writer, sizeof record);
    record.initiator = append_text(writer, writer->from->initiator);
    end_record(writer, ISDH_SESSION, &record, sizeof record);
}

static void write_authentication_record(struct isdh_writer *writer, unsigned index)
{
    const struct handoff_target *from = &writer->from->targets[index];
    if (!from->chap.name[0])
        return;

    struct isdh_authentication record = {.target = (uint8_t)index,
                                         .type = from->reverse.name[0] ? ISDH_MUTUAL_CHAP : ISDH_ONE_WAY_CHAP};
    begin_record(writer, sizeof record);
    record.name = append_text(writer, from->chap.name);
    record.secret = append_text(writer, writer->secrets ? from->chap.secret : "");
    record.reverse_name = append_text(writer, from->reverse.name);
    record.reverse_secret = append_text(writer, writer->secrets ? from->reverse.secret : "");
    end_record(writer, ISDH_AUTHENTICATION, &record, sizeof record);
}

static void write_dump_area_record(struct isdh_writer *writer)
{
    const struct handoff_dump_area *from = &writer->from->dump_area;
    struct isdh_dump_area record = {.extent_count = (uint16_t)from->extent_count};
    isdh_members_write(isdh_dump_area_members, &record, from);

    begin_record(writer, sizeof record);
    size_t bytes = from->extent_count * sizeof from->extents[0];
    table_buffer_put(&writer->buffer, table_buffer_append(&writer->buffer, bytes, 1), from->extents, bytes);
    end_record(writer, ISDH_DUMP_AREA, &record, sizeof record);
}

static void write_records(struct isdh_writer *writer)
{
    const struct handoff *from = writer->from;
    write_producer_record(writer);
    if (from->ticks_per_ms)
        write_clock_record(writer);
    if (from->log_address)
        write_log_record(writer);

    for (unsigned i = 0; i < from->nic_count; i++)
        write_nic_record(writer, i);
    for (unsigned i = 0; i < from->address_count; i++)
        write_address_record(writer, i);
    for (unsigned i = 0; i < from->target_count; i++)
        write_target_record(writer, i);
    for (unsigned i = 0; i < from->target_count; i++) {
        write_session_record(writer, i);
        write_authentication_record(writer, i);
    }

    if (from->dump_area.there)
        write_dump_area_record(writer);
    table_buffer_append(&writer->buffer, 0, ISDH_ALIGNMENT);
}

/* ---- the table ---- */

static void write_isdh_header(struct isdh_writer *writer, const struct isdh_options *options)
{
    struct table_buffer *buffer = &writer->buffer;
    struct isdh_header header = {.length = (uint32_t)buffer->used,
                                 .revision = ISDH_ACPI_REVISION,
                                 .oem_id = {'S', 'N', 'S', 'T', 'R', 'P'},
                                 .oem_table_id = {'S', 'A', 'N', 'S', 'T', 'R', 'A', 'P'},
                                 .oem_revision = 1,
                                 .creator_id = {'S', 'N', 'S', 'T'},
                                 .creator_revision = 1,
                                 .major = ISDH_MAJOR,
                                 .minor = ISDH_MINOR,
                                 .whole_length = (uint32_t)buffer->used,
                                 .flags = (options->acpi ? ISDH_FLAG_ACPI : 0) | (options->secrets ? ISDH_FLAG_SECRETS : 0),
                                 .header_length = sizeof header};
    memcpy(header.signature, ISDH_SIGNATURE, sizeof header.signature);
    memcpy(header.magic, ISDH_MAGIC, sizeof header.magic);
    memcpy(header.boot_id, writer->from->boot_id, sizeof header.boot_id);

    table_buffer_put(buffer, 0, &header, sizeof header);
    isdh_place(buffer->bytes, options->acpi ? 0 : options->self, writer->from->generation);
}

void isdh_place(uint8_t *table, uint64_t self, uint64_t generation)
{
    struct isdh_header header;
    memcpy(&header, table, sizeof header);
    header.self = self;
    header.generation = generation;
    header.checksum = 0;
    header.crc32 = 0;
    memcpy(table, &header, sizeof header);

    put_le32(table + offsetof(struct isdh_header, crc32), crc32(0, table, header.length));
    table[offsetof(struct isdh_header, checksum)] = (uint8_t)-bytes_sum(table, header.length);
}

enum status isdh_write(const struct handoff *from, const struct isdh_options *options, uint8_t *to, size_t size, size_t *length)
{
    struct isdh_writer writer = {.buffer = {.bytes = to, .size = size}, .from = from, .secrets = options->secrets};
    table_buffer_append(&writer.buffer, sizeof(struct isdh_header), ISDH_ALIGNMENT);
    write_records(&writer);
    *length = writer.buffer.used;
    enum status status = table_buffer_status(&writer.buffer, "ISDH table");
    if (status != OK)
        return status;

    write_isdh_header(&writer, options);
    struct handoff read;
    struct handoff_faults faults;
    return isdh_read(to, *length, options->self, &read, &faults) ? OK : table_buffer_refuse(&writer.buffer, &faults);
}
