/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that deal with the PXE ROM know of each other; what the home is to know is in bios/home.h. */
#ifndef SANSTRAP_PXE_H
#define SANSTRAP_PXE_H

#include "bios/low_memory.h"
#include "bios/pxe_structures.h"

/* PXE specification 2.1, sections 3 and 4; E0h and up are iPXE's. */
#define PXENV_UNDI_CLEANUP         0x02
#define PXENV_UNDI_SHUTDOWN        0x05
#define PXENV_UNDI_GET_INFORMATION 0x0C
#define PXENV_UNDI_GET_NIC_TYPE    0x12
#define PXENV_STOP_UNDI            0x15
#define PXENV_TFTP_OPEN            0x20
#define PXENV_TFTP_CLOSE           0x21
#define PXENV_TFTP_READ            0x22
#define PXENV_UNLOAD_STACK         0x70
#define PXENV_GET_CACHED_INFO      0x71
#define PXENV_FILE_OPEN            0xE0
#define PXENV_FILE_CLOSE           0xE1
#define PXENV_FILE_SELECT          0xE2
#define PXENV_FILE_READ            0xE3
#define PXENV_FILE_EXEC            0xE5
#define PXENV_FILE_API_CHECK       0xE6
#define PXENV_FILE_CMDLINE         0xE8

#define PXE_INSTALLATION   0x1A /* interrupt */
#define PXENV_EXIT_FAILURE 1
#define PARAMETERS_SIZE    64 /* what calls without data of interest get as parameters; buffers lie behind that much */

/* FILE_SELECT's, and FILE_CLOSE's and TFTP_CLOSE's, which have less of it. `handle`: iPXE's, 0 is none. */
struct pxe_file_select {
    uint16_t status, handle, ready;
} __attribute__((packed));

/* ---- pxe.c: the ROM that pxe_find() found ---- */

extern struct pxe_found {
    struct pxe_rom rom;
    struct far_pointer stack; /* that it is called on */
    bool alive;               /* and its stack has not been taken down: `rom` is good */
} pxe_found;

/* True when it says success. `parameters`: in the scratch buffer. Another ROM than the one that was found has the same stack. */
bool pxe_call(const struct pxe_rom *rom, uint16_t opcode, void *parameters);

/* True when the ROM is iPXE, or has its API for files, with this function. Uses the scratch buffer. */
bool pxe_offers(const struct pxe_rom *rom, uint16_t opcode);

/* ---- rom_drives.c: disks that a ROM put behind INT 13h itself ---- */

/*
 * Takes the disks of every ROM out of INT 13h whose stack is in base memory: by the ROM itself, which ends its session, while
 * pxe_found.alive; otherwise INT 13h goes round the ROM. Says on the screen what could not be done.
 */
void rom_drives_withdraw(void);

/* Lets an interrupt that a ROM hooks go on to who had it before. True when it does not lead into a ROM any more. */
bool rom_drives_step_over(uint8_t vector);

#endif
