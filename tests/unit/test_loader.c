/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot story with doubles in the place of the three layers: the order of its steps, whose values it uses, what it shows. */
#include "cache/parts.h"
#include "tests/unit/loader_doubles.h"

#define DOWN " logout net_close nic_close"

static void the_steps_in_their_order(void **state)
{
    (void)state;

    told("", "nic0 net_open dhcp login disk boot" DOWN);
    shown("sanstrap");
    shown("NIC       82540EM at 00:03.0, MAC 52:54:00:12:34:56\n");
    shown("Link      1000 Mbit/s, full duplex\n");
    shown("Address   192.0.2.50/24, gateway none (DHCP)\n");
    shown("Initiator iqn.2026-11.invalid.sanstrap:52-54-00-12-34-56 (from the MAC address)\n");
    shown("Target    iqn.2001-04.com.example:storage (DHCP)\n");
    shown("Portal    192.0.2.1:3260, LUN 1, the ?[2Jdisk\n");
    shown("Disk      10.7 GB (10.0 GiB), blocks of 512 bytes, IET VIRTUAL-DISK, serial\n");
    shown("          beaf11\n");
    shown("Boot      from drive 80h\n");
    assert_memory_equal(seen.lun, "\0\1\0\0\0\0\0\0", 8);
    assert_string_equal(seen.iscsi.host, "192.0.2.1");
    assert_int_equal(seen.iscsi.port, 3260);
    assert_non_null(seen.boot.nic);
    assert_non_null(seen.boot.session);
    assert_int_equal(seen.card_config.rx_buffers, 512);
    assert_int_equal(seen.window, 448 * 1460);
}

