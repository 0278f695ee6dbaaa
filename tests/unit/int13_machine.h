/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PC for INT 13h's tests: 1 MiB and 64 KiB of real-mode memory, some above it, and a disk in memory that completes requests in
 * the reverse of their order, wants memory of its own for each, and can be told to fail. One of each a program. Time passes only
 * while the disk is silent.
 */
#ifndef SANSTRAP_TESTS_INT13_MACHINE_H
#define SANSTRAP_TESTS_INT13_MACHINE_H

#include "tests/unit/unit.h"

#include "bios/int13.h"
#include "bios/low_memory.h"
#include "platform/bytes.h"
#include "tests/host/host.h"

#define REAL_MEMORY 0x110000u
#define HIGH_MEMORY 0x200000u /* where flat buffers may be */
#define HIGH_SIZE   0x100000u
#define STORE_SIZE  (4 * MIB)
#define BUFFER_SEG  0x2000
#define BUFFER      0x20000u
#define PACKET      0x0800u

static uint8_t real_memory[REAL_MEMORY], high_memory[HIGH_SIZE];

void *realmode_pointer(uint16_t segment, uint16_t offset, bool a20)
{
    uint32_t linear = segment * 16u + offset;
    return real_memory + (a20 ? linear : linear & 0xFFFFF);
}

void *realmode_flat_pointer(uint64_t address, uint64_t length)
{
    if (address < HIGH_MEMORY || length > HIGH_SIZE || address - HIGH_MEMORY > HIGH_SIZE - length)
        return NULL;
    return high_memory + (address - HIGH_MEMORY);
}

struct memory_disk {
    struct disk disk;
    uint8_t *store;
    struct disk_request *queue;
    unsigned requests, blocks, most_in_flight, in_flight;
    enum status failure; /* given to requests from `fails_from` on */
    uint64_t fails_from;
    bool silent;
};

static void memory_submit(struct disk *disk, struct disk_request *request)
{
    struct memory_disk *memory = (struct memory_disk *)disk;
    const uint8_t *from = request->buffer, *to = from + (size_t)request->blocks * disk->block_size;
    for (const struct disk_request *other = memory->queue; other; other = other->link[0]) {
        const uint8_t *its = other->buffer;
        assert_true(to <= its || its + (size_t)other->blocks * disk->block_size <= from);
    }
    request->link[0] = memory->queue;
    memory->queue = request;
    memory->requests++;
    memory->blocks += request->blocks;
    if (++memory->in_flight > memory->most_in_flight)
        memory->most_in_flight = memory->in_flight;
}

static void memory_pump(struct disk *disk)
{
    struct memory_disk *memory = (struct memory_disk *)disk;
    struct disk_request *request = memory->queue;
    if (memory->silent)
        host_clock_advance_us(1000);
    if (!request || memory->silent)
        return;

    memory->queue = request->link[0];
    memory->in_flight--;

    size_t length = (size_t)request->blocks * disk->block_size;
    uint64_t at = request->lba * disk->block_size % STORE_SIZE;
    request->status = memory->failure && request->lba + request->blocks > memory->fails_from ? memory->failure : OK;

    assert_true(at + length <= STORE_SIZE);
    if (request->status == OK && request->operation == DISK_READ)
        memcpy(request->buffer, memory->store + at, length);
    if (request->status == OK && request->operation == DISK_WRITE)
        memcpy(memory->store + at, request->buffer, length);
    request->done = true;
}

static void memory_cancel(struct disk *disk, struct disk_request *request)
{
    struct memory_disk *memory = (struct memory_disk *)disk;
    struct disk_request **link = &memory->queue;
    while (*link != request)
        link = (struct disk_request **)&(*link)->link[0];
    *link = request->link[0];
    memory->in_flight--;
    request->status = E_DISK_TIMEOUT;
    request->done = true;
}

static const struct disk_ops memory_ops = {memory_submit, memory_pump, memory_cancel};
static uint8_t memory_store[STORE_SIZE], bounce_block[65536];
static struct memory_disk memory;
static struct int13_drive drive;
static struct real_registers registers;

