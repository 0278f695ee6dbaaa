/* SPDX-License-Identifier: BSD-2-Clause */
/* The ISDH table: what is written, byte for byte, and what its reader takes and refuses. */
#include "tests/unit/handoff_compare.h"

#include "platform/bytes.h"
#include "platform/crc32.h"

#define SELF        0x9E000u
#define HEADER_SIZE sizeof(struct isdh_header)

static struct table write_with(const struct handoff *facts, const struct isdh_options *options)
{
    struct table table;
    enum status status = isdh_write(facts, options, table.bytes, ISDH_SIZE_MAX, &table.length);
    if (status != OK)
        fail_msg("%s", failure_detail(status));
    return table;
}

static struct table write_all(const struct handoff *facts)
{
    return write_with(facts, &(struct isdh_options){.self = SELF, .secrets = true});
}

static bool read_at_self(const uint8_t *bytes, size_t length)
{
    return isdh_read(bytes, length, SELF, &read_back, &faults);
}

/* The length, too, twice. */
static void seal_isdh(struct table *table)
{
    struct isdh_header header;
    memcpy(&header, table->bytes, sizeof header);
    header.length = header.whole_length = (uint32_t)table->length;
    header.checksum = 0;
    header.crc32 = 0;
    memcpy(table->bytes, &header, sizeof header);
    put_le32(table->bytes + offsetof(struct isdh_header, crc32), crc32(0, table->bytes, table->length));
    table->bytes[offsetof(struct isdh_header, checksum)] = (uint8_t)-bytes_sum(table->bytes, table->length);
}

/* Where the record of this type begins, in a table with a header of this size. */
static size_t record_behind(const struct table *table, size_t header, unsigned type)
{
    struct isdh_record record;
    for (size_t at = header; at < table->length; at += (record.length + 7u) & ~7u) {
        memcpy(&record, table->bytes + at, sizeof record);
        if (record.type == type)
            return at;
    }
    fail_msg("there is no record of type %04x", type);
    return 0;
}

static size_t place_of_record(const struct table *table, unsigned type)
{
    return type ? record_behind(table, HEADER_SIZE, type) : 0;
}

static const struct format format = {
    .name = "isdh",
    .carries = CARRIED_BY_ISDH,
    .write = write_all,
    .read = read_at_self,
    .seal = seal_isdh,
    .place = place_of_record,
    .tested_from = offsetof(struct isdh_header, revision),
};

static void golden_bytes(void **state)
{
    (void)state;
    assert_golden_tables(&format, write_all);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    assert_all_machines_read_back(&format);
}

static void the_longest_of_everything_has_room(void **state)
{
    (void)state;
    struct handoff facts = longest_facts();
    assert_reads_back(&format, "longest", &facts);
}

static bool holds(const struct table *table, const char *text)
{
    size_t length = strlen(text);
    for (size_t at = 0; at + length <= table->length; at++)
        if (!memcmp(table->bytes + at, text, length))
            return true;
    return false;
}

static void secrets_are_left_out_unless_asked_for(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    struct table table = write_with(&facts, &(struct isdh_options){.self = SELF});
    assert_false(holds(&table, facts.targets[0].chap.secret) || holds(&table, facts.targets[0].reverse.secret));
    assert_true(holds(&table, "machine"));
    assert_true(read_table(&format, &table));
    assert_string_equal(read_back.targets[0].chap.name, "machine");
    assert_string_equal(read_back.targets[0].chap.secret, "");
    table = write_all(&facts);
    assert_true(holds(&table, facts.targets[0].chap.secret) && holds(&table, facts.targets[0].reverse.secret));
}

/* ---- where it lies ---- */

static void a_table_says_where_it_lies(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    struct table table = write_all(&facts);
    assert_true(isdh_read(table.bytes, table.length, ISDH_ANYWHERE, &read_back, &faults));
    assert_false(isdh_read(table.bytes, table.length, SELF + 16, &read_back, &faults));
    assert_true(is_named("header", "own address"));
    isdh_place(table.bytes, SELF + 16, 9);
    assert_true(isdh_read(table.bytes, table.length, SELF + 16, &read_back, &faults));
    assert_int_equal(read_back.generation, 9);
}

static void a_table_from_acpi_lies_anywhere(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    struct table table = write_with(&facts, &(struct isdh_options){.acpi = true});
    assert_true(isdh_read(table.bytes, table.length, 0x7FE1000, &read_back, &faults));
    assert_true(isdh_read(table.bytes, table.length, ISDH_ANYWHERE, &read_back, &faults));
}

