/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dead machine for the dump core as a kernel gets it (build/dump/core.o): the services of platform/platform.h, and an 82540EM
 * of registers whose wire is a tap device. They call the kernel of the host directly and use next to no stack, so that what is
 * measured is the core's. The card reaches the memory that it was given, by addresses of its own, and no other.
 */
#ifndef SANSTRAP_TESTS_DUMP_MACHINE_H
#define SANSTRAP_TESTS_DUMP_MACHINE_H

#include "platform/platform.h"

/* Opens the tap device, and gives `dma` to the card. False when it is not there. */
bool machine_open(const char *tap, struct arena *dma);

/* Called by platform_idle(), as long as it is set. */
extern void (*machine_interferes)(void);

/* What the machine saw. */
extern struct machine {
    unsigned sent, received, lost; /* frames; lost ones found no descriptor */
    unsigned lose;                 /* one frame in so many, either way; 0: none */
    bool unplugged;                /* no frame passes, and there is no link */
    bool strayed;                  /* the card was told an address that is not its memory's */
    bool masked, stopped;          /* interrupts, and both rings, as they are now */
} machine;

#endif
