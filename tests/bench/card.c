/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's side of card.h, on the bare PC of tests/nic: our driver, and nothing above it. */
#include "tests/bench/card.h"

#include <string.h>

#include "nicdrv/nic.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"
#include "tests/nic/machine.h"

#define IDLE_MS       600000
#define STREAM_FRAMES 43 /* 64 KiB */

static uint8_t memory[8 * MIB] __attribute__((aligned(PAGE_SIZE)));
static uint8_t stream[STREAM_FRAMES * CARD_LONG]; /* a byte is copied once: a disk's caller wants it elsewhere */
static uint8_t frame[CARD_LONG];
static struct nic nic;
static struct arena arena;
static uint32_t came, told;        /* frames of data */
static uint32_t sent, got, wanted; /* of ours: how many have left, have arrived, are to leave */
static bool stopped;

static bool put(enum card_kind kind, uint32_t number, uint16_t length)
{
    frame[CARD_KIND] = (uint8_t)kind;
    put_be32(frame + CARD_NUMBER, number);
    struct nic_span span = {frame, length};
    return nic_send(&nic, &span, 1, NULL) == OK;
}

static void receive_frame(void *context, const struct nic_frame *received)
{
    (void)context;
    if (received->length < CARD_SHORT || received->length > CARD_LONG || get_be16(received->bytes + ETHERNET_TYPE) != CARD_TYPE) {
        nic_release(&nic, received);
        return;
    }

    uint32_t number = get_be32(received->bytes + CARD_NUMBER);
    memcpy(frame + ETHERNET_DESTINATION, received->bytes + ETHERNET_SOURCE, NIC_MAC_LENGTH);
    switch (received->bytes[CARD_KIND]) {
    case CARD_PING:
        put(CARD_PING, number, CARD_SHORT);
        break;
    case CARD_DATA:
        memcpy(stream + came % STREAM_FRAMES * CARD_LONG, received->bytes, received->length);
        came++;
        break;
    case CARD_ACK:
        got = number;
        break;
    case CARD_SEND:
        came = told = sent = got = 0;
        wanted = number;
        break;
    case CARD_STOP:
        stopped = true;
        break;
    }
    nic_release(&nic, received);
}

static void move(void)
{
    unsigned taken = nic_poll(&nic, CARD_ACK_EVERY);
    if (came - told >= CARD_ACK_EVERY || (taken == 0 && came != told))
        if (put(CARD_ACK, came, CARD_SHORT))
            told = came;
    while (sent < wanted && sent - got < CARD_IN_FLIGHT && put(CARD_DATA, sent, CARD_LONG))
        sent++;
}

static bool open_card(struct pci_device *device)
{
    arena = (struct arena){.base = memory, .bus = (uintptr_t)memory, .size = sizeof memory};
    struct nic_config config = {.arena = &arena, .rx_buffers = 256, .tx_buffers = 256, .mtu = NIC_MTU_DEFAULT};
    for (uint8_t slot = 0; slot < 32; slot++) {
        *device = (struct pci_device){.device = slot};
        uint32_t ids = platform_pci_read32(device, 0);
        device->vendor_id = (uint16_t)ids;
        device->device_id = (uint16_t)(ids >> 16);
        if (nic_probe(device))
            return nic_open(&nic, device, &config) == OK;
    }
    return false;
}

int image_main(const char *command_line)
{
    (void)command_line;
    struct pci_device device;
    nic.deliver = receive_frame;
    if (!open_card(&device)) {
        log_printf(LOG_ERROR, "no card");
        return 1;
    }

    memcpy(frame + ETHERNET_SOURCE, nic.mac, NIC_MAC_LENGTH);
    put_be16(frame + ETHERNET_TYPE, CARD_TYPE);
    log_printf(LOG_INFO, "ready");
    deadline_t deadline = deadline_after_ms(IDLE_MS);
    while (!stopped && !deadline_passed(deadline))
        move();
    nic_close(&nic);
    return 0;
}
