/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's side of card.h, on the bare PC of tests/nic: our driver, and nothing above it but what takes TCP's place. */
#include "tests/bench/card.h"

#include <string.h>

#include "nicdrv/nic.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"
#include "tests/bench/card_tcp.h"
#include "tests/nic/machine.h"

#define IDLE_MS 600000

static uint8_t memory[8 * MIB] __attribute__((aligned(PAGE_SIZE)));
static struct nic nic;
static struct arena arena;
static bool stopped;

/* Back to whoever sent it. */
static void answer(const struct nic_frame *received)
{
    uint8_t frame[CARD_SHORT];
    memcpy(frame, received->bytes, sizeof frame);
    memcpy(frame + ETHERNET_DESTINATION, received->bytes + ETHERNET_SOURCE, NIC_MAC_LENGTH);
    memcpy(frame + ETHERNET_SOURCE, nic.mac, NIC_MAC_LENGTH);
    struct nic_span span = {frame, sizeof frame};
    nic_send(&nic, &span, 1, NULL);
}

static void receive_frame(void *context, const struct nic_frame *received)
{
    (void)context;
    uint16_t type = received->length < CARD_SHORT ? 0 : get_be16(received->bytes + ETHERNET_TYPE);
    if (type == ETHERTYPE_IPV4)
        card_tcp_receive(&nic, received);
    else if (type == CARD_TYPE && received->bytes[CARD_KIND] == CARD_PING)
        answer(received);
    else if (type == CARD_TYPE && received->bytes[CARD_KIND] == CARD_STOP)
        stopped = true;
    nic_release(&nic, received);
}

static bool open_card(struct pci_device *device)
{
    arena = (struct arena){.base = memory, .bus = (uintptr_t)memory, .size = sizeof memory};
    struct nic_config config = {.arena = &arena, .rx_buffers = 512, .tx_buffers = 256, .mtu = NIC_MTU_DEFAULT};
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

    log_printf(LOG_INFO, "ready");
    deadline_t deadline = deadline_after_ms(IDLE_MS);
    while (!stopped && !deadline_passed(deadline))
        card_tcp_move(&nic, nic_poll(&nic, CARD_ACK_EVERY) == 0);
    nic_close(&nic);
    return 0;
}
