/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_LOAD_OPTION (UEFI 2.10, 3.1.3): what a Boot#### variable holds. Pure: knows bytes, no firmware. */
#ifndef SANSTRAP_EFI_LOAD_OPTION_H
#define SANSTRAP_EFI_LOAD_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#define LOAD_OPTION_NAME 48 /* bytes, with the NUL */

struct load_option {
    bool bootable;    /* active, and of the boot category: what a boot manager tries by itself */
    const void *path; /* the first of its device paths, within the variable's bytes, with an end node; at any address */
    const void *data; /* the optional data: the load options of what it starts */
    size_t data_size;
    char name[LOAD_OPTION_NAME]; /* the description, cut; what is no printable ASCII is `?` */
};

/*
 * Reads a variable's `size` bytes, which must stay for as long as what *option points to is used. False, and *option of no use,
 * when they are no load option: cut, or without a device path.
 */
bool load_option_read(const void *bytes, size_t size, struct load_option *option);

#endif
