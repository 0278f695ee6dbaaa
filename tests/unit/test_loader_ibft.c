/* SPDX-License-Identifier: BSD-2-Clause */
/* firmware-ibft=yes in the boot story: no table, a good one, and those whose faults are shown and that are not used. */
#include "tests/unit/handoff_facts.h"
#include "tests/unit/loader_doubles.h"

#define BOOTED(steps) "nic0 net_open " steps "login disk boot logout net_close nic_close"

static uint8_t table[IBFT_SIZE_MAX];
static size_t table_size;

static const uint8_t *firmware_table(size_t *size)
{
    *size = table_size;
    return table;
}

static void leave(struct handoff facts)
{
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_ALWAYS, table, sizeof table, &table_size), OK);
    machine.firmware_ibft = firmware_table;
}

/* Makes the whole sum to 0 again. */
static void mend_checksum(void)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < table_size; i++)
        sum = (uint8_t)(sum + table[i]);
    table[9] = (uint8_t)(table[9] - sum);
}

static void none_was_left(void **state)
{
    (void)state;
    told("firmware-ibft=yes", BOOTED("dhcp "));
    shown("the firmware left none");
}

static void a_good_one_is_used(void **state)
{
    (void)state;
    dhcp_ack(&script.ack); /* without a root path */
    leave(plain_facts());
    told("firmware-ibft=yes", BOOTED("dhcp "));
    assert_string_equal(seen.iscsi.initiator_name, "iqn.2026-11.com.example:machine");
    assert_string_equal(seen.iscsi.target_name, "iqn.2001-04.com.example:storage");
}

static void unasked_it_is_not_looked_for(void **state)
{
    (void)state;
    leave(plain_facts());
    told("", BOOTED("dhcp "));
    assert_string_not_equal(seen.iscsi.initiator_name, "iqn.2026-11.com.example:machine");
}

/* The boot goes on with what DHCP says. */
static void a_broken_one_is_shown_and_not_used(void **state)
{
    (void)state;
    leave(plain_facts());
    table[table_size - 1] ^= 1;
    told("firmware-ibft=yes", BOOTED("dhcp "));
    shown("(S710)");
    shown("checksum");
    assert_string_not_equal(seen.iscsi.initiator_name, "iqn.2026-11.com.example:machine");
    no_line_is_too_long();
}

static void one_with_faults_beside_its_path_is_used(void **state)
{
    (void)state;
    dhcp_ack(&script.ack);
    leave(plain_facts());
    table[48 + 14] = table[48 + 10]; /* the second NIC is the first */
    table[48 + 15] = table[48 + 11];
    mend_checksum();
    told("firmware-ibft=yes", BOOTED("dhcp "));
    shown("The firmware's iBFT is used, though not all of it is right");
    shown("NIC offset");
    assert_string_equal(seen.iscsi.target_name, "iqn.2001-04.com.example:storage");
    no_line_is_too_long();
}

/* Eight of them, and how many there are beside. */
static void one_with_many_faults(void **state)
{
    (void)state;
    leave(plain_facts());
    memset(table + 48, 0xFF, table_size - 48);
    mend_checksum();
    told("firmware-ibft=yes", BOOTED("dhcp "));
    shown("(S710)");
    no_line_is_too_long();

    struct handoff handoff;
    struct handoff_faults faults;
    char more[40];
    assert_false(ibft_read(table, table_size, &handoff, &faults));
    snprintf(more, sizeof more, "and %u more", faults.count - HANDOFF_FAULTS);
    if (faults.count > HANDOFF_FAULTS)
        shown(more);
    else
        assert_null(strstr(seen.screen, " more\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(none_was_left),
        TEST(a_good_one_is_used),
        TEST(unasked_it_is_not_looked_for),
        TEST(a_broken_one_is_shown_and_not_used),
        TEST(one_with_faults_beside_its_path_is_used),
        TEST(one_with_many_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
