/* SPDX-License-Identifier: BSD-2-Clause */
#include "tools/handoff/notation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/handoff.h"
#include "iscsi/lun.h"
#include "net/net.h"
#include "tools/handoff/memory.h"

struct node *put_ip(struct node *in, const char *name, const char *label, const uint8_t address[16])
{
    struct net_address of = {.family = handoff_is_ipv4(address) ? 4 : 6};
    char text[46];
    if (handoff_is_none(address))
        return tree_nothing(in, name, label);
    memcpy(of.bytes, address + (of.family == 4 ? 12 : 0), of.family == 4 ? 4 : 16);
    net_format_address(&of, text);
    return tree_text(in, name, label, text);
}

void put_mac(struct node *in, const char *name, const char *label, const uint8_t mac[6])
{
    char text[18];
    if (!memcmp(mac, handoff_no_address, 6)) {
        tree_nothing(in, name, label);
        return;
    }
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    tree_text(in, name, label, text);
}

void put_hex(struct node *in, const char *name, const char *label, const uint8_t *bytes, size_t length)
{
    char *text = memory_take(2 * length + 1);
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    tree_bytes(in, name, label, text, 2 * length);
    free(text);
}

void put_flags(struct node *in, const char *name, const char *label, uint32_t flags, const struct flag_word *words)
{
    struct node *list = tree_list(in, name, label);
    for (; words->bit; words++)
        if (flags & words->bit)
            tree_text(list, NULL, NULL, words->word);
}

void put_physical(struct node *in, const char *name, const char *label, uint64_t address)
{
    if (address)
        tree_show(tree_number(in, name, label, address), "0x%" PRIx64, address);
    else
        tree_nothing(in, name, label);
}

void put_name(struct node *in, const char *name, const char *label, const char *text)
{
    if (*text)
        tree_text(in, name, label, text);
    else
        tree_nothing(in, name, label);
}

void put_lun(struct node *in, const uint8_t lun[8])
{
    char text[20];
    lun_format(lun, text);
    tree_show(tree_text(in, "lun", "LUN", text), "%s (%02x%02x %02x%02x %02x%02x %02x%02x)", text, lun[0], lun[1], lun[2], lun[3],
              lun[4], lun[5], lun[6], lun[7]);
    put_hex(in, "lun_bytes", NULL, lun, 8);
}
