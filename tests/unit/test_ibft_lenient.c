/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iBFTs that others made: what is wrong beside the path in use is told, and passed over; what is wrong in it is not. The strict
 * reader refuses every one of them. The tables have two paths, of which the first is booted from.
 */
#include "tests/unit/handoff_facts.h"

#include "platform/bytes.h"

enum structure { HEADER, CONTROL, INITIATOR, NIC_0, TARGET_0, NIC_1, TARGET_1 };

#define CONTROL_AT 48

static uint8_t table[IBFT_SIZE_MAX];
static size_t length;
static struct handoff read_back;
static struct handoff_faults faults;

static struct handoff two_paths(void)
{
    struct handoff facts = chap_facts();
    facts.nic_count = facts.address_count = facts.target_count = 2;
    facts.nics[1] = facts.nics[0];
    facts.nics[1].mac[5] = 0x57;
    facts.addresses[1] = facts.addresses[0];
    facts.addresses[1].nic = 1;
    facts.addresses[1].address[15] = 51;
    facts.targets[1] = facts.targets[0];
    facts.targets[1].ip = 1;
    facts.targets[1].boot = false;
    facts.targets[1].name = "iqn.2001-04.com.example:other";
    return facts;
}

static void write_two_paths(void)
{
    struct handoff facts = two_paths();
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_ALWAYS, table, sizeof table, &length), OK);
}

/* Where the control structure says where a structure is, and where that is. */
static uint8_t *offset_of(enum structure which)
{
    return table + CONTROL_AT + 8 + 2 * (which - INITIATOR);
}

static uint8_t *place_of(enum structure which)
{
    return which == HEADER ? table : table + (which == CONTROL ? CONTROL_AT : get_le16(offset_of(which)));
}

/* From a copy of exactly its size, so that a byte too far is noticed. The strict reader never takes it. */
static bool read_it(void)
{
    static uint8_t *copy;
    table[offsetof(struct ibft_header, checksum)] = 0;
    table[offsetof(struct ibft_header, checksum)] = (uint8_t)-bytes_sum(table, length);
    free(copy);
    copy = malloc(length);
    memcpy(copy, table, length);
    assert_false(ibft_read(copy, length, &read_back, &faults));
    return ibft_read_leniently(copy, length, &read_back, &faults);
}

/* What remains is the first path, and the second when `paths` is 2. */
static void takes(unsigned paths)
{
    struct handoff facts = two_paths();
    facts.target_count = paths;
    if (!read_it())
        fail_msg("%s at %u is %s", faults.list[0].field, (unsigned)faults.list[0].offset, faults.list[0].found);
    assert_int_equal(read_back.target_count, paths);
    assert_true(read_back.targets[0].boot);
    assert_int_equal(read_back.nics[read_back.addresses[read_back.targets[0].ip].nic].mac[5], 0x56);
    assert_string_equal(read_back.targets[0].name, facts.targets[0].name);
    assert_string_equal(read_back.targets[0].chap.secret, facts.targets[0].chap.secret);
    assert_string_equal(read_back.initiator, facts.initiator);
    assert_true(faults.count > 0);
}

static void refuses(const char *field)
{
    assert_false(read_it());
    for (unsigned i = 0; i < faults.count && i < HANDOFF_FAULTS; i++)
        if (!strcmp(faults.list[i].field, field))
            return;
    fail_msg("%s is not named", field);
}

/* ---- the second path ---- */

static void a_zeroed_second_nic_and_target(void **state)
{
    (void)state;
    write_two_paths();
    memset(place_of(NIC_1), 0, sizeof(struct ibft_nic));
    takes(1);
    assert_int_equal(read_back.nic_count, 1);

    write_two_paths();
    memset(place_of(NIC_1), 0, sizeof(struct ibft_nic));
    memset(place_of(TARGET_1), 0, sizeof(struct ibft_target));
    takes(1);
    assert_int_equal(faults.count, 2); /* a line each, not one for each of its fields */
}

static void a_second_nic_that_is_the_first(void **state)
{
    (void)state;
    write_two_paths();
    put_le16(offset_of(NIC_1), get_le16(offset_of(NIC_0)));
    takes(2);
    assert_int_equal(read_back.nic_count, 1);
    assert_int_equal(read_back.targets[1].ip, 0);
}

