/* SPDX-License-Identifier: BSD-2-Clause */
/* The partition table of a disk, read only: GPT (UEFI 2.10, 5.3) with its checksums, or MBR. */
#ifndef SANSTRAP_TOOLS_SAVECORE_PARTITIONS_H
#define SANSTRAP_TOOLS_SAVECORE_PARTITIONS_H

#include "tools/savecore/device.h"
#include "tools/savecore/guid.h"

enum partitions_kind {
    PARTITIONS_NONE,
    PARTITIONS_MBR,
    PARTITIONS_GPT,
    PARTITIONS_BROKEN /* a GPT of which neither copy is whole */
};

struct partition {
    unsigned number; /* from 1 on */
    uint64_t first, blocks;
    uint8_t type[GUID_SIZE], id[GUID_SIZE]; /* zeros in an MBR */
};

struct partitions {
    enum partitions_kind kind;
    bool is_backup; /* the GPT's first copy is not whole */
    unsigned count;
    struct partition *list;
    uint64_t first_usable, last_usable; /* of a GPT */
};

/* False: the disk cannot be read, which was told. To be freed in either case. */
bool partitions_read(struct partitions *partitions, const struct device *disk);
void partitions_free(struct partitions *partitions);

/* NULL when there is none; by_id: or there are several. */
const struct partition *partitions_by_number(const struct partitions *partitions, unsigned number);
const struct partition *partitions_by_id(const struct partitions *partitions, const uint8_t id[GUID_SIZE]);
const struct partition *partitions_in_the_way(const struct partitions *partitions, uint64_t first, uint64_t blocks);

#endif
