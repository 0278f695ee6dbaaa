/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iSCSI names (RFC 7143 section 4.2.7): iqn.<yyyy-mm>.<reversed domain>[:<anything>], eui.<16 hex digits>, naa.<16 or 32 hex
 * digits>. Public and pure: loader/ reads settings by it, handoff/ checks what it is given.
 */
#ifndef SANSTRAP_ISCSI_NAME_H
#define SANSTRAP_ISCSI_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Why `name` is no iSCSI name, with the offset of the first offending character in *wrong (may be `length`); NULL when it is one.
 * Names in the field are not always in RFC 3722's normal form: upper case and '_' pass, as targets compare byte by byte.
 */
const char *iscsi_name_error(const char *name, size_t length, size_t *wrong);

/* What a naming authority, a reversed domain, is made of. */
bool iscsi_is_authority_character(char character);

#endif
