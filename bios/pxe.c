/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE ROM that loaded us, or our loader: found, asked, and unloaded before our driver takes the card. */
#include <string.h>

#include "bios/home.h"
#include "bios/ports.h"
#include "bios/pxe_structures.h"
#include "platform/bytes.h"

/* PXE specification 2.1, sections 3 and 4; E6h and E8h are iPXE's. */
#define PXENV_UNDI_CLEANUP         0x02
#define PXENV_UNDI_SHUTDOWN        0x05
#define PXENV_UNDI_GET_INFORMATION 0x0C
#define PXENV_UNDI_GET_NIC_TYPE    0x12
#define PXENV_STOP_UNDI            0x15
#define PXENV_UNLOAD_STACK         0x70
#define PXENV_GET_CACHED_INFO      0x71
#define PXENV_FILE_API_CHECK       0xE6
#define PXENV_FILE_CMDLINE         0xE8

#define PXENV_EXIT_FAILURE    1
#define PACKET_DHCP_DISCOVER  1
#define PACKET_DHCP_ACK       2
#define PACKET_CACHED_REPLY   3
#define NIC_TYPE_PCI          2
#define FILE_API_MAGIC        0x91D447B2u
#define FILE_API_ANSWER       0xE9C17B20u
#define FILE_API_CHECK_SIZE   0x14
#define FILE_CMDLINE_PROVIDED (1u << (PXENV_FILE_CMDLINE - 0xE0))

#define PXE_INSTALLATION   0x1A /* interrupt */
#define INT1A_PXENV        0x5650
#define INT1A_PXENV_ANSWER 0x564E
#define PACKET_MAX         1500
#define PACKET_FIXED       240 /* to the end of the magic cookie */
#define COMMAND_LINE_MAX   2048
#define PARAMETERS_SIZE    64 /* what calls without data of interest get as parameters; buffers lie behind that much */
#define SCAN_LOWEST        0x10000u
#define VECTORS            256

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK  0xA1
#define IRQ_CASCADE     2
#define IRQS            16

struct pxe_cached_info {
    uint16_t status, packet_type, buffer_size;
    struct far_pointer buffer;
    uint16_t buffer_limit;
} __attribute__((packed));

struct pxe_nic_type {
    uint16_t status;
    uint8_t type;
    uint16_t vendor, device;
    uint8_t class[3], revision;
    uint16_t bus_device_function;
    uint16_t subsystem_vendor, subsystem;
} __attribute__((packed));

struct pxe_information {
    uint16_t status, base_io, interrupt, mtu;
    uint8_t rest[64];
} __attribute__((packed));

struct pxe_file_api_check {
    uint16_t status, size;
    uint32_t magic, provider, mask, flags;
} __attribute__((packed));

struct pxe_file_cmdline {
    uint16_t status, buffer_size;
    struct far_pointer buffer;
} __attribute__((packed));

static struct pxe_rom rom;
static struct far_pointer rom_stack; /* that it is called on */
static bool rom_alive;
static struct cached_packet {
    uint8_t bytes[PACKET_MAX];
    size_t length; /* 0: none */
} discover, ack, reply;
static char command_line[COMMAND_LINE_MAX];
static struct pxe_nic_type nic_type;
static uint8_t masked_irq = IRQS; /* IRQS: none */

/* How many bytes lie between `linear` and 1 MiB, for a structure's check. */
static size_t available_at(uint32_t linear)
{
    return linear < MIB ? MIB - linear : 0;
}

static bool find_by_pxe(struct far_pointer at)
{
    uint32_t linear = far_linear(at);
    return pxe_read(low_memory(linear), available_at(linear), &rom);
}

static bool find_by_pxenv(struct far_pointer at)
{
    uint32_t linear = far_linear(at);
    struct pxe_pointer pxe;
    if (!pxenv_read(low_memory(linear), available_at(linear), &rom, &pxe))
        return false;
    if (pxe.segment)
        find_by_pxe((struct far_pointer){pxe.offset, pxe.segment});
    return true;
}

static bool find_by_int1a(void)
{
    struct real_registers registers = {.eax = INT1A_PXENV};
    realmode_interrupt(PXE_INSTALLATION, &registers);
    return !(registers.eflags & FLAG_CARRY) && REG16(registers.eax) == INT1A_PXENV_ANSWER &&
           find_by_pxenv((struct far_pointer){REG16(registers.ebx), registers.es});
}

static bool find_by_scan(void)
{
    for (uint32_t at = BASE_MEMORY_TOP - PARAGRAPH; at >= SCAN_LOWEST; at -= PARAGRAPH) {
        struct far_pointer place = {0, (uint16_t)(at >> 4)};
        if (find_by_pxe(place) || find_by_pxenv(place))
            return true;
    }
    return false;
}

