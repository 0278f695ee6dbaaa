/* SPDX-License-Identifier: BSD-2-Clause */
/* <stdbool.h> as the kernel has it. */
#ifndef SANSTRAP_LINUX_STDBOOL_H
#define SANSTRAP_LINUX_STDBOOL_H

#include <linux/types.h>

#endif
