/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot story with the boot ROM's lease, and with what DHCP servers say of us. With doubles, as test_loader.c. */
#include "tests/unit/loader_doubles.h"

#define DOWN " logout net_close nic_close"

static void the_roms_lease_is_used_when_it_holds_a_root_path(void **state)
{
    (void)state;
    struct dhcp_builder cached;

    dhcp_ack(&cached);
    dhcp_text(&cached, DHCP_ROOT_PATH, ROOT);
    dhcp_option(&cached, DHCP_MTU, "\x23\x28", 2);
    dhcp_option(&cached, DHCP_DNS, "\300\000\002\005\300\000\002\006\300\000\002\007", 12);
    machine.cached_ack = cached.bytes;
    machine.cached_ack_length = cached.length;
    told("", "nic0 net_open adopt login disk boot" DOWN);
    shown("Address   192.0.2.10/24, gateway 192.0.2.1 (the boot ROM's DHCP lease)\n");
    no_line_is_too_long();
    assert_memory_equal(seen.ipv4.address, "\300\000\002\012", 4);
    assert_memory_equal(seen.ipv4.netmask, "\377\377\377\000", 4);
    assert_memory_equal(seen.ipv4.gateway, "\300\000\002\001", 4);
    assert_memory_equal(seen.ipv4.dns, "\300\000\002\005\300\000\002\006", 8);
    assert_int_equal(seen.ipv4.mtu, 9000);
    assert_int_equal(seen.card_config.mtu, 9000);
}

/* The ROM's name: its client identifier, as its DISCOVER has it, else as the server said it again, else none; its vendor class;
 * and what is set by hand. */
static void the_roms_lease_is_renewed_in_its_name(void **state)
{
    static const char id[] = "\000\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017\020";
    enum { NOTHING, BY_SERVER, BY_ROM, NOT_BY_ROM, ANOTHER_CARDS, CASES };
    for (unsigned said = NOTHING; said < CASES; said++) {
        bool has_id = said == BY_SERVER || said == BY_ROM || said == ANOTHER_CARDS;
        struct dhcp_builder cached;
        dhcp_ack(&cached);
        dhcp_text(&cached, DHCP_ROOT_PATH, ROOT);
        if (said == BY_SERVER || said == ANOTHER_CARDS)
            dhcp_option(&cached, DHCP_CLIENT_ID, id, 17);

        struct dhcp_builder discover;
        dhcp_build(&discover);
        discover.bytes[0] = 1;
        discover.bytes[33] ^= said == ANOTHER_CARDS;
        dhcp_option(&discover, DHCP_REQUEST_LIST, "\313\257", 2);
        if (said == BY_ROM)
            dhcp_option(&discover, DHCP_CLIENT_ID, id, 17);
        machine.cached_ack = cached.bytes;
        machine.cached_ack_length = cached.length;
        machine.cached_discover = said >= BY_ROM ? discover.bytes : NULL;
        machine.cached_discover_length = discover.length;
        machine.architecture = 7;

        told("dns=192.0.2.8 mtu=1400", "nic0 net_open adopt login disk boot" DOWN);
        assert_non_null(seen.request.client_id);
        assert_int_equal(seen.request.client_id_length, has_id ? 17 : 0);
        assert_memory_equal(seen.client_id, id, has_id ? 17 : 0);
        assert_null(seen.request.user_class);
        assert_int_equal(seen.request.architecture, 7);
        assert_true(!seen.request.by_hand.gateway && seen.request.by_hand.dns && seen.request.by_hand.mtu);
        assert_memory_equal(seen.request.by_hand.ipv4.dns, "\300\000\002\010", 4);
        assert_int_equal(seen.request.by_hand.ipv4.mtu, 1400);
        tear_down(state);
        set_up(state);
    }
}

