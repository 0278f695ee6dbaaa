/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending. A frame is gathered into a buffer, which are used in turn as frames leave in order; it is one data descriptor,
 * preceded by a context descriptor when the checksum offsets differ from those the card holds. The card reports a frame in its
 * data descriptor's DD.
 */
#include <string.h>

#include "nicdrv/e1000.h"
#include "platform/bytes.h"
#include "platform/frame.h"

#define DWORD_END_SHIFT 4
#define HANG_MS         2000

uint32_t e1000_tx_buffer_size(uint16_t mtu)
{
    return (mtu + ETHERNET_HEADER + VLAN_TAG + DWORD_END_SHIFT + E1000_TX_BUFFER_UNIT - 1) & ~(E1000_TX_BUFFER_UNIT - 1);
}

void e1000_tx_start(struct e1000 *e1000)
{
    struct e1000_tx *tx = &e1000->tx;
    memset(tx->ring.descriptors, 0, tx->ring.count * sizeof(struct e1000_tx_descriptor));
    tx->next = tx->tail = tx->clean = tx->used = tx->frames = tx->next_buffer = 0;
    tx->has_context = false;
    tx->longest = e1000->mtu + ETHERNET_HEADER + VLAN_TAG;

    e1000_place_ring(e1000, E1000_TDBAL, &tx->ring, sizeof(struct e1000_tx_descriptor));
    e1000_write(e1000, E1000_TIDV, 0);
    e1000_write(e1000, E1000_TIPG, E1000_TIPG_COPPER);
    if (e1000_has(e1000, TRAIT_PCIE))
        e1000_write(e1000, E1000_TXDCTL, E1000_TXDCTL_WTHRESH_1 | E1000_TXDCTL_COUNT_DESC | E1000_TXDCTL_GRAN);
    uint32_t tctl = e1000_read(e1000, E1000_TCTL) & ~(E1000_TCTL_CT | E1000_TCTL_COLD);
    e1000_write(e1000, E1000_TCTL,
                tctl | E1000_TCTL_EN | E1000_TCTL_PSP | E1000_TCTL_CT_15 | E1000_TCTL_COLD_FULL_DUPLEX | E1000_TCTL_RTLC);
}

void e1000_tx_expect_progress(struct e1000 *e1000)
{
    e1000->tx.stuck_after = deadline_after_ms(HANG_MS);
}

void e1000_tx_reclaim(struct e1000 *e1000)
{
    struct e1000_tx *tx = &e1000->tx;
    const volatile struct e1000_tx_descriptor *descriptors = tx->ring.descriptors;
    uint16_t mask = tx->ring.count - 1, before = tx->used;

    while (tx->used > 0) {
        uint16_t width = tx->width[tx->clean];
        uint32_t upper = descriptors[(tx->clean + width - 1) & mask].upper;
        if (!(upper & E1000_TXD_UPPER_DD))
            break;
        if (upper & (E1000_TXD_UPPER_EC | E1000_TXD_UPPER_LC))
            e1000->statistics.tx_errors++;
        tx->clean = (tx->clean + width) & mask;
        tx->used -= width;
        tx->frames--;
    }

    if (tx->used && tx->used != before)
        e1000_tx_expect_progress(e1000);
}

/* Without a link nothing leaves, and nothing hangs. */
bool e1000_tx_hangs(struct e1000 *e1000)
{
    struct e1000_tx *tx = &e1000->tx;
    if (tx->used == 0 || !deadline_passed(tx->stuck_after))
        return false;
    if (e1000_read(e1000, E1000_STATUS) & E1000_STATUS_LU)
        return true;
    e1000_tx_expect_progress(e1000);
    return false;
}

void e1000_tx_tell(struct e1000 *e1000)
{
    struct e1000_tx *tx = &e1000->tx;
    if (tx->tail == tx->clean) /* it has none to work on */
        e1000_tx_expect_progress(e1000);
    tx->tail = tx->next;
    platform_barrier();
    e1000_write(e1000, E1000_TDT, tx->tail);
}

/* A buffer, and `width` descriptors; one always stays empty, as TDH == TDT means that nothing is to send. */
static bool has_room(const struct e1000_tx *tx, uint16_t width)
{
    return tx->frames < tx->ring.buffer_count && tx->ring.count - 1 - tx->used >= width;
}

static bool make_room(struct e1000 *e1000, uint16_t width)
{
    if (has_room(&e1000->tx, width))
        return true;
    e1000_tx_flush(e1000);
    e1000_tx_reclaim(e1000);
    return has_room(&e1000->tx, width);
}

static bool offsets_fit(const struct nic_offload *offload, uint32_t length)
{
    if (offload->ip_checksum && (offload->ip_header + IPV4_CHECKSUM + 2 > offload->l4_header || offload->l4_header > length))
        return false;
    if (offload->l4_checksum && (offload->l4_header > offload->l4_field || offload->l4_field + 2u > length))
        return false;
    return offload->ip_header + IPV4_CHECKSUM <= UINT8_MAX && offload->l4_header > 0 && offload->l4_header <= UINT8_MAX &&
           offload->l4_field <= UINT8_MAX;
}

