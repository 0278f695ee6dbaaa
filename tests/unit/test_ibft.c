/* SPDX-License-Identifier: BSD-2-Clause */
/* The iBFT: what is written, byte for byte; what Windows demands of it; what is refused. */
#include "tests/unit/handoff_compare.h"

#include "platform/format.h"

struct table {
    uint8_t bytes[IBFT_SIZE_MAX];
    size_t length;
};

static struct table written(const struct handoff *facts, enum ibft_gateway gateway)
{
    struct table table;
    enum status status = ibft_write(facts, gateway, table.bytes, sizeof table.bytes, &table.length);
    if (status != OK)
        fail_msg("%s", failure_detail(status));
    return table;
}

/* From a copy of exactly its size, so that a byte too far is noticed. */
static bool read_table(const struct table *table, struct handoff *to, struct handoff_faults *faults, uint8_t **copy)
{
    *copy = malloc(table->length);
    memcpy(*copy, table->bytes, table->length);
    return ibft_read(*copy, table->length, to, faults);
}

static bool is_taken(const struct table *table)
{
    struct handoff handoff;
    struct handoff_faults faults;
    uint8_t *copy;
    bool good = read_table(table, &handoff, &faults, &copy);
    free(copy);
    return good;
}

static void seal(struct table *table)
{
    table->bytes[9] = 0;
    table->bytes[9] = (uint8_t)-handoff_sum(table->bytes, table->length);
}

static void golden_bytes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct handoff facts = machines[i].facts();
        struct table table = written(&facts, IBFT_GATEWAY_AUTO);
        assert_golden_of("ibft", i, table.bytes, table.length);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACHINES; i++) {
        struct handoff facts = machines[i].facts(), read;
        struct handoff_faults faults;
        uint8_t *copy;
        struct table table = written(&facts, IBFT_GATEWAY_ALWAYS);
        assert_true(read_table(&table, &read, &faults, &copy));
        assert_same(i, &facts, &read, CARRIED_BY_IBFT);
        free(copy);
    }
}

static void a_table_has_room_for_what_the_standards_allow(void **state)
{
    (void)state;
    struct handoff facts = large_facts();
    struct table table = written(&facts, IBFT_GATEWAY_AUTO);
    assert_true(table.length > 5000);
    uint8_t *exact = malloc(table.length);
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, exact, table.length, &table.length), OK);
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, exact, table.length - 1, &table.length), E_HANDOFF_SIZE);
    free(exact);
}

static void the_longest_of_everything_has_room(void **state)
{
    (void)state;
    struct handoff facts = longest_facts(), read;
    struct handoff_faults faults;
    uint8_t *copy;
    struct table table = written(&facts, IBFT_GATEWAY_ALWAYS);
    assert_true(read_table(&table, &read, &faults, &copy));
    assert_int_equal(differences(&facts, &read, CARRIED_BY_IBFT), 0);
    free(copy);
}

/* ---- Windows, Linux, FreeBSD ---- */

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* KB960104, KB2727330: a gateway in the table is routed through even to a target on the card's own subnet. */
static void the_gateway_is_there_for_targets_behind_it_alone(void **state)
{
    (void)state;
    static const uint8_t none[16];
    static const struct {
        const char *clause;
        uint8_t third; /* byte of the target's address; the card is on 192.0.2.0/24 */
        uint8_t prefix;
        enum ibft_gateway rule;
        bool there;
    } cases[] = {
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
        struct table table = written(&facts, cases[i].rule);
        const uint8_t *gateway = table.bytes + get16(table.bytes + 58) + 24;
        if ((memcmp(gateway, cases[i].there ? facts.addresses[0].gateway : none, 16)) != 0)
            fail_msg("%s", cases[i].clause);
    }
}

static void a_link_local_address_is_not_global(void **state)
{
    (void)state;
    static const struct {
        uint8_t address[16];
        uint8_t flags;
    } cases[] = {
        {V4(192, 0, 2, 50), 7}, {V4(169, 254, 2, 50), 3}, {{0x20, 1, 0xD, 0xB8, [15] = 1}, 7}, {{0xFE, 0x80, [15] = 1}, 3}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct handoff facts = i < 2 ? plain_facts() : ipv6_facts();
        memcpy(facts.addresses[0].address, cases[i].address, 16);
        struct table table = written(&facts, IBFT_GATEWAY_AUTO);
        assert_int_equal(table.bytes[get16(table.bytes + 58) + 5], cases[i].flags);
    }
}

