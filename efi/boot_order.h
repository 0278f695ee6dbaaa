/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's boot options and their order (UEFI 2.10, 3.3). At TPL_APPLICATION. */
#ifndef SANSTRAP_EFI_BOOT_ORDER_H
#define SANSTRAP_EFI_BOOT_ORDER_H

#include "efi/home.h"
#include "efi/load_option.h"

#define BOOT_ORDER_MAX 256

/* How many bytes the variable has; 0 when there is none, or it is longer than `most`. */
size_t boot_order_variable(CHAR16 *name, EFI_GUID *vendor, void *to, size_t most);

/* Fills `order` with BootOrder and returns how many options it has. */
size_t boot_order_read(UINT16 order[BOOT_ORDER_MAX]);

/* The option that the firmware has started us by. False when it does not say. */
bool boot_order_current(UINT16 *number);

/* Reads Boot<number>; what *option points to is good until the next call. False when there is none, or it is none. */
bool boot_order_option(UINT16 number, struct load_option *option);

#endif
