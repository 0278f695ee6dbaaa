/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SANSTRAP_TESTS_NIC_MACHINE_H
#define SANSTRAP_TESTS_NIC_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* The image's work; `command_line` as QEMU's -append. What it returns becomes QEMU's exit status 2n + 1. */
int image_main(const char *command_line);

/* Whether a byte has come on COM1, which is then gone. */
bool machine_take_byte(void);

void machine_exit(uint8_t code);

#endif