/* Offsets by the format's public facts, not by our own header. */
static void fields_are_where_other_readers_look(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    struct table table = written(&facts, IBFT_GATEWAY_AUTO);
    const uint8_t *bytes = table.bytes, *control = bytes + 48;
    const char *text = (const char *)bytes;
    assert_memory_equal(bytes, "iBFT", 4);
    assert_int_equal(get16(bytes + 4), table.length);
    assert_int_equal(bytes[8], 1);
    assert_int_equal(handoff_sum(bytes, table.length), 0);
    assert_int_equal(get16(control + 2), 18); /* older readers know this length alone */
    const uint8_t *initiator = bytes + get16(control + 8), *nic = bytes + get16(control + 10),
                  *target = bytes + get16(control + 12);
    assert_int_equal(get16(control + 14) | get16(control + 16), 0);
    assert_int_equal((initiator - bytes) % 16 | (nic - bytes) % 16 | (target - bytes) % 16, 0);
    /* Windows and open-iscsi: valid and boot-selected on each; the location and the MAC find the card. */
    assert_int_equal(initiator[5] & 3, 3);
    assert_int_equal(nic[5] & 3, 3);
    assert_int_equal(target[5] & 3, 3);
    assert_string_equal(text + get16(initiator + 72), facts.initiator);
    assert_int_equal(get16(initiator + 70), strlen(facts.initiator));
    assert_int_equal(nic[22], 24);
    assert_int_equal(nic[23], 3); /* DHCP */
    assert_int_equal(get16(nic + 88), 5);
    assert_memory_equal(nic + 90, facts.nics[0].mac, 6);
    assert_int_equal(get16(nic + 96), 2 << 8 | 3 << 3 | 1);
    assert_string_equal(text + get16(nic + 100), "machine");
    assert_int_equal(get16(target + 22), 3260);
    assert_memory_equal(target + 24, facts.targets[0].lun, 8);
    assert_int_equal(target[32], 2);
    assert_int_equal(target[33], 0);
    assert_string_equal(text + get16(target + 36), facts.targets[0].name);
    assert_string_equal(text + get16(target + 40), "machine");
    assert_string_equal(text + get16(target + 44), "one-secret-of-20-bytes");
    assert_string_equal(text + get16(target + 48), "storage");
    assert_string_equal(text + get16(target + 52), "another-secret-of-it");
}

/* ---- refusals ---- */

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (unsigned machine = 0; machine < NOT_LARGE; machine++) {
        struct handoff facts = machines[machine].facts();
        struct table table = written(&facts, IBFT_GATEWAY_AUTO);
        for (size_t bit = 0; bit < table.length * 8; bit++) {
            table.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            /* The signature says whether it is a table at all. */
            if (bit / 8 >= 4 && is_taken(&table))
                fail_msg("%s: bit %zu of byte %zu", machines[machine].name, bit % 8, bit / 8);
            table.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/*
 * With the sum made right again, too: what is taken then is a good table that says something else, in one member at most (two for
 * the flag by which a structure vanishes).
 */
static void a_flipped_bit_under_a_good_sum_is_refused_or_harmless(void **state)
{
    (void)state;
    unsigned refused = 0, taken = 0;
    for (unsigned machine = 0; machine < NOT_LARGE; machine++) {
        struct handoff facts = machines[machine].facts(), before, after;
        struct table good = written(&facts, IBFT_GATEWAY_ALWAYS);
        struct handoff_faults faults;
        assert_true(ibft_read(good.bytes, good.length, &before, &faults));
        for (size_t bit = 32; bit < good.length * 8; bit++) {
            struct table table = good;
            uint8_t *copy;
            table.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            seal(&table);
            bool is_good = read_table(&table, &after, &faults, &copy);
            if (is_good && differences(&before, &after, CARRIED_BY_IBFT) > 2)
                fail_msg("%s: bit %zu of byte %zu changes %u members", machines[machine].name, bit % 8, bit / 8,
                         differences(&before, &after, CARRIED_BY_IBFT));
            taken += is_good;
            refused += !is_good;
            free(copy);
        }
    }
    assert_true(refused > 1000 && taken > 1000);
}

static void truncated_tables_are_refused(void **state)
{
    (void)state;
    struct handoff facts = chap_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts, IBFT_GATEWAY_AUTO);
    for (size_t length = 0; length < table.length; length++) {
        uint8_t *copy = malloc(length + 1);
        memcpy(copy, table.bytes, length);
        assert_false(ibft_read(copy, length, &read, &faults));
        free(copy);
    }
}

/* In a table with mutual CHAP: control at 48, initiator at 80, NIC at 160, target at 272. */
#define INITIATOR 80
#define NIC       160
#define TARGET    272

static const struct {
    const char *structure, *field;
    unsigned offset;
    uint8_t value;
} wrong[] = {
    {"header", "revision", 8, 2},
    {"control", "id", 48, 2},
    {"control", "version", 49, 2},
    {"control", "length", 50, 17},
    {"control", "length", 50, 30},
    {"control", "index", 52, 1},
    {"control", "flags", 53, 0x80},
    {"control", "extensions offset", 54, 1},
    {"control", "extensions offset", 55, 0xF0},
    {"control", "initiator offset", 56, INITIATOR + 1},
    {"control", "initiator offset", 57, 0xF0},
    {"control", "NIC offset", 58, INITIATOR},
    {"control", "target offset", 60, NIC},
    {"control", "NIC offset", 62, 48},
    {"initiator", "id", INITIATOR, 3},
    {"initiator", "length", INITIATOR + 2, 73},
    {"initiator", "flags", INITIATOR + 5, 0x10},
    {"initiator", "flags", INITIATOR + 5, 0x02},
    {"initiator", "iSNS server", INITIATOR + 6, 0xFF},
    {"initiator", "name", INITIATOR + 70, 0},
    {"initiator", "name", INITIATOR + 70, 224},
    {"initiator", "name", INITIATOR + 73, 0xFF},
    {"NIC 0", "id", NIC, 4},
    {"NIC 0", "index", NIC + 4, 1},
    {"NIC 0", "address", NIC + 6 + 12, 224},
    {"NIC 0", "prefix length", NIC + 22, 33},
    {"NIC 0", "origin", NIC + 23, 5},
    {"NIC 0", "gateway", NIC + 24 + 11, 0},
    {"NIC 0", "first DNS server", NIC + 40 + 12, 127},
    {"NIC 0", "DHCP server", NIC + 72 + 12, 255},
    {"NIC 0", "VLAN", NIC + 89, 0x10},
    {"NIC 0", "MAC address", NIC + 90, 1},
    {"NIC 0", "host name", NIC + 98, 0xFF},
    {"target 0", "version", TARGET + 1, 0},
    {"target 0", "address", TARGET + 6 + 12, 0},
    {"target 0", "CHAP type", TARGET + 32, 3},
    {"target 0", "NIC index", TARGET + 33, 1},
    {"target 0", "name", TARGET + 34, 0},
    {"target 0", "CHAP name", TARGET + 38, 0},
    {"target 0", "CHAP secret", TARGET + 42, 0},
    {"target 0", "reverse CHAP name", TARGET + 46, 0},
    {"target 0", "reverse CHAP secret", TARGET + 50, 0},
    {"target 0", "CHAP name", TARGET + 40, NIC},
};

static void a_wrong_field_is_named(void **state)
{
    (void)state;
    struct handoff facts = chap_facts();
    const struct table good = written(&facts, IBFT_GATEWAY_ALWAYS);
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct table table = good;
        struct handoff read;
        struct handoff_faults faults;
        uint8_t *copy;
        table.bytes[wrong[i].offset] = wrong[i].value;
        seal(&table);
        if (read_table(&table, &read, &faults, &copy) || !names(&faults, wrong[i].structure, wrong[i].field)) {
            print_faults(&faults);
            fail_msg("%s, %s: %u at %u", wrong[i].structure, wrong[i].field, wrong[i].value, wrong[i].offset);
        }
        free(copy);
    }
}

