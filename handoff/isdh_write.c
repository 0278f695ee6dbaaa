/* SPDX-License-Identifier: BSD-2-Clause */
/* From struct handoff to an ISDH table. */
#include "handoff/handoff.h"
#include "handoff/place.h"
#include "platform/crc32.h"
#include "platform/format.h"

struct writer {
    struct place place;
    const struct handoff *from;
    bool secrets;
    size_t record; /* where the one being written begins */
};

/* ---- records ---- */

/* Begins a record; its fixed part is put by end_record(), once its strings are behind it. */
static void begin_record(struct writer *writer, size_t size)
{
    writer->record = place_take(&writer->place, size, ISDH_ALIGNMENT);
}

static void end_record(struct writer *writer, enum isdh_type type, void *fixed, size_t size)
{
    struct isdh_record record = {(uint16_t)type, (uint16_t)(writer->place.used - writer->record)};
    memcpy(fixed, &record, sizeof record);
    place_put(&writer->place, writer->record, fixed, size);
}

static struct isdh_text put_bytes(struct writer *writer, const void *bytes, size_t length, size_t terminator)
{
    if (!length)
        return (struct isdh_text){0, 0};
    size_t at = place_take(&writer->place, length + terminator, 1);
    place_put(&writer->place, at, bytes, length);
    return (struct isdh_text){(uint16_t)(at - writer->record), (uint16_t)length};
}

static struct isdh_text put_text(struct writer *writer, const char *text)
{
    return put_bytes(writer, text, strlen(text), 1);
}

static void put_producer(struct writer *writer)
{
    struct isdh_producer record;
    begin_record(writer, sizeof record);
    record.name = put_text(writer, writer->from->producer);
    end_record(writer, ISDH_PRODUCER, &record, sizeof record);
}

static void put_clock(struct writer *writer)
{
    struct isdh_clock record = {.ticks_per_ms = writer->from->ticks_per_ms, .now = writer->from->now};
    begin_record(writer, sizeof record);
    end_record(writer, ISDH_CLOCK, &record, sizeof record);
}

static void put_log(struct writer *writer)
{
    struct isdh_log record = {.address = writer->from->log_address, .size = writer->from->log_size};
    begin_record(writer, sizeof record);
    end_record(writer, ISDH_LOG, &record, sizeof record);
}

static void put_nic(struct writer *writer, unsigned index)
{
    const struct handoff_nic *from = &writer->from->nics[index];
    struct isdh_nic record = {.index = (uint8_t)index,
                              .bus = from->bus,
                              .device = from->device,
                              .function = from->function,
                              .segment = from->segment,
                              .vendor_id = from->vendor_id,
                              .device_id = from->device_id,
                              .subsystem_vendor_id = from->subsystem_vendor_id,
                              .subsystem_id = from->subsystem_id,
                              .registers = from->registers,
                              .link_megabits = from->link_megabits};
    memcpy(record.mac, from->mac, sizeof record.mac);
    begin_record(writer, sizeof record);
    record.driver = put_text(writer, from->driver);
    end_record(writer, ISDH_NIC, &record, sizeof record);
}

static void put_address(struct writer *writer, unsigned index)
{
    const struct handoff_address *from = &writer->from->addresses[index];
    struct isdh_address record = {.index = (uint8_t)index,
                                  .nic = from->nic,
                                  .prefix = from->prefix,
                                  .origin = from->origin,
                                  .vlan = from->vlan,
                                  .vlan_priority = from->vlan_priority,
                                  .mtu = from->mtu,
                                  .lease_seconds = from->lease_seconds,
                                  .lease_acquired = from->lease_acquired};
    memcpy(record.address, from->address, sizeof record.address);
    memcpy(record.gateway, from->gateway, sizeof record.gateway);
    memcpy(record.dns, from->dns, sizeof record.dns);
    memcpy(record.dhcp_server, from->dhcp_server, sizeof record.dhcp_server);
    memcpy(record.next_hop, from->next_hop, sizeof record.next_hop);
    begin_record(writer, sizeof record);
    record.hostname = put_text(writer, from->hostname);
    end_record(writer, ISDH_ADDRESS, &record, sizeof record);
}

static void put_target(struct writer *writer, unsigned index)
{
    const struct handoff_target *from = &writer->from->targets[index];
    struct isdh_target record = {.index = (uint8_t)index,
                                 .ip = from->ip,
                                 .flags = (from->boot ? ISDH_TARGET_BOOT : 0) | (from->read_only ? ISDH_TARGET_READ_ONLY : 0),
                                 .wwid_type = from->wwid_type,
                                 .port = from->port,
                                 .portal_group = from->portal_group,
                                 .block_size = from->block_size,
                                 .block_count = from->block_count};
    memcpy(record.address, from->address, sizeof record.address);
    memcpy(record.lun, from->lun, sizeof record.lun);
    begin_record(writer, sizeof record);
    record.name = put_text(writer, from->name);
    record.wwid = put_bytes(writer, from->wwid, from->wwid_length, 0);
    record.serial = put_text(writer, from->serial);
    record.vendor = put_text(writer, from->vendor);
    record.product = put_text(writer, from->product);
    record.revision = put_text(writer, from->revision);
    end_record(writer, ISDH_TARGET, &record, sizeof record);
}

