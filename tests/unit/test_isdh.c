/* SPDX-License-Identifier: BSD-2-Clause */
/* The ISDH table: what is written, byte for byte, and what its reader takes and refuses. */
#include "tests/unit/handoff_compare.h"

#include "platform/crc32.h"
#include "platform/format.h"

#define SELF        0x9E000u
#define HEADER_SIZE 112

struct table {
    uint8_t bytes[ISDH_SIZE_MAX + 64];
    size_t length;
};

static struct table written_with(const struct handoff *facts, const struct isdh_options *options)
{
    struct table table;
    enum status status = isdh_write(facts, options, table.bytes, ISDH_SIZE_MAX, &table.length);
    if (status != OK)
        fail_msg("%s", failure_detail(status));
    return table;
}

static struct table written(const struct handoff *facts)
{
    return written_with(facts, &(struct isdh_options){.self = SELF, .secrets = true});
}

/* From a copy of exactly its size, so that a byte too far is noticed; the copy is never freed before the reading is used. */
static bool read_table(const struct table *table, uint64_t self, struct handoff *to, struct handoff_faults *faults)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(table->length ? table->length : 1);
    memcpy(copy, table->bytes, table->length);
    return isdh_read(copy, table->length, self, to, faults);
}

/* Makes length, CRC and sum right for what the bytes are now. */
static void seal(struct table *table)
{
    uint32_t length = (uint32_t)table->length, crc = 0;
    memcpy(table->bytes + 4, &length, 4);
    memcpy(table->bytes + 56, &length, 4);
    memcpy(table->bytes + 60, &crc, 4);
    table->bytes[9] = 0;
    crc = crc32(0, table->bytes, table->length);
    memcpy(table->bytes + 60, &crc, 4);
    table->bytes[9] = (uint8_t)-bytes_sum(table->bytes, table->length);
}

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* Where the record of this type begins, in a table with a header of this size. */
static size_t record_behind(const struct table *table, size_t header, uint16_t type)
{
    size_t at = header;
    while (at < table->length && get16(table->bytes + at) != type)
        at += (get16(table->bytes + at + 2) + 7u) & ~7u;
    assert_true(at < table->length);
    return at;
}

static size_t record_at(const struct table *table, uint16_t type)
{
    return record_behind(table, HEADER_SIZE, type);
}

static void golden_bytes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct handoff facts = machines[i].facts();
        struct table table = written(&facts);
        assert_golden_of("isdh", i, table.bytes, table.length);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct handoff facts = machines[i].facts(), read;
        struct handoff_faults faults;
        struct table table = written(&facts);
        assert_true(read_table(&table, SELF, &read, &faults));
        assert_same(i, &facts, &read, CARRIED_BY_ISDH);
    }
}

static void the_longest_of_everything_has_room(void **state)
{
    (void)state;
    struct handoff facts = longest_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts);
    assert_true(read_table(&table, SELF, &read, &faults));
    assert_int_equal(differences(&facts, &read, CARRIED_BY_ISDH), 0);
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
    struct handoff facts = chap_facts(), read;
    struct handoff_faults faults;
    struct table table = written_with(&facts, &(struct isdh_options){.self = SELF});
    assert_false(holds(&table, facts.targets[0].chap.secret) || holds(&table, facts.targets[0].reverse.secret));
    assert_true(holds(&table, "machine"));
    assert_true(read_table(&table, SELF, &read, &faults));
    assert_string_equal(read.targets[0].chap.name, "machine");
    assert_string_equal(read.targets[0].chap.secret, "");
    table = written(&facts);
    assert_true(holds(&table, facts.targets[0].chap.secret) && holds(&table, facts.targets[0].reverse.secret));
}

/* ---- where it lies ---- */

static void a_table_says_where_it_lies(void **state)
{
    (void)state;
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts);
    assert_true(read_table(&table, ISDH_ANYWHERE, &read, &faults));
    assert_false(read_table(&table, SELF + 16, &read, &faults));
    assert_true(names(&faults, "header", "own address"));
    isdh_place(table.bytes, SELF + 16, 9);
    assert_true(read_table(&table, SELF + 16, &read, &faults));
    assert_int_equal(read.generation, 9);
}

