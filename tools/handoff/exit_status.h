/* SPDX-License-Identifier: BSD-2-Clause */
/* What the program says by its exit status (sanstrap-handoff.8). */
#ifndef SANSTRAP_TOOLS_HANDOFF_EXIT_STATUS_H
#define SANSTRAP_TOOLS_HANDOFF_EXIT_STATUS_H

enum exit_status {
    EXIT_VALID,   /* what was found is right */
    EXIT_INVALID, /* something is wrong with it, or nothing was found */
    EXIT_TROUBLE, /* the command line is wrong, or something cannot be read or written */
};

#endif
