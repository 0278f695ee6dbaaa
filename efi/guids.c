/* SPDX-License-Identifier: BSD-2-Clause */
/* The GUIDs of guids.def. */
#include <efi.h>
#include <efigpt.h>

#define GUID(variable, ...) EFI_GUID variable = __VA_ARGS__;
#include "efi/guids.def"
