/* SPDX-License-Identifier: BSD-2-Clause */
/* What the program says by its exit status (sanstrap-savecore.8). */
#ifndef SANSTRAP_TOOLS_SAVECORE_EXIT_STATUS_H
#define SANSTRAP_TOOLS_SAVECORE_EXIT_STATUS_H

/* The worst of several counts. */
enum exit_status {
    EXIT_DONE,    /* a dump was saved, or is there; an area was marked or freed */
    EXIT_NOTHING, /* there is nothing to do it with */
    EXIT_TROUBLE, /* a dump is incomplete or damaged, the command line is wrong, something cannot be read, written or used */
};

#endif