static void no_line_is_longer_than_the_screen(void **state)
{
    (void)state;
    told("chap=a:b "
         "root=iscsi:192.0.2.1::::iqn.2001-04.com.example:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "nic0 net_open dhcp login disk boot" DOWN);
    no_line_is_too_long();
}

static void the_command_line_goes_before_dhcp(void **state)
{
    (void)state;

    dhcp_text(&script.ack, DHCP_INITIATOR_IQN, "iqn.2001-04.com.example:dhcp");
    dhcp_option(&script.ack, DHCP_IPXE, "\275\001\202\276\004user\277\014secretsecret", 23);
    told("root=iscsi:192.0.2.7::::iqn.2001-04.com.example:mine drive=0x81 gateway=192.0.2.9",
         "nic0 net_open dhcp login disk boot" DOWN);
    shown("Target    iqn.2001-04.com.example:mine (command line)\n");
    shown("Initiator iqn.2001-04.com.example:dhcp (DHCP)\n");
    shown("CHAP      as user (DHCP)\n");
    assert_null(strstr(seen.screen, "secretsecret"));
    assert_string_equal(seen.iscsi.host, "192.0.2.7");
    assert_string_equal(seen.iscsi.chap.secret, "secretsecret");
    assert_int_equal(seen.boot.drive, 0x81);
    assert_null(seen.request.has_root);
    assert_true(seen.request.by_hand.gateway && !seen.request.by_hand.dns && !seen.request.by_hand.mtu);
    assert_memory_equal(seen.request.by_hand.ipv4.gateway, "\300\000\002\011", 4);
}

/* One that waits for a lost connection has all of recovery=, and none is cut short by a small one. */
static void how_long_a_call_to_the_disk_may_take(void **state)
{
    static const struct {
        const char *line;
        uint32_t call_ms;
    } cases[] = {{"", 120000}, {"recovery=300", 300000}, {"recovery=5", 60000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        told(cases[i].line, "nic0 net_open dhcp login disk boot" DOWN);
        assert_int_equal(seen.boot.call_ms, cases[i].call_ms);
        tear_down(state);
        set_up(state);
    }
}

static void a_static_address_skips_dhcp(void **state)
{
    (void)state;
    told("ip=192.0.2.77/24 gateway=192.0.2.1 hostname=Host_A root=" ROOT, "nic0 net_open set_ipv4 login disk boot" DOWN);
    shown("Address   192.0.2.77/24, gateway 192.0.2.1 (command line)\n");
    shown("Initiator iqn.2026-11.invalid.sanstrap:host-a (from the host name)\n");
}

static void an_ipv6_target(void **state)
{
    (void)state;
    told("ip6=auto root=iscsi:[2001:db8::1]::::iqn.2001-04.com.example:six", "nic0 net_open auto_ipv6 login disk boot" DOWN);
    assert_string_equal(seen.iscsi.host, "2001:db8::1");
    shown("Address   2001:db8::50/64 (router advertisement)\n");
}

static void an_ipv6_target_named_by_dhcp(void **state)
{
    (void)state;
    dhcp_ack(&script.ack);
    dhcp_text(&script.ack, DHCP_ROOT_PATH, "iscsi:[2001:db8::1]::::iqn.2001-04.com.example:six");
    told("", "nic0 net_open dhcp auto_ipv6 login disk boot" DOWN);
}

#define UP    " net_close nic_close"
#define NAMED "root=iscsi:san.example.com::::iqn.2001-04.com.example:storage"

/* A router is waited for only when a name may need it; a literal is not asked for. */
static void a_targets_name(void **state)
{
    static const struct {
        const char *line;
        enum net_name said;
        enum status ipv6, dhcp;
        const char *steps;
    } cases[] = {
        {NAMED, NET_NAME_HAS_IPV4, OK, OK, "dhcp ask login"},
        {NAMED, NET_NAME_UNKNOWN, OK, OK, "dhcp ask login"},
        {NAMED, NET_NAME_LACKS_IPV4, OK, OK, "dhcp ask auto_ipv6 login"},
        {NAMED, NET_NAME_UNANSWERED, OK, OK, "dhcp ask auto_ipv6 login"},
        {NAMED, NET_NAME_UNANSWERED, E_IPV6_NO_ROUTER, OK, "dhcp ask auto_ipv6 login"},
        {NAMED " ip=192.0.2.77/24", NET_NAME_LACKS_IPV4, OK, OK, "set_ipv4 ask auto_ipv6 login"},
        {NAMED " ip6=off", NET_NAME_LACKS_IPV4, OK, OK, "dhcp login"},
        {NAMED " ip6=auto", NET_NAME_HAS_IPV4, OK, OK, "dhcp auto_ipv6 login"},
        {NAMED " ip6=2001:db8::10/64", NET_NAME_HAS_IPV4, OK, OK, "dhcp set_ipv6 login"},
        {NAMED " ip=off", NET_NAME_HAS_IPV4, OK, OK, "auto_ipv6 login"},
        {NAMED, NET_NAME_HAS_IPV4, OK, E_DHCP_TIMEOUT, "dhcp auto_ipv6 login"},
        {NAMED " ip6=auto", NET_NAME_HAS_IPV4, OK, E_DHCP_TIMEOUT, "dhcp auto_ipv6 login"},
        {"root=iscsi:[2001:db8::1]::::iqn.2001-04.com.example:six", NET_NAME_HAS_IPV4, OK, E_DHCP_TIMEOUT,
         "dhcp auto_ipv6 login"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char steps[128];
        snprintf(steps, sizeof steps, "nic0 net_open %s disk boot" DOWN, cases[i].steps);
        script.name = cases[i].said;
        script.ipv6 = cases[i].ipv6;
        script.dhcp = cases[i].dhcp;
        if (cases[i].ipv6 == OK && strstr(steps, "ipv6"))
            script.named_peer = "2001:db8::7";
        told(cases[i].line, steps);
        assert_string_equal(seen.asked, strstr(steps, "ask") ? "san.example.com" : "");
        tear_down(state);
        set_up(state);
    }
}

#define SIX "root=iscsi:[2001:db8::1]::::iqn.2001-04.com.example:six"

/* The target sends us to an address of the other kind: one of ours is had now, unless a setting says no, or there is one. */
static void redirected_to_the_other_kind_of_address(void **state)
{
    static const struct {
        const char *line, *portal;
        enum status ipv6;
        const char *steps;
    } cases[] = {
        {"root=" ROOT, "[2001:db8::9]:3260", OK, "dhcp login auto_ipv6 login disk boot" DOWN},
        {"root=" ROOT " ip6=off", "[2001:db8::9]:3260", OK, "dhcp login" UP},
        {"root=" ROOT " ip6=auto", "[2001:db8::9]:3260", OK, "dhcp auto_ipv6 login" UP},
        {"root=" ROOT, "[2001:db8::9]:3260", E_IPV6_NO_ROUTER, "dhcp login auto_ipv6" UP},
        {"root=" ROOT, "198.51.100.9:3260", OK, "dhcp login" UP},
        {"root=" ROOT, "other.example:3260", OK, "dhcp login auto_ipv6 login disk boot" DOWN}, /* a name that IPv4 has not */
        {"root=" ROOT " ip6=auto", "other.example:3260", OK, "dhcp auto_ipv6 login" UP},
        {SIX " ip6=auto", "192.0.2.9:3260", OK, "auto_ipv6 login dhcp login disk boot" DOWN},
        {SIX " ip6=auto ip=off", "192.0.2.9:3260", OK, "auto_ipv6 login" UP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char steps[128];
        snprintf(steps, sizeof steps, "nic0 net_open %s", cases[i].steps);
        script.portal = cases[i].portal;
        script.portal_status = strchr(cases[i].portal, 'x') ? E_RESOLVE : E_UNREACHABLE;
        script.ipv6 = cases[i].ipv6;
        told(cases[i].line, steps);
        tear_down(state);
        set_up(state);
    }
}

static void a_targets_name_by_dhcp(void **state)
{
    (void)state;
    dhcp_ack(&script.ack);
    dhcp_text(&script.ack, DHCP_ROOT_PATH, "iscsi:san.example.com::::iqn.2001-04.com.example:six");
    script.name = NET_NAME_LACKS_IPV4;
    script.named_peer = "2001:db8::7";
    told("dns=2001:db8::53", "nic0 net_open dhcp ask auto_ipv6 login disk boot" DOWN);
    assert_int_equal(seen.ipv6.dns[0][15], 0x53);
    assert_int_equal(seen.boot.target.family, 6);
    assert_int_equal(seen.boot.target.bytes[15], 7);
}

/* DHCPv6 is asked for DNS servers when nothing else has named one, and only for a name. */
static void a_router_that_names_no_dns_server(void **state)
{
    static const struct {
        const char *line, *steps;
        enum status dhcp6;
    } cases[] = {
        {NAMED " ip=off", "auto_ipv6 dhcp6 login", OK},
        {NAMED " ip=off", "auto_ipv6 dhcp6 login", E_DHCP_TIMEOUT},
        {NAMED " ip=off dns=2001:db8::53", "auto_ipv6 login", OK},
        {NAMED " ip=off ip6=2001:db8::10/64", "set_ipv6 login", OK},
        {NAMED " ip=192.0.2.77/24 dns=192.0.2.5 ip6=auto", "set_ipv4 auto_ipv6 login", OK},
        {"ip=off root=iscsi:[2001:db8::1]::::iqn.2001-04.com.example:six", "auto_ipv6 login", OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char steps[128];
        snprintf(steps, sizeof steps, "nic0 net_open %s disk boot" DOWN, cases[i].steps);
        script.router_without_dns = true;
        script.dhcp6 = cases[i].dhcp6;
        script.named_peer = "2001:db8::7";
        told(cases[i].line, steps);
        tear_down(state);
        set_up(state);
    }
}

static void a_link_that_comes_late(void **state)
{
    (void)state;
    script.link_after_ms[0] = 4000;
    told("", "nic0 net_open dhcp login disk boot" DOWN);
}

static void without_a_known_card_all_are_tried(void **state)
{
    (void)state;
    machine.boot_nic = NULL;
    script.link_after_ms[0] = script.link_after_ms[1] = 1000000;
    told("", "nic0 nic_close nic1 nic_close nic2 net_open dhcp login disk boot" DOWN);
    shown("No link; trying the next card\n");
}

static void nic_by_mac(void **state)
{
    (void)state;
    told("nic=52:54:00:12:34:57", "nic0 nic_close nic1 net_open dhcp login disk boot" DOWN);
    host_arena_free(&arena);
    set_up(state);
    told("nic=52:54:00:00:00:00", "nic0 nic_close nic1 nic_close nic2 nic_close");
    shown("\nS708 ");
}

static void hook_only_leaves_everything_up(void **state)
{
    (void)state;
    script.boot = OK;
    told("boot=no", "nic0 net_open dhcp login disk boot");
    assert_true(seen.boot.hook_only);
    shown("disk published as drive 80h\n");
    assert_null(strstr(seen.screen, "\nS"));
    loader_close();
    assert_string_equal(seen.steps, "nic0 net_open dhcp login disk boot" DOWN);
    loader_close();
    assert_string_equal(seen.steps, "nic0 net_open dhcp login disk boot" DOWN);
}

/* The portal that is told, by the device path and both tables, is the one that was set, or where its name answered; the session
 * is at another, at port 3262, to which it was redirected. */
static void the_portal_that_is_told(void **state)
{
    static const uint8_t by_address[4] = {192, 0, 2, 1}, by_name[4] = {192, 0, 2, 77};
    told("", "nic0 net_open dhcp login disk boot" DOWN);
    assert_int_equal(seen.boot.target.family, 4);
    assert_memory_equal(seen.boot.target.bytes, by_address, 4);
    assert_int_equal(seen.boot.target_port, 3260);
    host_arena_free(&arena);
    set_up(state);
    told("root=iscsi:san.example.com::3261:1:iqn.2001-04.com.example:storage", "nic0 net_open dhcp ask login disk boot" DOWN);
    assert_int_equal(seen.boot.target.family, 4);
    assert_memory_equal(seen.boot.target.bytes, by_name, 4);
    assert_int_equal(seen.boot.target_port, 3261);

    struct handoff read;
    struct handoff_faults faults;
    assert_true(ibft_read(seen.boot.tables.ibft, seen.boot.tables.ibft_length, &read, &faults));
    assert_memory_equal(read.targets[0].address + 12, by_name, 4);
    assert_int_equal(read.targets[0].port, 3261);
    assert_true(isdh_read(seen.boot.tables.isdh, seen.boot.tables.isdh_length, ISDH_ANYWHERE, &read, &faults));
    assert_memory_equal(read.targets[0].address + 12, by_name, 4);
    assert_int_equal(read.targets[0].port, 3261);
}

/* By the time the tables are made and the disk is published it has come; without a cache nobody would find it. */
static void the_first_block_is_asked_for_with_the_rest(void **state)
{
    (void)state;
    told("", "nic0 net_open dhcp login disk boot" DOWN);
    assert_int_equal(seen.first_reads, 1);
    assert_true(seen.first_read_left);

    tear_down(state);
    set_up(state);
    told("read-ahead=off", "nic0 net_open dhcp login disk boot" DOWN);
    assert_int_equal(seen.first_reads, 0);
}

static void the_rings_fit_the_memory(void **state)
{
    (void)state;
    host_arena_free(&arena);
    arena = host_arena_new(1 << 20);
    told("", "nic0 net_open dhcp login disk boot" DOWN);
    assert_int_equal(seen.card_config.rx_buffers, 64); /* half of it is the cache's */
    assert_int_equal(seen.window, 56 * 1460);
    assert_non_null(seen.boot.cache);
}

static uint32_t read_ahead_at_most(uint16_t segment)
{
    script.segment = segment;
    told("", "nic0 net_open dhcp login disk boot" DOWN);
    return ((const struct cache *)seen.boot.cache)->in_flight_max;
}

/* A parked ring has a buffer for each segment, however small. */
static void small_segments_must_fit_the_ring(void **state)
{
    assert_int_equal(read_ahead_at_most(1440), 2 * 448 * 1460); /* IPv6 */
    tear_down(state);
    set_up(state);
    assert_int_equal(read_ahead_at_most(536), 448 * 536);
    tear_down(state);
    set_up(state);
    assert_int_equal(read_ahead_at_most(0), 2 * 448 * 1460); /* the connection is just being made anew */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_steps_in_their_order),
        TEST(no_line_is_longer_than_the_screen),
        TEST(the_command_line_goes_before_dhcp),
        TEST(how_long_a_call_to_the_disk_may_take),
        TEST(a_static_address_skips_dhcp),
        TEST(an_ipv6_target),
        TEST(an_ipv6_target_named_by_dhcp),
        TEST(a_targets_name),
        TEST(redirected_to_the_other_kind_of_address),
        TEST(a_targets_name_by_dhcp),
        TEST(a_router_that_names_no_dns_server),
        TEST(a_link_that_comes_late),
        TEST(without_a_known_card_all_are_tried),
        TEST(nic_by_mac),
        TEST(hook_only_leaves_everything_up),
        TEST(the_portal_that_is_told),
        TEST(the_first_block_is_asked_for_with_the_rest),
        TEST(the_rings_fit_the_memory),
        TEST(small_segments_must_fit_the_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
