/* SPDX-License-Identifier: BSD-2-Clause */
/* A bare PC, beyond what platform.h has. */
#ifndef SANSTRAP_TESTS_NIC_MACHINE_H
#define SANSTRAP_TESTS_NIC_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Configuration space, PCI Local Bus 3.0 6.1 */
#define PCI_COMMAND        0x04
#define PCI_COMMAND_MEMORY 2u
#define PCI_COMMAND_MASTER 4u
#define PCI_BAR_0          0x10

/* The image's work; `command_line` as QEMU's -append. What it returns becomes QEMU's exit status 2n + 1. */
int image_main(const char *command_line);

/* Whether a byte has come on COM1, which is then gone. */
bool machine_take_byte(void);

/* Ends QEMU with exit status 2n + 1. */
void machine_exit(uint8_t code);

#endif
