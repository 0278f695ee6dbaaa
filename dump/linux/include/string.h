/* SPDX-License-Identifier: BSD-2-Clause */
/* <string.h> as the kernel has it. */
#ifndef SANSTRAP_LINUX_STRING_H
#define SANSTRAP_LINUX_STRING_H

#include <linux/string.h>

#endif