static void a_second_path_of_rubbish(void **state)
{
    (void)state;
    static const uint16_t places[] = {0xFFF0, 16, CONTROL_AT, 49};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        write_two_paths();
        put_le16(offset_of(NIC_1), places[i]);
        takes(1);
        write_two_paths();
        put_le16(offset_of(TARGET_1), places[i]);
        takes(1);
        assert_int_equal(read_back.nic_count, 2);
    }

    write_two_paths();
    memset(place_of(TARGET_1) + 6, 0xFF, sizeof(struct ibft_target) - 6);
    takes(1);
    write_two_paths();
    memset(place_of(NIC_1) + 6, 0xFF, sizeof(struct ibft_nic) - 6);
    takes(1);
}

/* ---- liberties in any path ---- */

static void a_vlan_with_its_priority(void **state)
{
    (void)state;
    write_two_paths();
    put_le16(place_of(NIC_0) + offsetof(struct ibft_nic, vlan), 6 << 13 | 5);
    takes(2);
    assert_int_equal(read_back.addresses[0].vlan, 5);
    assert_int_equal(read_back.addresses[0].vlan_priority, 6);
}

static void an_origin_that_is_none(void **state)
{
    (void)state;
    write_two_paths();
    place_of(NIC_0)[offsetof(struct ibft_nic, origin)] = 0xFF;
    takes(2);
    assert_int_equal(read_back.addresses[0].origin, ISDH_ORIGIN_DHCP); /* the table names a DHCP server */

    memset(place_of(NIC_0) + offsetof(struct ibft_nic, dhcp_server), 0, 16);
    takes(2);
    assert_int_equal(read_back.addresses[0].origin, ISDH_ORIGIN_OTHER);
}

struct liberty {
    enum structure structure;
    unsigned offset;
    uint8_t value;
};

static void small_liberties(void **state)
{
    (void)state;
    static const struct liberty liberties[] = {
        {CONTROL, offsetof(struct ibft_structure, flags), 0xFE},
        {CONTROL, offsetof(struct ibft_structure, index), 9},
        {CONTROL, offsetof(struct ibft_structure, length), 20},
        {CONTROL, offsetof(struct ibft_structure, length), 30},
        {CONTROL, offsetof(struct ibft_control, extensions) + 1, 0xFF},
        {INITIATOR, offsetof(struct ibft_structure, flags), 0xF3},
        {INITIATOR, offsetof(struct ibft_structure, length), 76},
        {INITIATOR, offsetof(struct ibft_initiator, isns), 0xFF},
        {INITIATOR, offsetof(struct ibft_initiator, radius), 0xFF},
        {NIC_0, offsetof(struct ibft_structure, flags), 0x83},
        {NIC_0, offsetof(struct ibft_structure, index), 7},
        {NIC_0, offsetof(struct ibft_nic, dns) + 12, 224},
        {NIC_0, offsetof(struct ibft_nic, dhcp_server) + 12, 224},
        {NIC_0, offsetof(struct ibft_nic, hostname) + 1, 0xFF},
        {TARGET_0, offsetof(struct ibft_structure, flags), 0xF3},
    };
    for (unsigned i = 0; i < sizeof liberties / sizeof *liberties; i++) {
        write_two_paths();
        place_of(liberties[i].structure)[liberties[i].offset] = liberties[i].value;
        takes(2);
    }
}

/* No host can be it, and none of it is looked for there. */
static void servers_and_gateways_that_cannot_be(void **state)
{
    (void)state;
    write_two_paths();
    memset(place_of(NIC_0) + offsetof(struct ibft_nic, gateway), 0xFF, 4 * 16);
    takes(2);
    assert_true(bytes_are_zero(read_back.addresses[0].gateway, 16));
    assert_true(bytes_are_zero(read_back.addresses[0].dns[1], 16));
    assert_true(bytes_are_zero(read_back.addresses[0].dhcp_server, 16));
}

/* CHAP was switched off, and the names stayed. */
static void secrets_without_chap(void **state)
{
    (void)state;
    write_two_paths();
    place_of(TARGET_0)[offsetof(struct ibft_target, chap)] = IBFT_NO_CHAP;
    assert_true(read_it());
    assert_string_equal(read_back.targets[0].chap.name, "");
    assert_string_equal(read_back.targets[0].reverse.secret, "");
}

/* ---- the path in use ---- */