static void it_is_found_by_scanning(void **state)
{
    (void)state;
    static uint8_t memory[64 * KIB];
    struct handoff facts = plain_facts();
    struct table table = write_all(&facts);
    memcpy(memory + 0x1230, "ISDH without a table behind it", 31);
    memcpy(memory + 0x2000, table.bytes, table.length / 2); /* damaged: found, refused, passed over */
    isdh_place(table.bytes, 0x4560, 2);
    memcpy(memory + 0x4560, table.bytes, table.length);

    size_t first = handoff_find(HANDOFF_ISDH, memory, sizeof memory, 0, ISDH_SCAN_STEP);
    assert_int_equal(first, 0x2000);
    assert_false(isdh_read(memory + first, sizeof memory - first, first, &read_back, &faults));
    size_t second = handoff_find(HANDOFF_ISDH, memory, sizeof memory, first + ISDH_SCAN_STEP, ISDH_SCAN_STEP);
    assert_int_equal(second, 0x4560);
    assert_true(isdh_read(memory + second, sizeof memory - second, second, &read_back, &faults));
    assert_int_equal(handoff_find(HANDOFF_ISDH, memory, sizeof memory, second + ISDH_SCAN_STEP, ISDH_SCAN_STEP), sizeof memory);
    assert_int_equal(handoff_find(HANDOFF_IBFT, memory, sizeof memory, 0, ISDH_SCAN_STEP), sizeof memory);
}

/* ---- versions ---- */

/* Appends a record of `length` bytes, 16 at most. */
static void append(struct table *table, uint16_t type, uint16_t length)
{
    struct isdh_record record = {type, length};
    memset(table->bytes + table->length, 0, 16);
    memcpy(table->bytes + table->length, &record, sizeof record);
    table->length += (length + 7u) & ~7u;
    seal_isdh(table);
}

static void an_unknown_record_is_passed_over_unless_it_is_critical(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    struct table table = write_all(&facts), critical = table;
    append(&table, 0x123, 11);
    assert_true(read_table(&format, &table));
    assert_int_equal(differences(&facts, &read_back, CARRIED_BY_ISDH), 0);
    append(&critical, 0x8123, 11);
    assert_false(read_table(&format, &critical));
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.list[0].field, "type");
}

struct later_member {
    uint16_t record;
    size_t offset;
};

/* A later minor version may lengthen the header, set flags that we do not know, and use members that are reserved today. */
static void a_higher_minor_version_is_read(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    struct table table = write_all(&facts);
    memmove(table.bytes + HEADER_SIZE + 8, table.bytes + HEADER_SIZE, table.length - HEADER_SIZE);
    table.length += 8;
    table.bytes[offsetof(struct isdh_header, minor)] = 1;
    table.bytes[offsetof(struct isdh_header, flags) + 1] = 0x80;
    table.bytes[offsetof(struct isdh_header, header_length)] = HEADER_SIZE + 8;
    table.bytes[offsetof(struct isdh_header, reserved) + 7] = 1;

    static const struct later_member later[] = {
        {ISDH_CLOCK, offsetof(struct isdh_clock, reserved)},         {ISDH_ADDRESS, offsetof(struct isdh_address, reserved)},
        {ISDH_ADDRESS, offsetof(struct isdh_address, reserved_too)}, {ISDH_TARGET, offsetof(struct isdh_target, flags)},
        {ISDH_SESSION, offsetof(struct isdh_session, flags)},        {ISDH_SESSION, offsetof(struct isdh_session, reserved)},
    };
    for (unsigned i = 0; i < sizeof later / sizeof *later; i++)
        table.bytes[record_behind(&table, HEADER_SIZE + 8, later[i].record) + later[i].offset] |= 0x80;

    seal_isdh(&table);
    assert_true(read_table(&format, &table));
    assert_int_equal(differences(&facts, &read_back, CARRIED_BY_ISDH), 0);

    table.bytes[offsetof(struct isdh_header, major)] = ISDH_MAJOR + 1;
    seal_isdh(&table);
    assert_false(read_table(&format, &table));
    assert_true(is_named("header", "major version"));
}

/* ---- refusals ---- */

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    assert_flipped_bits_are_refused(&format, &facts);
}

static void a_flipped_bit_under_good_sums_is_refused_or_harmless(void **state)
{
    (void)state;
    assert_flipped_bits_under_good_sums_are_harmless(&format);
}

static void truncated_tables_are_refused(void **state)
{
    (void)state;
    assert_truncated_tables_are_refused(&format);
}

