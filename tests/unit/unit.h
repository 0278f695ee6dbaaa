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
#undef fail_msg
#define fail_msg(...)                                                                                                            \
    do {                                                                                                                         \
        print_error(__VA_ARGS__);                                                                                                \
        print_error("\n");                                                                                                       \
        _fail(__FILE__, __LINE__);                                                                                               \
    } while (0)

#endif