/* A server gives a name and an account to who asks for them: without, the lease is not what it has for us. */
static void a_rom_that_asks_for_less_than_we_do(void **state)
{
    static const struct {
        const char *list;
        const char *said; /* unasked: option 203 */
        bool serves;
    } cases[] = {
        {"\001\003\021\313\257", NULL, true},
        {"\001\003\021", NULL, false},
        {"\001\003\021\313", NULL, false},
        {"\001\003\021\257", NULL, false},
        {"\001\003\021\257", "iqn.2001-04.com.example:dhcp", true},
        {"", NULL, false},
        {NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dhcp_builder cached;
        dhcp_ack(&cached);
        dhcp_text(&cached, DHCP_ROOT_PATH, ROOT);
        if (cases[i].said)
            dhcp_text(&cached, DHCP_INITIATOR_IQN, cases[i].said);
        struct dhcp_builder discover;
        dhcp_build(&discover);
        discover.bytes[0] = 1;
        if (cases[i].list)
            dhcp_text(&discover, DHCP_REQUEST_LIST, cases[i].list);
        machine.cached_ack = cached.bytes;
        machine.cached_ack_length = cached.length;
        machine.cached_discover = discover.bytes;
        machine.cached_discover_length = discover.length;
        told("", cases[i].serves ? "nic0 net_open adopt login disk boot" DOWN : "nic0 net_open dhcp login disk boot" DOWN);
        tear_down(state);
        set_up(state);
    }
}

static void nobody_has_more_for_us_than_for_the_rom(void **state)
{
    (void)state;
    for (unsigned answers = 0; answers < 2; answers++) {
        struct dhcp_builder cached, discover;
        dhcp_ack(&cached);
        dhcp_text(&cached, DHCP_ROOT_PATH, ROOT);
        dhcp_build(&discover);
        discover.bytes[0] = 1;
        dhcp_text(&discover, DHCP_REQUEST_LIST, "\001\003\021");

        machine.cached_ack = cached.bytes;
        machine.cached_ack_length = cached.length;
        machine.cached_discover = discover.bytes;
        machine.cached_discover_length = discover.length;
        dhcp_ack(&script.ack); /* without a root path */
        script.dhcp = answers ? OK : E_DHCP_TIMEOUT;
        told("", answers ? "nic0 net_open dhcp login disk boot" DOWN : "nic0 net_open dhcp adopt login disk boot" DOWN);
        tear_down(state);
        set_up(state);
    }
}

/* It is no address for a host; the server may give a better one. */
static void a_roms_lease_that_cannot_be_is_followed_by_an_exchange(void **state)
{
    (void)state;
    struct dhcp_builder cached;
    dhcp_ack(&cached);
    dhcp_text(&cached, DHCP_ROOT_PATH, ROOT);
    machine.cached_ack = cached.bytes;
    machine.cached_ack_length = cached.length;
    script.adopt = E_ADDRESS_INVALID;
    told("", "nic0 net_open adopt dhcp login disk boot" DOWN);
}

/* What the tables for the OS cannot hold, and nobody needs, is left out of them. */
static void odd_values_of_a_lease_do_not_stop_the_boot(void **state)
{
    (void)state;
    struct dhcp_builder cached;

    dhcp_ack(&cached);
    dhcp_text(&cached, DHCP_ROOT_PATH, ROOT);
    dhcp_option(&cached, DHCP_DNS, "\177\000\000\001\300\000\002\006", 8);
    dhcp_text(&cached, DHCP_HOST_NAME, "one\ttwo");
    machine.cached_ack = cached.bytes;
    machine.cached_ack_length = cached.length;
    told("", "nic0 net_open adopt login disk boot" DOWN);
    struct handoff read;
    struct handoff_faults faults;
    assert_true(ibft_read(seen.boot.tables.ibft, seen.boot.tables.ibft_length, &read, &faults));
    assert_true(handoff_address_is_none(read.addresses[0].dns[0]));
    assert_memory_equal(read.addresses[0].dns[1] + 12, "\300\000\002\006", 4);
    assert_string_equal(read.addresses[0].hostname, "");
}

static void without_tables_nothing_is_checked(void **state)
{
    (void)state;
    told("chap=us\1er:a-secret-of-20-bytes handoff=no", "nic0 net_open dhcp login disk boot" DOWN);
    assert_int_equal(seen.boot.tables.ibft_length, 0);
}

/* It came over another network: neither its address nor its MTU counts. */
static void the_roms_lease_is_not_used_in_a_vlan(void **state)
{
    (void)state;
    struct dhcp_builder cached;

    dhcp_ack(&cached);
    dhcp_text(&cached, DHCP_ROOT_PATH, ROOT);
    dhcp_option(&cached, DHCP_MTU, "\x23\x28", 2);
    machine.cached_ack = cached.bytes;
    machine.cached_ack_length = cached.length;
    told("vlan=5,3", "nic0 net_open dhcp login disk boot" DOWN);
    shown("NIC       82540EM at 00:03.0, MAC 52:54:00:12:34:56, VLAN 5, priority 3\n");
    assert_int_equal(seen.vlan, 5);
    assert_int_equal(seen.vlan_priority, 3);
    assert_int_equal(seen.boot.vlan, 5);
    assert_int_equal(seen.card_config.mtu, 1500);
}

/* Each makes the ROM's lease unusable in its own way. */
static void spoil_root(struct dhcp_builder *ack)
{
    dhcp_ack(ack);
}
static void spoil_nfs(struct dhcp_builder *ack)
{
    dhcp_ack(ack);
    dhcp_text(ack, DHCP_ROOT_PATH, "192.0.2.1:/srv/nfs");
}
static void spoil_mac(struct dhcp_builder *ack)
{
    dhcp_ack(ack);
    dhcp_text(ack, DHCP_ROOT_PATH, ROOT);
    ack->bytes[33]++;
}
static void spoil_address(struct dhcp_builder *ack)
{
    dhcp_ack(ack);
    dhcp_text(ack, DHCP_ROOT_PATH, ROOT);
    memset(ack->bytes + 16, 0, 4);
}
static void spoil_type(struct dhcp_builder *ack)
{
    dhcp_build(ack);
    dhcp_option(ack, DHCP_MESSAGE_TYPE, "\002", 1);
    dhcp_text(ack, DHCP_ROOT_PATH, ROOT);
}
static void spoil_length(struct dhcp_builder *ack)
{
    dhcp_ack(ack);
    dhcp_text(ack, DHCP_ROOT_PATH, ROOT);
    ack->length -= 3;
}

static void else_an_exchange_of_our_own(void **state)
{
    static void (*const spoilers[])(struct dhcp_builder *) = {spoil_root,    spoil_nfs,  spoil_mac,
                                                              spoil_address, spoil_type, spoil_length};
    for (size_t i = 0; i < sizeof spoilers / sizeof spoilers[0]; i++) {
        if (i) {
            host_arena_free(&arena);
            set_up(state);
        }

        struct dhcp_builder cached;
        spoilers[i](&cached);
        machine.cached_ack = cached.bytes;
        machine.cached_ack_length = cached.length;
        memset(machine.uuid, 0x5a, 16);
        machine.architecture = 7;
        told("", "nic0 net_open dhcp login disk boot" DOWN);
        assert_int_equal(seen.request.uuid[15], 0x5a);
        assert_int_equal(seen.request.architecture, 7);
        assert_ptr_equal(seen.request.has_root, settings_dhcp_has_root);
        assert_string_equal(seen.request.user_class, "sanstrap");
    }
}

/* Of its settings the proxy's go before, and the lease's fill in. */
static void a_proxy_says_what_to_boot(void **state)
{
    (void)state;
    dhcp_text(&script.ack, DHCP_INITIATOR_IQN, "iqn.2001-04.com.example:dhcp");
    dhcp_build(&script.proxy);
    dhcp_text(&script.proxy, DHCP_ROOT_PATH, "iscsi:192.0.2.7::::iqn.2001-04.com.example:proxied");
    told("", "nic0 net_open dhcp login disk boot" DOWN);
    shown("Target    iqn.2001-04.com.example:proxied (DHCP)\n");
    shown("Initiator iqn.2001-04.com.example:dhcp (DHCP)\n");
    assert_string_equal(seen.iscsi.host, "192.0.2.7");
}

static void the_rom_has(struct dhcp_builder *cached, const char *root)
{
    dhcp_ack(cached);
    if (root)
        dhcp_text(cached, DHCP_ROOT_PATH, root);
    machine.cached_ack = cached->bytes;
    machine.cached_ack_length = cached->length;
}

/* An exchange of our own follows, once: also when another try is made. */
static void a_roms_lease_that_leads_nowhere(void **state)
{
    static const enum status nowhere[] = {E_RESOLVE, E_UNREACHABLE, E_CONNECT_TIMEOUT};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        struct dhcp_builder cached;
        the_rom_has(&cached, "iscsi:192.0.2.99::::iqn.2001-04.com.example:old");
        script.login = nowhere[i];
        script.keys = "rn";
        told("", "nic0 net_open adopt login net_close nic_close nic0 net_open dhcp login net_close nic_close "
                 "nic0 net_open dhcp login net_close nic_close");
        shown("; asking DHCP anew\n");
        assert_string_equal(seen.iscsi.host, "192.0.2.1");
        tear_down(state);
        set_up(state);
    }
}

