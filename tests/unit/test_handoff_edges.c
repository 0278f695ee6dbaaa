/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tables' readers and writers meet at the edges of what they take. */
#include "tests/unit/unit.h"

#include "handoff/handoff.h"
#include "platform/crc32.h"
#include "tests/unit/handoff_facts.h"

#define MEMORY (384u << 10) /* as much as firmware has low memory for tables, and more than any table */

static uint8_t memory[MEMORY];

/* Whoever scans memory can read much more than the table. */
static void a_table_may_have_any_memory_behind_it(void **state)
{
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct isdh_options options = {.self = 0x100000};
    size_t length;

    (void)state;
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, memory, sizeof memory, &length), OK);
    assert_true(ibft_read(memory, sizeof memory, &read, &faults));
    assert_string_equal(read.targets[0].name, facts.targets[0].name);
    assert_int_equal(isdh_write(&facts, &options, memory, sizeof memory, &length), OK);
    assert_true(isdh_read(memory, sizeof memory, options.self, &read, &faults));
}

/* 65535 is the longest, however much can be read. */
static void an_ibft_ends_where_its_offsets_do(void **state)
{
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    uint32_t length = 65536;
    size_t written;

    (void)state;
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, memory, sizeof memory, &written), OK);
    memcpy(memory + offsetof(struct ibft_header, length), &length, sizeof length);
    assert_false(ibft_read(memory, sizeof memory, &read, &faults));
    assert_string_equal(faults.list[0].field, "length");
    assert_string_equal(faults.list[0].found, "65536");
}

/* A table need not tell of a clock; what was read from such a one can be written. */
static void an_isdh_without_a_clock_is_written_without(void **state)
{
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct isdh_options options = {.self = 0x100000};
    size_t length;

    (void)state;
    facts.ticks_per_ms = facts.now = 0;
    assert_int_equal(isdh_write(&facts, &options, memory, sizeof memory, &length), OK);
    assert_true(isdh_read(memory, length, options.self, &read, &faults));
    assert_true(read.ticks_per_ms == 0);
}

/* Screens and serial lines show what is wrong, and know ASCII. */
static void a_wrong_index_is_told_in_ascii(void **state)
{
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct isdh_options options = {.self = 0x100000};
    char text[256];
    size_t length;

    (void)state;
    assert_int_equal(isdh_write(&facts, &options, memory, sizeof memory, &length), OK);
    struct isdh_header header;
    memcpy(&header, memory, sizeof header);
    for (size_t at = header.header_length; at < length;) {
        struct isdh_record record;
        memcpy(&record, memory + at, sizeof record);
        if (record.type == ISDH_NIC)
            memory[at + offsetof(struct isdh_nic, index)] = 3;
        at += (record.length + ISDH_ALIGNMENT - 1u) / ISDH_ALIGNMENT * ISDH_ALIGNMENT;
    }
    header.checksum = 0;
    header.crc32 = 0;
    memcpy(memory, &header, sizeof header);
    header.crc32 = crc32(0, memory, length);
    memcpy(memory, &header, sizeof header);
    memory[offsetof(struct isdh_header, checksum)] = (uint8_t)-bytes_sum(memory, length);
    assert_false(isdh_read(memory, length, options.self, &read, &faults));
    assert_string_equal(faults.list[0].field, "index");
    handoff_fault_text(&faults, 0, text, sizeof text);
    for (const char *at = text; *at; at++)
        assert_true(*at >= ' ' && *at <= '~');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_may_have_any_memory_behind_it),
        cmocka_unit_test(an_ibft_ends_where_its_offsets_do),
        cmocka_unit_test(an_isdh_without_a_clock_is_written_without),
        cmocka_unit_test(a_wrong_index_is_told_in_ascii),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