/* Of 0 for a record's type offsets count from the table's start. */
/* clang-format off */
static const struct wrong_field wrong[] = {
    {"header", "revision", 0, ALL(isdh_header, revision), 2},
    {"header", "magic", 0, BYTE(isdh_header, magic, 0), 0},
    {"header", "major version", 0, BYTE(isdh_header, major, 0), 9},
    {"header", "own address", 0, BYTE(isdh_header, self, 6), 1},
    {"header", "generation", 0, BYTE(isdh_header, generation, 0), 0},
    {"header", "flags", 0, BYTE(isdh_header, flags, 0), 0x80},
    {"header", "header length", 0, BYTE(isdh_header, header_length, 0), 111},
    {"header", "header length", 0, BYTE(isdh_header, header_length, 0), 113},
    {"header", "reserved", 0, BYTE(isdh_header, reserved, 0), 1},
    {"record 0", "length", ISDH_PRODUCER, BYTE(isdh_producer, record.length, 0), 3},
    {"record 0", "length", ISDH_PRODUCER, BYTE(isdh_producer, record.length, 1), 0xFF},
    {"producer", "name", ISDH_PRODUCER, BYTE(isdh_producer, name.offset, 0), 4},
    {"clock", "ticks per millisecond", ISDH_CLOCK, ALL(isdh_clock, ticks_per_ms), 0},
    {"log", "size", ISDH_LOG, BYTE(isdh_log, size, 0), 1},
    {"NIC 0", "index", ISDH_NIC, ALL(isdh_nic, index), 1},
    {"NIC 0", "device", ISDH_NIC, ALL(isdh_nic, device), 32},
    {"NIC 0", "function", ISDH_NIC, ALL(isdh_nic, function), 8},
    {"NIC 0", "MAC address", ISDH_NIC, BYTE(isdh_nic, mac, 0), 1},
    {"NIC 0", "driver", ISDH_NIC, BYTE(isdh_nic, driver.length, 0), 200},
    {"address 0", "NIC", ISDH_ADDRESS, ALL(isdh_address, nic), 1},
    {"address 0", "prefix length", ISDH_ADDRESS, ALL(isdh_address, prefix), 33},
    {"address 0", "origin", ISDH_ADDRESS, ALL(isdh_address, origin), 5},
    {"address 0", "address", ISDH_ADDRESS, BYTE(isdh_address, address, 12), 240},
    {"address 0", "gateway", ISDH_ADDRESS, BYTE(isdh_address, gateway, 12), 255},
    {"address 0", "DHCP server", ISDH_ADDRESS, BYTE(isdh_address, dhcp_server, 12), 127},
    {"address 0", "VLAN", ISDH_ADDRESS, BYTE(isdh_address, vlan, 1), 0x10},
    {"address 0", "VLAN priority", ISDH_ADDRESS, ALL(isdh_address, vlan_priority), 8},
    {"address 0", "reserved", ISDH_ADDRESS, ALL(isdh_address, reserved), 1},
    {"address 0", "MTU", ISDH_ADDRESS, ALL(isdh_address, mtu), 575},
    {"address 0", "next hop", ISDH_ADDRESS, BYTE(isdh_address, next_hop, 0), 3},
    {"target 0", "IP", ISDH_TARGET, ALL(isdh_target, ip), 1},
    {"target 0", "flags", ISDH_TARGET, ALL(isdh_target, flags), 4},
    {"target 0", "WWID type", ISDH_TARGET, ALL(isdh_target, wwid_type), 4},
    {"target 0", "WWID type", ISDH_TARGET, ALL(isdh_target, wwid_type), 0},
    {"target 0", "address", ISDH_TARGET, BYTE(isdh_target, address, 10), 0},
    {"target 0", "block size", ISDH_TARGET, BYTE(isdh_target, block_size, 0), 1},
    {"target 0", "WWID", ISDH_TARGET, BYTE(isdh_target, wwid.length, 0), 65},
    {"target 0", "WWID", ISDH_TARGET, BYTE(isdh_target, wwid.offset, 1), 0xFF},
    {"target 0", "WWID", ISDH_TARGET, BYTE(isdh_target, wwid.length, 0), 0},
    {"target 0", "name", ISDH_TARGET, BYTE(isdh_target, name.length, 0), 0},
    {"session", "target", ISDH_SESSION, ALL(isdh_session, target), 1},
    {"session 0", "flags", ISDH_SESSION, ALL(isdh_session, flags), 0x10},
    {"session 0", "MaxBurstLength", ISDH_SESSION, BYTE(isdh_session, max_burst, 3), 1},
    {"session 0", "FirstBurstLength", ISDH_SESSION, BYTE(isdh_session, first_burst, 2), 8},
    {"session 0", "segments sent", ISDH_SESSION, BYTE(isdh_session, max_send_segment, 1), 0},
    {"session 0", "segments received", ISDH_SESSION, BYTE(isdh_session, max_receive_segment, 3), 1},
    {"session 0", "initiator name", ISDH_SESSION, BYTE(isdh_session, initiator.length, 0), 1},
    {"authentication 0", "type", ISDH_AUTHENTICATION, ALL(isdh_authentication, type), 3},
    {"authentication 0", "reverse CHAP name", ISDH_AUTHENTICATION, ALL(isdh_authentication, type), 1},
    {"authentication 0", "reserved", ISDH_AUTHENTICATION, BYTE(isdh_authentication, reserved, 0), 1},
    {"dump area", "target", ISDH_DUMP_AREA, ALL(isdh_dump_area, target), 1},
    {"dump area", "extents", ISDH_DUMP_AREA, BYTE(isdh_dump_area, extent_count, 0), 0},
    {"dump area", "extents", ISDH_DUMP_AREA, BYTE(isdh_dump_area, extent_count, 0), 32},
    {"dump area", "extent", ISDH_DUMP_AREA, BYTE(isdh_dump_area, extents[0].lba, 7), 1},
    {"dump area", "target", ISDH_TARGET, ALL(isdh_target, flags), 3}, /* write-protected */
};
/* clang-format on */