static void a_fault_tells_found_and_allowed(void **state)
{
    (void)state;
    struct handoff facts = chap_facts(), read;
    struct handoff_faults faults;
    char text[160];
    struct table table = written(&facts, IBFT_GATEWAY_AUTO);
    table.bytes[NIC + 88] = 0xFF;
    table.bytes[NIC + 89] = 0x0F;
    seal(&table);
    assert_false(ibft_read(table.bytes, table.length, &read, &faults));
    handoff_fault_text(&faults, 0, text, sizeof text);
    assert_string_equal(text, "iBFT, NIC 0: VLAN at f8h is 4095; allowed: 0 to 4094");
}

static void addresses_in_faults_are_written_as_rfc_5952_has_them(void **state)
{
    (void)state;
    struct handoff facts = ipv6_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts, IBFT_GATEWAY_AUTO);
    uint8_t *dns = table.bytes + NIC + 40;
    dns[0] = 0xFF;
    dns[1] = 2;
    dns[15] = 0xFB;
    seal(&table);
    assert_false(ibft_read(table.bytes, table.length, &read, &faults));
    assert_string_equal(faults.list[0].found, "ff02::fb");
}

/* RFC 4291, 2.5.5.1: nobody means ::192.0.2.1, but a producer may have forgotten what makes it ::ffff:192.0.2.1. */
static void an_ipv4_address_without_its_ffff_is_refused(void **state)
{
    (void)state;
    struct handoff facts = plain_facts(), read;
    struct handoff_faults faults;
    struct table table = written(&facts, IBFT_GATEWAY_AUTO);
    table.bytes[NIC + 40 + 10] = table.bytes[NIC + 40 + 11] = 0;
    seal(&table);
    assert_false(ibft_read(table.bytes, table.length, &read, &faults));
    assert_true(names(&faults, "NIC 0", "first DNS server"));
    assert_string_equal(faults.list[0].found, "::c000:202");
}

static void a_wrong_table_is_not_written(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    static const struct table zeros;
    struct table table = {.length = 0};
    facts.targets[0].name = "not an iSCSI name";
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, table.bytes, sizeof table.bytes, &table.length), E_HANDOFF_INVALID);
    assert_non_null(strstr(failure_detail(E_HANDOFF_INVALID), "target 0: name"));
    assert_memory_equal(table.bytes, zeros.bytes, sizeof table.bytes);
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
