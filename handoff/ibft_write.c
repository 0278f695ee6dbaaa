/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From struct handoff to an iBFT. Structures stand first, strings behind them. Each address is a NIC structure of its own, as the
 * format gives a NIC but one; the n-th target shares a pair with the n-th NIC.
 */
#include "handoff/handoff.h"
#include "handoff/place.h"
#include "platform/format.h"

#define OEM_TABLE_ID "SANSTRAP"

struct writer {
    struct place place;
    const struct handoff *from;
    enum ibft_gateway gateway;
};

static struct ibft_structure structure(enum ibft_id id, size_t length, unsigned index, uint8_t flags)
{
    return (struct ibft_structure){(uint8_t)id, IBFT_STRUCTURE_VERSION, (uint16_t)length, (uint8_t)index, flags};
}

static struct ibft_text put_text(struct writer *writer, const char *text)
{
    size_t length = strlen(text);
    if (!length)
        return (struct ibft_text){0, 0};
    size_t at = place_take(&writer->place, length + 1, 1);
    place_put(&writer->place, at, text, length);
    return (struct ibft_text){(uint16_t)length, (uint16_t)at};
}

/* ---- the gateway ---- */

static bool same_subnet(const uint8_t a[16], const uint8_t b[16], unsigned prefix)
{
    if (handoff_is_ipv4(a) != handoff_is_ipv4(b))
        return false;
    unsigned bits = prefix + (handoff_is_ipv4(a) ? 96 : 0);
    if (bits > 128)
        return false;
    uint8_t mask = (uint8_t)(0xFF00u >> bits % 8);
    return !memcmp(a, b, bits / 8) && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

static bool wants_gateway(const struct writer *writer, unsigned address)
{
    const struct handoff *from = writer->from;
    if (writer->gateway != IBFT_GATEWAY_AUTO)
        return writer->gateway == IBFT_GATEWAY_ALWAYS;
    for (unsigned i = 0; i < from->target_count; i++)
        if (from->targets[i].ip == address &&
            !same_subnet(from->addresses[address].address, from->targets[i].address, from->addresses[address].prefix))
            return true;
    return false;
}

/* ---- structures ---- */

static bool is_link_local(const uint8_t address[16])
{
    if (handoff_is_ipv4(address))
        return address[12] == 169 && address[13] == 254; /* RFC 3927 */
    return address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
}

/* Some target is booted from over this address. */
static bool is_boot_selected(const struct handoff *from, unsigned address)
{
    for (unsigned i = 0; i < from->target_count; i++)
        if (from->targets[i].ip == address && from->targets[i].boot)
            return true;
    return false;
}

static void put_initiator(struct writer *writer, size_t at)
{
    struct ibft_initiator initiator = {.structure =
                                           structure(IBFT_INITIATOR, sizeof initiator, 0, IBFT_VALID | IBFT_BOOT_SELECTED),
                                       .name = put_text(writer, writer->from->initiator)};
    place_put(&writer->place, at, &initiator, sizeof initiator);
}

static void put_nic(struct writer *writer, unsigned index, size_t at)
{
    const struct handoff_address *address = &writer->from->addresses[index];
    const struct handoff_nic *card = &writer->from->nics[address->nic];
    uint8_t flags = IBFT_VALID;
    if (is_boot_selected(writer->from, index))
        flags |= IBFT_BOOT_SELECTED;
    if (!is_link_local(address->address))
        flags |= IBFT_NIC_GLOBAL;
    struct ibft_nic nic = {.structure = structure(IBFT_NIC, sizeof nic, index, flags),
                           .prefix = address->prefix,
                           .origin = address->origin,
                           .vlan = address->vlan,
                           .location = (uint16_t)(card->bus << 8 | card->device << 3 | card->function),
                           .hostname = put_text(writer, address->hostname)};
    memcpy(nic.address, address->address, sizeof nic.address);
    if (wants_gateway(writer, index))
        memcpy(nic.gateway, address->gateway, sizeof nic.gateway);
    memcpy(nic.dns, address->dns, sizeof nic.dns);
    memcpy(nic.dhcp_server, address->dhcp_server, sizeof nic.dhcp_server);
    memcpy(nic.mac, card->mac, sizeof nic.mac);
    place_put(&writer->place, at, &nic, sizeof nic);
}

static void put_target(struct writer *writer, unsigned index, size_t at)
{
    const struct handoff_target *from = &writer->from->targets[index];
    struct ibft_target target = {
        .structure = structure(IBFT_TARGET, sizeof target, index, from->boot ? IBFT_VALID | IBFT_BOOT_SELECTED : IBFT_VALID),
        .port = from->port,
        .chap = from->reverse.name[0] ? IBFT_MUTUAL_CHAP
                : from->chap.name[0]  ? IBFT_ONE_WAY_CHAP
                                      : IBFT_NO_CHAP,
        .nic = from->ip,
        .name = put_text(writer, from->name),
        .chap_name = put_text(writer, from->chap.name),
        .chap_secret = put_text(writer, from->chap.secret),
        .reverse_name = put_text(writer, from->reverse.name),
        .reverse_secret = put_text(writer, from->reverse.secret)};
    memcpy(target.address, from->address, sizeof target.address);
    memcpy(target.lun, from->lun, sizeof target.lun);
    place_put(&writer->place, at, &target, sizeof target);
}

/* ---- the table ---- */

static void put_control(struct writer *writer, size_t at, size_t initiator, const struct ibft_pair *pairs, size_t pair_bytes)
{
    size_t head = offsetof(struct ibft_control, pairs);
    struct ibft_control control = {.structure = structure(IBFT_CONTROL, head + pair_bytes, 0, 0),
                                   .initiator = (uint16_t)initiator};
    if (writer->from->target_count > 1)
        control.structure.flags |= IBFT_FAILOVER;
    place_put(&writer->place, at, &control, head);
    place_put(&writer->place, at + head, pairs, pair_bytes);
}

static void put_structures(struct writer *writer)
{
    const struct handoff *from = writer->from;
    struct ibft_pair pairs[HANDOFF_TARGETS] = {{0, 0}};
    unsigned count = from->address_count > from->target_count ? from->address_count : from->target_count;
    size_t pair_bytes = (count > IBFT_PAIRS ? count : IBFT_PAIRS) * sizeof *pairs;
    size_t control = place_take(&writer->place, offsetof(struct ibft_control, pairs) + pair_bytes, IBFT_ALIGNMENT);
    size_t initiator = place_take(&writer->place, sizeof(struct ibft_initiator), IBFT_ALIGNMENT);
    for (unsigned i = 0; i < from->address_count; i++)
        pairs[i].nic = (uint16_t)place_take(&writer->place, sizeof(struct ibft_nic), IBFT_ALIGNMENT);
    for (unsigned i = 0; i < from->target_count; i++)
        pairs[i].target = (uint16_t)place_take(&writer->place, sizeof(struct ibft_target), IBFT_ALIGNMENT);
    put_control(writer, control, initiator, pairs, pair_bytes);
    put_initiator(writer, initiator);
    for (unsigned i = 0; i < from->address_count; i++)
        put_nic(writer, i, pairs[i].nic);
    for (unsigned i = 0; i < from->target_count; i++)
        put_target(writer, i, pairs[i].target);
}

static void put_header(struct writer *writer)
{
    struct ibft_header header = {
        .signature = {'i', 'B', 'F', 'T'}, .length = (uint32_t)writer->place.used, .revision = IBFT_REVISION};
    memcpy(header.oem_id, IBFT_OEM_ID, sizeof header.oem_id);
    memcpy(header.oem_table_id, OEM_TABLE_ID, sizeof header.oem_table_id);
    place_put(&writer->place, 0, &header, sizeof header);
    uint8_t *checksum = writer->place.bytes + offsetof(struct ibft_header, checksum);
    *checksum = (uint8_t)-handoff_sum(writer->place.bytes, writer->place.used);
}

enum status ibft_write(const struct handoff *from, enum ibft_gateway gateway, uint8_t *to, size_t room, size_t *length)
{
    struct writer writer = {.place = {.bytes = to, .room = room}, .from = from, .gateway = gateway};
    struct handoff_faults faults;
    struct handoff read;
    place_take(&writer.place, sizeof(struct ibft_header), IBFT_ALIGNMENT);
    put_structures(&writer);
    *length = writer.place.used;
    if (place_is_full(&writer.place))
        return fail(E_HANDOFF_SIZE, "the iBFT takes %u bytes, there are %u", (unsigned)writer.place.used, (unsigned)room);
    put_header(&writer);
    if (ibft_read(to, writer.place.used, &read, &faults))
        return OK;
    memset(to, 0, writer.place.used);
    return handoff_fail(&faults);
}
