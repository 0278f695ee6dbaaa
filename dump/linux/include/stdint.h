/* SPDX-License-Identifier: BSD-2-Clause */
/* <stdint.h> as the kernel has its parts, for files that see its headers. */
#ifndef SANSTRAP_LINUX_STDINT_H
#define SANSTRAP_LINUX_STDINT_H

#include <linux/limits.h>
#include <linux/types.h>

#define UINT8_MAX  U8_MAX
#define UINT16_MAX U16_MAX
#define UINT32_MAX U32_MAX
#define UINT64_MAX U64_MAX

#endif
