/* SPDX-License-Identifier: BSD-2-Clause */
/* The initiator name of a machine that nobody named. */
#include "loader/initiator_name.h"

#include "iscsi/name.h"
#include "platform/characters.h"
#include "platform/format.h"

/*
 * A naming authority must be a domain its owner held at that date. The top-level domain "invalid" is kept free for ever (RFC 2606
 * section 2), so that this name can never collide with somebody's; whoever wants a name of his own sets one.
 */
#define DEFAULT_AUTHORITY "iqn.2026-11.invalid.sanstrap:"

void initiator_name_make(char name[ISCSI_NAME_MAX + 1], const char *hostname, const uint8_t mac[6])
{
    size_t at = format_text(name, ISCSI_NAME_MAX + 1, "%s", DEFAULT_AUTHORITY);
    if (!hostname[0]) {
        format_text(name + at, ISCSI_NAME_MAX + 1 - at, "%02x-%02x-%02x-%02x-%02x-%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                    mac[5]);
        return;
    }
    for (; *hostname && at < ISCSI_NAME_MAX; hostname++)
        name[at++] = iscsi_is_authority_character(*hostname) ? lower_case(*hostname) : '-';
    name[at] = '\0';
}
