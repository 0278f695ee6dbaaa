/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot story when it does not go well: what is shown, what is tried again, and help. With doubles, as test_loader.c. */
#include "tests/unit/loader_doubles.h"

#define DOWN " logout net_close nic_close"

struct failing {
    const char *command_line;
    enum status *step, status;
    const char *steps;
};

/* Tables that would not be valid are not published: the field is named, and how to go on. */
static void tables_that_would_be_wrong_stop_the_boot(void **state)
{
    (void)state;
    told("chap=us\1er:a-secret-of-20-bytes", "nic0 net_open dhcp login disk" DOWN);
    shown("\nS711 The tables for the operating system would not be valid");
    shown("target 0: CHAP name");
    shown("handoff=no");
    assert_null(strstr(seen.screen, "a-secret"));
}

static void each_failure_has_its_code_and_advice(void **state)
{
    static const struct failing cases[] = {
        {"", &script.open_card[0], E_NIC_RESET, "nic0"},
        {"", &script.net, E_NET_MEMORY, "nic0 net_open nic_close"},
        {"", &script.dhcp, E_DHCP_TIMEOUT, "nic0 net_open dhcp net_close nic_close"},
        {"ip=off root=iscsi:[2001:db8::1]::::iqn.2001-04.com.example:storage", &script.ipv6, E_IPV6_NO_ROUTER,
         "nic0 net_open auto_ipv6 net_close nic_close"},
        {"ip=off ip6=2001:db8::10/64 root=iscsi:[2001:db8::1]::::iqn.2001-04.com.example:storage", &script.ipv6,
         E_ADDRESS_CONFLICT, "nic0 net_open set_ipv6 net_close nic_close"},
        {"ip=off root=iscsi:san.example.com::::iqn.2001-04.com.example:storage", &script.ipv6, E_IPV6_NO_ROUTER,
         "nic0 net_open auto_ipv6 net_close nic_close"},
        {"root=iscsi:192.0.2.1::::iqn.2001-04.com.example:storage", &script.dhcp, E_DHCP_TIMEOUT,
         "nic0 net_open dhcp net_close nic_close"},
        {"ip6=off root=iscsi:san.example.com::::iqn.2001-04.com.example:storage", &script.dhcp, E_DHCP_TIMEOUT,
         "nic0 net_open dhcp net_close nic_close"},
        {"", &script.session, E_ISCSI_MEMORY, "nic0 net_open dhcp net_close nic_close"},
        {"", &script.login, E_CONNECT_REFUSED, "nic0 net_open dhcp login net_close nic_close"},
        {"", &script.disk, E_DISK_TIMEOUT, "nic0 net_open dhcp login disk" DOWN},
        {"", &script.boot, E_DISK_RANGE, "nic0 net_open dhcp login disk boot" DOWN},
        {"ip=192.0.2.3/24", NULL, E_ROOT_PATH_MISSING, "nic0 net_open set_ipv4 net_close nic_close"},
        {"chap=user", NULL, E_CHAP_INCOMPLETE, "nic0 net_open dhcp net_close nic_close"},
        {"mutual=user:secret", NULL, E_CHAP_INCOMPLETE, "nic0 net_open dhcp net_close nic_close"},
        {"nic=00:1f.0", NULL, E_NIC_NOT_FOUND, ""},
        {"root=iscsi:h", NULL, E_ROOT_PATH_SYNTAX, ""},
        {"mtu=1", NULL, E_SETTING_VALUE, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (i) {
            host_arena_free(&arena);
            set_up(state);
        }
        if (cases[i].step)
            *cases[i].step = cases[i].status;
        told(cases[i].command_line, cases[i].steps);
        char line[128];
        snprintf(line, sizeof line, "\nS%u %.60s", cases[i].status, status_what(cases[i].status));
        shown(line);
        shown("\nWhy: ");
        snprintf(line, sizeof line, "\nDo:  %.40s", status_advice(cases[i].status));
        shown(line);
        shown("N for the next boot device");
    }
}

static void no_link(void **state)
{
    (void)state;
    script.link_after_ms[0] = 1000000;
    told("link-timeout=3", "nic0 nic_close");
    shown("waiting for the link (N stops), 3 s");
    shown("waiting for the link (N stops), 1 s");
    static const char notes[] = "Link      waiting for the link (N stops), 3 s\n"
                                "Link      waiting for the link (N stops), 3 s gone\n";
    assert_true(!strncmp(seen.notes, notes, strlen(notes)));
    assert_null(strchr(seen.notes, '\r'));
    shown("\nS106 No link\nWhy: 82540EM has had no link for 3 s\n");
}

/* Escape and N end the wait for a link at once. */
static void no_link_and_nobody_who_waits(void **state)
{
    static const char *const keys[] = {"\33n", "nn", "NN"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (i) {
            host_arena_free(&arena);
            set_up(state);
        }
        script.link_after_ms[0] = 1000000;
        script.keys_at_once = true;
        script.keys = keys[i];
        uint64_t before = platform_ticks();
        told("link-timeout=60", "nic0 nic_close");
        assert_in_range((platform_ticks() - before) / platform_ticks_per_ms(), 0, 5000);
    }
}

/* What stops the boot is what the name, or the network, would have needed. */
static void a_name_that_needs_ipv6(void **state)
{
    (void)state;
    script.name = NET_NAME_LACKS_IPV4;
    script.ipv6 = E_IPV6_NO_ROUTER;
    told("root=iscsi:san.example.com::::iqn.2001-04.com.example:storage", "nic0 net_open dhcp ask auto_ipv6 net_close nic_close");
    shown("\nS205 ");
    shown("Why: \"san.example.com\" has no IPv4 address; no IPv6 prefix was advertised in\n     time\n");
}

static void neither_a_lease_nor_a_router(void **state)
{
    (void)state;
    script.dhcp = E_DHCP_TIMEOUT;
    script.ipv6 = E_IPV6_NO_ROUTER;
    told("root=iscsi:san.example.com::::iqn.2001-04.com.example:storage", "nic0 net_open dhcp auto_ipv6 net_close nic_close");
    shown("\nS202 ");
    shown("Why: the double of dhcp says so; no IPv6 router, either\n");
}

static void a_root_path_from_dhcp_is_marked(void **state)
{
    (void)state;
    dhcp_ack(&script.ack);
    dhcp_text(&script.ack, DHCP_ROOT_PATH, "iscsi:192.0.2.1::x::iqn.2001-04.com.example:storage");
    told("", "nic0 net_open dhcp net_close nic_close");
    shown("S702 The root path cannot be understood\n"
          "Why: character 18: the port is a number of 1 to 65535, or empty\n"
          "     iscsi:192.0.2.1::x::iqn.2001-04.com.example:storage\n"
          "                      ^\n");
}

static void r_tries_again(void **state)
{
    (void)state;
    script.login = E_CONNECT_TIMEOUT;
    script.keys = "rRn";
    told("retry=0", "nic0 net_open dhcp login net_close nic_close nic0 net_open dhcp login net_close nic_close "
                    "nic0 net_open dhcp login net_close nic_close");
    assert_int_equal(seen.failures, 3);
}

/* The target sends us to an address of IPv6. That the attempt before had one of ours is no help: it is had anew. */
static void redirected_again_after_a_retry(void **state)
{
    (void)state;
    script.portal = "[2001:db8::9]:3260";
    script.portal_status = E_UNREACHABLE;
    script.login = E_CONNECT_TIMEOUT;
    script.keys = "rn";
    told("retry=0", "nic0 net_open dhcp login auto_ipv6 login net_close nic_close "
                    "nic0 net_open dhcp login auto_ipv6 login net_close nic_close");
}

static void unattended_it_tries_again_a_bounded_number_of_times(void **state)
{
    (void)state;
    script.open_card[0] = E_NIC_RESET;
    script.keys = NULL;
    uint64_t before = platform_ticks();
    told("retry=2,7", "nic0 nic0 nic0");
    uint64_t seconds = (platform_ticks() - before) / platform_ticks_per_ms() / 1000;
    assert_in_range(seconds, 2 * 7 + 30, 2 * 7 + 31);
    shown("Retry in 7 s");
    shown("Retry in 1 s");
}

/* It would only do so again, and the machine's own disk waits behind it. */
static void a_boot_sector_that_gave_up_is_not_tried_again_unattended(void **state)
{
    (void)state;
    script.boot = E_BOOT_GAVE_UP;
    script.keys = NULL;
    told("retry=2,7", "nic0 net_open dhcp login disk boot" DOWN);
    shown("Next device in");
    assert_true(seen.left);
}

static void every_attempt_has_the_whole_arena(void **state)
{
    (void)state;
    script.disk = E_DISK_TIMEOUT;
    script.keys = NULL;
    machine.command_line = "retry=40,1";
    loader_run(&machine);
    assert_int_equal(seen.card_config.rx_buffers, 512);
    assert_int_equal(seen.failures, 41);
}

static void of_several_failures_the_furthest_is_shown(void **state)
{
    (void)state;
    machine.boot_nic = NULL;
    script.link_after_ms[0] = script.link_after_ms[2] = 1000000;
    script.dhcp = E_DHCP_TIMEOUT;
    told("", "nic0 nic_close nic1 net_open dhcp net_close nic_close nic2 nic_close");
    shown("\nS202 ");
    assert_null(strstr(seen.screen, "\nS106 "));
    shown("Why: the double of dhcp says so\n");
}

static void a_target_that_answered_is_not_asked_on_another_card(void **state)
{
    (void)state;
    machine.boot_nic = NULL;
    script.login = E_CONNECT_REFUSED;
    told("", "nic0 net_open dhcp login net_close nic_close");
}

/* A card that cannot be opened may well be the one that nic= names. */
static void a_card_that_fails_is_told_of_before_others_that_are_not_meant(void **state)
{
    (void)state;
    script.open_card[1] = E_NIC_RESET;
    told("nic=52:54:00:12:34:57", "nic0 nic_close nic1 nic2 nic_close");
    shown("\nS103 ");
    shown("Why: the double of nic1 says so\n");
}

static void a_boot_card_without_a_driver(void **state)
{
    (void)state;
    script.no_driver[0] = true;
    machine.nics = &cards[1];
    machine.nic_count = 1;
    told("", "nic1 net_open dhcp login disk boot" DOWN);
    host_arena_free(&arena);
    set_up(state);
    script.no_driver[0] = true;
    machine.nic_count = 0;
    told("", "");
    shown("\nS101 ");
}

/* What there is instead, as far as it is known; also at the place that nic= names. */
static void cards_without_a_driver_are_named(void **state)
{
    (void)state;
    static struct pci_device others[] = {{.bus = 3, .vendor_id = 0x8086, .device_id = 0x1521},
                                         {.bus = 3, .function = 1, .vendor_id = 0x14E4, .device_id = 0x1657}};
    machine.nic_count = 0;
    machine.boot_nic = NULL;
    machine.other_nics = others;
    machine.other_nic_count = 2;
    told("", "");
    shown("\nS101 ");
    shown("no PCI device is one of them; without a driver: 8086:1521 at 03:00.0,\n     14e4:1657 at 03:00.1\n");
    told("nic=03:00.0", "");
    shown("no card that sanstrap drives is at 03:00.0; without a driver: 8086:1521");
}

static void warnings(void **state)
{
    (void)state;
    told("chap=user:short mutual=other:short chpa=topsecret quiet", "nic0 net_open dhcp login disk boot" DOWN);
    shown("chpa= on the command line is no setting");
    shown("less than 12 bytes");
    shown("both CHAP secrets are the same");
    assert_null(strstr(seen.screen, "topsecret"));
    assert_null(strstr(seen.screen, ":short"));
}

/* Every setting, in pages that a key ends; nothing is booted. */
static void help(void **state)
{
    (void)state;
    script.keys_at_once = true;
    script.keys = "xxn";
    told("mtu=1 help", "");
    shown("\nroot=          the disk: iscsi:<server>:<protocol>:<port>:<LUN>:<target name>\n");
    shown("mtu=           longest packet: a number of 576 to 9000 (1500)\n");
    shown("\nfirmware-ibft= settings from one that is there: yes or no (no)\n");
    shown("\nlog=           lines on the screen: error, warning, info or debug (warning)\n");
    shown("Press a key for more.");
    shown("Press N for the next boot device.");
    assert_null(strstr(seen.screen, "\nS"));
    no_line_is_too_long();

    unsigned lines = 0; /* of a page: a wait begins and ends with \r */
    for (const char *at = seen.screen; *at; at++) {
        lines = *at == '\r' ? 0 : lines + (*at == '\n');
        assert_true(lines < 25);
    }
}

static void help_waits_for_nobody(void **state)
{
    (void)state;
    script.keys = NULL;
    uint64_t before = platform_ticks();
    told("help", "");
    assert_in_range((platform_ticks() - before) / platform_ticks_per_ms() / 1000, 90, 91);
}

static void an_arena_too_small_for_the_story(void **state)
{
    (void)state;
    arena.used = arena.size - 100;
    told("", "");
    shown("\nS709 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tables_that_would_be_wrong_stop_the_boot),
        TEST(each_failure_has_its_code_and_advice),
        TEST(no_link),
        TEST(no_link_and_nobody_who_waits),
        TEST(a_name_that_needs_ipv6),
        TEST(neither_a_lease_nor_a_router),
        TEST(a_root_path_from_dhcp_is_marked),
        TEST(r_tries_again),
        TEST(redirected_again_after_a_retry),
        TEST(unattended_it_tries_again_a_bounded_number_of_times),
        TEST(a_boot_sector_that_gave_up_is_not_tried_again_unattended),
        TEST(every_attempt_has_the_whole_arena),
        TEST(of_several_failures_the_furthest_is_shown),
        TEST(a_target_that_answered_is_not_asked_on_another_card),
        TEST(a_card_that_fails_is_told_of_before_others_that_are_not_meant),
        TEST(a_boot_card_without_a_driver),
        TEST(cards_without_a_driver_are_named),
        TEST(warnings),
        TEST(help),
        TEST(help_waits_for_nobody),
        TEST(an_arena_too_small_for_the_story),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
