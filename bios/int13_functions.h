/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files that make up INT 13h share. A function gets the caller's registers, puts its results into them (AH and carry
 * excepted) and returns the status that the caller will find in AH.
 */
#ifndef SANSTRAP_INT13_FUNCTIONS_H
#define SANSTRAP_INT13_FUNCTIONS_H

#include "bios/int13.h"

/* Statuses, as AH=01h numbers them. */
enum int13_status {
    INT13_OK = 0x00,
    INT13_INVALID = 0x01, /* function or parameter */
    INT13_WRITE_PROTECTED = 0x03,
    INT13_SECTOR_NOT_FOUND = 0x04,
    INT13_BOUNDARY = 0x09,      /* the buffer runs out of what its address can reach */
    INT13_UNCORRECTABLE = 0x10, /* the medium is at fault */
    INT13_CONTROLLER = 0x20,
    INT13_SEEK = 0x40,
    INT13_TIMEOUT = 0x80,
    INT13_NOT_READY = 0xAA,
    INT13_NOT_LOCKED = 0xB0,
    INT13_LOCKS_EXCEEDED = 0xB4,
    INT13_WRITE_FAULT = 0xCC,
};

typedef uint8_t int13_function(struct int13_drive *drive, struct real_registers *registers);

/* int13_chs.c: functions that address by cylinder, head and sector. */
int13_function int13_read, int13_write, int13_verify, int13_seek, int13_parameters, int13_type;

/* int13_edd.c: the packet functions. */
int13_function edd_check, edd_read, edd_write, edd_verify, edd_seek, edd_lock, edd_configure;

/* edd_parameters.c */
int13_function edd_parameters;

/* ---- the caller's memory (int13_memory.c) ---- */

/* A place in memory as the caller meant it. */
struct int13_buffer {
    bool flat; /* `address` is physical, 64-bit; else linear, from segment and offset */
    bool a20;  /* for linear addresses: off wraps them at 1 MiB */
    uint64_t address;
};

struct int13_buffer int13_buffer_at(uint16_t segment, uint16_t offset, bool a20);

/* True when all `length` bytes are there to be used. */
bool int13_buffer_reaches(const struct int13_buffer *buffer, uint64_t length);

/*
 * The byte at `offset` and how many of the following `length` bytes are contiguous with it (*run, at least 1). Only inside a
 * range that int13_buffer_reaches() allowed.
 */
uint8_t *int13_buffer_run(const struct int13_buffer *buffer, uint64_t offset, uint64_t length, uint64_t *run);

void int13_buffer_get(const struct int13_buffer *buffer, uint64_t offset, void *to, uint32_t length);
void int13_buffer_put(const struct int13_buffer *buffer, uint64_t offset, const void *from, uint32_t length);

/* ---- sectors (int13_transfer.c) ---- */

/* INT13_OK when `count` sectors from `lba` on are on the disk. Nothing wraps. */
uint8_t int13_range(const struct int13_drive *drive, uint64_t lba, uint64_t count);

/*
 * Moves `count` sectors of 512 bytes between the disk and the caller's buffer. *moved says how many are known to have been: all
 * of them on success; on failure those before the disk request that failed. The range and the buffer are checked before anything
 * moves.
 */
uint8_t int13_transfer(struct int13_drive *drive, enum disk_operation operation, uint64_t lba, uint32_t count,
                       const struct int13_buffer *buffer, uint32_t *moved);

/* Reads sectors without giving them to anybody. */
uint8_t int13_verify_sectors(struct int13_drive *drive, uint64_t lba, uint32_t count, uint32_t *verified);

/* Reads sectors back and compares: INT13_WRITE_FAULT when the disk holds something else than the buffer. */
uint8_t int13_compare(struct int13_drive *drive, uint64_t lba, uint32_t count, const struct int13_buffer *buffer,
                      uint32_t *compared);

/* The status that a BIOS would give for one of ours. */
uint8_t int13_status_of(enum status status);

/* Reads one sector through drive->bounce; *sector points into it. */
enum status int13_read_sector(struct int13_drive *drive, uint64_t lba, const uint8_t **sector);

#endif
