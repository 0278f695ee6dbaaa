/* SPDX-License-Identifier: BSD-2-Clause */
/* The iBFT: what is written, byte for byte; what Windows demands of it; what is refused. */
#include "tests/unit/handoff_compare.h"

#include "platform/bytes.h"

static struct table write_with_gateway(const struct handoff *facts, enum ibft_gateway gateway)
{
    struct table table;
    enum status status = ibft_write(facts, gateway, table.bytes, IBFT_SIZE_MAX, &table.length);
    if (status != OK)
        fail_msg("%s", failure_detail(status));
    return table;
}

static struct table write_plainly(const struct handoff *facts)
{
    return write_with_gateway(facts, IBFT_GATEWAY_AUTO);
}

static struct table write_all(const struct handoff *facts)
{
    return write_with_gateway(facts, IBFT_GATEWAY_ALWAYS);
}

static bool read_ibft(const uint8_t *bytes, size_t length)
{
    return ibft_read(bytes, length, &read_back, &faults);
}

static void seal_ibft(struct table *table)
{
    uint8_t *checksum = table->bytes + offsetof(struct ibft_header, checksum);
    *checksum = 0;
    *checksum = (uint8_t)-bytes_sum(table->bytes, table->length);
}

/* Where structures are known by their offsets. */
static size_t place_of_structure(const struct table *table, unsigned offset)
{
    (void)table;
    return offset;
}

static const struct format format = {
    .name = "ibft",
    .carries = CARRIED_BY_IBFT,
    .write = write_all,
    .read = read_ibft,
    .seal = seal_ibft,
    .place = place_of_structure,
    .tested_from = offsetof(struct ibft_header, length),
};

static void golden_bytes(void **state)
{
    (void)state;
    assert_golden_tables(&format, write_plainly);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    assert_all_machines_read_back(&format);
}

static void a_table_has_room_for_what_the_standards_allow(void **state)
{
    (void)state;
    struct handoff facts = large_facts();
    struct table table = write_plainly(&facts);
    assert_true(table.length > 5000);

    uint8_t *exact = malloc(table.length);
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, exact, table.length, &table.length), OK);
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, exact, table.length - 1, &table.length), E_HANDOFF_SIZE);
    free(exact);
}

static void the_longest_of_everything_has_room(void **state)
{
    (void)state;
    struct handoff facts = longest_facts();
    assert_reads_back(&format, "longest", &facts);
}

/* ---- Windows, Linux, FreeBSD ---- */

/* Offsets by the specification's own tables, not by handoff/ibft.h. */
#define CONTROL_AT 48

enum control_field {
    CONTROL_LENGTH = 2,
    CONTROL_INITIATOR = 8,
    CONTROL_NIC_0 = 10,
    CONTROL_TARGET_0 = 12,
    CONTROL_NIC_1 = 14,
    CONTROL_TARGET_1 = 16
};
enum initiator_field { INITIATOR_NAME_LENGTH = 70, INITIATOR_NAME = 72 };
enum nic_field {
    NIC_PREFIX = 22,
    NIC_ORIGIN = 23,
    NIC_GATEWAY = 24,
    NIC_DNS = 40,
    NIC_VLAN = 88,
    NIC_MAC = 90,
    NIC_LOCATION = 96,
    NIC_HOSTNAME = 100
};
enum target_field {
    TARGET_PORT = 22,
    TARGET_LUN = 24,
    TARGET_CHAP = 32,
    TARGET_NIC = 33,
    TARGET_NAME = 36,
    TARGET_CHAP_NAME = 40,
    TARGET_CHAP_SECRET = 44,
    TARGET_REVERSE_NAME = 48,
    TARGET_REVERSE_SECRET = 52
};
#define STRUCTURE_FLAGS 5

/* The structure that the control structure's field tells of. */
static const uint8_t *structure_at(const struct table *table, enum control_field field)
{
    return table->bytes + get_le16(table->bytes + CONTROL_AT + field);
}

/* The string that a structure's field tells of: the offset behind its length. */
static const char *string_of(const struct table *table, const uint8_t *structure, unsigned field)
{
    return (const char *)table->bytes + get_le16(structure + field);
}

struct gateway_case {
    const char *clause;
    uint8_t third; /* byte of the target's address; the card is on 192.0.2.0/24 */
    uint8_t prefix;
    enum ibft_gateway rule;
    bool there;
};

