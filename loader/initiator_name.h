/* SPDX-License-Identifier: BSD-2-Clause */
/* The initiator name of a machine that nobody named. */
#ifndef SANSTRAP_INITIATOR_NAME_H
#define SANSTRAP_INITIATOR_NAME_H

#include "iscsi/iscsi.h"

/*
 * Made from the machine's host name when it has one, else from its MAC. Always a valid name; letters are folded to lower case and
 * what RFC 3722 forbids becomes '-'.
 */
void initiator_name_make(char name[ISCSI_NAME_MAX + 1], const char *hostname, const uint8_t mac[6]);

#endif
