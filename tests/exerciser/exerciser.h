/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot image that holds a BIOS to its word. 16-bit real mode in one 64 KiB segment (gcc -m16); addresses above it are reached
 * through FS or, above 1 MiB, through entry.asm. Results go to COM1, a line a check.
 */
#ifndef EXERCISER_H
#define EXERCISER_H

#include <stdbool.h>
#include <stdint.h>

#include "bios/low_memory.h"

#define BDA_TICKS 0x46Cu /* dword: 18.2 in a second, since midnight */
#define SMAP      0x534D4150u

#define NOTES         0x600u /* words that mbr.asm stores: how it was entered */
#define NOTE_CS       (NOTES + 0)
#define NOTE_IP       (NOTES + 2)
#define NOTE_SS       (NOTES + 4)
#define NOTE_SP       (NOTES + 6)
#define NOTE_ES       (NOTES + 10)
#define NOTE_DI       (NOTES + 12)
#define NOTE_DX       (NOTES + 16)
#define NOTE_FLAGS    (NOTES + 18)
#define OWN_SEGMENT   0x1000
#define BUFFER        0x20000u /* 256 KiB of scratch memory */
#define BUFFER_SIZE   0x40000u
#define STACK_SEGMENT 0x6000 /* a stack for calls, its use measured */
#define STACK_TOP     0x07F6
#define HIGH_BUFFER   0x200000u
#define DATA_START    2048u /* first sector of content */

#define CARRY     0x001u
#define DIRECTION 0x400u
#define INTERRUPT 0x200u

struct registers {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
    uint16_t ds, es, fs, gs;
    uint32_t eflags;
    uint16_t ss, sp;
};

/* What image.py writes into LBA 1. */
struct config {
    char magic[8];
    uint8_t mode;    /* 0 exercise, 1 speed */
    uint8_t profile; /* 0 SeaBIOS, 1 sanstrap: which promises are due */
    uint8_t drive;
    uint8_t seconds; /* of each speed test */
    uint32_t seed;
    uint32_t sectors;
    uint32_t reads, writes, mixed;
};

/* A disk address packet, with every field that any version has. */
struct packet {
    uint8_t size, reserved;
    uint16_t count;
    uint16_t offset, segment;
    uint32_t lba, lba_high;
    uint32_t flat, flat_high;
    uint32_t long_count, reserved2;
};

extern struct config config;
extern bool strict; /* sanstrap's promises are due */

/* main.c; entry.asm starts it */
void exerciser_main(void);

/*
 * entry.asm. The first needs nothing above 1 MiB; the others take linear addresses anywhere below 4 GiB and whole dwords, and
 * want A20 on. What flat_fill() writes to address a is a ^ seed; flat_differs() returns the first address where something else
 * is, or 0.
 */
void call_interrupt(uint8_t number, const struct registers *in, struct registers *out);
void flat_copy(uint32_t to, uint32_t from, uint32_t length);
void flat_fill(uint32_t to, uint32_t length, uint32_t seed);
uint32_t flat_differs(uint32_t at, uint32_t length, uint32_t seed);

/* v86.asm: INT 13h in V86 mode; AX afterwards, bit 31 when the BIOS tried what V86 mode forbids */
uint32_t v86_call(uint32_t eax, uint32_t edx, uint32_t esi, uint32_t *eflags);

/*
 * console.c: COM1. check() counts and writes "ok NAME", or "FAIL NAME" with the values; power_off() writes the sums and does not
 * return.
 */
void say(const char *format, ...); /* %s %x %u */
void check(bool good, const char *name, const char *format, ...);
void power_off(void);

/* memory.c: bytes below 1 MiB by linear address, and content of sectors */
uint8_t peek8(uint32_t linear);
uint16_t peek16(uint32_t linear);
uint32_t peek32(uint32_t linear);
void poke8(uint32_t linear, uint8_t value);
void fill8(uint32_t linear, uint32_t length, uint8_t value);
bool all8(uint32_t linear, uint32_t length, uint8_t value);
void put_content(uint32_t linear, uint32_t lba, uint32_t seed);
bool has_content(uint32_t linear, uint32_t lba, uint32_t sectors, uint32_t seed);
uint32_t written_seed(void);
uint32_t next_random(uint32_t *state);
bool a20_is_on(void);
void set_a20(bool on);

/* disk.c: calls with all registers loaded; what they left is in `after` */
extern struct registers before, after;
extern bool preserved_always; /* over all calls */
void prepare_call(uint8_t ah, uint8_t al);
uint8_t call_prepared(void);                                                 /* returns AH, or 0 when carry is clear */
void allow_changes(uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx);  /* register bits that the function returns */
uint8_t transfer(uint8_t ah, uint32_t lba, uint16_t count, uint32_t linear); /* by packet */
extern struct packet packet;
uint8_t packet_call(uint8_t ah, uint8_t al); /* `packet` as it stands */

/* one file a subject */
void test_entry(void);
void test_memory_map(void);
void test_classic(void);
void test_edd(void);
void test_parameters(void);
void test_buffers(void);
void test_environment(void);
void test_random(void);
void test_mixed(void); /* mixed.h */
void measure_speed(void);

#endif