/* KB960104, KB2727330: a gateway in the table is routed through even to a target on the card's own subnet. */
static void the_gateway_is_there_for_targets_behind_it_alone(void **state)
{
    (void)state;
    static const uint8_t none[16];
    static const struct gateway_case cases[] = {
        {"own subnet", 2, 24, IBFT_GATEWAY_AUTO, false},
        {"another subnet", 3, 24, IBFT_GATEWAY_AUTO, true},
        {"own /23", 3, 23, IBFT_GATEWAY_AUTO, false},
        {"behind a /23", 4, 23, IBFT_GATEWAY_AUTO, true},
        {"always, as the user wishes", 2, 24, IBFT_GATEWAY_ALWAYS, true},
        {"never", 3, 24, IBFT_GATEWAY_NEVER, false},
        {"prefix 0", 9, 0, IBFT_GATEWAY_AUTO, false},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct handoff facts = plain_facts();
        facts.targets[0].address[14] = cases[i].third;
        facts.addresses[0].prefix = cases[i].prefix;
        struct table table = write_with_gateway(&facts, cases[i].rule);
        const uint8_t *gateway = structure_at(&table, CONTROL_NIC_0) + NIC_GATEWAY;
        if (memcmp(gateway, cases[i].there ? facts.addresses[0].gateway : none, 16) != 0)
            fail_msg("%s", cases[i].clause);
    }
}

struct flags_case {
    uint8_t address[16], flags;
};

static void a_link_local_address_is_not_global(void **state)
{
    (void)state;
    static const struct flags_case cases[] = {
        {V4(192, 0, 2, 50), 7},
        {V4(169, 254, 2, 50), 3},
        {{0x20, 1, 0xD, 0xB8, [15] = 1}, 7},
        {{0xFE, 0x80, [15] = 1}, 3},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct handoff facts = i < 2 ? plain_facts() : ipv6_facts();
        memcpy(facts.addresses[0].address, cases[i].address, 16);
        struct table table = write_plainly(&facts);
        assert_int_equal(structure_at(&table, CONTROL_NIC_0)[STRUCTURE_FLAGS], cases[i].flags);
    }
}

static void fields_are_where_other_readers_look(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    struct table table = write_plainly(&facts);
    const uint8_t *bytes = table.bytes, *control = bytes + CONTROL_AT;
    assert_memory_equal(bytes, "iBFT", 4);
    assert_int_equal(get_le32(bytes + 4), table.length);
    assert_int_equal(bytes[8], 1);
    assert_int_equal(bytes_sum(bytes, table.length), 0);

    assert_int_equal(get_le16(control + CONTROL_LENGTH), 18); /* older readers know this length alone */
    const uint8_t *initiator = structure_at(&table, CONTROL_INITIATOR), *nic = structure_at(&table, CONTROL_NIC_0),
                  *target = structure_at(&table, CONTROL_TARGET_0);
    assert_int_equal(get_le16(control + CONTROL_NIC_1) | get_le16(control + CONTROL_TARGET_1), 0);
    assert_int_equal((initiator - bytes) % 16 | (nic - bytes) % 16 | (target - bytes) % 16, 0);

    /* Windows and open-iscsi: valid and boot-selected on each; the location and the MAC find the card. */
    assert_int_equal(initiator[STRUCTURE_FLAGS] & 3, 3);
    assert_int_equal(nic[STRUCTURE_FLAGS] & 3, 3);
    assert_int_equal(target[STRUCTURE_FLAGS] & 3, 3);

    assert_string_equal(string_of(&table, initiator, INITIATOR_NAME), facts.initiator);
    assert_int_equal(get_le16(initiator + INITIATOR_NAME_LENGTH), strlen(facts.initiator));

    assert_int_equal(nic[NIC_PREFIX], 24);
    assert_int_equal(nic[NIC_ORIGIN], 3); /* DHCP */
    assert_int_equal(get_le16(nic + NIC_VLAN), 5);
    assert_memory_equal(nic + NIC_MAC, facts.nics[0].mac, 6);
    assert_int_equal(get_le16(nic + NIC_LOCATION), 2 << 8 | 3 << 3 | 1);
    assert_string_equal(string_of(&table, nic, NIC_HOSTNAME), "machine");

    assert_int_equal(get_le16(target + TARGET_PORT), 3260);
    assert_memory_equal(target + TARGET_LUN, facts.targets[0].lun, 8);
    assert_int_equal(target[TARGET_CHAP], 2);
    assert_int_equal(target[TARGET_NIC], 0);
    assert_string_equal(string_of(&table, target, TARGET_NAME), facts.targets[0].name);
    assert_string_equal(string_of(&table, target, TARGET_CHAP_NAME), "machine");
    assert_string_equal(string_of(&table, target, TARGET_CHAP_SECRET), "one-secret-of-20-bytes");
    assert_string_equal(string_of(&table, target, TARGET_REVERSE_NAME), "storage");
    assert_string_equal(string_of(&table, target, TARGET_REVERSE_SECRET), "another-secret-of-it");
}

