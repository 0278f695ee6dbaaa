/* SPDX-License-Identifier: BSD-2-Clause */
/* Arming a dump: what is kept of a table, what is refused and by which name, and that nothing is referred to afterwards. */
#include "tests/unit/dump_home.h"

static struct dump *dump;

static void refuses(enum status status, const char *detail)
{
    assert_int_equal(dump_arm(&dump, &config), status);
    assert_null(dump);
    if (!strstr(failure_detail(status), detail))
        fail_msg("\"%s\" lacks \"%s\"", failure_detail(status), detail);
}

static void arms(void)
{
    enum status status = dump_arm(&dump, &config);
    if (status != OK)
        fail_msg("S%d %s", (int)status, failure_detail(status));
    assert_non_null(dump);
}

/* ---- what is kept ---- */

static void everything_that_counts_is_copied(void **state)
{
    (void)state;
    arms();
    memset(table, 0, sizeof table);
    memset(&config, 0, sizeof config);

    const struct dump_target *target = dump_target(dump);
    assert_int_equal(target->card.bus, 2);
    assert_int_equal(target->card.device, 3);
    assert_int_equal(target->card.function, 1);
    assert_int_equal(target->card.device_id, 0x100E);
    assert_int_equal(target->registers, 0xFEBC0000);
    assert_memory_equal(target->mac, "\x52\x54\0\x12\x34\x56", 6);
    assert_string_equal(target->address, "192.0.2.50");
    assert_string_equal(target->portal, "192.0.2.10:3260");
    assert_string_equal(target->target_name, "iqn.2001-04.com.example:storage");
    assert_int_equal(target->boot_id[0], 0xB0);
    assert_int_equal(target->block_size, 512);
    assert_int_equal(target->block_count, 0x1400000);
    assert_int_equal(target->extent_count, 1);
    assert_int_equal(target->extents[0].lba, 2048);

    const struct dump_path *path = &dump->armed.paths[0];
    assert_int_equal(dump->armed.path_count, 1);
    assert_string_equal(dump_text(dump, dump->armed.initiator_name), "iqn.2026-11.com.example:machine");
    assert_int_equal(path->lun[1], 1);
    assert_memory_equal(path->isid, "\x80\1\2\3\4\5", 6);
    assert_false(path->replaces);
    assert_int_equal(path->prefix, 24);
    assert_int_equal(path->lease_end, 1000000 + 3600 * 1000 * (uint64_t)2000000);
    assert_memory_equal(path->gateway, "\xC0\0\2\1", 4);
    assert_int_equal(dump->armed.disk.wwid_length, sizeof wwid);
    assert_int_equal(dump->armed.timeout_ms, 600000);
    assert_true(dump_is_unchanged(dump));
}

static void a_table_for_every_machine_can_be_armed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct handoff facts = machines[i].facts();
        use_facts(&facts, true);
        arms();
        assert_int_equal(dump->armed.paths[0].address.family, strcmp(machines[i].name, "ipv6") == 0 ? 6 : 4);
    }
}

static void parameters_go_before_the_table(void **state)
{
    (void)state;
    static const struct iscsi_chap chap = {"me", "a-secret-of-12-bytes"}, mutual = {"it", "another-secret"};
    static const uint8_t isid[6] = {0, 2, 0x3D, 1, 2, 3};
    struct dump_disk disk = {.serial = "S1", .block_size = 4096, .block_count = 99999};
    config.parameters = (struct dump_parameters){.initiator_name = "iqn.a:b",
                                                 .target_name = "iqn.c:d",
                                                 .chap = &chap,
                                                 .mutual_chap = &mutual,
                                                 .isid = isid,
                                                 .disk = &disk,
                                                 .digests = ISCSI_DIGESTS_HEADER,
                                                 .digests_given = true};
    arms();

    const struct dump_path *path = &dump->armed.paths[0];
    assert_string_equal(dump_text(dump, dump->armed.initiator_name), "iqn.a:b");
    assert_string_equal(dump_target(dump)->target_name, "iqn.c:d");
    assert_string_equal(dump_text(dump, path->chap_name), "me");
    assert_string_equal(dump_text(dump, path->mutual_secret), "another-secret");
    assert_true(path->replaces);
    assert_memory_equal(path->isid, isid, 6);
    assert_int_equal(path->digests, ISCSI_DIGESTS_HEADER);
    assert_int_equal(dump_target(dump)->block_size, 4096);
}