static void what_is_wrong_in_the_path_in_use(void **state)
{
    (void)state;
    static const struct {
        struct liberty at;
        const char *field;
    } cases[] = {
        {{HEADER, offsetof(struct ibft_header, revision), 2}, "revision"},
        {{CONTROL, offsetof(struct ibft_structure, id), 2}, "id"},
        {{CONTROL, offsetof(struct ibft_structure, length), 17}, "length"},
        {{INITIATOR, offsetof(struct ibft_structure, flags), 0}, "flags"},
        {{INITIATOR, offsetof(struct ibft_structure, length), 73}, "length"},
        {{INITIATOR, offsetof(struct ibft_initiator, name) + 3, 0xFF}, "name"},
        {{NIC_0, offsetof(struct ibft_structure, id), 0}, "NIC index"},
        {{NIC_0, offsetof(struct ibft_nic, address) + 12, 224}, "address"},
        {{NIC_0, offsetof(struct ibft_nic, prefix), 33}, "prefix length"},
        {{NIC_0, offsetof(struct ibft_nic, vlan) + 1, 0x10}, "VLAN"},
        {{NIC_0, offsetof(struct ibft_nic, mac), 1}, "MAC address"},
        {{TARGET_0, offsetof(struct ibft_structure, length), 53}, "length"},
        {{TARGET_0, offsetof(struct ibft_target, address) + 12, 224}, "address"},
        {{TARGET_0, offsetof(struct ibft_target, nic), 2}, "NIC index"},
        {{TARGET_0, offsetof(struct ibft_target, name) + 3, 0xFF}, "name"},
        {{TARGET_0, offsetof(struct ibft_target, chap), 3}, "CHAP type"},
        {{TARGET_0, offsetof(struct ibft_target, chap_secret) + 3, 0xFF}, "CHAP secret"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_two_paths();
        place_of(cases[i].at.structure)[cases[i].at.offset] = cases[i].at.value;
        refuses(cases[i].field);
    }
}

static void a_path_in_use_that_is_nowhere(void **state)
{
    (void)state;
    write_two_paths();
    put_le16(offset_of(INITIATOR), 0);
    refuses("initiator offset");
    write_two_paths();
    put_le16(offset_of(NIC_0), 0xFFF0);
    refuses("NIC offset");
}

/* The one that was to be booted from may have been the lost one; that another is there does not make it the one. */
static void another_target_is_no_substitute(void **state)
{
    (void)state;
    write_two_paths();
    put_le16(offset_of(TARGET_0), 0xFFF0);
    refuses("target offset");

    write_two_paths(); /* nor without any that is marked: the first counts */
    place_of(TARGET_0)[offsetof(struct ibft_structure, flags)] = IBFT_VALID;
    place_of(TARGET_0)[offsetof(struct ibft_target, port)] = place_of(TARGET_0)[offsetof(struct ibft_target, port) + 1] = 0;
    refuses("port");
    place_of(TARGET_1)[offsetof(struct ibft_structure, flags)] |= IBFT_BOOT_SELECTED;
    assert_true(read_it());
    assert_string_equal(read_back.targets[0].name, "iqn.2001-04.com.example:other");
}

static void sums_and_lengths_stay_what_they_are(void **state)
{
    (void)state;
    write_two_paths();
    table[length - 1] ^= 1;
    assert_false(ibft_read_leniently(table, length, &read_back, &faults));
    write_two_paths();
    assert_false(ibft_read_leniently(table, length - 1, &read_back, &faults));
    assert_true(ibft_read_leniently(table, length, &read_back, &faults));
    assert_int_equal(faults.count, 0);
}

/* What is taken points into the table; nothing outside of it is read. */
static void read_with_byte(size_t at, uint8_t value)
{
    write_two_paths();
    table[at] = value;
    uint8_t *copy = malloc(length);
    memcpy(copy, table, length);
    copy[offsetof(struct ibft_header, checksum)] -= bytes_sum(copy, length);

    if (ibft_read_leniently(copy, length, &read_back, &faults) && read_back.target_count) {
        assert_true(read_back.targets[0].ip < read_back.nic_count);
        assert_true(strlen(read_back.targets[0].name) <= 223 && strlen(read_back.initiator) <= 223);
    }
    free(copy);
}

static void any_byte_in_any_place(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF};
    write_two_paths();
    for (size_t at = 4; at < length; at++)
        for (unsigned i = 0; i < sizeof values; i++)
            read_with_byte(at, values[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zeroed_second_nic_and_target),
        cmocka_unit_test(a_second_nic_that_is_the_first),
        cmocka_unit_test(a_second_path_of_rubbish),
        cmocka_unit_test(a_vlan_with_its_priority),
        cmocka_unit_test(an_origin_that_is_none),
        cmocka_unit_test(small_liberties),
        cmocka_unit_test(servers_and_gateways_that_cannot_be),
        cmocka_unit_test(secrets_without_chap),
        cmocka_unit_test(what_is_wrong_in_the_path_in_use),
        cmocka_unit_test(a_path_in_use_that_is_nowhere),
        cmocka_unit_test(another_target_is_no_substitute),
        cmocka_unit_test(sums_and_lengths_stay_what_they_are),
        cmocka_unit_test(any_byte_in_any_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
