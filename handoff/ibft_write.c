/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From struct handoff to an iBFT. Structures stand first, strings behind them. Each address is a NIC structure of its own, as the
 * format gives a NIC but one; the n-th target shares a pair with the n-th NIC. Clauses are those of the specification that
 * handoff/ibft.h names.
 */
#include <string.h>

#include "handoff/handoff.h"
#include "handoff/table_buffer.h"
#include "platform/bytes.h"

#define OEM_TABLE_ID "SANSTRAP"

struct ibft_writer {
    struct table_buffer buffer;
    const struct handoff *from;
    enum ibft_gateway gateway;
};

static struct ibft_structure structure_header(enum ibft_id id, size_t length, unsigned index, uint8_t flags)
{
    return (struct ibft_structure){(uint8_t)id, IBFT_STRUCTURE_VERSION, (uint16_t)length, (uint8_t)index, flags};
}

static struct ibft_text write_ibft_text(struct ibft_writer *writer, const char *text)
{
    size_t length = strlen(text);
    if (!length)
        return (struct ibft_text){0, 0};

    size_t at = table_buffer_append(&writer->buffer, length + 1, 1);
    table_buffer_put(&writer->buffer, at, text, length);
    return (struct ibft_text){(uint16_t)length, (uint16_t)at};
}

/* ---- the gateway ---- */

