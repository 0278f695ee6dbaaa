/* SPDX-License-Identifier: BSD-2-Clause */
/* Marking a place for dumps. Without the mark nobody writes there, so that everything that could be lost is asked for here. */
#ifndef SANSTRAP_TOOLS_SAVECORE_PREPARE_H
#define SANSTRAP_TOOLS_SAVECORE_PREPARE_H

#include "tools/savecore/exit_status.h"
#include "tools/savecore/find.h"

/* `force`: a signature of somebody's, or a dump that nobody saved, is no obstacle. Everything else is. */
enum exit_status prepare(const struct place *place, uint32_t image_block_size, bool force, bool json);

#endif
