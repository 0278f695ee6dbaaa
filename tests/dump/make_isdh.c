/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the ISDH of one machine with one card, one address and one target, for the mock port.
 *   make-isdh file key=value …   address=A/prefix gateway=A host=A port=N target=name initiator=name lun=N wwid=type:hex
 *                                serial=text block_size=N blocks=N isid=hex chap=name/secret mutual=name/secret secrets=1 vlan=N
 *                               other_port=N (a first portal of the same disk)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/handoff.h"
#include "net/net.h"

static uint8_t wwid[64];
static struct handoff facts = {
    .initiator = "iqn.2026-11.org.sanstrap.lab:dead",
    .nic_count = 1,
    .nics =
        {{.device = 3, .vendor_id = 0x8086, .device_id = 0x100E, .mac = {0x52, 0x54, 0, 0xD0, 0xD0, 0x01}, .driver = "82540EM"}},
    .address_count = 1,
    .addresses = {{.prefix = 24, .origin = ISDH_ORIGIN_MANUAL, .mtu = 1500, .lease_seconds = UINT32_MAX, .hostname = ""}},
    .target_count = 1,
    .targets = {{.boot = true,
                 .port = 3260,
                 .portal_group = ISDH_PORTAL_GROUP_UNKNOWN,
                 .name = "",
                 .chap = {"", ""},
                 .reverse = {"", ""},
                 .block_size = 512,
                 .block_count = 1,
                 .serial = "",
                 .vendor = "",
                 .product = "",
                 .revision = "",
                 .isid = {0x80, 1, 2, 3, 4, 5},
                 .max_burst = 262144,
                 .first_burst = 65536,
                 .max_send_segment = 8192,
                 .max_receive_segment = 262144}},
    .generation = 1,
    .producer = "make-isdh",
};
static uint16_t other_port; /* not 0: of another portal, which was booted from */
static struct isdh_options options = {.acpi = true};

static void set_address(uint8_t to[16], const char *text)
{
    static const uint8_t mapped[16] = {[10] = 0xFF, [11] = 0xFF};
    struct net_address address;
    if (!net_parse_address(text, &address))
        exit(2);
    memcpy(to, address.family == 4 ? mapped : address.bytes, 16);
    if (address.family == 4)
        memcpy(to + 12, address.bytes, 4);
}

static unsigned set_bytes(uint8_t *to, const char *hex)
{
    unsigned count = 0;
    while (count < 64 && sscanf(hex + 2 * (size_t)count, "%2hhx", &to[count]) == 1)
        count++;
    return count;
}

static void set_chap(struct handoff_chap *chap, char *value)
{
    char *slash = strchr(value, '/');
    if (!slash)
        exit(2);
    *slash = 0;
    chap->name = value;
    chap->secret = slash + 1;
}

static void set_disk(const char *key, char *value)
{
    struct handoff_target *target = &facts.targets[0];
    if (strcmp(key, "wwid") == 0) {
        target->wwid_type = (uint8_t)atoi(value);
        target->wwid_length = (uint8_t)set_bytes(wwid, strchr(value, ':') + 1);
        target->wwid = wwid;
    }
    if (strcmp(key, "serial") == 0)
        target->serial = value;
    if (strcmp(key, "block_size") == 0)
        target->block_size = (uint32_t)strtoul(value, NULL, 0);
    if (strcmp(key, "blocks") == 0)
        target->block_count = strtoull(value, NULL, 0);
}

static void set_option(const char *key, char *value)
{
    struct handoff_address *address = &facts.addresses[0];
    struct handoff_target *target = &facts.targets[0];
    if (strcmp(key, "address") == 0) {
        char *slash = strchr(value, '/');
        address->prefix = slash ? (uint8_t)atoi(slash + 1) : 24;
        if (slash)
            *slash = 0;
        set_address(address->address, value);
    }

    if (strcmp(key, "gateway") == 0)
        set_address(address->gateway, value);
    if (strcmp(key, "vlan") == 0)
        address->vlan = (uint16_t)atoi(value);
    if (strcmp(key, "host") == 0)
        set_address(target->address, value);
    if (strcmp(key, "port") == 0)
        target->port = (uint16_t)atoi(value);
    if (strcmp(key, "other_port") == 0)
        other_port = (uint16_t)atoi(value);
    if (strcmp(key, "target") == 0)
        target->name = value;
    if (strcmp(key, "initiator") == 0)
        facts.initiator = value;
    if (strcmp(key, "lun") == 0)
        target->lun[1] = (uint8_t)atoi(value);
    if (strcmp(key, "isid") == 0)
        set_bytes(target->isid, value);
    if (strcmp(key, "chap") == 0)
        set_chap(&target->chap, value);
    if (strcmp(key, "mutual") == 0)
        set_chap(&target->reverse, value);
    options.secrets |= strcmp(key, "secrets") == 0;
    set_disk(key, value);
}

int main(int count, char **arguments)
{
    static uint8_t table[ISDH_SIZE_MAX];
    for (int i = 2; i < count; i++) {
        char *equals = strchr(arguments[i], '=');
        if (!equals)
            return 2;
        *equals = 0;
        set_option(arguments[i], equals + 1);
    }

    if (other_port) {
        facts.target_count = 2;
        facts.targets[1] = facts.targets[0];
        facts.targets[1].boot = false;
        facts.targets[0].port = other_port;
    }
    size_t length;
    if (isdh_write(&facts, &options, table, sizeof table, &length) != OK) {
        fprintf(stderr, "%s\n", failure_detail(E_HANDOFF_INVALID));
        return 1;
    }
    FILE *file = fopen(arguments[1], "wb");
    if (!file || fwrite(table, 1, length, file) != length || fclose(file) != 0)
        return 1;
    return 0;
}
