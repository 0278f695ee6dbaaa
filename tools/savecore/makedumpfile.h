/* SPDX-License-Identifier: BSD-2-Clause */
/* makedumpfile(8), where it is installed, for cores whose log we do not find. */
#ifndef SANSTRAP_TOOLS_SAVECORE_MAKEDUMPFILE_H
#define SANSTRAP_TOOLS_SAVECORE_MAKEDUMPFILE_H

#include "tools/savecore/folder.h"

/* Writes the core's log to a file of the folder, in place of what is there; false without a word when it does not. */
bool makedumpfile_dmesg(const struct folder *folder, int core, const char *name);

#endif
