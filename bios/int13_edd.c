/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet functions of the BIOS Enhanced Disk Drive Services: EDD-3 (T13 1386D), with EDD-4's (T13 1572D) long block counts.
 */
#include "bios/int13_functions.h"

#define EDD_VERSION 0x30

/*
 * Subsets offered by AH=41h. Bit 1 (locking and ejecting) is not: it promises AH=46h, AH=49h and INT 15h AH=52h as well.
 */
#define EDD_SUBSET_ACCESS  0x0001 /* 42h 43h 44h 47h 48h */
#define EDD_SUBSET_SUPPORT 0x0004 /* 4Eh; of 48h's DPTE, that there is none */
#define EDD_SUBSET_FLAT    0x0008 /* 64-bit flat buffers */

#define WRITE_AND_VERIFY 2 /* of EDD_WRITE */

/* Of EDD_LOCK. */
#define LOCK_DRIVE   0
#define UNLOCK_DRIVE 1
#define LOCK_STATUS  2

#define CONFIGURE_MAX 6 /* of EDD_CONFIGURE: PIO and DMA modes, prefetch */

/* Sizes that a disk address packet says of itself; each adds a field. */
#define PACKET_SIZE       0x10
#define PACKET_SIZE_FLAT  0x18
#define PACKET_SIZE_LONG  0x20
#define PACKET_COUNT      2
#define PACKET_LONG_COUNT 0x18
#define COUNT_IS_LONG     0xFF
#define POINTER_IS_FLAT   0xFFFFFFFFu

struct disk_address_packet {
    uint8_t size;
    uint8_t reserved;
    uint16_t count; /* the specification's byte and its reserved neighbour: programs store a word */
    uint16_t offset, segment;
    uint64_t lba;
    uint64_t flat;
    uint32_t long_count;
    uint32_t reserved2;
} __attribute__((packed));

/* A packet understood. */
struct edd_request {
    struct int13_buffer packet;
    struct int13_buffer buffer;
    uint64_t lba;
    uint32_t count;
    bool count_is_long;
};

static uint8_t read_packet(const struct real_registers *registers, struct edd_request *request)
{
    struct disk_address_packet packet = {0};
    request->packet = int13_buffer_at(registers->ds, REG16(registers->esi), registers->a20);
    if (!int13_buffer_reaches(&request->packet, PACKET_SIZE))
        return INT13_INVALID;
    int13_buffer_get(&request->packet, 0, &packet, PACKET_SIZE);
    if (packet.size < PACKET_SIZE)
        return INT13_INVALID;

    uint32_t size = packet.size >= PACKET_SIZE_LONG   ? PACKET_SIZE_LONG
                    : packet.size >= PACKET_SIZE_FLAT ? PACKET_SIZE_FLAT
                                                      : PACKET_SIZE;
    if (!int13_buffer_reaches(&request->packet, size))
        return INT13_INVALID;
    int13_buffer_get(&request->packet, 0, &packet, size);

    request->lba = packet.lba;
    request->count_is_long = size == PACKET_SIZE_LONG && packet.count == COUNT_IS_LONG;
    request->count = request->count_is_long ? packet.long_count : packet.count;
    bool flat = request->count_is_long || ((uint32_t)packet.segment << 16 | packet.offset) == POINTER_IS_FLAT;
    if (flat && size < PACKET_SIZE_FLAT)
        return INT13_INVALID;
    request->buffer = flat ? (struct int13_buffer){.flat = true, .address = packet.flat}
                           : int13_buffer_at(packet.segment, packet.offset, registers->a20);
    return INT13_OK;
}

/* On an error the packet's count becomes what was done. */
static uint8_t write_count(const struct edd_request *request, uint8_t status, uint32_t done)
{
    if (status != INT13_OK && request->count_is_long)
        int13_buffer_put(&request->packet, PACKET_LONG_COUNT, &done, 4);
    else if (status != INT13_OK)
        int13_buffer_put(&request->packet, PACKET_COUNT, &done, 2);
    return status;
}