/* What the target itself has answered is the same from any address. */
static void a_roms_lease_that_leads_to_the_target(void **state)
{
    (void)state;
    struct dhcp_builder cached;
    the_rom_has(&cached, ROOT);
    script.login = E_LOGIN_FORBIDDEN;
    script.keys = "n";
    told("", "nic0 net_open adopt login net_close nic_close");
}

/* The firmware keeps what boot servers and proxies have said beside the lease. */
static void the_roms_proxy_has_the_root_path(void **state)
{
    static const char proxied[] = "iscsi:192.0.2.7::::iqn.2001-04.com.example:proxied";
    enum { BY_REPLY, BY_PROXY, BY_PROXY_BEHIND_REPLY, TO_ANOTHER_CARD, CUT, CASES };
    for (unsigned said = BY_REPLY; said < CASES; said++) {
        struct dhcp_builder cached, proxy, reply;
        the_rom_has(&cached, NULL);
        dhcp_build(&reply);
        dhcp_build(&proxy);
        memset(proxy.bytes + 16, 0, 4);
        dhcp_text(&proxy, DHCP_ROOT_PATH, proxied);
        proxy.bytes[33] ^= said == TO_ANOTHER_CARD;

        machine.cached_reply = said == BY_REPLY ? proxy.bytes : said == BY_PROXY_BEHIND_REPLY ? reply.bytes : NULL;
        machine.cached_reply_length = said == BY_REPLY ? proxy.length : reply.length;
        machine.cached_proxy = proxy.bytes;
        machine.cached_proxy_length = said == CUT ? 100 : proxy.length;
        bool good = said <= BY_PROXY_BEHIND_REPLY;
        told("", good ? "nic0 net_open adopt login disk boot" DOWN : "nic0 net_open dhcp login disk boot" DOWN);
        assert_string_equal(seen.iscsi.host, good ? "192.0.2.7" : "192.0.2.1");
        tear_down(state);
        set_up(state);
    }
}