static void content(uint8_t *sector, uint64_t lba)
{
    for (unsigned i = 0; i < 512; i++)
        sector[i] = (uint8_t)(lba * 37 + (lba >> 7) + i * 11 + (i >> 8));
}

/* `sectors` of 512 bytes may exceed the store, whose content then repeats. */
static void new_machine(uint32_t block_size, uint64_t sectors)
{
    host_clock_use_virtual();
    memset(real_memory, 0xCC, sizeof real_memory);
    memset(high_memory, 0xCC, sizeof high_memory);
    memset(memory_store, 0, 512);
    for (uint32_t lba = 1; lba < STORE_SIZE / 512; lba++)
        content(memory_store + lba * 512, lba);
    real_memory[BDA_DISK_COUNT] = 1;

    memory = (struct memory_disk){.store = memory_store};
    memory.disk = (struct disk){.ops = &memory_ops,
                                .block_size = block_size,
                                .block_count = sectors * 512 / block_size,
                                .max_blocks = 16384 / block_size ? 16384 / block_size : 1,
                                .physical_block_size = block_size};
    if (sectors > UINT64_MAX / 512)
        memory.disk.block_count = sectors / (block_size / 512);

    drive = (struct int13_drive){.call_ms = 50, .path = {.bus = 1, .device = 2, .function = 3, .lun = {0, 5}}};
    assert_int_equal(int13_open(&drive, &memory.disk, bounce_block), OK);

    memory.requests = memory.blocks = memory.most_in_flight = 0;
}

/* Everything a pattern, AX and DL set, A20 on, carry set the wrong way round. */
static void load(uint16_t ax)
{
    registers = (struct real_registers){.edi = 0x11223344,
                                        .esi = 0x55660000 | PACKET,
                                        .ebp = 0x778899AA,
                                        .ebx = 0xBBCC0000,
                                        .edx = 0xDDEE0080,
                                        .ecx = 0x0F1E2D3C,
                                        .eax = 0x4B5A0000u | ax,
                                        .eflags = 0x00000A02,
                                        .a20 = true,
                                        .reserved = {1, 2, 3}};

    registers.gs = 0x1357;
    registers.fs = 0x2468;
    registers.es = BUFFER_SEG;
}

static inline void put(uint32_t linear, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        real_memory[linear + i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t get(uint32_t linear, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | real_memory[linear + i];
    return value;
}

static inline void put_packet(uint8_t size, uint16_t count, uint32_t buffer, uint64_t lba)
{
    put(PACKET, size, 2);
    put(PACKET + 2, count, 2);
    put(PACKET + 4, buffer, 4);
    put(PACKET + 8, lba, 8);
}

/*
 * Serves the call and compares all registers: of EAX, EBX, ECX, EDX only the bits given may have changed, AH and carry always.
 * Returns AH for a failed call, 0 for one that succeeded.
 */
static uint8_t serve_keeping(uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    struct real_registers before = registers;
    int13_serve(&drive, &registers);

    assert_int_equal((before.eax ^ registers.eax) & ~(eax | 0xFF00), 0);
    assert_int_equal((before.ebx ^ registers.ebx) & ~ebx, 0);
    assert_int_equal((before.ecx ^ registers.ecx) & ~ecx, 0);
    assert_int_equal((before.edx ^ registers.edx) & ~edx, 0);

    struct real_registers after = registers;
    after.eax = before.eax;
    after.ebx = before.ebx;
    after.ecx = before.ecx;
    after.edx = before.edx;
    after.eflags = (after.eflags & ~FLAG_CARRY) | (before.eflags & FLAG_CARRY);
    assert_memory_equal(&before, &after, sizeof before);

    assert_int_equal(real_memory[BDA_DISK_STATUS], drive.last_status);
    if (!(registers.eflags & FLAG_CARRY))
        return 0;
    assert_int_not_equal(registers.eax & 0xFF00, 0);
    return (uint8_t)(registers.eax >> 8);
}

static inline uint8_t serve(void)
{
    return serve_keeping(0, 0, 0, 0);
}

#endif
