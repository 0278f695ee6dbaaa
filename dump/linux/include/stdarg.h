/* SPDX-License-Identifier: BSD-2-Clause */
/* <stdarg.h> as the kernel has it. */
#ifndef SANSTRAP_LINUX_STDARG_H
#define SANSTRAP_LINUX_STDARG_H

#include <linux/stdarg.h>

#endif
