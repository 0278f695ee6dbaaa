/* SPDX-License-Identifier: BSD-2-Clause */
#include "tools/handoff/facts.h"

#include <string.h>

#include "tools/handoff/notation.h"

void put_index(struct node *in, unsigned index)
{
    tree_number(in, "index", NULL, index);
}

void put_pci(struct node *in, const struct handoff_nic *nic)
{
    struct node *pci = tree_object(in, "pci", NULL);
    tree_number(pci, "segment", NULL, nic->segment);
    tree_number(pci, "bus", NULL, nic->bus);
    tree_number(pci, "device", NULL, nic->device);
    tree_number(pci, "function", NULL, nic->function);
    tree_remark(in, "PCI location", "%04x:%02x:%02x.%x", nic->segment, nic->bus, nic->device, nic->function);
}

/* ---- addresses ---- */

static void put_origin(struct node *in, uint8_t origin)
{
    static const char *const words[] = {"other", "manual", "well-known", "dhcp", "router"};
    static const char *const shown[] = {"other", "set by hand", "well known", "DHCP", "router advertisement"};
    tree_show(tree_text(in, "origin", "Origin", words[origin]), "%s", shown[origin]);
}

void put_address(struct node *in, const struct handoff_address *from)
{
    struct node *address = put_ip(in, "address", "Address", from->address);
    tree_show(address, "%s/%u", address->text, from->prefix);
    tree_number(in, "prefix", NULL, from->prefix);
    put_origin(in, from->origin);
    put_ip(in, "gateway", "Gateway", from->gateway);
    struct node *dns = tree_list(in, "dns", "DNS servers");
    for (unsigned i = 0; i < 2; i++)
        if (!handoff_is_none(from->dns[i]))
            put_ip(dns, NULL, NULL, from->dns[i]);
    put_ip(in, "dhcp_server", "DHCP server", from->dhcp_server);
    put_name(in, "hostname", "Host name", from->hostname);
}

void put_vlan(struct node *in, uint16_t vlan)
{
    struct node *node = tree_number(in, "vlan", "VLAN", vlan);
    if (!vlan)
        tree_show(node, "untagged");
}

/* ---- targets ---- */

void put_portal(struct node *in, const struct handoff_target *target)
{
    tree_text(in, "name", "Name", target->name);
    struct node *address = put_ip(in, "address", "Portal", target->address);
    tree_show(address, handoff_is_ipv4(target->address) ? "%s:%u" : "[%s]:%u", address->text, target->port);
    tree_number(in, "port", NULL, target->port);
    put_lun(in, target->lun);
}

/* Its length always, its text and its bytes when secrets are shown. */
static void put_secret(struct node *in, const char *name, const char *label, const char *secret, bool secrets)
{
    size_t length = strlen(secret);
    if (!length) {
        tree_show(tree_nothing(in, name, label), "not in the table");
        return;
    }
    struct node *object = tree_object(in, name, NULL);
    tree_number(object, "length", NULL, length);
    tree_truth(object, "hidden", NULL, !secrets);
    if (secrets) {
        tree_text(object, "text", NULL, secret);
        put_hex(object, "hex", NULL, (const uint8_t *)secret, length);
        tree_remark(in, label, "%s", secret);
    } else {
        tree_remark(in, label, "(hidden, %zu bytes)", length);
    }
}

void put_chap(struct node *in, const struct handoff_target *target, bool secrets)
{
    bool one_way = target->chap.name[0], mutual = target->reverse.name[0];
    struct node *chap = tree_text(in, "chap", "CHAP", mutual ? "mutual" : one_way ? "one-way" : "none");
    if (one_way) {
        tree_show(chap, mutual ? "mutual" : "one-way: the initiator proves itself");
        tree_text(in, "chap_name", "CHAP name", target->chap.name);
        put_secret(in, "chap_secret", "CHAP secret", target->chap.secret, secrets);
    }
    if (mutual) {
        tree_text(in, "reverse_name", "Reverse name", target->reverse.name);
        put_secret(in, "reverse_secret", "Reverse secret", target->reverse.secret, secrets);
    }
}
