/* SPDX-License-Identifier: BSD-2-Clause */
/* The members that ISDH records and struct handoff hold alike. */
#include "handoff/isdh_members.h"

#include <string.h>

/* clang-format off */

#define MEMBER_OF(type, member) (((struct type *)NULL)->member)
#define MUST_BE(condition)      (0 * sizeof(char[(condition) ? 1 : -1]))

#define MEMBER(record, in, facts)           OTHER_MEMBER(record, in, facts, in)
#define OTHER_MEMBER(record, in, facts, as) {offsetof(struct record, in), offsetof(struct facts, as), \
                                             sizeof MEMBER_OF(record, in) + \
                                             MUST_BE(sizeof MEMBER_OF(record, in) == sizeof MEMBER_OF(facts, as))}

const struct isdh_member isdh_clock_members[] = {
    MEMBER(isdh_clock, ticks_per_ms, handoff),
    MEMBER(isdh_clock, now, handoff),
    {0},
};

const struct isdh_member isdh_log_members[] = {
    OTHER_MEMBER(isdh_log, address, handoff, log_address),
    OTHER_MEMBER(isdh_log, size, handoff, log_size),
    {0},
};

const struct isdh_member isdh_nic_members[] = {
    MEMBER(isdh_nic, segment, handoff_nic),
    MEMBER(isdh_nic, bus, handoff_nic),
    MEMBER(isdh_nic, device, handoff_nic),
    MEMBER(isdh_nic, function, handoff_nic),
    MEMBER(isdh_nic, vendor_id, handoff_nic),
    MEMBER(isdh_nic, device_id, handoff_nic),
    MEMBER(isdh_nic, subsystem_vendor_id, handoff_nic),
    MEMBER(isdh_nic, subsystem_id, handoff_nic),
    MEMBER(isdh_nic, registers, handoff_nic),
    MEMBER(isdh_nic, mac, handoff_nic),
    MEMBER(isdh_nic, link_megabits, handoff_nic),
    {0},
};

const struct isdh_member isdh_address_members[] = {
    MEMBER(isdh_address, nic, handoff_address),
    MEMBER(isdh_address, address, handoff_address),
    MEMBER(isdh_address, prefix, handoff_address),
    MEMBER(isdh_address, gateway, handoff_address),
    MEMBER(isdh_address, dns, handoff_address),
    MEMBER(isdh_address, dhcp_server, handoff_address),
    MEMBER(isdh_address, origin, handoff_address),
    MEMBER(isdh_address, vlan, handoff_address),
    MEMBER(isdh_address, vlan_priority, handoff_address),
    MEMBER(isdh_address, mtu, handoff_address),
    MEMBER(isdh_address, next_hop, handoff_address),
    MEMBER(isdh_address, lease_seconds, handoff_address),
    MEMBER(isdh_address, lease_acquired, handoff_address),
    {0},
};

const struct isdh_member isdh_target_members[] = {
    MEMBER(isdh_target, ip, handoff_target),
    MEMBER(isdh_target, address, handoff_target),
    MEMBER(isdh_target, port, handoff_target),
    MEMBER(isdh_target, portal_group, handoff_target),
    MEMBER(isdh_target, lun, handoff_target),
    MEMBER(isdh_target, block_size, handoff_target),
    MEMBER(isdh_target, block_count, handoff_target),
    MEMBER(isdh_target, wwid_type, handoff_target),
    {0},
};

const struct isdh_member isdh_session_members[] = {
    MEMBER(isdh_session, isid, handoff_target),
    MEMBER(isdh_session, tsih, handoff_target),
    OTHER_MEMBER(isdh_session, flags, handoff_target, session_flags),
    MEMBER(isdh_session, max_burst, handoff_target),
    MEMBER(isdh_session, first_burst, handoff_target),
    MEMBER(isdh_session, max_send_segment, handoff_target),
    MEMBER(isdh_session, max_receive_segment, handoff_target),
    {0},
};

const struct isdh_member isdh_dump_area_members[] = {
    MEMBER(isdh_dump_area, target, handoff_dump_area),
    MEMBER(isdh_dump_area, signature, handoff_dump_area),
    {0},
};

/* clang-format on */

void isdh_members_read(const struct isdh_member *members, const void *record, void *facts)
{
    for (const struct isdh_member *member = members; member->size; member++)
        memcpy((uint8_t *)facts + member->in_facts, (const uint8_t *)record + member->in_record, member->size);
}

void isdh_members_write(const struct isdh_member *members, void *record, const void *facts)
{
    for (const struct isdh_member *member = members; member->size; member++)
        memcpy((uint8_t *)record + member->in_record, (const uint8_t *)facts + member->in_facts, member->size);
}
