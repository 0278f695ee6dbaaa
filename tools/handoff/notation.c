/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses, bytes, flags and LUNs as text, in nodes of the tree. */
#include "tools/handoff/notation.h"

#include <inttypes.h>
#include <stdlib.h>

#include "handoff/handoff.h"
#include "iscsi/lun.h"
#include "platform/format.h"
#include "tools/common/memory.h"

struct node *notation_add_ip(struct node *in, const char *name, const char *label, const uint8_t address[16])
{
    if (handoff_address_is_none(address))
        return tree_add_nothing(in, name, label);

    char text[FORMAT_ADDRESS_SIZE];
    if (handoff_address_is_ipv4(address))
        format_ipv4(text, handoff_address_ipv4(address));
    else
        format_ipv6(text, address);
    return tree_add_text(in, name, label, text);
}

void notation_add_mac(struct node *in, const char *name, const char *label, const uint8_t mac[6])
{
    if (bytes_are_zero(mac, 6)) {
        tree_add_nothing(in, name, label);
        return;
    }

    char text[sizeof "00:00:00:00:00:00"];
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    tree_add_text(in, name, label, text);
}

void notation_add_hex(struct node *in, const char *name, const char *label, const uint8_t *bytes, size_t length)
{
    char *text = memory_take(2 * length + 1);
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    tree_add_bytes(in, name, label, text, 2 * length);
    free(text);
}

void notation_add_flags(struct node *in, const char *name, const char *label, uint32_t flags, const struct flag_word *words)
{
    struct node *list = tree_add_list(in, name, label);
    for (; words->bit; words++)
        if (flags & words->bit)
            tree_add_text(list, NULL, NULL, words->word);
}

void notation_add_physical(struct node *in, const char *name, const char *label, uint64_t address)
{
    if (address)
        tree_show(tree_add_number(in, name, label, address), "0x%" PRIx64, address);
    else
        tree_add_nothing(in, name, label);
}

void notation_add_name(struct node *in, const char *name, const char *label, const char *text)
{
    if (*text)
        tree_add_text(in, name, label, text);
    else
        tree_add_nothing(in, name, label);
}

void notation_add_lun(struct node *in, const uint8_t lun[8])
{
    char text[LUN_TEXT_SIZE];
    lun_format(lun, text);
    tree_show(tree_add_text(in, "lun", "LUN", text), "%s (%02x%02x %02x%02x %02x%02x %02x%02x)", text, lun[0], lun[1], lun[2],
              lun[3], lun[4], lun[5], lun[6], lun[7]);
    notation_add_hex(in, "lun_bytes", NULL, lun, 8);
}