static bool is_same_subnet(const uint8_t a[16], const uint8_t b[16], unsigned prefix)
{
    if (handoff_address_is_ipv4(a) != handoff_address_is_ipv4(b))
        return false;
    unsigned bits = prefix + (handoff_address_is_ipv4(a) ? 96 : 0);
    if (bits > 128)
        return false;

    uint8_t mask = (uint8_t)(0xFF00u >> bits % 8);
    return !memcmp(a, b, bits / 8) && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

static bool wants_gateway(const struct ibft_writer *writer, unsigned address)
{
    const struct handoff *from = writer->from;
    if (writer->gateway != IBFT_GATEWAY_AUTO)
        return writer->gateway == IBFT_GATEWAY_ALWAYS;
    for (unsigned i = 0; i < from->target_count; i++)
        if (from->targets[i].ip == address &&
            !is_same_subnet(from->addresses[address].address, from->targets[i].address, from->addresses[address].prefix))
            return true;
    return false;
}

/* ---- structures ---- */

/* 169.254/16 (RFC 3927) and FE80::/10 (RFC 4291 section 2.5.6). */
static bool is_link_local(const uint8_t address[16])
{
    if (handoff_address_is_ipv4(address))
        return get_be16(handoff_address_ipv4(address)) == 0xA9FE;
    return (get_be16(address) & 0xFFC0) == 0xFE80;
}

/* Some target is booted from over this address. */
static bool is_boot_selected(const struct handoff *from, unsigned address)
{
    for (unsigned i = 0; i < from->target_count; i++)
        if (from->targets[i].ip == address && from->targets[i].boot)
            return true;
    return false;
}

static void write_initiator_structure(struct ibft_writer *writer, size_t at)
{
    struct ibft_initiator initiator = {.structure =
                                           structure_header(IBFT_INITIATOR, sizeof initiator, 0, IBFT_VALID | IBFT_BOOT_SELECTED),
                                       .name = write_ibft_text(writer, writer->from->initiator)};
    table_buffer_put(&writer->buffer, at, &initiator, sizeof initiator);
}

static void write_nic_structure(struct ibft_writer *writer, unsigned index, size_t at)
{
    const struct handoff_address *address = &writer->from->addresses[index];
    const struct handoff_nic *card = &writer->from->nics[address->nic];
    uint8_t flags = IBFT_VALID;
    if (is_boot_selected(writer->from, index))
        flags |= IBFT_BOOT_SELECTED;
    if (!is_link_local(address->address))
        flags |= IBFT_NIC_GLOBAL;

    struct ibft_nic nic = {.structure = structure_header(IBFT_NIC, sizeof nic, index, flags),
                           .prefix = address->prefix,
                           .origin = address->origin,
                           .vlan = address->vlan,
                           .location = IBFT_LOCATION(card->bus, card->device, card->function),
                           .hostname = write_ibft_text(writer, address->hostname)};
    memcpy(nic.address, address->address, sizeof nic.address);
    if (wants_gateway(writer, index))
        memcpy(nic.gateway, address->gateway, sizeof nic.gateway);
    memcpy(nic.dns, address->dns, sizeof nic.dns);
    memcpy(nic.dhcp_server, address->dhcp_server, sizeof nic.dhcp_server);
    memcpy(nic.mac, card->mac, sizeof nic.mac);
    table_buffer_put(&writer->buffer, at, &nic, sizeof nic);
}

static void write_target_structure(struct ibft_writer *writer, unsigned index, size_t at)
{
    const struct handoff_target *from = &writer->from->targets[index];
    uint8_t flags = from->boot ? IBFT_VALID | IBFT_BOOT_SELECTED : IBFT_VALID;
    enum ibft_chap chap = from->reverse.name[0] ? IBFT_MUTUAL_CHAP : from->chap.name[0] ? IBFT_ONE_WAY_CHAP : IBFT_NO_CHAP;

    struct ibft_target target = {.structure = structure_header(IBFT_TARGET, sizeof target, index, flags),
                                 .port = from->port,
                                 .chap = (uint8_t)chap,
                                 .nic = from->ip,
                                 .name = write_ibft_text(writer, from->name),
                                 .chap_name = write_ibft_text(writer, from->chap.name),
                                 .chap_secret = write_ibft_text(writer, from->chap.secret),
                                 .reverse_name = write_ibft_text(writer, from->reverse.name),
                                 .reverse_secret = write_ibft_text(writer, from->reverse.secret)};
    memcpy(target.address, from->address, sizeof target.address);
    memcpy(target.lun, from->lun, sizeof target.lun);
    table_buffer_put(&writer->buffer, at, &target, sizeof target);
}

static void write_control_structure(struct ibft_writer *writer, size_t at, size_t initiator, const struct ibft_pair *pairs,
                                    size_t pair_bytes)
{
    size_t head = offsetof(struct ibft_control, pairs);
    struct ibft_control control = {.structure = structure_header(IBFT_CONTROL, head + pair_bytes, 0, 0),
                                   .initiator = (uint16_t)initiator};
    if (writer->from->target_count > 1)
        control.structure.flags |= IBFT_FAILOVER;

    table_buffer_put(&writer->buffer, at, &control, head);
    table_buffer_put(&writer->buffer, at + head, pairs, pair_bytes);
}

/* ---- the table ---- */

static void write_structures(struct ibft_writer *writer)
{
    const struct handoff *from = writer->from;
    struct table_buffer *buffer = &writer->buffer;
    struct ibft_pair pairs[HANDOFF_TARGETS] = {{0, 0}};
    unsigned count = from->address_count > from->target_count ? from->address_count : from->target_count;
    size_t pair_bytes = (count > IBFT_PAIRS ? count : IBFT_PAIRS) * sizeof *pairs;

    size_t control = table_buffer_append(buffer, offsetof(struct ibft_control, pairs) + pair_bytes, IBFT_ALIGNMENT);
    size_t initiator = table_buffer_append(buffer, sizeof(struct ibft_initiator), IBFT_ALIGNMENT);
    for (unsigned i = 0; i < from->address_count; i++)
        pairs[i].nic = (uint16_t)table_buffer_append(buffer, sizeof(struct ibft_nic), IBFT_ALIGNMENT);
    for (unsigned i = 0; i < from->target_count; i++)
        pairs[i].target = (uint16_t)table_buffer_append(buffer, sizeof(struct ibft_target), IBFT_ALIGNMENT);

    write_control_structure(writer, control, initiator, pairs, pair_bytes);
    write_initiator_structure(writer, initiator);
    for (unsigned i = 0; i < from->address_count; i++)
        write_nic_structure(writer, i, pairs[i].nic);
    for (unsigned i = 0; i < from->target_count; i++)
        write_target_structure(writer, i, pairs[i].target);
}

static void write_ibft_header(struct table_buffer *buffer)
{
    struct ibft_header header = {.length = (uint32_t)buffer->used, .revision = IBFT_REVISION};
    memcpy(header.signature, IBFT_SIGNATURE, sizeof header.signature);
    memcpy(header.oem_id, IBFT_OEM_ID, sizeof header.oem_id);
    memcpy(header.oem_table_id, OEM_TABLE_ID, sizeof header.oem_table_id);
    table_buffer_put(buffer, 0, &header, sizeof header);
    buffer->bytes[offsetof(struct ibft_header, checksum)] = (uint8_t)-bytes_sum(buffer->bytes, buffer->used);
}

enum status ibft_write(const struct handoff *from, enum ibft_gateway gateway, uint8_t *to, size_t size, size_t *length)
{
    struct ibft_writer writer = {.buffer = {.bytes = to, .size = size}, .from = from, .gateway = gateway};
    table_buffer_append(&writer.buffer, sizeof(struct ibft_header), IBFT_ALIGNMENT);
    write_structures(&writer);
    *length = writer.buffer.used;
    enum status status = table_buffer_status(&writer.buffer, "iBFT");
    if (status != OK)
        return status;

    write_ibft_header(&writer.buffer);
    struct handoff read;
    struct handoff_faults faults;
    return ibft_read(to, *length, &read, &faults) ? OK : table_buffer_refuse(&writer.buffer, &faults);
}
