/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI as this room sees it: gnu-efi's headers, and GUIDs as variables (guids.def). */
#ifndef SANSTRAP_EFI_H
#define SANSTRAP_EFI_H

#include <efi.h>

#define GUID(variable, ...) extern EFI_GUID variable;
#include "efi/guids.def"
#undef GUID

#endif