static struct e1000_tx_descriptor *claim_descriptor(struct e1000_tx *tx)
{
    struct e1000_tx_descriptor *descriptors = tx->ring.descriptors, *claimed = &descriptors[tx->next];
    tx->next = (tx->next + 1) & (tx->ring.count - 1);
    return claimed;
}

static void write_context(struct e1000_tx *tx, uint32_t ip_fields, uint32_t tcp_fields)
{
    struct e1000_tx_descriptor *descriptor = claim_descriptor(tx);
    descriptor->context.ip_fields = tx->context_ip = ip_fields;
    descriptor->context.tcp_fields = tx->context_tcp = tcp_fields;
    descriptor->lower =
        E1000_TXD_LOWER_DTYP_CONTEXT | E1000_TXD_LOWER_DEXT | E1000_TXD_LOWER_TUCMD_TCP | E1000_TXD_LOWER_TUCMD_IP;
    descriptor->upper = 0;
    tx->has_context = true;
}

/* Gathers the frame where the card may fetch it from; returns its offset in the buffers. */
static size_t gather_frame(struct e1000 *e1000, const struct nic_span *spans, unsigned count, uint32_t length, uint32_t padded)
{
    struct e1000_tx *tx = &e1000->tx;
    size_t start = (size_t)tx->next_buffer * tx->ring.buffer_size;
    tx->next_buffer = (uint16_t)(tx->next_buffer + 1 < tx->ring.buffer_count ? tx->next_buffer + 1 : 0);
    if (e1000_has(e1000, TRAIT_DWORD_END) && !((start + padded - 1) & 4))
        start += DWORD_END_SHIFT;
    uint8_t *to = tx->ring.buffers + start;
    for (unsigned i = 0; i < count; i++) {
        bytes_copy(to, spans[i].bytes, spans[i].length);
        to += spans[i].length;
    }
    memset(to, 0, padded - length);
    return start;
}

/* What a context descriptor says, and the options of the data descriptor that make use of it; 0: no checksum is asked for. */
struct checksums {
    uint32_t ip_fields, tcp_fields, options;
};

static struct checksums encode_offload(const struct nic_offload *offload)
{
    return (struct checksums){
        .ip_fields = offload->ip_header | (offload->ip_header + IPV4_CHECKSUM) << 8 | (offload->l4_header - 1u) << 16,
        .tcp_fields = offload->l4_header | (uint32_t)offload->l4_field << 8, /* TUCSE 0: to the end */
        .options =
            (offload->ip_checksum ? E1000_TXD_UPPER_POPTS_IXSM : 0) | (offload->l4_checksum ? E1000_TXD_UPPER_POPTS_TXSM : 0),
    };
}

enum status e1000_tx_send(struct nic *nic, const struct nic_span *spans, unsigned count, const struct nic_offload *offload)
{
    struct e1000 *e1000 = e1000_of(nic);
    struct e1000_tx *tx = &e1000->tx;
    uint64_t length = 0;
    for (unsigned i = 0; i < count; i++)
        length += spans[i].length;
    if (length > tx->longest)
        return fail(E_FRAME_SIZE, "%u bytes; the MTU allows %u", (unsigned)length, (unsigned)tx->longest);

    struct checksums wanted = {0};
    if (offload && (offload->ip_checksum || offload->l4_checksum)) {
        if (!offsets_fit(offload, (uint32_t)length))
            return fail(E_INVALID_ARGUMENT, "checksum offsets %u, %u, %u in a frame of %u bytes", offload->ip_header,
                        offload->l4_header, offload->l4_field, (unsigned)length);
        wanted = encode_offload(offload);
    }

    bool new_context =
        wanted.options != 0 && !(tx->has_context && tx->context_ip == wanted.ip_fields && tx->context_tcp == wanted.tcp_fields);
    uint16_t width = new_context ? 2 : 1;
    if (!e1000->running || e1000->paused || !make_room(e1000, width)) {
        e1000->statistics.tx_full++;
        return E_NIC_BUSY;
    }

    uint16_t first = tx->next;
    if (new_context)
        write_context(tx, wanted.ip_fields, wanted.tcp_fields);
    /* With checksums the card itself pads (TCTL.PSP): QEMU's e1000e takes padding for payload and corrects the IP length to it.
     */
    uint32_t padded = length < ETHERNET_FRAME_MIN && wanted.options == 0 ? ETHERNET_FRAME_MIN : (uint32_t)length;
    uint64_t start = gather_frame(e1000, spans, count, (uint32_t)length, padded);
    struct e1000_tx_descriptor *data = claim_descriptor(tx);
    data->address = tx->ring.buffers_bus + start;
    data->lower = padded | E1000_TXD_LOWER_DTYP_DATA | E1000_TXD_LOWER_EOP | E1000_TXD_LOWER_IFCS | E1000_TXD_LOWER_RS |
                  E1000_TXD_LOWER_DEXT;
    data->upper = wanted.options;
    tx->width[first] = (uint8_t)width;

    tx->used += width;
    tx->frames++;
    e1000->statistics.tx_frames++;
    e1000->statistics.tx_bytes += padded;
    return OK;
}
