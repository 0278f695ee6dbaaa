/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines to describe, for the tests of handoff/. Documentation addresses (RFC 5737, RFC 3849), names of example domains. */
#ifndef SANSTRAP_TESTS_HANDOFF_FACTS_H
#define SANSTRAP_TESTS_HANDOFF_FACTS_H

#include "handoff/handoff.h"
#include "tests/unit/unit.h"

/* clang-format off */
#define V4(a, b, c, d) {[10] = 0xFF, [11] = 0xFF, [12] = a, [13] = b, [14] = c, [15] = d}
/* clang-format on */

static const uint8_t wwid[] = {0x60, 0x01, 0x40, 0x5D, 0, 0, 0x0A, 0xFF};

/* One card, its lease by DHCP, a target on its own subnet, no CHAP. */
static inline struct handoff plain_facts(void)
{
    return (struct handoff){
        .initiator = "iqn.2026-11.com.example:machine",
        .nic_count = 1,
        .nics = {{.bus = 2,
                  .device = 3,
                  .function = 1,
                  .vendor_id = 0x8086,
                  .device_id = 0x100E,
                  .subsystem_vendor_id = 0x1AF4,
                  .subsystem_id = 0x1100,
                  .registers = 0xFEBC0000,
                  .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56},
                  .link_megabits = 1000,
                  .driver = "82540EM"}},

        .address_count = 1,
        .addresses = {{.nic = 0,
                       .address = V4(192, 0, 2, 50),
                       .prefix = 24,
                       .gateway = V4(192, 0, 2, 1),
                       .dns = {V4(192, 0, 2, 2), V4(192, 0, 2, 3)},
                       .dhcp_server = V4(192, 0, 2, 4),
                       .origin = ISDH_ORIGIN_DHCP,
                       .mtu = 1500,
                       .next_hop = {0x52, 0x54, 0, 0xAA, 0xBB, 0xCC},
                       .lease_seconds = 3600,
                       .lease_acquired = 1000000,
                       .hostname = "machine"}},

        .target_count = 1,
        .targets = {{.ip = 0,
                     .boot = true,
                     .address = V4(192, 0, 2, 10),
                     .port = 3260,
                     .portal_group = 1,
                     .lun = {0, 1},
                     .name = "iqn.2001-04.com.example:storage",
                     .chap = {"", ""},
                     .reverse = {"", ""},
                     .block_size = 512,
                     .block_count = 0x1400000,
                     .wwid_type = ISDH_WWID_NAA,
                     .wwid_length = sizeof wwid,
                     .wwid = wwid,
                     .serial = "0001",
                     .vendor = "EXAMPLE",
                     .product = "DISK",
                     .revision = "0.1",
                     .isid = {0x80, 1, 2, 3, 4, 5},
                     .tsih = 7,
                     .session_flags = ISDH_SESSION_IMMEDIATE_DATA,
                     .max_burst = 262144,
                     .first_burst = 65536,
                     .max_send_segment = 8192,
                     .max_receive_segment = 262144}},

        .generation = 3,
        .boot_id = {0xB0, 0x07, 0x1D},
        .producer = "sanstrap 0.1",
        .ticks_per_ms = 2000000,
        .now = 123456789,
        .log_address = 0x7F00000,
        .log_size = 262144,
    };
}

/* Mutual CHAP, a VLAN, a target behind the gateway, a place for a dump. */
static inline struct handoff chap_facts(void)
{
    struct handoff facts = plain_facts();
    facts.addresses[0].vlan = 5;
    facts.addresses[0].vlan_priority = 3;
    facts.targets[0].address[14] = 3;
    facts.targets[0].chap = (struct handoff_chap){"machine", "one-secret-of-20-bytes"};
    facts.targets[0].reverse = (struct handoff_chap){"storage", "another-secret-of-it"};
    facts.dump_area = (struct handoff_dump_area){
        .there = true, .signature = {'f', 'r', 'e', 'e'}, .extent_count = 2, .extents = {{2048, 4096}, {0x13FFFFF, 1}}};
    return facts;
}

/* IPv6, address by hand. */
static inline struct handoff ipv6_facts(void)
{
    static const uint8_t own[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 0x50}, target[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 0x10},
                         router[16] = {0xFE, 0x80, [15] = 1};
    struct handoff facts = plain_facts();

    struct handoff_address *address = &facts.addresses[0];
    memcpy(address->address, own, 16);
    memcpy(address->gateway, router, 16);
    memset(address->dns, 0, sizeof address->dns);
    memset(address->dhcp_server, 0, 16);
    address->prefix = 64;
    address->origin = ISDH_ORIGIN_MANUAL;
    address->lease_seconds = UINT32_MAX;
    address->lease_acquired = 0;
    address->hostname = "";

    memcpy(facts.targets[0].address, target, 16);
    return facts;
}

/* Four paths, with names and secrets as long as they may be. */
static inline struct handoff large_facts(void)
{
    static char name[4][224], secret[4][256], user[4][256], hostname[64];
    struct handoff facts = chap_facts();
    memset(hostname, 'h', 63);
    facts.nic_count = facts.address_count = facts.target_count = 4;
    memset(&facts.dump_area, 0, sizeof facts.dump_area);

    for (unsigned i = 0; i < 4; i++) {
        snprintf(name[i], sizeof name[i], "iqn.2001-04.com.example:%u", i);
        memset(name[i] + strlen(name[i]), 'n', 223 - strlen(name[i]));
        memset(secret[i], '0' + (int)i, 255);
        memset(user[i], 'a' + (int)i, 255);

        facts.nics[i] = facts.nics[0];
        facts.nics[i].function = (uint8_t)i;
        facts.nics[i].mac[5] = (uint8_t)i;

        facts.addresses[i] = facts.addresses[0];
        facts.addresses[i].nic = (uint8_t)i;
        facts.addresses[i].address[15] = (uint8_t)(50 + i);
        facts.addresses[i].hostname = hostname;

        facts.targets[i] = facts.targets[0];
        facts.targets[i].ip = (uint8_t)i;
        facts.targets[i].boot = i == 0;
        facts.targets[i].name = name[i];
        facts.targets[i].chap = (struct handoff_chap){user[i], secret[i]};
        facts.targets[i].reverse = (struct handoff_chap){user[3 - i], secret[3 - i]};
    }

    facts.initiator = name[3];
    return facts;
}

static const struct {
    const char *name;
    struct handoff (*facts)(void);
} machines[] = {{"plain", plain_facts}, {"chap", chap_facts}, {"ipv6", ipv6_facts}, {"large", large_facts}};

#define MACHINES (sizeof machines / sizeof *machines)

/* The large one, with every text that a table may hold at its longest, and as many extents. */
static inline struct handoff longest_facts(void)
{
    static char text[HANDOFF_TEXT_MAX + 1];
    static uint8_t id[64];
    struct handoff facts = large_facts();
    memset(text, 't', HANDOFF_TEXT_MAX);
    memset(id, 0xFF, sizeof id);
    facts.producer = text;

    for (unsigned i = 0; i < 4; i++) {
        struct handoff_target *target = &facts.targets[i];
        facts.nics[i].driver = facts.addresses[i].hostname = text;
        target->serial = target->vendor = target->product = target->revision = text;
        target->wwid = id;
        target->wwid_length = sizeof id;
    }

    facts.dump_area = (struct handoff_dump_area){.there = true, .extent_count = HANDOFF_EXTENTS};
    for (unsigned i = 0; i < HANDOFF_EXTENTS; i++)
        facts.dump_area.extents[i] = (struct handoff_extent){i, 1};
    return facts;
}

#endif
