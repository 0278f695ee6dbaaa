/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF core of a Linux kernel for x86-64, as /proc/vmcore gives it: its segments, its VMCOREINFO note, and the kernel's memory
 * by virtual addresses. Everything in it is somebody else's: numbers are checked, and what is taken is bounded.
 */
#ifndef SANSTRAP_TOOLS_SAVECORE_ELF_CORE_H
#define SANSTRAP_TOOLS_SAVECORE_ELF_CORE_H

#include "tools/savecore/disk.h"

struct elf_segment {
    uint32_t type;
    uint64_t offset, virtual, physical, size; /* size: bytes in the file */
};

struct elf_core {
    int file; /* the caller's to close */
    unsigned count;
    struct elf_segment *segments;
    char *info;         /* VMCOREINFO's text; NULL: there is none */
    uint64_t phys_base; /* what the kernel's image was moved by */
};

/* NULL, or what it lacks. To be closed in either case. */
const char *elf_core_open(struct elf_core *core, int file);
void elf_core_close(struct elf_core *core);

/* A value of VMCOREINFO: what stands behind "key=", of that base. */
bool elf_core_number(const struct elf_core *core, const char *key, int base, uint64_t *value);

/* False: some of it is not in the core. */
bool elf_core_read(const struct elf_core *core, uint64_t address, void *to, size_t length);

/* Bytes up to the end of the last segment, of the core that begins at this block; 0 when none does. */
uint64_t elf_core_length_on_disk(const struct disk *disk, uint64_t lba);

#endif