static void a_table_from_acpi_lies_anywhere(void **state)
{
    (void)state;
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct table table = written_with(&facts, &(struct isdh_options){.acpi = true});
    assert_true(read_table(&table, 0x7FE1000, &read, &faults));
    assert_true(read_table(&table, ISDH_ANYWHERE, &read, &faults));
}

static void it_is_found_by_scanning(void **state)
{
    (void)state;
    static uint8_t memory[65536];
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts);
    memcpy(memory + 0x1230, "ISDH without a table behind it", 31);
    memcpy(memory + 0x2000, table.bytes, table.length / 2); /* damaged: found, refused, passed over */
    isdh_place(table.bytes, 0x4560, 2);
    memcpy(memory + 0x4560, table.bytes, table.length);
    size_t first = handoff_find(HANDOFF_ISDH, memory, sizeof memory, 0, 16);
    assert_int_equal(first, 0x2000);
    assert_false(isdh_read(memory + first, sizeof memory - first, first, &read, &faults));
    size_t second = handoff_find(HANDOFF_ISDH, memory, sizeof memory, first + 16, 16);
    assert_int_equal(second, 0x4560);
    assert_true(isdh_read(memory + second, sizeof memory - second, second, &read, &faults));
    assert_int_equal(handoff_find(HANDOFF_ISDH, memory, sizeof memory, second + 16, 16), sizeof memory);
    assert_int_equal(handoff_find(HANDOFF_IBFT, memory, sizeof memory, 0, 16), sizeof memory);
}

/* ---- versions ---- */

/* Appends a record of `length` bytes, 16 at most. */
static void append(struct table *table, uint16_t type, uint16_t length)
{
    uint8_t *to = table->bytes + table->length;
    memset(to, 0, 16);
    memcpy(to, &type, 2);
    memcpy(to + 2, &length, 2);
    table->length += (length + 7u) & ~7u;
    seal(table);
}

static void an_unknown_record_is_passed_over_unless_it_is_critical(void **state)
{
    (void)state;
    struct handoff facts = chap_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts), critical = table;
    append(&table, 0x123, 11);
    assert_true(read_table(&table, SELF, &read, &faults));
    assert_int_equal(differences(&facts, &read, CARRIED_BY_ISDH), 0);
    append(&critical, 0x8123, 11);
    assert_false(read_table(&critical, SELF, &read, &faults));
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.list[0].field, "type");
}

/* A later minor version may lengthen the header, set flags that we do not know, and use members that are reserved today. */
static void a_higher_minor_version_is_read(void **state)
{
    (void)state;
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts);
    memmove(table.bytes + HEADER_SIZE + 8, table.bytes + HEADER_SIZE, table.length - HEADER_SIZE);
    table.length += 8;
    table.bytes[54] = 1;
    table.bytes[97] = 0x80;
    table.bytes[100] = HEADER_SIZE + 8;
    table.bytes[HEADER_SIZE - 1] = 1;
    static const struct {
        uint16_t record;
        unsigned offset;
    } later[] = {{ISDH_CLOCK, 4},  {ISDH_ADDRESS, 91}, {ISDH_ADDRESS, 116},
                 {ISDH_TARGET, 6}, {ISDH_SESSION, 5},  {ISDH_SESSION, 14}};
    for (unsigned i = 0; i < sizeof later / sizeof *later; i++)
        table.bytes[record_behind(&table, HEADER_SIZE + 8, later[i].record) + later[i].offset] |= 0x80;
    seal(&table);
    assert_true(read_table(&table, SELF, &read, &faults));
    assert_int_equal(differences(&facts, &read, CARRIED_BY_ISDH), 0);
    table.bytes[52] = 2;
    seal(&table);
    assert_false(read_table(&table, SELF, &read, &faults));
    assert_true(names(&faults, "header", "major version"));
}

