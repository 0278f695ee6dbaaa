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
 * Why `name` cannot be sent as one, with the offset of the first offending character in *wrong (may be `length`); NULL when it
 * can: 1 to 223 bytes without blanks and control characters. Targets compare byte by byte, and names in the field are what
 * somebody once typed; who refuses those shuts their owners out.
 */
const char *iscsi_name_error(const char *name, size_t length, size_t *wrong);

/*
 * Why a name that can be sent is none of the RFC's all the same, for a warning; NULL when it is one. Upper case and '_' pass,
 * which RFC 3722's normal form has not.
 */
const char *iscsi_name_oddity(const char *name, size_t length, size_t *wrong);

/* What a naming authority, a reversed domain, is made of. */
bool iscsi_is_authority_character(char character);

#endif
