/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's boot options (UEFI 2.10, 3.1.1 and 3.3). */
#ifndef SANSTRAP_EFI_BOOT_ORDER_H
#define SANSTRAP_EFI_BOOT_ORDER_H

#include "efi/home.h"
#include "efi/load_option.h"

/* How many bytes the variable has; 0 when there is none, or it is longer than `most`. */
size_t boot_order_variable(CHAR16 *name, EFI_GUID *vendor, void *to, size_t most);

/* All of BootOrder, however long, from the pool; returns how many options it has. NULL and 0 when there is none. */
size_t boot_order_read(UINT16 **order);

/* The same, and behind it the options that there are beside the order, by rising number. */
size_t boot_order_read_all(UINT16 **order);

/* The option that the firmware has started us by. False when it does not say. */
bool boot_order_current(UINT16 *number);

/* Reads Boot<number>; what *option points to is good until the next call. False when there is none, or it is none. */
bool boot_order_option(UINT16 number, struct load_option *option);

#endif