static void put_session(struct writer *writer, unsigned index)
{
    const struct handoff_target *from = &writer->from->targets[index];
    struct isdh_session record = {.target = (uint8_t)index,
                                  .flags = from->session_flags,
                                  .tsih = from->tsih,
                                  .max_burst = from->max_burst,
                                  .first_burst = from->first_burst,
                                  .max_send_segment = from->max_send_segment,
                                  .max_receive_segment = from->max_receive_segment};
    memcpy(record.isid, from->isid, sizeof record.isid);
    begin_record(writer, sizeof record);
    record.initiator = put_text(writer, writer->from->initiator);
    end_record(writer, ISDH_SESSION, &record, sizeof record);
}

static void put_authentication(struct writer *writer, unsigned index)
{
    const struct handoff_target *from = &writer->from->targets[index];
    struct isdh_authentication record = {.target = (uint8_t)index,
                                         .type = from->reverse.name[0] ? ISDH_MUTUAL_CHAP : ISDH_ONE_WAY_CHAP};
    if (!from->chap.name[0])
        return;
    begin_record(writer, sizeof record);
    record.name = put_text(writer, from->chap.name);
    record.secret = put_text(writer, writer->secrets ? from->chap.secret : "");
    record.reverse_name = put_text(writer, from->reverse.name);
    record.reverse_secret = put_text(writer, writer->secrets ? from->reverse.secret : "");
    end_record(writer, ISDH_AUTHENTICATION, &record, sizeof record);
}

static void put_dump_area(struct writer *writer)
{
    const struct handoff_dump_area *from = &writer->from->dump_area;
    struct isdh_dump_area record = {.target = from->target, .extent_count = (uint16_t)from->extent_count};
    memcpy(record.signature, from->signature, sizeof record.signature);
    begin_record(writer, sizeof record);
    size_t bytes = from->extent_count * sizeof from->extents[0];
    place_put(&writer->place, place_take(&writer->place, bytes, 1), from->extents, bytes);
    end_record(writer, ISDH_DUMP_AREA, &record, sizeof record);
}

static void put_records(struct writer *writer)
{
    const struct handoff *from = writer->from;
    put_producer(writer);
    if (from->ticks_per_ms)
        put_clock(writer);
    if (from->log_address)
        put_log(writer);
    for (unsigned i = 0; i < from->nic_count; i++)
        put_nic(writer, i);
    for (unsigned i = 0; i < from->address_count; i++)
        put_address(writer, i);
    for (unsigned i = 0; i < from->target_count; i++)
        put_target(writer, i);
    for (unsigned i = 0; i < from->target_count; i++) {
        put_session(writer, i);
        put_authentication(writer, i);
    }
    if (from->dump_area.there)
        put_dump_area(writer);
    place_take(&writer->place, 0, ISDH_ALIGNMENT);
}

/* ---- the table ---- */

static void put_header(struct writer *writer, const struct isdh_options *options)
{
    size_t length = writer->place.used;
    uint8_t *bytes = writer->place.bytes;
    struct isdh_header header = {.length = (uint32_t)length,
                                 .revision = ISDH_ACPI_REVISION,
                                 .oem_id = {'S', 'N', 'S', 'T', 'R', 'P'},
                                 .oem_table_id = {'S', 'A', 'N', 'S', 'T', 'R', 'A', 'P'},
                                 .oem_revision = 1,
                                 .creator_id = {'S', 'N', 'S', 'T'},
                                 .creator_revision = 1,
                                 .major = ISDH_MAJOR,
                                 .minor = ISDH_MINOR,
                                 .whole_length = (uint32_t)length,
                                 .flags = (options->acpi ? ISDH_FLAG_ACPI : 0) | (options->secrets ? ISDH_FLAG_SECRETS : 0),
                                 .header_length = sizeof header};
    memcpy(header.signature, ISDH_SIGNATURE, sizeof header.signature);
    memcpy(header.magic, ISDH_MAGIC, sizeof header.magic);
    memcpy(header.boot_id, writer->from->boot_id, sizeof header.boot_id);
    memcpy(bytes, &header, sizeof header);
    isdh_place(bytes, options->acpi ? 0 : options->self, writer->from->generation);
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
    header.crc32 = crc32(0, table, header.length);
    memcpy(table, &header, sizeof header);
    table[offsetof(struct isdh_header, checksum)] = (uint8_t)-handoff_sum(table, header.length);
}

enum status isdh_write(const struct handoff *from, const struct isdh_options *options, uint8_t *to, size_t room, size_t *length)
{
    struct writer writer = {.place = {.bytes = to, .room = room}, .from = from, .secrets = options->secrets};
    struct handoff_faults faults;
    struct handoff read;
    place_take(&writer.place, sizeof(struct isdh_header), ISDH_ALIGNMENT);
    put_records(&writer);
    *length = writer.place.used;
    if (place_is_full(&writer.place))
        return fail(E_HANDOFF_SIZE, "the ISDH table takes %u bytes, there are %u", (unsigned)writer.place.used, (unsigned)room);
    put_header(&writer, options);
    if (isdh_read(to, writer.place.used, options->self, &read, &faults))
        return OK;
    memset(to, 0, writer.place.used);
    return handoff_fail(&faults);
}