static void the_tables_dump_area_counts_where_no_extent_is_given(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    use_facts(&facts, true);
    config.extent_count = 0;
    arms();
    assert_int_equal(dump_target(dump)->extent_count, 2);
    assert_int_equal(dump_target(dump)->extents[1].lba, 0x13FFFFF);
    assert_int_equal(dump->armed.paths[0].vlan, 5);
}

/* Two ways to the same disk by one card; a third target shows another disk, and a fourth is behind another card. */
static void other_ways_to_the_same_disk_are_kept(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    facts.nic_count = 2;
    facts.nics[1] = facts.nics[0];
    facts.nics[1].function = 2;
    facts.nics[1].mac[5] = 1;
    facts.address_count = 2;
    facts.addresses[1] = facts.addresses[0];
    facts.addresses[1].nic = 1;

    facts.target_count = 4;
    for (unsigned i = 1; i < 4; i++) {
        facts.targets[i] = facts.targets[0];
        facts.targets[i].boot = false;
        facts.targets[i].address[15] = (uint8_t)(10 + i);
    }

    facts.targets[2].block_count++;
    facts.targets[3].ip = 1;
    use_facts(&facts, false);
    arms();
    assert_int_equal(dump->armed.path_count, 2);
    assert_string_equal(dump_text(dump, dump->armed.paths[1].host), "192.0.2.11");
}

static void an_ibft_wants_the_disk_as_a_parameter(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, table, sizeof table, &table_size), OK);
    config.table_size = table_size;
    refuses(E_DUMP_IDENTITY, "neither WWID nor serial number");

    struct dump_disk disk = {.serial = "0001", .block_size = 512, .block_count = 100000};
    config.parameters.disk = &disk;
    arms();
    assert_int_equal(dump_target(dump)->card.device_id, 0x100E);
    assert_string_equal(dump_target(dump)->portal, "192.0.2.10:3260");
}

/* ---- what is refused ---- */

static void refusals_name_the_field(void **state)
{
    (void)state;
    config.table = NULL;
    refuses(E_DUMP_TABLE, "neither an ISDH nor an iBFT");
    config.table = table;
    config.table_size = 100;
    refuses(E_DUMP_TABLE, "neither an ISDH nor an iBFT");
    config.table_size = table_size;

    table[sizeof(struct isdh_header) + 20] ^= 1;
    refuses(E_DUMP_TABLE, "ISDH, header: CRC-32");
    table[sizeof(struct isdh_header) + 20] ^= 1;

    card_id = 0x10D38086;
    refuses(E_DUMP_NIC, "0000:02:03.1 is 8086:10d3, and by the table 8086:100e");

    struct handoff facts = plain_facts();
    facts.nics[0].device_id = 0x1234;
    use_facts(&facts, false);
    card_id = 0x12348086;
    refuses(E_DUMP_NIC, "8086:1234, for which there is no driver");
    card_id = 0x100E8086;

    facts = plain_facts();
    facts.targets[0].read_only = true;
    use_facts(&facts, false);
    refuses(E_DUMP_TABLE, "flags: it is write-protected");

    facts = plain_facts();
    memcpy(facts.addresses[0].gateway, facts.addresses[0].address, 16);
    use_facts(&facts, false);
    refuses(E_DUMP_TABLE, "is our own address, or no router's");

    facts = ipv6_facts();
    facts.addresses[0].prefix = 48;
    use_facts(&facts, false);
    refuses(E_DUMP_TABLE, "ISDH, address 0: prefix is 48; allowed: 64");
}

static void secrets_are_missed_when_arming(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    use_facts(&facts, false);
    refuses(E_DUMP_SECRET, "CHAP of \"machine\"");

    struct iscsi_chap chap = {"machine", "one-secret-of-20-bytes"}, endless;
    config.parameters.chap = &chap;
    refuses(E_DUMP_SECRET, "reverse CHAP of \"storage\"");
    memset(&endless, 'x', sizeof endless);
    config.parameters.mutual_chap = &endless;
    refuses(E_DUMP_SECRET, "without an end");
    struct iscsi_chap same = {"storage", "one-secret-of-20-bytes"};
    config.parameters.mutual_chap = &same;
    refuses(E_CHAP_SECRETS_EQUAL, "");
    struct iscsi_chap off = {"", ""};
    config.parameters.chap = &off;
    refuses(E_DUMP_SECRET, "reverse CHAP wants our own");
    config.parameters.mutual_chap = &off;
    arms();
}

