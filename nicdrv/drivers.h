/* SPDX-License-Identifier: BSD-2-Clause */
/* The families of cards that nic.c knows. A new one is a line in each of the two lists, and files of its own. */
#ifndef SANSTRAP_DRIVERS_H
#define SANSTRAP_DRIVERS_H

#include "nicdrv/nic.h"

extern const struct nic_driver e1000_driver;

/* In the order in which they are asked. */
#define NIC_DRIVERS &e1000_driver

#endif
