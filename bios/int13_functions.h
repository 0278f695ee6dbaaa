/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files that make up INT 13h share. A function gets the caller's registers, puts its results into them (AH and carry
 * excepted) and returns the status that the caller will find in AH.
 */
#ifndef SANSTRAP_INT13_FUNCTIONS_H
#define SANSTRAP_INT13_FUNCTIONS_H

#include "bios/int13.h"

/* Functions, by their AH: IBM PC AT Technical Reference; those of packets from 41h on: EDD-3 (T13 1386D). */
#define INT13_RESET             0x00
#define INT13_LAST_STATUS       0x01
#define INT13_READ              0x02
#define INT13_WRITE             0x03
#define INT13_VERIFY            0x04
#define INT13_PARAMETERS        0x08
#define INT13_INITIALISE        0x09
#define INT13_SEEK              0x0C
#define INT13_RESET_DRIVE       0x0D
#define INT13_TEST_READY        0x10
#define INT13_RECALIBRATE       0x11
#define INT13_DIAGNOSTICS       0x14
#define INT13_TYPE              0x15
#define EDD_CHECK               0x41
#define EDD_READ                0x42
#define EDD_WRITE               0x43
#define EDD_VERIFY              0x44
#define EDD_LOCK                0x45
#define EDD_SEEK                0x47
#define EDD_PARAMETERS          0x48
#define EL_TORITO_END_EMULATION 0x4B
#define EDD_CONFIGURE           0x4E

/* In BX of EDD_CHECK, and in what is answered. */
#define EDD_CHECK_CALL   0x55AA
#define EDD_CHECK_ANSWER 0xAA55

/* Statuses, as AH=01h numbers them. */
enum int13_status {
    INT13_OK = 0x00,
    INT13_INVALID = 0x01, /* function or parameter */
    INT13_WRITE_PROTECTED = 0x03,
    INT13_SECTOR_NOT_FOUND = 0x04,
    INT13_BOUNDARY = 0x09,      /* the buffer runs out of what its address can reach */
    INT13_UNCORRECTABLE = 0x10, /* the medium is at fault */
    INT13_CONTROLLER = 0x20,
    INT13_SEEK_FAILED = 0x40,
    INT13_TIMEOUT = 0x80,
    INT13_NOT_READY = 0xAA,
    INT13_NOT_LOCKED = 0xB0,
    INT13_LOCKS_EXCEEDED = 0xB4,
    INT13_WRITE_FAULT = 0xCC,
};

/*
 * To add a function: its AH above, its declaration here, a line in the table of int13.c. It reads its arguments from *registers
 * and puts results there, AH and carry excepted, unless its line in the table says that AH is a result.
 */
typedef uint8_t int13_function(struct int13_drive *drive, struct real_registers *registers);

/* int13_chs.c: INT13_READ, INT13_WRITE, INT13_VERIFY, INT13_SEEK, INT13_PARAMETERS, INT13_TYPE. */
int13_function int13_chs_read, int13_chs_write, int13_chs_verify, int13_chs_seek, int13_chs_parameters, int13_chs_type;

/* int13_edd.c: EDD_CHECK to EDD_SEEK and EDD_CONFIGURE. */
int13_function int13_edd_check, int13_edd_read, int13_edd_write, int13_edd_verify, int13_edd_seek, int13_edd_lock,
    int13_edd_configure;

/* int13_edd_parameters.c: EDD_PARAMETERS. */
int13_function int13_edd_parameters;

/* ---- the caller's memory (int13_memory.c) ---- */

/* A place in memory as the caller meant it. */
struct int13_buffer {
    bool flat; /* `address` is physical, 64-bit; else linear, from segment and offset */
    bool a20;  /* for linear addresses: off wraps them at 1 MiB */
    uint64_t address;
};

/* From segment:offset. */
struct int13_buffer int13_buffer_at(uint16_t segment, uint16_t offset, bool a20);

/* True when all `length` bytes are there to be used. */
bool int13_buffer_reaches(const struct int13_buffer *buffer, uint64_t length);

/*
 * The byte at `offset` and how many of the following `length` bytes are contiguous with it (*run, at least 1). Only inside a
 * range that int13_buffer_reaches() allowed.
 */
uint8_t *int13_buffer_run(const struct int13_buffer *buffer, uint64_t offset, uint64_t length, uint64_t *run);

/* Copies `length` bytes from `offset` on. Only inside a range that int13_buffer_reaches() allowed. */
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

/*
 * Reads sectors without giving them to anybody; a range that is not on the disk is refused. *verified says how many are known to
 * be good: all of them on success.
 */
uint8_t int13_verify_sectors(struct int13_drive *drive, uint64_t lba, uint32_t count, uint32_t *verified);

/*
 * Reads sectors back and compares: INT13_WRITE_FAULT when the disk holds something else than the buffer. *compared says how many
 * were equal. Range and buffer are those that int13_transfer() has taken just before.
 */
uint8_t int13_compare(struct int13_drive *drive, uint64_t lba, uint32_t count, const struct int13_buffer *buffer,
                      uint32_t *compared);

/* The status that a BIOS would give for one of ours. */
uint8_t int13_status_of(enum status status);

/* Reads one sector through drive->bounce; *sector points into it, until the next call that uses it. The disk's own status. */
enum status int13_read_sector(struct int13_drive *drive, uint64_t lba, const uint8_t **sector);

#endif
