/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt vectors that a real-mode block takes and gives back, of ours or of an earlier start's. */
#ifndef SANSTRAP_HOOKS_H
#define SANSTRAP_HOOKS_H

#include "bios/block.h"

/* Vector and old handler of hooks[first] up to, not including, hooks[end] (enum block_hook): the block serves them from now on.
 */
void hooks_set(struct realmode_block *block, enum block_hook first, enum block_hook end);

/* True when all of them lead straight to the block: nobody has hooked them after it. */
bool hooks_are_set(const struct realmode_block *block, enum block_hook first, enum block_hook end);

/*
 * Gives those back that lead straight to the block. False when one is left that does not have the handler from before the block
 * either: whoever hooked it may call the block, which has to stay.
 */
bool hooks_remove(struct realmode_block *block, enum block_hook first, enum block_hook end);

#endif
