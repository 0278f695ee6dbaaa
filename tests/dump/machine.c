/* SPDX-License-Identifier: BSD-2-Clause */
/* The dead machine's services and its card. */
#include "tests/dump/machine.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "nicdrv/e1000_regs.h"
#include "platform/bytes.h"

#define PCI_ID_82540EM 0x100E8086u
#define FRAME_MOST     2048u
#define CALIBRATION_MS 50
#define LOOK_MS        10 /* between two looks at the clock, as long as the host runs us */

struct machine machine;
void (*machine_interferes)(void);

static struct {
    uint32_t registers[0x6000 / 4];
    uint32_t command;
    uint32_t ip_fields, tcp_fields; /* the checksum context */
    struct arena *memory;
    uint8_t frame[FRAME_MOST];
    int wire;
} card = {.wire = -1};

static uint64_t ticks_per_ms, random_state = 0x5DEECE66Du;

/* ---- the host's kernel, without libc between ---- */

static intptr_t ask_kernel(intptr_t number, intptr_t a, intptr_t b, intptr_t c, intptr_t d)
{
    register intptr_t r10 __asm__("r10") = d;
    intptr_t result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

/* ---- time, log, random bytes ---- */

static uint64_t read_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* The machine's own time, which stands still while the host runs others: what is done in time does not depend on them. */
uint64_t platform_ticks(void)
{
    static uint64_t looked_at, stood_still;
    uint64_t now = read_counter(), most = LOOK_MS * ticks_per_ms;

    if (now < looked_at) /* another CPU's */
        now = looked_at;
    if (now - looked_at > most)
        stood_still += now - looked_at - most;
    looked_at = now;
    return now - stood_still;
}

uint64_t platform_ticks_per_ms(void)
{
    return ticks_per_ms;
}

static void calibrate(void)
{
    uint64_t before = read_counter();
    struct timespec begin, now;
    uint64_t elapsed = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    while (elapsed < CALIBRATION_MS * 1000000u) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        elapsed = (uint64_t)(now.tv_sec - begin.tv_sec) * 1000000000u + (uint64_t)now.tv_nsec - (uint64_t)begin.tv_nsec;
    }
    ticks_per_ms = (read_counter() - before) * 1000000u / elapsed;
}

void platform_stall_us(uint32_t microseconds)
{
    uint64_t until = platform_ticks() + microseconds * ticks_per_ms / 1000;
    while (platform_ticks() < until)
        __asm__ volatile("pause");
}

void platform_log(enum log_level level, const char *line)
{
    if (level > LOG_DEBUG)
        return;
    ask_kernel(SYS_write, STDERR_FILENO, (intptr_t)line, (intptr_t)strlen(line), 0);
    static const char newline = '\n';
    ask_kernel(SYS_write, STDERR_FILENO, (intptr_t)&newline, 1, 0);
}

static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

void platform_random(void *buffer, size_t length)
{
    for (size_t i = 0; i < length; i++)
        ((uint8_t *)buffer)[i] = (uint8_t)next_random();
}

/* ---- the card ---- */

static uint64_t ring_address(uint32_t low)
{
    return card.registers[low / 4] | (uint64_t)card.registers[low / 4 + 1] << 32;
}

/* As behind an IOMMU: what is not mapped is not reached. */
static void *reach(uint64_t address, size_t length)
{
    if (address >= card.memory->bus && address - card.memory->bus + length <= card.memory->size)
        return card.memory->base + (address - card.memory->bus);
    machine.strayed = true;
    return NULL;
}

static bool is_lost(void)
{
    return machine.unplugged || (machine.lose && next_random() % machine.lose == 0);
}

