/* SPDX-License-Identifier: BSD-2-Clause */
/* <stddef.h> as the kernel has it. */
#ifndef SANSTRAP_LINUX_STDDEF_H
#define SANSTRAP_LINUX_STDDEF_H

#include <linux/stddef.h>
#include <linux/types.h>

#endif
