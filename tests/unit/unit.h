/* SPDX-License-Identifier: BSD-2-Clause */
/* cmocka with what it wants included before it. Its macro fail() gives way to platform/status.h's function. */
#ifndef SANSTRAP_TESTS_UNIT_H
#define SANSTRAP_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#endif
