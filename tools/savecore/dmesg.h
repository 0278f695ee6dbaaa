/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's log out of a core: printk's ring of Linux 5.10 and later, found by VMCOREINFO. */
#ifndef SANSTRAP_TOOLS_SAVECORE_DMESG_H
#define SANSTRAP_TOOLS_SAVECORE_DMESG_H

#include <stdio.h>

/* Writes lines as dmesg(1) does. NULL, or why there are none. Whether `to` took them is the caller's to ask. */
const char *dmesg_write(int core, FILE *to);

#endif
