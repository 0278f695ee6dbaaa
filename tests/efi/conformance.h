/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UEFI application that holds BlockIo, BlockIo2 and DiskInfo of the disk that it was loaded from to their specification
 * (UEFI 2.10, 13.9 and 13.10). Results go to the console, a line a check. image.py makes the disk.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/efi.h"
#include "platform/bytes.h"

#define PARTITION_OFFSET MIB        /* where image.py puts the system partition, in bytes from the disk's start */
#define CONFIG_OFFSET    (47 * MIB) /* behind it */
#define SCRATCH_SIZE     MIB
#define SECTOR           512u /* the unit of content, whatever the block size */
#define BUFFER_SIZE      (4 * MIB)
#define CONFIG_MAGIC     "EFIEXERC"

enum mode { MODE_EXERCISE, MODE_SPEED, MODE_READ_ONLY, MODE_WORKS };

/* What image.py writes at CONFIG_OFFSET. Bytes where not said otherwise. */
struct config {
    char magic[8];
    uint32_t mode;
    uint32_t strict;  /* 1: sanstrap's promises are due as well */
    uint32_t seconds; /* of each speed test */
    uint32_t seed;
    uint32_t reads, writes;
    uint64_t scratch;                /* SCRATCH_SIZE bytes that may be written */
    uint64_t data_start, data_bytes; /* content that proves itself */
    uint32_t mixed;
};

/* What is tested, and with what. */
extern struct subject {
    EFI_BOOT_SERVICES *boot;
    EFI_SYSTEM_TABLE *system;
    EFI_BLOCK_IO_PROTOCOL *io;
    EFI_BLOCK_IO2_PROTOCOL *io2; /* NULL when there is none */
    EFI_BLOCK_IO_MEDIA *media;
    EFI_DEVICE_PATH *path; /* the disk's */
    EFI_HANDLE volume;     /* the partition that we were loaded from */
    struct config config;
    uint8_t *buffer, *second; /* BUFFER_SIZE bytes each, aligned to PAGE_SIZE */
} subject;

/* ---- console.c: a line a check ---- */

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void check(bool good, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void check_status(EFI_STATUS found, EFI_STATUS expected, const char *name);

/* The name of a check, good until the next one is made. */
const char *named(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The last line; returns how many failed. */
unsigned finish(void);

/* ---- content.c: every sector of the data tells where it belongs ---- */

void put_content(uint8_t *to, uint64_t offset, uint64_t length, uint32_t seed);
bool has_content(const uint8_t *at, uint64_t offset, uint64_t length, uint32_t seed);
uint32_t written_seed(void);
uint32_t next_random(uint32_t *state);
bool all_are(const uint8_t *at, size_t length, uint8_t value);

/* Blocks by byte offset, through BlockIo. */
EFI_STATUS read_bytes(uint64_t offset, uint64_t length, void *to);
EFI_STATUS write_bytes(uint64_t offset, uint64_t length, const void *from);

/* True when what was read from `offset` is the data that image.py put there. */
bool is_data(const uint8_t *at, uint64_t offset, uint64_t length);

/* read_bytes(), and EFI_CRC_ERROR when it is not the data that image.py put there. */
EFI_STATUS read_data(uint64_t offset, uint64_t length, void *to);

/* ---- events.c: true when it is signalled within some 20 s ---- */

bool event_comes(EFI_EVENT event);

/* ---- one file a subject ---- */

/*
 * One way to move blocks: BlockIo, or BlockIo2 with one kind of token. The refusals and the sizes are tried on each.
 */
struct way {
    const char *name;
    EFI_STATUS (*read)(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer);
    EFI_STATUS (*write)(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer);
    EFI_STATUS (*flush)(void);
};

void test_media(void);
void test_refusals(const struct way *way);
void test_transfers(const struct way *way);
void test_block_io(void);
void test_block_io2(void);
void test_background(void);
void test_random(void);
void test_mixed(void); /* tests/exerciser/mixed.h */
void test_disk_info(void);
void test_read_only(void);
void measure_speed(void);
void measure_works(void); /* tests/bench/block_io_home.c */

#endif
