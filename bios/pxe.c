/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE ROM that loaded us, or our loader: found, and asked. */
#include "bios/pxe.h"

#include <string.h>

#include "bios/home.h"
#include "platform/bytes.h"

#define NIC_TYPE_PCI        2
#define FILE_API_MAGIC      0x91D447B2u
#define FILE_API_ANSWER     0xE9C17B20u
#define FILE_API_CHECK_SIZE 0x14
#define FILE_API_FIRST      0xE0 /* bit 0 of its mask */

#define INT1A_PXENV        0x5650
#define INT1A_PXENV_ANSWER 0x564E
#define PACKET_MAX         1500
#define PACKET_FIXED       240 /* to the end of the magic cookie */
#define COMMAND_LINE_MAX   2048
#define SCAN_LOWEST        0x10000u

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

struct pxe_file_api_check {
    uint16_t status, size;
    uint32_t magic, provider, mask, flags;
} __attribute__((packed));

struct pxe_file_cmdline {
    uint16_t status, buffer_size;
    struct far_pointer buffer;
} __attribute__((packed));

struct pxe_found pxe_found;
static struct cached_packet {
    uint8_t bytes[PACKET_MAX];
    size_t length; /* 0: none */
} packets[PXE_PACKETS];
static char command_line[COMMAND_LINE_MAX];
static struct pxe_nic_type nic_type;

/* How many bytes lie between `linear` and 1 MiB, for a structure's check. */
static size_t available_at(uint32_t linear)
{
    return linear < MIB ? MIB - linear : 0;
}

static bool find_by_pxe(struct far_pointer at)
{
    uint32_t linear = far_linear(at);
    return pxe_read(low_memory(linear), available_at(linear), &pxe_found.rom);
}

static bool find_by_pxenv(struct far_pointer at)
{
    uint32_t linear = far_linear(at);
    struct pxe_pointer pxe;
    if (!pxenv_read(low_memory(linear), available_at(linear), &pxe_found.rom, &pxe))
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
    pxe_found.stack = (struct far_pointer){block->entry_sp, block->entry_ss}; /* the ROM's own: some demand that */
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
    pxe_found.stack = realmode_far(low_memory(block->scratch)); /* the stub's, who is done: the ROM may want 1.5 KiB */
    pxe_found.stack.offset += SCRATCH_STACK;
    if (!find_by_int1a())
        return false;
    uint32_t entry = pxe_found.rom.entry.segment * PARAGRAPH + pxe_found.rom.entry.offset;
    return entry >= low_read16(BDA_BASE_MEMORY) * KIB && entry < BASE_MEMORY_TOP;
}

bool pxe_call(const struct pxe_rom *rom, uint16_t opcode, void *parameters)
{
    struct realmode_block *block = realmode_block();
    struct far_pointer at = realmode_far(parameters);

    block->call = (struct real_call){
        .registers = {.eflags = FLAG_FIXED | FLAG_INTERRUPT, .ebx = opcode, .es = at.segment, .edi = at.offset},
        .stack_segment = pxe_found.stack.segment,
        .stack_offset = pxe_found.stack.offset,
        .target_offset = rom->entry.offset,
        .target_segment = rom->entry.segment,
        .pushes = rom->has_pxe ? 3 : 0,
        .push = {at.segment, at.offset, opcode},
    };
    realmode_call();

    return REG16(block->call.registers.eax) == 0;
}

bool pxe_offers(const struct pxe_rom *rom, uint16_t opcode)
{
    struct pxe_file_api_check *check = (struct pxe_file_api_check *)realmode_scratch();
    *check = (struct pxe_file_api_check){.size = FILE_API_CHECK_SIZE, .magic = FILE_API_MAGIC};
    return pxe_call(rom, PXENV_FILE_API_CHECK, check) && check->magic == FILE_API_ANSWER &&
           check->mask >> (opcode - FILE_API_FIRST) & 1;
}

static void ask_packet(enum pxe_packet type)
{
    struct cached_packet *packet = &packets[type];
    uint8_t *buffer = realmode_scratch() + PARAMETERS_SIZE;
    struct pxe_cached_info *info = (struct pxe_cached_info *)realmode_scratch();
    *info = (struct pxe_cached_info){.packet_type = (uint16_t)type, .buffer_size = PACKET_MAX, .buffer = realmode_far(buffer)};
    memset(buffer, 0, PACKET_MAX);
    if (!pxe_call(&pxe_found.rom, PXENV_GET_CACHED_INFO, info) || info->buffer_size < PACKET_FIXED)
        return;
    packet->length = info->buffer_size < PACKET_MAX ? info->buffer_size : PACKET_MAX;
    memcpy(packet->bytes, buffer, packet->length);
}

static void ask_command_line(void)
{
    if (!pxe_offers(&pxe_found.rom, PXENV_FILE_CMDLINE))
        return;
    char *buffer = (char *)realmode_scratch() + PARAMETERS_SIZE;
    struct pxe_file_cmdline *line = (struct pxe_file_cmdline *)realmode_scratch();
    memset(buffer, 0, sizeof command_line);
    *line = (struct pxe_file_cmdline){.buffer_size = sizeof command_line, .buffer = realmode_far(buffer)};
    if (pxe_call(&pxe_found.rom, PXENV_FILE_CMDLINE, line))
        memcpy(command_line, buffer, sizeof command_line - 1);
}

static void ask_nic_type(void)
{
    struct pxe_nic_type *type = (struct pxe_nic_type *)realmode_scratch();
    memset(type, 0, sizeof *type);
    if (pxe_call(&pxe_found.rom, PXENV_UNDI_GET_NIC_TYPE, type))
        nic_type = *type;
}

void pxe_find(void)
{
    const struct realmode_block *block = realmode_block();
    if (!(block->start_kind == START_NBP ? find_caller(block) : find_left_behind(block)))
        return;
    pxe_found.alive = true;
    for (enum pxe_packet packet = PXE_DISCOVER; packet < PXE_PACKETS; packet++)
        ask_packet(packet);
    ask_nic_type();
    ask_command_line();
}

const uint8_t *pxe_cached(enum pxe_packet packet, size_t *length)
{
    *length = packets[packet].length;
    return *length ? packets[packet].bytes : NULL;
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
