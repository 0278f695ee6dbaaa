/* SPDX-License-Identifier: BSD-2-Clause */
/* What the C library would add to the compiler's own limits.h, which includes this file: nothing that is used here. */