/* ---- refusals ---- */

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct handoff facts = chap_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts);
    for (size_t bit = 0; bit < table.length * 8; bit++) {
        table.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (bit / 8 >= 4 && read_table(&table, SELF, &read, &faults))
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        table.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* With CRC and sum made right again, what is taken says something else in one member at most, or passes over a record. */
static void a_flipped_bit_under_good_sums_is_refused_or_harmless(void **state)
{
    (void)state;
    unsigned refused = 0, taken = 0;
    for (unsigned machine = 0; machine < NOT_LARGE; machine++) {
        struct handoff facts = machines[machine].facts(), after;
        struct handoff_faults faults;
        struct table good = written(&facts);
        for (size_t bit = 64; bit < good.length * 8; bit++) {
            struct table table = good;
            table.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            seal(&table);
            bool is_good = read_table(&table, SELF, &after, &faults);
            if (is_good && differences(&facts, &after, CARRIED_BY_ISDH) > 2)
                fail_msg("%s: bit %zu of byte %zu changes %u members", machines[machine].name, bit % 8, bit / 8,
                         differences(&facts, &after, CARRIED_BY_ISDH));
            taken += is_good;
            refused += !is_good;
        }
    }
    assert_true(refused > 1000 && taken > 1000);
}

static void truncated_tables_are_refused(void **state)
{
    (void)state;
    struct handoff facts = chap_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts);
    while (table.length--)
        assert_false(read_table(&table, SELF, &read, &faults));
}

static const struct {
    const char *structure, *field;
    uint16_t record; /* type; 0: offsets count from the table's start */
    unsigned offset;
    uint8_t value;
} wrong[] = {
    {"header", "revision", 0, 8, 2},
    {"header", "magic", 0, 36, 0},
    {"header", "major version", 0, 52, 9},
    {"header", "own address", 0, 70, 1},
    {"header", "generation", 0, 72, 0},
    {"header", "flags", 0, 96, 0x80},
    {"header", "header length", 0, 100, 111},
    {"header", "header length", 0, 100, 113},
    {"header", "reserved", 0, 104, 1},
    {"record 0", "length", ISDH_PRODUCER, 2, 3},
    {"record 0", "length", ISDH_PRODUCER, 3, 0xFF},
    {"producer", "name", ISDH_PRODUCER, 4, 4},
    {"clock", "ticks per millisecond", ISDH_CLOCK, 8, 0},
    {"log", "size", ISDH_LOG, 4, 1},
    {"NIC 0", "index", ISDH_NIC, 4, 1},
    {"NIC 0", "device", ISDH_NIC, 6, 32},
    {"NIC 0", "function", ISDH_NIC, 7, 8},
    {"NIC 0", "MAC address", ISDH_NIC, 18, 1},
    {"NIC 0", "driver", ISDH_NIC, 38, 200},
    {"address 0", "NIC", ISDH_ADDRESS, 5, 1},
    {"address 0", "prefix length", ISDH_ADDRESS, 6, 33},
    {"address 0", "origin", ISDH_ADDRESS, 7, 5},
    {"address 0", "address", ISDH_ADDRESS, 8 + 12, 240},
    {"address 0", "gateway", ISDH_ADDRESS, 24 + 12, 255},
    {"address 0", "DHCP server", ISDH_ADDRESS, 72 + 12, 127},
    {"address 0", "VLAN", ISDH_ADDRESS, 89, 0x10},
    {"address 0", "VLAN priority", ISDH_ADDRESS, 90, 8},
    {"address 0", "reserved", ISDH_ADDRESS, 91, 1},
    {"address 0", "MTU", ISDH_ADDRESS, 105, 0},
    {"address 0", "next hop", ISDH_ADDRESS, 106, 3},
    {"target 0", "IP", ISDH_TARGET, 5, 1},
    {"target 0", "flags", ISDH_TARGET, 6, 4},
    {"target 0", "WWID type", ISDH_TARGET, 7, 4},
    {"target 0", "WWID type", ISDH_TARGET, 7, 0},
    {"target 0", "address", ISDH_TARGET, 8 + 10, 0},
    {"target 0", "block size", ISDH_TARGET, 36, 1},
    {"target 0", "WWID", ISDH_TARGET, 54, 65},
    {"target 0", "WWID", ISDH_TARGET, 53, 0xFF},
    {"target 0", "WWID", ISDH_TARGET, 54, 0},
    {"target 0", "name", ISDH_TARGET, 50, 0},
    {"session", "target", ISDH_SESSION, 4, 1},
    {"session 0", "flags", ISDH_SESSION, 5, 0x10},
    {"session 0", "MaxBurstLength", ISDH_SESSION, 16 + 3, 1},
    {"session 0", "FirstBurstLength", ISDH_SESSION, 20 + 2, 8},
    {"session 0", "segments sent", ISDH_SESSION, 24 + 1, 0},
    {"session 0", "segments received", ISDH_SESSION, 28 + 3, 1},
    {"session 0", "initiator name", ISDH_SESSION, 34, 1},
    {"authentication 0", "type", ISDH_AUTHENTICATION, 5, 3},
    {"authentication 0", "reverse CHAP name", ISDH_AUTHENTICATION, 5, 1},
    {"authentication 0", "reserved", ISDH_AUTHENTICATION, 6, 1},
    {"dump area", "target", ISDH_DUMP_AREA, 4, 1},
    {"dump area", "extents", ISDH_DUMP_AREA, 6, 0},
    {"dump area", "extents", ISDH_DUMP_AREA, 6, 32},
    {"dump area", "extent", ISDH_DUMP_AREA, 24 + 7, 1},
    {"dump area", "target", ISDH_TARGET, 6, 3}, /* write-protected */
};

