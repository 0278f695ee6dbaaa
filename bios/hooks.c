/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors to a real-mode block, set and taken back. */
#include "bios/hooks.h"

static bool leads_to(const struct block_vector *vector, uint16_t offset, uint16_t segment)
{
    struct far_pointer now = vector_get((uint8_t)vector->number);
    return now.offset == offset && now.segment == segment;
}

void hooks_set(struct realmode_block *block, enum block_hook first, enum block_hook end)
{
    for (struct block_vector *vector = &block->vectors[first]; vector < &block->vectors[end]; vector++) {
        vector->old = vector_get((uint8_t)vector->number);
        vector_set((uint8_t)vector->number, (struct far_pointer){vector->hook, block->segment});
    }
}

bool hooks_are_set(const struct realmode_block *block, enum block_hook first, enum block_hook end)
{
    bool all = true;
    for (const struct block_vector *vector = &block->vectors[first]; vector < &block->vectors[end]; vector++)
        all = all && leads_to(vector, vector->hook, block->segment);
    return all;
}

bool hooks_remove(struct realmode_block *block, enum block_hook first, enum block_hook end)
{
    bool all = true;
    for (struct block_vector *vector = &block->vectors[first]; vector < &block->vectors[end]; vector++) {
        if (leads_to(vector, vector->hook, block->segment))
            vector_set((uint8_t)vector->number, vector->old);
        /* No handler from before: it was never hooked. */
        bool never = !vector->old.segment && !vector->old.offset;
        all = all && (never || leads_to(vector, vector->old.offset, vector->old.segment));
    }
    return all;
}