/* ---- refusals ---- */

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (unsigned machine = 0; machine < BIT_TESTED; machine++) {
        struct handoff facts = machines[machine].facts();
        assert_flipped_bits_are_refused(&format, &facts);
    }
}

static void a_flipped_bit_under_a_good_sum_is_refused_or_harmless(void **state)
{
    (void)state;
    assert_flipped_bits_under_good_sums_are_harmless(&format);
}

static void truncated_tables_are_refused(void **state)
{
    (void)state;
    assert_truncated_tables_are_refused(&format);
}

/* Where structures are in a table with mutual CHAP. */
#define CONTROL   CONTROL_AT
#define INITIATOR 80
#define NIC       160
#define TARGET    272

/* clang-format off */
static const struct wrong_field wrong[] = {
    {"header", "revision", 0, ALL(ibft_header, revision), 2},
    {"control", "id", CONTROL, ALL(ibft_control, structure.id), 2},
    {"control", "version", CONTROL, ALL(ibft_control, structure.version), 2},
    {"control", "length", CONTROL, BYTE(ibft_control, structure.length, 0), 17},
    {"control", "length", CONTROL, BYTE(ibft_control, structure.length, 0), 30},
    {"control", "index", CONTROL, ALL(ibft_control, structure.index), 1},
    {"control", "flags", CONTROL, ALL(ibft_control, structure.flags), 0x80},
    {"control", "extensions offset", CONTROL, BYTE(ibft_control, extensions, 0), 1},
    {"control", "extensions offset", CONTROL, BYTE(ibft_control, extensions, 1), 0xF0},
    {"control", "initiator offset", CONTROL, BYTE(ibft_control, initiator, 0), INITIATOR + 1},
    {"control", "initiator offset", CONTROL, BYTE(ibft_control, initiator, 1), 0xF0},
    {"control", "NIC offset", CONTROL, BYTE(ibft_control, pairs[0].nic, 0), INITIATOR},
    {"control", "target offset", CONTROL, BYTE(ibft_control, pairs[0].target, 0), NIC},
    {"control", "NIC offset", CONTROL, BYTE(ibft_control, pairs[1].nic, 0), 48},
    {"initiator", "id", INITIATOR, ALL(ibft_initiator, structure.id), 3},
    {"initiator", "length", INITIATOR, BYTE(ibft_initiator, structure.length, 0), 73},
    {"initiator", "flags", INITIATOR, ALL(ibft_initiator, structure.flags), 0x10},
    {"initiator", "flags", INITIATOR, ALL(ibft_initiator, structure.flags), 0x02},
    {"initiator", "iSNS server", INITIATOR, BYTE(ibft_initiator, isns, 0), 0xFF},
    {"initiator", "name", INITIATOR, BYTE(ibft_initiator, name.length, 0), 0},
    {"initiator", "name", INITIATOR, BYTE(ibft_initiator, name.length, 0), 224},
    {"initiator", "name", INITIATOR, BYTE(ibft_initiator, name.offset, 1), 0xFF},
    {"NIC 0", "id", NIC, ALL(ibft_nic, structure.id), 4},
    {"NIC 0", "index", NIC, ALL(ibft_nic, structure.index), 1},
    {"NIC 0", "address", NIC, BYTE(ibft_nic, address, 12), 224},
    {"NIC 0", "prefix length", NIC, ALL(ibft_nic, prefix), 33},
    {"NIC 0", "origin", NIC, ALL(ibft_nic, origin), 5},
    {"NIC 0", "gateway", NIC, BYTE(ibft_nic, gateway, 11), 0},
    {"NIC 0", "first DNS server", NIC, BYTE(ibft_nic, dns[0], 12), 127},
    {"NIC 0", "DHCP server", NIC, BYTE(ibft_nic, dhcp_server, 12), 255},
    {"NIC 0", "VLAN", NIC, BYTE(ibft_nic, vlan, 1), 0x10},
    {"NIC 0", "MAC address", NIC, BYTE(ibft_nic, mac, 0), 1},
    {"NIC 0", "host name", NIC, BYTE(ibft_nic, hostname.length, 0), 0xFF},
    {"target 0", "version", TARGET, ALL(ibft_target, structure.version), 0},
    {"target 0", "address", TARGET, BYTE(ibft_target, address, 12), 0},
    {"target 0", "CHAP type", TARGET, ALL(ibft_target, chap), 3},
    {"target 0", "NIC index", TARGET, ALL(ibft_target, nic), 1},
    {"target 0", "name", TARGET, BYTE(ibft_target, name.length, 0), 0},
    {"target 0", "CHAP name", TARGET, BYTE(ibft_target, chap_name.length, 0), 0},
    {"target 0", "CHAP secret", TARGET, BYTE(ibft_target, chap_secret.length, 0), 0},
    {"target 0", "reverse CHAP name", TARGET, BYTE(ibft_target, reverse_name.length, 0), 0},
    {"target 0", "reverse CHAP secret", TARGET, BYTE(ibft_target, reverse_secret.length, 0), 0},
    {"target 0", "CHAP name", TARGET, BYTE(ibft_target, chap_name.offset, 0), NIC},
};
/* clang-format on */