static void a_disk_that_cannot_be_known_is_refused(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    facts.targets[0].wwid_type = facts.targets[0].wwid_length = 0;
    facts.targets[0].wwid = NULL;
    use_facts(&facts, false);
    arms();
    facts.targets[0].serial = "";
    use_facts(&facts, false);
    refuses(E_DUMP_IDENTITY, "neither WWID nor serial number");

    struct dump_disk disk = {.serial = "1", .block_size = 520, .block_count = 10000};
    config.parameters.disk = &disk;
    refuses(E_DUMP_IDENTITY, "10000 blocks of 520 bytes");
    disk.block_size = 512;
    disk.wwid_length = 65;
    refuses(E_DUMP_IDENTITY, "a WWID of 65 bytes");
}

static void extents_lie_inside_the_disk(void **state)
{
    (void)state;
    config.extent_count = 0;
    refuses(E_DUMP_NO_EXTENT, "no extent was given");

    config.extent_count = 1;
    config.extents[0] = (struct dump_extent){0x1400000 - 1, 2};
    refuses(E_DUMP_EXTENT, "extent 0, blocks 20971519 + 2, of a disk of 20971520");
    config.extents[0] = (struct dump_extent){UINT64_MAX, 2};
    refuses(E_DUMP_EXTENT, "extent 0");
    config.extents[0] = (struct dump_extent){5, 0};
    refuses(E_DUMP_EXTENT, "extent 0");
    config.extents[0] = (struct dump_extent){5, 10};
    config.extents[1] = (struct dump_extent){14, 1};
    config.extent_count = 2;
    refuses(E_DUMP_EXTENT, "extents 0 and 1 overlap");
    config.extents[1].lba = 15;
    arms();
    config.extent_count = DUMP_EXTENTS + 1;
    refuses(E_DUMP_EXTENT, "33 extents");

    assert_false(dump_is_inside(&(struct dump_target){.extent_count = 1, .extents = {{5, 10}}}, 4, 1));
    assert_true(dump_is_inside(&(struct dump_target){.extent_count = 1, .extents = {{5, 10}}}, 5, 10));
    assert_false(dump_is_inside(&(struct dump_target){.extent_count = 1, .extents = {{5, 10}}}, 5, 11));
    assert_false(dump_is_inside(&(struct dump_target){.extent_count = 1, .extents = {{5, 10}}}, 14, UINT64_MAX));
}

static void memory_that_does_not_suffice_is_told(void **state)
{
    (void)state;
    size_t wanted = dump_plain_size(&dump_profile_small);
    struct pci_device card = {.vendor_id = 0x8086, .device_id = 0x100E};
    print_message("small profile: %zu bytes of DMA memory, %zu of plain memory\n", dump_dma_size(&dump_profile_small, &card),
                  wanted);
    assert_in_range(wanted, 1, 32 * KIB);
    assert_in_range(dump_dma_size(&dump_profile_small, &card), 1, 28 * KIB);

    plain.size = 4096;
    refuses(E_DUMP_MEMORY, "plain piece");
    plain.size = 20 * KIB;
    refuses(E_DUMP_MEMORY, "plain piece: ");
    plain.size = 32 * KIB;
    dma.size = 20 * KIB;
    refuses(E_DUMP_MEMORY, "piece for the card: 20480 bytes are left");
    dma.size = 28 * KIB;

    struct dump_disk disk = {.serial = "1", .block_size = 8192, .block_count = 10000};
    config.parameters.disk = &disk;
    refuses(E_DUMP_MEMORY, "requests of 4096 bytes, blocks of 8192");
    config.parameters.disk = NULL;

    struct dump_profile profile = dump_profile_small;
    config.profile = &profile;
    profile.request_bytes = 5000;
    refuses(E_INVALID_ARGUMENT, "2 requests of 5000 bytes");
    profile = dump_profile_small;
    profile.window += 1460; /* the stack and the card share the buffers */
    refuses(E_INVALID_ARGUMENT, "a window of");

    /* What no card can be opened with. */
    profile = dump_profile_small;
    profile.tx_buffers = 3;
    refuses(E_INVALID_ARGUMENT, "8 receive and 3 transmit buffers");
    profile.tx_buffers = 4;
    profile.rx_buffers = 4097;
    refuses(E_INVALID_ARGUMENT, "4097 receive and 4 transmit buffers");
}

/* ---- bits ---- */