static void a_wrong_field_is_named(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    const struct table good = written(&facts);
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct table table = good;
        struct handoff read;
        struct handoff_faults faults;
        size_t at = wrong[i].record ? record_at(&table, wrong[i].record) : 0;
        if (!strcmp(wrong[i].field, "ticks per millisecond"))
            memset(table.bytes + at + 8, 0, 8);
        if (!strcmp(wrong[i].field, "MTU"))
            table.bytes[at + 104] = 0;
        table.bytes[at + wrong[i].offset] = wrong[i].value;
        seal(&table);
        if (read_table(&table, SELF, &read, &faults) || !names(&faults, wrong[i].structure, wrong[i].field)) {
            print_faults(&faults);
            fail_msg("%s, %s: %u at %u", wrong[i].structure, wrong[i].field, wrong[i].value, wrong[i].offset);
        }
    }
}

/* A dump goes through all of them: it must not write over its own beginning. */
static void extents_do_not_overlap(void **state)
{
    (void)state;
    static const struct {
        struct handoff_extent first, second;
        bool good;
    } cases[] = {
        {{2048, 4096}, {6144, 1}, true},  {{2048, 4096}, {2047, 1}, true},  {{2048, 4096}, {6143, 1}, false},
        {{2048, 4096}, {2047, 2}, false}, {{2048, 4096}, {3000, 1}, false}, {{2048, 4096}, {0, 10000}, false},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct handoff facts = chap_facts();
        struct table table;
        facts.dump_area.extents[0] = cases[i].first;
        facts.dump_area.extents[1] = cases[i].second;
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
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts), turned = table;
    size_t nic = record_at(&table, ISDH_NIC), address = record_at(&table, ISDH_ADDRESS), target = record_at(&table, ISDH_TARGET);
    memcpy(turned.bytes + nic, table.bytes + address, target - address);
    memcpy(turned.bytes + nic + (target - address), table.bytes + nic, address - nic);
    seal(&turned);
    assert_false(read_table(&turned, SELF, &read, &faults));
    assert_true(names(&faults, "address 0", "NIC"));
}

static void zeros_between_records_are_zeros(void **state)
{
    (void)state;
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts);
    size_t producer = record_at(&table, ISDH_PRODUCER);
    table.bytes[producer + get16(table.bytes + producer + 2)] = 1;
    seal(&table);
    assert_false(read_table(&table, SELF, &read, &faults));
    assert_true(names(&faults, "record 0", "padding"));
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
    for (size_t i = 0; i < sizeof table.bytes; i++)
        assert_int_equal(table.bytes[i], 0);
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
