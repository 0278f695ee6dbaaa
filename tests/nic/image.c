/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real driver in a bare machine, at the command of tests/nic/test_nic.py. Commands are frames of type 88B5 whose 15th byte
 * says what to do; an answer is such a frame too. IPv4 and IPv6 frames are answered with what the card said of their checksums.
 */
#include <string.h>

#include "nicdrv/nic.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"
#include "tests/nic/machine.h"

enum command { ECHO, COUNT, REPORT, CHECKSUMS, SEND_OFFLOADED, MULTICAST, PAUSE, CLOSE };

#define ORDER_TYPE 0x88B5u               /* IEEE 802 9.2.4: for experiments */
#define COMMAND    ETHERNET_HEADER       /* where it is */
#define HEADER     (ETHERNET_HEADER + 1) /* with it */
#define LINK_MS    10000
#define IDLE_MS    600000
#define SEND_MS    1000
#define QUIET_MS   200

static uint8_t memory[24 * MIB] __attribute__((aligned(PAGE_SIZE)));
static struct nic nic;
static struct arena arena;
static uint32_t counted;
static bool closing;

static void send_frame(const struct nic_span *spans, unsigned count, const struct nic_offload *offload)
{
    deadline_t deadline = deadline_after_ms(SEND_MS);
    enum status status = E_NIC_BUSY;
    while (status == E_NIC_BUSY && !deadline_passed(deadline))
        status = nic_send(&nic, spans, count, offload);
    if (status != OK)
        log_printf(LOG_ERROR, "send: %u %s", (unsigned)status, failure_detail(status));
}

static void answer(const struct nic_frame *to, enum command command, const void *body, uint16_t length)
{
    uint8_t header[HEADER];
    memcpy(header + ETHERNET_DESTINATION, to->bytes + ETHERNET_SOURCE, NIC_MAC_LENGTH);
    memcpy(header + ETHERNET_SOURCE, nic.mac, NIC_MAC_LENGTH);
    put_be16(header + ETHERNET_TYPE, ORDER_TYPE);
    header[COMMAND] = (uint8_t)command;
    struct nic_span spans[] = {{header, HEADER}, {body, length}};
    send_frame(spans, 2, NULL);
}

static uint32_t hash_arena(void)
{
    uint32_t hash = 2166136261u; /* FNV-1a, of words */
    for (size_t i = 0; i < arena.used; i += 4) {
        uint32_t word;
        memcpy(&word, arena.base + i, 4);
        hash = (hash ^ word) * 16777619u;
    }
    return hash;
}

/* Whether the card leaves its memory alone while the peer sends, which tells by COM1 that it has, and for a while longer. */
static bool memory_is_quiet(void)
{
    uint32_t before = hash_arena();
    deadline_t deadline = deadline_after_ms(IDLE_MS);
    log_printf(LOG_INFO, "send");
    while (!machine_take_byte())
        if (deadline_passed(deadline))
            return false;

    deadline = deadline_after_ms(QUIET_MS);
    while (!deadline_passed(deadline))
        ;
    return hash_arena() == before;
}

static void send_report(const struct nic_frame *frame)
{
    struct nic_statistics statistics;
    nic_statistics(&nic, &statistics);
    uint32_t numbers[] = {counted, (uint32_t)statistics.rx_frames, (uint32_t)statistics.rx_missed, (uint32_t)statistics.rx_errors,
                          statistics.resets};
    answer(frame, REPORT, numbers, sizeof numbers);
}

/* Four bytes: which checksums, the three offsets; then the frame. */
static void send_offloaded(const struct nic_frame *frame)
{
    const uint8_t *what = frame->bytes + HEADER;
    struct nic_offload offload = {
        .ip_checksum = what[0] & 1, .l4_checksum = what[0] & 2, .ip_header = what[1], .l4_header = what[2], .l4_field = what[3]};
    struct nic_span span = {what + 4, (uint16_t)(frame->length - HEADER - 4)};
    send_frame(&span, 1, &offload);
}

static struct nic_frame pause_order; /* its frame is held across the pause, to be answered */
static bool pause_wanted;

