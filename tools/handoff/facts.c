/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of NICs, addresses and targets that both tables have. */
#include "tools/handoff/facts.h"

#include <string.h>

#include "tools/handoff/notation.h"

void facts_add_index(struct node *in, unsigned index)
{
    tree_add_number(in, "index", NULL, index);
}

void facts_add_pci(struct node *in, const struct handoff_nic *nic)
{
    struct node *pci = tree_add_object(in, "pci", NULL);
    tree_add_number(pci, "segment", NULL, nic->segment);
    tree_add_number(pci, "bus", NULL, nic->bus);
    tree_add_number(pci, "device", NULL, nic->device);
    tree_add_number(pci, "function", NULL, nic->function);
    tree_add_remark(in, "PCI location", "%04x:%02x:%02x.%x", nic->segment, nic->bus, nic->device, nic->function);
}

/* ---- addresses ---- */

static void add_origin(struct node *in, uint8_t origin)
{
    static const char *const words[] = {"other", "manual", "well-known", "dhcp", "router"};
    static const char *const shown[] = {"other", "set by hand", "well known", "DHCP", "router advertisement"};
    tree_show(tree_add_text(in, "origin", "Origin", words[origin]), "%s", shown[origin]);
}

void facts_add_address(struct node *in, const struct handoff_address *from)
{
    struct node *address = notation_add_ip(in, "address", "Address", from->address);
    tree_show(address, "%s/%u", address->text, from->prefix);
    tree_add_number(in, "prefix", NULL, from->prefix);
    add_origin(in, from->origin);
    notation_add_ip(in, "gateway", "Gateway", from->gateway);
    struct node *dns = tree_add_list(in, "dns", "DNS servers");
    for (unsigned i = 0; i < 2; i++)
        if (!handoff_address_is_none(from->dns[i]))
            notation_add_ip(dns, NULL, NULL, from->dns[i]);
    notation_add_ip(in, "dhcp_server", "DHCP server", from->dhcp_server);
    notation_add_name(in, "hostname", "Host name", from->hostname);
}

void facts_add_vlan(struct node *in, uint16_t vlan)
{
    struct node *node = tree_add_number(in, "vlan", "VLAN", vlan);
    if (!vlan)
        tree_show(node, "untagged");
}

/* ---- targets ---- */

void facts_add_portal(struct node *in, const struct handoff_target *target)
{
    tree_add_text(in, "name", "Name", target->name);
    struct node *address = notation_add_ip(in, "address", "Portal", target->address);
    tree_show(address, handoff_address_is_ipv4(target->address) ? "%s:%u" : "[%s]:%u", address->text, target->port);
    tree_add_number(in, "port", NULL, target->port);
    notation_add_lun(in, target->lun);
}

/* Its length always, its text and its bytes when secrets are shown. */
static void add_secret(struct node *in, const char *name, const char *label, const char *secret, bool secrets)
{
    size_t length = strlen(secret);
    if (!length) {
        tree_show(tree_add_nothing(in, name, label), "not in the table");
        return;
    }

    struct node *object = tree_add_object(in, name, NULL);
    tree_add_number(object, "length", NULL, length);
    tree_add_truth(object, "hidden", NULL, !secrets);
    if (secrets) {
        tree_add_text(object, "text", NULL, secret);
        notation_add_hex(object, "hex", NULL, (const uint8_t *)secret, length);
        tree_add_remark(in, label, "%s", secret);
    } else {
        tree_add_remark(in, label, "(hidden, %zu bytes)", length);
    }
}

void facts_add_chap(struct node *in, const struct handoff_target *target, bool secrets)
{
    bool one_way = target->chap.name[0], mutual = target->reverse.name[0];
    struct node *chap = tree_add_text(in, "chap", "CHAP", mutual ? "mutual" : one_way ? "one-way" : "none");
    if (one_way) {
        tree_show(chap, mutual ? "mutual" : "one-way: the initiator proves itself");
        tree_add_text(in, "chap_name", "CHAP name", target->chap.name);
        add_secret(in, "chap_secret", "CHAP secret", target->chap.secret, secrets);
    }
    if (mutual) {
        tree_add_text(in, "reverse_name", "Reverse name", target->reverse.name);
        add_secret(in, "reverse_secret", "Reverse secret", target->reverse.secret, secrets);
    }
}
