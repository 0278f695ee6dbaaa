/* SPDX-License-Identifier: BSD-2-Clause */
/* What two descriptions differ in, of what a table carries. */
#ifndef SANSTRAP_TESTS_HANDOFF_DIFFERENCES_H
#define SANSTRAP_TESTS_HANDOFF_DIFFERENCES_H

#include <string.h>

#include "handoff/handoff.h"

enum what_a_table_carries { CARRIED_BY_IBFT, CARRIED_BY_ISDH };

#define DIFFERS(member)       (a->member != b->member)
#define DIFFERS_BYTES(member) (memcmp(a->member, b->member, sizeof a->member) != 0)
#define DIFFERS_TEXT(member)  (strcmp(a->member, b->member) != 0)

static inline unsigned nic_differences(const struct handoff_nic *a, const struct handoff_nic *b, enum what_a_table_carries table)
{
    unsigned count = (unsigned)(DIFFERS(bus) || DIFFERS(device) || DIFFERS(function)) + DIFFERS_BYTES(mac);
    if (table == CARRIED_BY_ISDH)
        count += (unsigned)DIFFERS(segment) + DIFFERS(vendor_id) + DIFFERS(device_id) + DIFFERS(subsystem_vendor_id) +
                 DIFFERS(subsystem_id) + DIFFERS(registers) + DIFFERS(link_megabits) + DIFFERS_TEXT(driver);
    return count;
}

static inline unsigned address_differences(const struct handoff_address *a, const struct handoff_address *b,
                                           enum what_a_table_carries table)
{
    unsigned count = (unsigned)DIFFERS(nic) + DIFFERS_BYTES(address) + DIFFERS(prefix) + DIFFERS_BYTES(gateway) +
                     DIFFERS_BYTES(dns) + DIFFERS_BYTES(dhcp_server) + DIFFERS(origin) + DIFFERS(vlan) + DIFFERS_TEXT(hostname);
    if (table == CARRIED_BY_ISDH)
        count += (unsigned)DIFFERS(vlan_priority) + DIFFERS(mtu) + DIFFERS_BYTES(next_hop) + DIFFERS(lease_seconds) +
                 DIFFERS(lease_acquired);
    return count;
}

static inline unsigned target_differences(const struct handoff_target *a, const struct handoff_target *b,
                                          enum what_a_table_carries table)
{
    unsigned count = (unsigned)DIFFERS(ip) + DIFFERS(boot) + DIFFERS_BYTES(address) + DIFFERS(port) + DIFFERS_BYTES(lun) +
                     DIFFERS_TEXT(name) + DIFFERS_TEXT(chap.name) + DIFFERS_TEXT(chap.secret) + DIFFERS_TEXT(reverse.name) +
                     DIFFERS_TEXT(reverse.secret);
    if (table == CARRIED_BY_ISDH)
        count += (unsigned)DIFFERS(portal_group) + DIFFERS(read_only) + DIFFERS(block_size) + DIFFERS(block_count) +
                 DIFFERS(wwid_type) + DIFFERS_TEXT(serial) + DIFFERS_TEXT(vendor) + DIFFERS_TEXT(product) +
                 DIFFERS_TEXT(revision) + DIFFERS_BYTES(isid) + DIFFERS(tsih) + DIFFERS(session_flags) + DIFFERS(max_burst) +
                 DIFFERS(first_burst) + DIFFERS(max_send_segment) + DIFFERS(max_receive_segment) +
                 (DIFFERS(wwid_length) || (a->wwid_length && memcmp(a->wwid, b->wwid, a->wwid_length)));
    return count;
}

/* Members that are not the same; of lists with different lengths the length alone counts. */
static inline unsigned differences(const struct handoff *a, const struct handoff *b, enum what_a_table_carries table)
{
    unsigned count = (unsigned)DIFFERS_TEXT(initiator) + DIFFERS(nic_count) + DIFFERS(address_count) + DIFFERS(target_count);
    for (unsigned i = 0; i < a->nic_count && a->nic_count == b->nic_count; i++)
        count += nic_differences(&a->nics[i], &b->nics[i], table);
    for (unsigned i = 0; i < a->address_count && a->address_count == b->address_count; i++)
        count += address_differences(&a->addresses[i], &b->addresses[i], table);
    for (unsigned i = 0; i < a->target_count && a->target_count == b->target_count; i++)
        count += target_differences(&a->targets[i], &b->targets[i], table);
    if (table == CARRIED_BY_IBFT)
        return count;
    return count + DIFFERS(generation) + DIFFERS_BYTES(boot_id) + DIFFERS_TEXT(producer) + DIFFERS(ticks_per_ms) + DIFFERS(now) +
           DIFFERS(log_address) + DIFFERS(log_size) + (memcmp(&a->dump_area, &b->dump_area, sizeof a->dump_area) != 0);
}

#endif