static void obey(const struct nic_frame *frame)
{
    uint8_t *body = frame->bytes + HEADER;
    switch (frame->bytes[COMMAND]) {
    case ECHO:
        answer(frame, ECHO, body, (uint16_t)(frame->length - HEADER));
        break;
    case COUNT:
        counted++;
        break;
    case REPORT:
        send_report(frame);
        break;
    case SEND_OFFLOADED:
        send_offloaded(frame);
        break;
    case MULTICAST: {
        uint8_t result = (uint8_t)nic_set_multicast(&nic, (const uint8_t(*)[NIC_MAC_LENGTH])(body + 1), body[0]);
        answer(frame, MULTICAST, &result, 1);
        break;
    }
    case PAUSE:
        pause_wanted = true;
        break;
    case CLOSE:
        closing = true;
        break;
    }
}

static void receive_frame(void *context, const struct nic_frame *frame)
{
    (void)context;
    if (get_be16(frame->bytes + ETHERNET_TYPE) == ORDER_TYPE) {
        obey(frame);
    } else {
        uint8_t flags = (uint8_t)(frame->ip_checksum_good | frame->l4_checksum_good << 1);
        answer(frame, CHECKSUMS, &flags, 1);
    }
    if (pause_wanted && !pause_order.bytes)
        pause_order = *frame;
    else
        nic_release(&nic, frame);
}

static void pause_and_resume(void)
{
    nic_pause(&nic);
    uint8_t quiet = memory_is_quiet();
    nic_resume(&nic);
    answer(&pause_order, PAUSE, &quiet, 1);
    nic_release(&nic, &pause_order);
    memset(&pause_order, 0, sizeof pause_order);
    pause_wanted = false;
}

static bool find_card(struct pci_device *device)
{
    for (uint8_t slot = 0; slot < 32; slot++) {
        *device = (struct pci_device){.device = slot};
        uint32_t ids = platform_pci_read32(device, 0);
        device->vendor_id = (uint16_t)ids;
        device->device_id = (uint16_t)(ids >> 16);
        if (nic_probe(device))
            return true;
    }
    return false;
}

static bool wait_for_link(void)
{
    deadline_t deadline = deadline_after_ms(LINK_MS);

    do {
        struct nic_link link;
        nic_link(&nic, &link);
        if (link.up) {
            log_printf(LOG_INFO, "ready %s %02x:%02x:%02x:%02x:%02x:%02x %u %s", nic.model, nic.mac[0], nic.mac[1], nic.mac[2],
                       nic.mac[3], nic.mac[4], nic.mac[5], link.megabits, link.full_duplex ? "full" : "half");
            return true;
        }
        platform_stall_us(1000);
    } while (!deadline_passed(deadline));

    log_printf(LOG_ERROR, "no link");
    return false;
}

int image_main(const char *command_line)
{
    bool jumbo = strchr(command_line, 'J') != NULL;
    arena = (struct arena){.base = memory, .bus = (uintptr_t)memory, .size = sizeof memory};
    struct nic_config config = {
        .arena = &arena, .rx_buffers = 256, .tx_buffers = 64, .mtu = jumbo ? NIC_MTU_MAX : NIC_MTU_DEFAULT};
    nic.deliver = receive_frame;
    struct pci_device device;
    if (!find_card(&device) || nic_open(&nic, &device, &config) != OK) {
        log_printf(LOG_ERROR, "not opened: %s%s%s", failure_detail(E_NIC_RESET), failure_detail(E_NIC_MAC),
                   failure_detail(E_NIC_MEMORY));
        return 1;
    }

    if (arena.used > nic_arena_size(&device, &config)) {
        log_printf(LOG_ERROR, "%zu bytes taken, %zu promised", arena.used, nic_arena_size(&device, &config));
        return 2;
    }

    if (!wait_for_link())
        return 3;
    deadline_t deadline = deadline_after_ms(IDLE_MS);
    while (!closing && !deadline_passed(deadline)) {
        nic_poll(&nic, 32);
        if (pause_wanted)
            pause_and_resume();
    }

    nic_close(&nic);
    bool quiet = memory_is_quiet() && !(platform_pci_read32(&device, PCI_COMMAND) & PCI_COMMAND_MASTER);
    log_printf(LOG_INFO, closing && quiet ? "closed and quiet" : "not quiet");
    return closing && quiet ? 0 : 4;
}
