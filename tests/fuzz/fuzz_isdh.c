/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as an ISDH table. What is valid is written again, and reads as the same. */
#include "tests/fuzz/fuzz_handoff.h"

static void compare_disks(const struct handoff_target *a, const struct handoff_target *b)
{
    MUST_EQUAL(a, b, portal_group);
    MUST_EQUAL(a, b, read_only);
    MUST_EQUAL(a, b, block_size);
    MUST_EQUAL(a, b, block_count);
    MUST_EQUAL(a, b, wwid_type);
    MUST_EQUAL(a, b, wwid_length);
    must(!a->wwid_length || !memcmp(a->wwid, b->wwid, a->wwid_length));
    MUST_READ(a, b, serial);
    MUST_READ(a, b, vendor);
    MUST_READ(a, b, product);
}

static void compare_sessions(const struct handoff_target *a, const struct handoff_target *b)
{
    MUST_MATCH(a, b, isid);
    MUST_EQUAL(a, b, tsih);
    MUST_EQUAL(a, b, session_flags);
    MUST_EQUAL(a, b, max_burst);
    MUST_EQUAL(a, b, first_burst);
    MUST_EQUAL(a, b, max_send_segment);
    MUST_EQUAL(a, b, max_receive_segment);
}

static void compare_cards(const struct handoff_nic *a, const struct handoff_nic *b)
{
    MUST_EQUAL(a, b, segment);
    MUST_EQUAL(a, b, vendor_id);
    MUST_EQUAL(a, b, device_id);
    MUST_EQUAL(a, b, subsystem_vendor_id);
    MUST_EQUAL(a, b, subsystem_id);
    MUST_EQUAL(a, b, registers);
    MUST_EQUAL(a, b, link_megabits);
    MUST_READ(a, b, driver);
}

static void compare_leases(const struct handoff_address *a, const struct handoff_address *b)
{
    MUST_EQUAL(a, b, vlan_priority);
    MUST_EQUAL(a, b, mtu);
    MUST_MATCH(a, b, next_hop);
    MUST_EQUAL(a, b, lease_seconds);
    MUST_EQUAL(a, b, lease_acquired);
}

static void compare_dump_areas(const struct handoff_dump_area *a, const struct handoff_dump_area *b)
{
    MUST_EQUAL(a, b, there);
    if (!a->there)
        return;
    MUST_EQUAL(a, b, target);
    MUST_MATCH(a, b, signature);
    MUST_EQUAL(a, b, extent_count);
    must(!memcmp(a->extents, b->extents, a->extent_count * sizeof *a->extents));
}

static void compare(const struct handoff *a, const struct handoff *b)
{
    compare_common(a, b);
    MUST_EQUAL(a, b, generation);
    MUST_MATCH(a, b, boot_id);
    MUST_READ(a, b, producer);
    MUST_EQUAL(a, b, ticks_per_ms);
    MUST_EQUAL(a, b, now);
    MUST_EQUAL(a, b, log_address);
    MUST_EQUAL(a, b, log_size);
    for (unsigned i = 0; i < a->nic_count; i++)
        compare_cards(&a->nics[i], &b->nics[i]);
    for (unsigned i = 0; i < a->address_count; i++)
        compare_leases(&a->addresses[i], &b->addresses[i]);
    for (unsigned i = 0; i < a->target_count; i++) {
        compare_disks(&a->targets[i], &b->targets[i]);
        compare_sessions(&a->targets[i], &b->targets[i]);
    }
    compare_dump_areas(&a->dump_area, &b->dump_area);
}

static void round_trip(const uint8_t *bytes, const struct handoff *facts)
{
    static uint8_t written[ISDH_LENGTH_MAX];
    struct isdh_header header;
    struct handoff read;
    struct handoff_faults faults;
    size_t length;
    memcpy(&header, bytes, sizeof header);
    struct isdh_options options = {
        .self = header.self, .acpi = header.flags & ISDH_FLAG_ACPI, .secrets = header.flags & ISDH_FLAG_SECRETS};
    must(isdh_write(facts, &options, written, sizeof written, &length) == OK);
    must(isdh_read(written, length, header.self, &read, &faults));
    compare(facts, &read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = copy_of(data, size);
    struct handoff facts;
    struct handoff_faults faults;
    char text[64];
    if (wants_seal(data, size))
        seal_isdh(bytes, size, ISDH_ANYWHERE);
    if (isdh_read(bytes, size, ISDH_ANYWHERE, &facts, &faults)) {
        must(!faults.count);
        round_trip(bytes, &facts);
    } else {
        must(faults.count);
        for (unsigned i = 0; i < faults.count && i < HANDOFF_FAULTS; i++)
            handoff_fault_text(&faults, i, text, sizeof text);
    }
    free(bytes);
    return 0;
}