uint8_t int13_edd_check(struct int13_drive *drive, struct real_registers *registers)
{
    (void)drive;
    if (REG16(registers->ebx) != EDD_CHECK_CALL)
        return INT13_INVALID;
    SET_REG16(registers->ebx, EDD_CHECK_ANSWER);
    SET_REG16(registers->ecx, EDD_SUBSET_ACCESS | EDD_SUBSET_SUPPORT | EDD_SUBSET_FLAT);
    SET_REG8_HIGH(registers->eax, EDD_VERSION);
    return INT13_OK;
}

/* What is done with the sectors of a packet; each returns an INT 13h status and says in *done how many it was done with. */
typedef uint8_t packet_work(struct int13_drive *drive, const struct edd_request *request, uint32_t *done);

static uint8_t read_sectors(struct int13_drive *drive, const struct edd_request *request, uint32_t *done)
{
    return int13_transfer(drive, DISK_READ, request->lba, request->count, &request->buffer, done);
}

static uint8_t write_sectors(struct int13_drive *drive, const struct edd_request *request, uint32_t *done)
{
    return int13_transfer(drive, DISK_WRITE, request->lba, request->count, &request->buffer, done);
}

static uint8_t write_and_compare(struct int13_drive *drive, const struct edd_request *request, uint32_t *done)
{
    uint8_t status = write_sectors(drive, request, done);
    return status == INT13_OK ? int13_compare(drive, request->lba, request->count, &request->buffer, done) : status;
}

static uint8_t verify_sectors(struct int13_drive *drive, const struct edd_request *request, uint32_t *done)
{
    return int13_verify_sectors(drive, request->lba, request->count, done);
}

static uint8_t do_packet(struct int13_drive *drive, const struct real_registers *registers, packet_work *work)
{
    struct edd_request request;
    uint8_t status = read_packet(registers, &request);
    if (status != INT13_OK)
        return status;
    uint32_t done;
    status = work(drive, &request, &done);
    return write_count(&request, status, done);
}

uint8_t int13_edd_read(struct int13_drive *drive, struct real_registers *registers)
{
    return do_packet(drive, registers, read_sectors);
}

/* AL: 0 and 1 write, 2 writes and verifies (EDD-3; bit 0 alone meant verifying in EDD-1.1, where few obeyed it). */
uint8_t int13_edd_write(struct int13_drive *drive, struct real_registers *registers)
{
    uint8_t mode = REG8_LOW(registers->eax);
    if (mode > WRITE_AND_VERIFY)
        return INT13_INVALID;
    return do_packet(drive, registers, mode == WRITE_AND_VERIFY ? write_and_compare : write_sectors);
}

uint8_t int13_edd_verify(struct int13_drive *drive, struct real_registers *registers)
{
    return do_packet(drive, registers, verify_sectors);
}

uint8_t int13_edd_seek(struct int13_drive *drive, struct real_registers *registers)
{
    struct edd_request request;
    uint8_t status = read_packet(registers, &request);
    if (status != INT13_OK)
        return status;
    return int13_range(drive, request.lba, 1) == INT13_OK ? INT13_OK : INT13_SEEK_FAILED;
}

/* AL: 0 locks, 1 unlocks, 2 asks. Locks are counted; AL says afterwards whether one is left. */
uint8_t int13_edd_lock(struct int13_drive *drive, struct real_registers *registers)
{
    switch (REG8_LOW(registers->eax)) {
    case LOCK_DRIVE:
        if (drive->locks == UINT8_MAX)
            return INT13_LOCKS_EXCEEDED;
        drive->locks++;
        break;
    case UNLOCK_DRIVE:
        if (drive->locks == 0)
            return INT13_NOT_LOCKED;
        drive->locks--;
        break;
    case LOCK_STATUS:
        break;
    default:
        return INT13_INVALID;
    }

    SET_REG8_LOW(registers->eax, drive->locks > 0);
    return INT13_OK;
}

/* Prefetch, PIO and DMA modes, AL 0..6: there is no such hardware to set; AL=0 says that no other drive is affected. */
uint8_t int13_edd_configure(struct int13_drive *drive, struct real_registers *registers)
{
    (void)drive;
    if (REG8_LOW(registers->eax) > CONFIGURE_MAX)
        return INT13_INVALID;
    SET_REG8_LOW(registers->eax, 0);
    return INT13_OK;
}