/* A proxy's other settings count beside a lease's root path. */
static void the_roms_proxy_has_no_root_path(void **state)
{
    (void)state;
    struct dhcp_builder cached, proxy;
    the_rom_has(&cached, ROOT);
    dhcp_build(&proxy);
    dhcp_option(&proxy, DHCP_IPXE, "\011\001\001", 3);
    machine.cached_proxy = proxy.bytes;
    machine.cached_proxy_length = proxy.length;
    script.boot = OK;
    told("", "nic0 net_open adopt login disk boot");
    assert_true(seen.boot.hook_only);
    loader_close();
}

/* The tables have one gateway: the one by which the target is reached. */
static void the_route_to_the_target_is_told(void **state)
{
    (void)state;
    struct dhcp_builder cached;
    the_rom_has(&cached, "iscsi:198.51.100.9::::iqn.2001-04.com.example:routed");
    dhcp_option(&cached, DHCP_CLASSLESS_ROUTES, "\000\300\000\002\011\030\306\063\144\300\000\002\010", 13);
    machine.cached_ack_length = cached.length;
    told("", "nic0 net_open adopt login disk boot" DOWN);
    shown("Address   192.0.2.10/24, gateway 192.0.2.9 and routes (");
    no_line_is_too_long();

    struct handoff read;
    struct handoff_faults faults;
    assert_true(ibft_read(seen.boot.tables.ibft, seen.boot.tables.ibft_length, &read, &faults));
    assert_memory_equal(read.addresses[0].gateway + 12, "\300\000\002\010", 4);
    assert_true(isdh_read(seen.boot.tables.isdh, seen.boot.tables.isdh_length, ISDH_ANYWHERE, &read, &faults));
    assert_memory_equal(read.addresses[0].gateway + 12, "\300\000\002\010", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_roms_lease_is_used_when_it_holds_a_root_path),
        TEST(the_roms_lease_is_renewed_in_its_name),
        TEST(a_rom_that_asks_for_less_than_we_do),
        TEST(nobody_has_more_for_us_than_for_the_rom),
        TEST(a_roms_lease_that_cannot_be_is_followed_by_an_exchange),
        TEST(odd_values_of_a_lease_do_not_stop_the_boot),
        TEST(without_tables_nothing_is_checked),
        TEST(the_roms_lease_is_not_used_in_a_vlan),
        TEST(else_an_exchange_of_our_own),
        TEST(a_proxy_says_what_to_boot),
        TEST(a_roms_lease_that_leads_nowhere),
        TEST(a_roms_lease_that_leads_to_the_target),
        TEST(the_roms_proxy_has_the_root_path),
        TEST(the_roms_proxy_has_no_root_path),
        TEST(the_route_to_the_target_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