static void a_wrong_field_is_named(void **state)
{
    (void)state;
    assert_wrong_fields_are_named(&format, wrong, sizeof wrong / sizeof *wrong);
}

/* Bytes of the NIC structure of a machine's table that are then refused. */
static void read_with_nic_bytes(struct handoff facts, unsigned field, const void *bytes, size_t length)
{
    struct table table = write_plainly(&facts);
    memcpy(table.bytes + NIC + field, bytes, length);
    seal_ibft(&table);
    assert_false(read_table(&format, &table));
}

static void a_fault_tells_found_and_allowed(void **state)
{
    (void)state;
    char text[160];
    read_with_nic_bytes(chap_facts(), NIC_VLAN, "\xFF\x0F", 2);
    handoff_fault_text(&faults, 0, text, sizeof text);
    assert_string_equal(text, "iBFT, NIC 0: VLAN at f8h is 4095; allowed: 0 to 4094");
}

static void addresses_in_faults_are_written_as_rfc_5952_has_them(void **state)
{
    (void)state;
    static const uint8_t multicast[16] = {0xFF, 2, [15] = 0xFB};
    read_with_nic_bytes(ipv6_facts(), NIC_DNS, multicast, sizeof multicast);
    assert_string_equal(faults.list[0].found, "ff02::fb");
}

/* RFC 4291, 2.5.5.1: nobody means ::192.0.2.1, but a producer may have forgotten what makes it ::ffff:192.0.2.1. */
static void an_ipv4_address_without_its_ffff_is_refused(void **state)
{
    (void)state;
    read_with_nic_bytes(plain_facts(), NIC_DNS + 10, "\0\0", 2);
    assert_true(is_named("NIC 0", "first DNS server"));
    assert_string_equal(faults.list[0].found, "::c000:202");
}

static void a_wrong_table_is_not_written(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    struct table table = {.length = 0};
    facts.targets[0].name = "not an iSCSI name";
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, table.bytes, sizeof table.bytes, &table.length), E_HANDOFF_INVALID);
    assert_non_null(strstr(failure_detail(E_HANDOFF_INVALID), "target 0: name"));
    assert_true(bytes_are_zero(table.bytes, sizeof table.bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_bytes),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_table_has_room_for_what_the_standards_allow),
        cmocka_unit_test(the_longest_of_everything_has_room),
        cmocka_unit_test(the_gateway_is_there_for_targets_behind_it_alone),
        cmocka_unit_test(a_link_local_address_is_not_global),
        cmocka_unit_test(fields_are_where_other_readers_look),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_flipped_bit_under_a_good_sum_is_refused_or_harmless),
        cmocka_unit_test(truncated_tables_are_refused),
        cmocka_unit_test(a_wrong_field_is_named),
        cmocka_unit_test(a_fault_tells_found_and_allowed),
        cmocka_unit_test(addresses_in_faults_are_written_as_rfc_5952_has_them),
        cmocka_unit_test(an_ipv4_address_without_its_ffff_is_refused),
        cmocka_unit_test(a_wrong_table_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
