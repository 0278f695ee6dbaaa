/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody else keeps in a run of blocks: file systems, swap, volumes of LVM, RAIDs, encrypted disks, partition tables. */
#ifndef SANSTRAP_TOOLS_SAVECORE_SIGNATURES_H
#define SANSTRAP_TOOLS_SAVECORE_SIGNATURES_H

#include "tools/savecore/device.h"

/* Of a run's beginning and of its end so many bytes are looked at, and are made zero when it is marked. */
#define SIGNATURES_REACH (256u * 1024)

/*
 * Its name, NULL when there is none that is known. `first` and `last` are its first and its last SIGNATURES_REACH bytes; of a
 * shorter run `last` is `first`, and `reach` its length.
 */
const char *signatures_name(const uint8_t *first, const uint8_t *last, size_t reach);

/* Likewise, read from the disk. False: it cannot be read, which was told. */
bool signatures_look(const struct device *disk, uint64_t lba, uint64_t blocks, const char **name);

#endif