static bool find_caller(const struct realmode_block *block)
{
    rom_stack = (struct far_pointer){block->entry_sp, block->entry_ss}; /* the ROM's own: some demand that */
    const struct far_pointer *pushed = low_memory(block->entry_ss * PARAGRAPH + (uint16_t)(block->entry_sp + 4));
    struct far_pointer registers = {block->entry_bx, block->entry_es};
    return find_by_pxe(*pushed) || find_by_pxenv(registers) || find_by_int1a() || find_by_scan();
}

/*
 * The ROM that a boot loader came from and left in memory: GRUB stops the card and no more, pxelinux leaves all of it for
 * `keeppxe`. It still answers INT 1Ah, from memory that nobody else could take. No search: iPXE leaves a !PXE with a right sum
 * when it starts a kernel, and the memory that it would run in is free by then.
 */
static bool find_left_behind(const struct realmode_block *block)
{
    rom_stack = realmode_far(low_memory(block->scratch)); /* the stub's, who is done: the ROM may want 1.5 KiB */
    rom_stack.offset += SCRATCH_STACK;
    if (!find_by_int1a())
        return false;
    uint32_t entry = rom.entry.segment * PARAGRAPH + rom.entry.offset;
    return entry >= low_read16(BDA_BASE_MEMORY) * KIB && entry < BASE_MEMORY_TOP;
}

/* True when it says success. `parameters`: in the scratch buffer. */
static bool call_rom(uint16_t opcode, void *parameters)
{
    struct realmode_block *block = realmode_block();
    struct far_pointer at = realmode_far(parameters);

    block->call = (struct real_call){
        .registers = {.eflags = FLAG_FIXED | FLAG_INTERRUPT, .ebx = opcode, .es = at.segment, .edi = at.offset},
        .stack_segment = rom_stack.segment,
        .stack_offset = rom_stack.offset,
        .target_offset = rom.entry.offset,
        .target_segment = rom.entry.segment,
        .pushes = rom.has_pxe ? 3 : 0,
        .push = {at.segment, at.offset, opcode},
    };
    realmode_call();

    return REG16(block->call.registers.eax) == 0;
}

static void ask_packet(struct cached_packet *packet, uint16_t type)
{
    uint8_t *buffer = realmode_scratch() + PARAMETERS_SIZE;
    struct pxe_cached_info *info = (struct pxe_cached_info *)realmode_scratch();
    *info = (struct pxe_cached_info){.packet_type = type, .buffer_size = PACKET_MAX, .buffer = realmode_far(buffer)};
    memset(buffer, 0, PACKET_MAX);
    if (!call_rom(PXENV_GET_CACHED_INFO, info) || info->buffer_size < PACKET_FIXED)
        return;
    packet->length = info->buffer_size < PACKET_MAX ? info->buffer_size : PACKET_MAX;
    memcpy(packet->bytes, buffer, packet->length);
}

static void ask_command_line(void)
{
    struct pxe_file_api_check *check = (struct pxe_file_api_check *)realmode_scratch();
    *check = (struct pxe_file_api_check){.size = FILE_API_CHECK_SIZE, .magic = FILE_API_MAGIC};
    if (!call_rom(PXENV_FILE_API_CHECK, check) || check->magic != FILE_API_ANSWER || !(check->mask & FILE_CMDLINE_PROVIDED))
        return;
    char *buffer = (char *)realmode_scratch() + PARAMETERS_SIZE;
    struct pxe_file_cmdline *line = (struct pxe_file_cmdline *)realmode_scratch();
    memset(buffer, 0, sizeof command_line);
    *line = (struct pxe_file_cmdline){.buffer_size = sizeof command_line, .buffer = realmode_far(buffer)};
    if (call_rom(PXENV_FILE_CMDLINE, line))
        memcpy(command_line, buffer, sizeof command_line - 1);
}

static void ask_nic_type(void)
{
    struct pxe_nic_type *type = (struct pxe_nic_type *)realmode_scratch();
    memset(type, 0, sizeof *type);
    if (call_rom(PXENV_UNDI_GET_NIC_TYPE, type))
        nic_type = *type;
}

void pxe_find(void)
{
    const struct realmode_block *block = realmode_block();
    if (!(block->start_kind == START_NBP ? find_caller(block) : find_left_behind(block)))
        return;
    rom_alive = true;
    ask_packet(&ack, PACKET_DHCP_ACK);
    ask_packet(&discover, PACKET_DHCP_DISCOVER);
    ask_packet(&reply, PACKET_CACHED_REPLY);
    ask_nic_type();
    ask_command_line();
}

