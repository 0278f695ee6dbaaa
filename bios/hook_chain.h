/* SPDX-License-Identifier: BSD-2-Clause */
/* Real-mode handlers that hook an interrupt: whom they pass on what is not theirs. Pure. */
#ifndef SANSTRAP_HOOK_CHAIN_H
#define SANSTRAP_HOOK_CHAIN_H

#include "bios/low_memory.h"

#define HOOK_LOOK 64 /* bytes of a handler's code that are looked at */

/*
 * Who had the interrupt before the handler that begins at `handler`: it says so in a header (IBM's for shared interrupts: EB 10,
 * far pointer, "KB"), or its first bytes call or jump through a far pointer in their own segment, as iPXE's do, or straight into
 * a ROM. 0:0 when none of it shows. `memory` is address 0; to 110000h + HOOK_LOOK bytes of it may be read.
 */
struct far_pointer hook_next(const uint8_t *memory, struct far_pointer handler);

#endif
