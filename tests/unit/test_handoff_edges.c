/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables at the edges of what their readers and writers take. */
#include "tests/unit/unit.h"

#include "handoff/handoff.h"
#include "platform/bytes.h"
#include "tests/unit/handoff_facts.h"

#define SELF 0x100000u

static uint8_t memory[384 * KIB]; /* as much as firmware has low memory for tables, and more than any table */
static size_t length;             /* of the table in it */
static struct handoff read_back;
static struct handoff_faults faults;

static void write_ibft(const struct handoff *facts)
{
    assert_int_equal(ibft_write(facts, IBFT_GATEWAY_AUTO, memory, sizeof memory, &length), OK);
}

static void write_isdh(const struct handoff *facts)
{
    assert_int_equal(isdh_write(facts, &(struct isdh_options){.self = SELF}, memory, sizeof memory, &length), OK);
}

/* Whoever scans memory can read much more than the table. */
static void a_table_may_have_any_memory_behind_it(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    write_ibft(&facts);
    assert_true(ibft_read(memory, sizeof memory, &read_back, &faults));
    assert_string_equal(read_back.targets[0].name, facts.targets[0].name);

    write_isdh(&facts);
    assert_true(isdh_read(memory, sizeof memory, SELF, &read_back, &faults));
}

/* 65535 is the longest, however much can be read. */
static void an_ibft_ends_where_its_offsets_do(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    write_ibft(&facts);
    put_le32(memory + offsetof(struct ibft_header, length), IBFT_LENGTH_MAX + 1);
    assert_false(ibft_read(memory, sizeof memory, &read_back, &faults));
    assert_string_equal(faults.list[0].field, "length");
    assert_string_equal(faults.list[0].found, "65536");
}

/* A table need not tell of a clock; what was read from such a one can be written. */
static void an_isdh_without_a_clock_is_written_without(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    facts.ticks_per_ms = facts.now = 0;
    write_isdh(&facts);
    assert_true(isdh_read(memory, length, SELF, &read_back, &faults));
    assert_true(read_back.ticks_per_ms == 0);
}

/* Screens and serial lines show what is wrong, and know ASCII. */
static void a_wrong_index_is_told_in_ascii(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    write_isdh(&facts);
    for (size_t at = sizeof(struct isdh_header); at < length;) {
        struct isdh_record record;
        memcpy(&record, memory + at, sizeof record);
        if (record.type == ISDH_NIC)
            memory[at + offsetof(struct isdh_nic, index)] = 3;
        at += (record.length + ISDH_ALIGNMENT - 1u) / ISDH_ALIGNMENT * ISDH_ALIGNMENT;
    }
    isdh_place(memory, SELF, facts.generation);

    assert_false(isdh_read(memory, length, SELF, &read_back, &faults));
    assert_string_equal(faults.list[0].field, "index");
    char text[256];
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