const uint8_t *pxe_cached_ack(size_t *length)
{
    *length = ack.length;
    return ack.length ? ack.bytes : NULL;
}

const uint8_t *pxe_cached_discover(size_t *length)
{
    *length = discover.length;
    return discover.length ? discover.bytes : NULL;
}

const uint8_t *pxe_cached_reply(size_t *length)
{
    *length = reply.length;
    return reply.length ? reply.bytes : NULL;
}

const char *pxe_command_line(void)
{
    return command_line[0] ? command_line : NULL;
}

/* Some ROMs leave the type unset, but a PCI address that was filled in is one. */
bool pxe_boot_nic(uint8_t *bus, uint8_t *device, uint8_t *function)
{
    if (nic_type.type != NIC_TYPE_PCI && (nic_type.type != 0 || nic_type.bus_device_function == 0))
        return false;
    *bus = (uint8_t)(nic_type.bus_device_function >> 8);
    *device = nic_type.bus_device_function >> 3 & 0x1F;
    *function = nic_type.bus_device_function & 7;
    return true;
}

/* The card's interrupt, that the ROM handled, until the next system comes with a handler of its own. */
static void mask_rom_irq(void)
{
    struct pxe_information *information = (struct pxe_information *)realmode_scratch();
    memset(information, 0, sizeof *information);
    if (!call_rom(PXENV_UNDI_GET_INFORMATION, information))
        return;

    unsigned irq = information->interrupt;
    if (irq <= IRQ_CASCADE || irq >= IRQS)
        return;

    uint16_t port = irq < 8 ? PIC_MASTER_MASK : PIC_SLAVE_MASK;
    uint8_t mask = port_read8(port), bit = (uint8_t)(1u << (irq & 7));
    if (mask & bit)
        return;
    port_write8(port, mask | bit);
    masked_irq = (uint8_t)irq;
}

void pxe_restore_interrupts(void)
{
    if (masked_irq >= IRQS)
        return;
    uint16_t port = masked_irq < 8 ? PIC_MASTER_MASK : PIC_SLAVE_MASK;
    port_write8(port, (uint8_t)(port_read8(port) & ~(1u << (masked_irq & 7))));
    masked_irq = IRQS;
}

/* True when an interrupt vector still leads into [base, end). */
static bool vectors_lead_into(uint32_t base, uint32_t end)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        uint32_t handler = far_linear(vector_get((uint8_t)i));
        if (handler >= base && handler < end)
            return true;
    }
    return false;
}

/*
 * Base memory that only the ROM's stack used becomes the machine's again, as far as the memory map, which changes with the
 * unloading, says RAM again.
 */
static void give_back_base_memory(void)
{
    static struct memory_map map;
    struct memory_sizes sizes;
    uint32_t limit = low_read16(BDA_BASE_MEMORY) * KIB, top = pxe_base_memory_end(&rom, limit);
    bios_memory_map(&map, &sizes);

    uint64_t ram_end = memory_map_ram_end(&map, 0);
    if (map.count && ram_end < top)
        top = (uint32_t)ram_end;
    uint32_t ebda = low_read16(BDA_EBDA_SEGMENT) * PARAGRAPH;
    if (ebda > limit && ebda < top)
        top = ebda;

    if (top > limit && top <= BASE_MEMORY_TOP && !vectors_lead_into(limit, top))
        low_write16(BDA_BASE_MEMORY, (uint16_t)(top / KIB));
}

void pxe_release(void)
{
    if (!rom_alive)
        return;
    rom_alive = false;
    mask_rom_irq();

    void *parameters = memset(realmode_scratch(), 0, PARAMETERS_SIZE);
    if (!rom.has_pxe) {
        call_rom(PXENV_UNDI_CLEANUP, parameters);
        return;
    }

    call_rom(PXENV_UNDI_SHUTDOWN, parameters);
    memset(parameters, 0, PARAMETERS_SIZE);
    bool unloaded = call_rom(PXENV_UNLOAD_STACK, parameters);
    memset(parameters, 0, PARAMETERS_SIZE);
    bool stopped = call_rom(PXENV_STOP_UNDI, parameters);
    if (unloaded && stopped)
        give_back_base_memory();
}

void pxe_exit(void)
{
    struct realmode_block *block = realmode_block();
    if (block->start_kind != START_NBP)
        pxe_release();
    if (!rom_alive)
        return;

    block->call = (struct real_call){
        .registers = {.eax = PXENV_EXIT_FAILURE, .eflags = FLAG_FIXED | FLAG_INTERRUPT},
        .stack_segment = block->entry_ss,
        .stack_offset = block->entry_sp,
        .target_segment = block->segment,
        .target_offset = block->pxe_exit,
    };
    realmode_call();
}