static void a_wrong_field_is_named(void **state)
{
    (void)state;
    assert_wrong_fields_are_named(&format, wrong, sizeof wrong / sizeof *wrong);
}

struct extents_case {
    struct handoff_extent first, second;
    bool good;
};

/* A dump goes through all of them: it must not write over its own beginning. */
static void extents_do_not_overlap(void **state)
{
    (void)state;
    static const struct extents_case cases[] = {
        {{2048, 4096}, {6144, 1}, true},  {{2048, 4096}, {2047, 1}, true},  {{2048, 4096}, {6143, 1}, false},
        {{2048, 4096}, {2047, 2}, false}, {{2048, 4096}, {3000, 1}, false}, {{2048, 4096}, {0, 10000}, false},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct handoff facts = chap_facts();
        facts.dump_area.extents[0] = cases[i].first;
        facts.dump_area.extents[1] = cases[i].second;

        struct table table;
        enum status status = isdh_write(&facts, &(struct isdh_options){.self = SELF}, table.bytes, ISDH_SIZE_MAX, &table.length);
        assert_int_equal(status, cases[i].good ? OK : E_HANDOFF_INVALID);
        if (!cases[i].good)
            assert_non_null(strstr(failure_detail(status), "dump area: extent"));
    }
}

/* So that a reader need not come back to a record. */
static void records_stand_before_those_that_refer_to_them(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    struct table table = write_all(&facts), turned = table;
    size_t nic = place_of_record(&table, ISDH_NIC), address = place_of_record(&table, ISDH_ADDRESS),
           target = place_of_record(&table, ISDH_TARGET);

    memcpy(turned.bytes + nic, table.bytes + address, target - address);
    memcpy(turned.bytes + nic + (target - address), table.bytes + nic, address - nic);
    seal_isdh(&turned);
    assert_false(read_table(&format, &turned));
    assert_true(is_named("address 0", "NIC"));
}

static void zeros_between_records_are_zeros(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    struct table table = write_all(&facts);
    size_t producer = place_of_record(&table, ISDH_PRODUCER);
    table.bytes[producer + get_le16(table.bytes + producer + offsetof(struct isdh_record, length))] = 1;
    seal_isdh(&table);
    assert_false(read_table(&format, &table));
    assert_true(is_named("record 0", "padding"));
}

static void a_wrong_table_is_not_written(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    struct table table = {.length = 0};
    facts.targets[0].block_size = 500;
    assert_int_equal(isdh_write(&facts, &(struct isdh_options){.self = SELF}, table.bytes, sizeof table.bytes, &table.length),
                     E_HANDOFF_INVALID);
    assert_non_null(strstr(failure_detail(E_HANDOFF_INVALID), "target 0: block size"));
    assert_true(bytes_are_zero(table.bytes, sizeof table.bytes));

    facts = large_facts();
    assert_int_equal(isdh_write(&facts, &(struct isdh_options){.self = SELF}, table.bytes, 2000, &table.length), E_HANDOFF_SIZE);
    assert_true(table.length > 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_bytes),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_longest_of_everything_has_room),
        cmocka_unit_test(secrets_are_left_out_unless_asked_for),
        cmocka_unit_test(a_table_says_where_it_lies),
        cmocka_unit_test(a_table_from_acpi_lies_anywhere),
        cmocka_unit_test(it_is_found_by_scanning),
        cmocka_unit_test(an_unknown_record_is_passed_over_unless_it_is_critical),
        cmocka_unit_test(a_higher_minor_version_is_read),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_flipped_bit_under_good_sums_is_refused_or_harmless),
        cmocka_unit_test(truncated_tables_are_refused),
        cmocka_unit_test(a_wrong_field_is_named),
        cmocka_unit_test(extents_do_not_overlap),
        cmocka_unit_test(records_stand_before_those_that_refer_to_them),
        cmocka_unit_test(zeros_between_records_are_zeros),
        cmocka_unit_test(a_wrong_table_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