static void no_table_with_a_flipped_bit_is_taken(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * table_size; bit++) {
        table[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (dump_arm(&dump, &config) != E_DUMP_TABLE)
            fail_msg("bit %zu", bit);
        table[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* As a faulty producer would write it: sums are right. What is armed then keeps every promise that arming makes. */
static void a_flipped_bit_under_right_sums_is_refused_or_harmless(void **state)
{
    (void)state;
    static uint8_t good[ISDH_SIZE_MAX];
    memcpy(good, table, table_size);
    for (size_t bit = 8 * sizeof(struct isdh_header); bit < 8 * table_size; bit++) {
        memcpy(table, good, table_size);
        table[bit / 8] ^= (uint8_t)(1 << bit % 8);
        isdh_place(table, 0, 1);
        if (dump_arm(&dump, &config) != OK)
            continue;

        const struct dump_armed *armed = &dump->armed;
        assert_true(armed->disk.wwid_length || armed->disk.serial[0]);
        assert_true(armed->target.extents[0].lba + armed->target.extents[0].blocks <= armed->target.block_count);
        assert_int_equal(armed->target.card.device_id, 0x100E);
        assert_in_range(armed->text_size, 1, DUMP_TEXTS_MAX);
        assert_true((uint8_t *)dump >= plain.base && armed->plain.used <= plain.size);
    }
}

static void a_copy_that_has_changed_is_not_used(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < sizeof(struct dump_armed); byte += 3) {
        arms();
        ((uint8_t *)&dump->armed)[byte] ^= 0x10;
        assert_int_equal(dump_open(dump), E_DUMP_CHANGED);
        ((uint8_t *)&dump->armed)[byte] ^= 0x10;
    }
    dump->armed.texts[3] ^= 1;
    assert_int_equal(dump_open(dump), E_DUMP_CHANGED);
}

/* What changes while it is dumped is under no checksum, and none of its pointers is followed. */
static void slots_that_have_changed_lead_nowhere(void **state)
{
    (void)state;
    arms();
    memset(dump->armed.slots, 0xA5, dump_profile_small.requests * sizeof *dump->armed.slots);
    assert_int_equal(dump_open(dump), E_NIC_REGISTERS);
    for (unsigned i = 0; i < dump_profile_small.requests; i++) {
        assert_ptr_equal(dump->armed.slots[i].memory, dump->armed.staging + i * dump_profile_small.request_bytes);
        assert_false(dump->armed.slots[i].in_flight);
    }
}

/* ---- one after the other ---- */

static void what_is_not_open_does_nothing(void **state)
{
    (void)state;
    arms();
    uint8_t block[512];
    struct dump_span span = {block, sizeof block};
    assert_int_equal(dump_write(dump, 2048, 1, &span, 1), E_DUMP_CLOSED);
    assert_int_equal(dump_read(dump, 2048, 1, block), E_DUMP_CLOSED);
    assert_int_equal(dump_flush(dump), E_DUMP_CLOSED);
    assert_int_equal(dump_close(dump), E_DUMP_CLOSED);
}

/* The card cannot be reached in this test: a dump that could not be opened cannot be opened again, but another be armed. */
static void a_dump_is_opened_once(void **state)
{
    (void)state;
    arms();
    assert_int_equal(dump_open(dump), E_NIC_REGISTERS);
    assert_int_equal(dump_open(dump), E_DUMP_BUSY);
    assert_true(bytes_are_zero(dump->armed.texts, dump->armed.text_size));
    arms();
    assert_int_equal(dump_open(dump), E_NIC_REGISTERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_that_counts_is_copied),
        TEST(a_table_for_every_machine_can_be_armed),
        TEST(parameters_go_before_the_table),
        TEST(the_tables_dump_area_counts_where_no_extent_is_given),
        TEST(other_ways_to_the_same_disk_are_kept),
        TEST(an_ibft_wants_the_disk_as_a_parameter),
        TEST(refusals_name_the_field),
        TEST(secrets_are_missed_when_arming),
        TEST(a_disk_that_cannot_be_known_is_refused),
        TEST(extents_lie_inside_the_disk),
        TEST(memory_that_does_not_suffice_is_told),
        TEST(no_table_with_a_flipped_bit_is_taken),
        TEST(a_flipped_bit_under_right_sums_is_refused_or_harmless),
        TEST(a_copy_that_has_changed_is_not_used),
        TEST(slots_that_have_changed_lead_nowhere),
        TEST(what_is_not_open_does_nothing),
        TEST(a_dump_is_opened_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
