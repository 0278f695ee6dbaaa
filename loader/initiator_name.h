/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iSCSI names (RFC 7143 section 4.2.7): iqn.<yyyy-mm>.<reversed domain>[:<anything>], eui.<16 hex digits>, naa.<16 or 32 hex
 * digits>.
 */
#ifndef SANSTRAP_INITIATOR_NAME_H
#define SANSTRAP_INITIATOR_NAME_H

#include "iscsi/iscsi.h"

/*
 * Why `name` is no iSCSI name, with the offset of the first offending character in *wrong (may be `length`); NULL when it is one.
 * Names in the field are not always in RFC 3722's normal form: upper case and '_' pass, as targets compare byte by byte.
 */
const char *iscsi_name_error(const char *name, size_t length, size_t *wrong);

/*
 * The initiator name of a machine that nobody named: made from its host name when it has one, else from its MAC. Always a valid
 * name; letters are folded to lower case and what RFC 3722 forbids becomes '-'.
 */
void make_initiator_name(char name[ISCSI_NAME_MAX + 1], const char *hostname, const uint8_t mac[6]);

#endif