static uint16_t sum_of(const uint8_t *bytes, uint32_t length)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i + 1 < length; i += 2)
        sum += get_be16(bytes + i);
    if (length & 1)
        sum += (uint32_t)bytes[length - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_checksum(uint32_t length, uint32_t fields, uint32_t end)
{
    uint32_t start = fields & 0xFF, place = fields >> 8 & 0xFF, last = end ? end + 1 : length;
    if (start < last && last <= length && place + 2 <= length)
        put_be16(card.frame + place, sum_of(card.frame + start, last - start));
}

static void send_frame(const struct e1000_tx_descriptor *descriptor)
{
    uint32_t length = descriptor->lower & 0xFFFFF;
    const uint8_t *from = length <= FRAME_MOST ? reach(descriptor->address, length) : NULL;
    if (!from)
        return;

    memcpy(card.frame, from, length);
    if (descriptor->upper & E1000_TXD_UPPER_POPTS_IXSM)
        put_checksum(length, card.ip_fields, card.ip_fields >> 16);
    if (descriptor->upper & E1000_TXD_UPPER_POPTS_TXSM)
        put_checksum(length, card.tcp_fields, card.tcp_fields >> 16);
    machine.sent++;
    if (!is_lost())
        ask_kernel(SYS_write, card.wire, (intptr_t)card.frame, length, 0);
}

static void card_sends(void)
{
    uint32_t count = card.registers[E1000_TDLEN / 4] / 16, *head = &card.registers[E1000_TDH / 4];
    struct e1000_tx_descriptor *ring = reach(ring_address(E1000_TDBAL), count * sizeof *ring);

    if (!ring || !(card.registers[E1000_TCTL / 4] & E1000_TCTL_EN))
        return;
    for (; *head != card.registers[E1000_TDT / 4]; *head = (*head + 1) % count) {
        struct e1000_tx_descriptor *descriptor = &ring[*head];
        if (descriptor->lower & E1000_TXD_LOWER_DTYP_DATA) {
            send_frame(descriptor);
        } else {
            card.ip_fields = descriptor->context.ip_fields;
            card.tcp_fields = descriptor->context.tcp_fields;
        }
        descriptor->upper |= E1000_TXD_UPPER_DD;
    }
}

/* Of a card that was left on by whoever had it before, too: that is what taking it over has to end. */
static void card_receives(void)
{
    uint32_t count = card.registers[E1000_RDLEN / 4] / 16, *head = &card.registers[E1000_RDH / 4];
    for (;;) {
        intptr_t length = ask_kernel(SYS_read, card.wire, (intptr_t)card.frame, FRAME_MOST, 0);
        if (length <= 0)
            return;
        if (!(card.registers[E1000_RCTL / 4] & E1000_RCTL_EN) || is_lost())
            continue;
        if (!count || *head == card.registers[E1000_RDT / 4]) {
            machine.lost++;
            continue;
        }

        struct e1000_rx_descriptor *ring = reach(ring_address(E1000_RDBAL), count * sizeof *ring);
        uint8_t *to = ring ? reach(ring[*head].address, (size_t)length) : NULL;
        if (!to)
            return;
        memcpy(to, card.frame, (size_t)length);
        ring[*head].length = (uint16_t)length;
        ring[*head].errors = 0;
        ring[*head].status = E1000_RXD_STATUS_DD | E1000_RXD_STATUS_EOP | E1000_RXD_STATUS_IXSM;
        *head = (*head + 1) % count;
        machine.received++;
    }
}

void platform_idle(void)
{
    struct pollfd wire = {.fd = card.wire, .events = POLLIN};
    struct timespec millisecond = {.tv_nsec = 1000000};
    ask_kernel(SYS_ppoll, (intptr_t)&wire, 1, (intptr_t)&millisecond, 0);
    card_receives();
    if (machine_interferes)
        machine_interferes();
}

/* ---- its registers ---- */

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    (void)device;
    return offset == 0 ? PCI_ID_82540EM : offset == E1000_PCI_COMMAND ? card.command : 0;
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    (void)device;
    if (offset == E1000_PCI_COMMAND)
        card.command = value;
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    (void)device, (void)bar;
    card.command |= 6;
    return OK;
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    (void)device, (void)bar;
    if (offset == E1000_STATUS)
        return machine.unplugged ? 0 : E1000_STATUS_LU | E1000_STATUS_FD | 2u << 6;
    return card.registers[offset / 4];
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)device, (void)bar;
    card.registers[offset / 4] = value;
    if (offset == E1000_CTRL && value & E1000_CTRL_RST)
        memset(card.registers, 0, sizeof card.registers);

    if (offset == E1000_MDIC)
        card.registers[offset / 4] = E1000_MDIC_READY | E1000_PHY_CONTROL_AUTONEGOTIATE;
    if (offset == E1000_IMC)
        machine.masked = value == E1000_IMC_ALL;
    machine.stopped = !((card.registers[E1000_RCTL / 4] & E1000_RCTL_EN) || (card.registers[E1000_TCTL / 4] & E1000_TCTL_EN));
    if (offset == E1000_TDT) {
        card_sends();
        card_receives();
    }
}

/* As an operating system's driver leaves it that has died: rings at addresses of its own, both directions on. */
static void leave_running(void)
{
    card.registers[E1000_RDBAL / 4] = card.registers[E1000_TDBAL / 4] = 0xDEAD0000u;
    card.registers[E1000_RDLEN / 4] = card.registers[E1000_TDLEN / 4] = 256 * 16;
    card.registers[E1000_RCTL / 4] = E1000_RCTL_EN;
    card.registers[E1000_TCTL / 4] = E1000_TCTL_EN;
}

bool machine_open(const char *tap, struct arena *dma)
{
    struct ifreq request = {0};
    card.memory = dma;
    card.wire = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    strncpy(request.ifr_name, tap, sizeof request.ifr_name - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    calibrate();
    leave_running();
    return card.wire >= 0 && ioctl(card.wire, TUNSETIFF, &request) == 0;
}
