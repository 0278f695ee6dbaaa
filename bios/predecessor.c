/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An earlier start of ours that no reset has ended: INT 19h went round the boot order, or a BIOS did that by itself. It touches
 * its card in calls of INT 13h only, but that may receive into memory that is now anybody's.
 */
#include <string.h>

#include "bios/home.h"
#include "bios/hooks.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define GENERATIONS_MAX 4

/* The block that an interrupt leads to, if it is one of ours at its last place, but not the one in use. */
static struct realmode_block *find_block(void)
{
    const struct realmode_block *own = realmode_block();
    for (unsigned i = 0; i < BLOCK_HOOKS; i++) {
        struct far_pointer handler = vector_get((uint8_t)own->vectors[i].number);
        struct realmode_block *block = low_memory(handler.segment * PARAGRAPH);
        if (block != own && handler.segment && !memcmp(block->signature, own->signature, sizeof own->signature) &&
            block->segment == handler.segment && block->base == handler.segment * PARAGRAPH && block->first &&
            block->first <= block->base)
            return block;
    }
    return NULL;
}

static void retire(struct realmode_block *block)
{
    pci_silence_nics(); /* one may be parked */
    bool unused = hooks_remove(block, BLOCK_INT13, BLOCK_HOOKS);
    block->drive = block->bios_drive = BLOCK_NO_DRIVE; /* for whoever has hooked after it and still calls it */
    block->drive_count = 0;
    low_write8(BDA_DISK_COUNT, block->bios_disks);
    memset(low_memory(block->first), 0, block->base - block->first); /* its tables */
    if (unused && low_read16(BDA_BASE_MEMORY) * KIB == block->first)
        low_write16(BDA_BASE_MEMORY, block->bios_base_memory);
    log_printf(LOG_INFO, "bios: an earlier start's disk is withdrawn");
}

void predecessor_retire(void)
{
    static bool retiring; /* whoever stops a card comes here, too */
    if (retiring)
        return;

    retiring = true;
    struct realmode_block *block = find_block();
    for (unsigned left = GENERATIONS_MAX; left && block; left--) {
        retire(block);
        block = find_block();
    }
    retiring = false;
}
