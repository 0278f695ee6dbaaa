/* SPDX-License-Identifier: BSD-2-Clause */
/* A valid iBFT. What struct handoff has no place for, flags and servers, is taken from the structures: their places are sound. */
#include <string.h>

#include "tools/handoff/decode.h"
#include "tools/handoff/facts.h"
#include "tools/handoff/notation.h"

/* The structures of a kind that hold something, in the order of the facts' lists. */
struct structures {
    uint16_t at[HANDOFF_TARGETS];
    unsigned count;
};

static const struct flag_word nic_flags[] = {
    {IBFT_VALID, "valid"}, {IBFT_BOOT_SELECTED, "boot-selected"}, {IBFT_NIC_GLOBAL, "global"}, {0, NULL}};
static const struct flag_word target_flags[] = {{IBFT_VALID, "valid"},
                                                {IBFT_BOOT_SELECTED, "boot-selected"},
                                                {IBFT_TARGET_RADIUS, "radius-chap"},
                                                {IBFT_TARGET_RADIUS_MUTUAL, "radius-reverse-chap"},
                                                {0, NULL}};
static const struct flag_word initiator_flags[] = {{IBFT_VALID, "valid"}, {IBFT_BOOT_SELECTED, "boot-selected"}, {0, NULL}};
static const struct flag_word control_flags[] = {{IBFT_FAILOVER, "failover"}, {0, NULL}};

static struct ibft_structure structure_at(const struct table *table, uint16_t at)
{
    struct ibft_structure structure;
    memcpy(&structure, table->bytes + at, sizeof structure);
    return structure;
}

static void keep_valid(const struct table *table, struct structures *in, uint16_t at)
{
    if (at && structure_at(table, at).flags & IBFT_VALID)
        in->at[in->count++] = at;
}

static void find_structures(const struct table *table, struct structures *nics, struct structures *targets)
{
    const uint16_t control = sizeof(struct ibft_header);
    size_t end = control + structure_at(table, control).length;
    for (size_t at = control + offsetof(struct ibft_control, pairs); at < end; at += sizeof(struct ibft_pair)) {
        struct ibft_pair pair;
        memcpy(&pair, table->bytes + at, sizeof pair);
        keep_valid(table, nics, pair.nic);
        keep_valid(table, targets, pair.target);
    }
}

static void add_initiator_structure(struct node *in, const struct table *table, const struct handoff *facts)
{
    struct ibft_control control;
    struct ibft_initiator initiator;
    memcpy(&control, table->bytes + sizeof(struct ibft_header), sizeof control);
    memcpy(&initiator, table->bytes + control.initiator, sizeof initiator);

    notation_add_flags(in, "flags", "Flags", control.structure.flags, control_flags);
    struct node *object = tree_add_object(in, "initiator", "Initiator");
    notation_add_flags(object, "flags", "Flags", initiator.structure.flags, initiator_flags);
    tree_add_text(object, "name", "Name", facts->initiator);
    notation_add_ip(object, "isns_server", "iSNS server", initiator.isns);
    notation_add_ip(object, "slp_server", "SLP server", initiator.slp);

    struct node *radius = tree_add_list(object, "radius_servers", "RADIUS servers");
    for (unsigned i = 0; i < 2; i++)
        if (!handoff_address_is_none(initiator.radius[i]))
            notation_add_ip(radius, NULL, NULL, initiator.radius[i]);
}

static void add_nic_structure(struct node *list, const struct ibft_structure *structure, const struct handoff_nic *nic,
                              const struct handoff_address *address)
{
    struct node *in = tree_add_object(list, NULL, "NIC %u", structure->index);
    facts_add_index(in, structure->index);
    notation_add_flags(in, "flags", "Flags", structure->flags, nic_flags);
    facts_add_pci(in, nic);
    notation_add_mac(in, "mac", "MAC address", nic->mac);
    facts_add_address(in, address);
    facts_add_vlan(in, address->vlan);
}

static void add_target_structure(struct node *list, const struct table *table, uint16_t at, const struct handoff_target *target,
                                 bool secrets)
{
    struct ibft_target structure;
    memcpy(&structure, table->bytes + at, sizeof structure);
    struct node *in = tree_add_object(list, NULL, "Target %u", structure.structure.index);
    facts_add_index(in, structure.structure.index);
    notation_add_flags(in, "flags", "Flags", structure.structure.flags, target_flags);
    tree_show(tree_add_number(in, "nic", "Through", structure.nic), "NIC %u", structure.nic);
    facts_add_portal(in, target);
    facts_add_chap(in, target, secrets);
}

void decode_ibft(struct node *in, const struct table *table, const struct handoff *facts, bool secrets)
{
    struct structures nics = {.count = 0}, targets = {.count = 0};
    find_structures(table, &nics, &targets);

    add_initiator_structure(in, table, facts);
    struct node *list = tree_add_list(in, "nics", NULL);
    for (unsigned i = 0; i < facts->nic_count; i++) {
        struct ibft_structure structure = structure_at(table, nics.at[i]);
        add_nic_structure(list, &structure, &facts->nics[i], &facts->addresses[i]);
    }

    list = tree_add_list(in, "targets", NULL);
    for (unsigned i = 0; i < facts->target_count; i++)
        add_target_structure(list, table, targets.at[i], &facts->targets[i], secrets);
}
