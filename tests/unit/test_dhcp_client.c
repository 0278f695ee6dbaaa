/* SPDX-License-Identifier: BSD-2-Clause */
/* net_dhcp() against servers good, absent and hostile. */
#include "tests/unit/dhcp_server.h"

static void brings_a_lease(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    assert_memory_equal(lease.ipv4.address, "\12\0\0\2", 4);
    assert_memory_equal(lease.ipv4.netmask, "\377\377\377\0", 4);
    assert_memory_equal(lease.ipv4.gateway, "\12\0\0\1", 4);
    assert_memory_equal(lease.ipv4.dns, "\12\0\0\3\12\0\0\4", 8);
    assert_memory_equal(lease.server, "\12\0\0\1", 4);
    assert_int_equal(lease.seconds, 3600);
    assert_int_equal(lease.message[0], 2);
    assert_int_equal(lease.message[OPTIONS + 2], 5); /* the ACK, not the offer */
    assert_true(lease.message_length > OPTIONS);
}

/* The exchange must not cost more than the server's own time. */
static void takes_no_time_of_its_own(void **state)
{
    uint64_t start = platform_ticks();

    (void)state;
    assert_int_equal(run(1000), OK);
    assert_true(platform_ticks() - start < 20 * platform_ticks_per_ms());
}

static void says_who_we_are(void **state)
{
    static const uint8_t wanted[] = {55, 18, 121, 1, 3, 6, 12, 15, 17, 26, 28, 43, 54, 60, 66, 67, 119, 175, 203, 224};
    static const uint8_t id[] = {61, 7, 1, 2, 0, 0, 0, 0, 1};
    static const uint8_t uuid[] = {97, 17, 0, 0x11, 0x22, 0x33};

    (void)state;
    assert_int_equal(run(1000), OK);
    assert_int_equal(server.discovers, 1);
    assert_int_equal(server.requests, 1);
    assert_memory_equal(option(server.request, 55), wanted, sizeof wanted);
    assert_memory_equal(option(server.request, 61), id, sizeof id);
    assert_memory_equal(option(server.request, 97), uuid, sizeof uuid);
    assert_memory_equal(option(server.request, 93), "\135\2\0\7", 4);
    assert_memory_equal(option(server.request, 94), "\136\3\1\2\1", 5);
    assert_memory_equal(option(server.request, 60), "\74\40PXEClient:Arch:00007:UNDI:002001", 34);
    assert_memory_equal(option(server.request, 77), "\115\4unit", 6);
    assert_memory_equal(option(server.request, 12), "\14\4unit", 6);
    assert_int_equal(option(server.request, 57)[2] << 8 | option(server.request, 57)[3], 1500);
    assert_null(option(server.request, 175));
}

static void repeats_after_a_second(void **state)
{
    uint64_t start = platform_ticks();

    (void)state;
    server.ignore = 1;
    assert_int_equal(run(10000), OK);
    assert_true(platform_ticks() - start < 1600 * platform_ticks_per_ms());
}

static void no_server(void **state)
{
    uint64_t start = platform_ticks();

    (void)state;
    server.ignore = 1000;
    assert_int_equal(run(10000), E_DHCP_TIMEOUT);
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 10000, 10010);
    assert_in_range(server.discovers, 4, 6);

    char wanted[64];
    snprintf(wanted, sizeof wanted, "%u requests sent, no answer", server.discovers);
    assert_string_equal(failure_detail(E_DHCP_TIMEOUT), wanted);
}

static void refused_once(void **state)
{
    (void)state;
    server.refuse = 1;
    assert_int_equal(run(20000), OK);
    assert_int_equal(server.requests, 2);
}

/* Whatever must be dropped is said in the error, the most telling of it. */
static void why_answers_were_dropped(void **state)
{
    static const struct {
        bool wrong_xid, wrong_chaddr;
        uint8_t omit;
        const char *address, *why;
    } cases[] = {
        {true, false, 0, "\12\0\0\2", "the answer of 10.0.0.1 is to somebody else"},
        {false, true, 0, "\12\0\0\2", "the answer of 10.0.0.1 is to somebody else"},
        {false, false, 53, "\12\0\0\2", "the answer of 10.0.0.1 does not say what it is (option 53)"},
        {false, false, 54, "\12\0\0\2", "the offer of 10.0.0.2 has no server identifier"},
        {false, false, 0, "\0\0\0\0", "the offer of 0.0.0.0 is no address for a host"},
        {false, false, 0, "\177\0\0\1", "the offer of 127.0.0.1 is no address for a host"},
        {false, false, 0, "\340\0\0\5", "the offer of 224.0.0.5 is no address for a host"},
        {false, false, 0, "\377\377\377\377", "the offer of 255.255.255.255 is no address for a host"},
        {false, false, 0, "\12\0\0\377", "the offer of 10.0.0.255 is no address for a host"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        server.wrong_xid = cases[i].wrong_xid;
        server.wrong_chaddr = cases[i].wrong_chaddr;
        server.omit = cases[i].omit;
        memcpy(server.address, cases[i].address, 4);
        server.discovers = 0;
        assert_int_equal(run(3000), E_DHCP_TIMEOUT);
        assert_in_range(server.discovers, 2, 3);

        char wanted[160];
        snprintf(wanted, sizeof wanted, "%u requests sent, %u answers dropped: %s", server.discovers, server.discovers,
                 cases[i].why);
        assert_string_equal(failure_detail(E_DHCP_TIMEOUT), wanted);
    }
}

static void a_server_that_refuses_what_it_offers(void **state)
{
    (void)state;
    server.refuse = 1000;
    assert_int_equal(run(10000), E_DHCP_TIMEOUT);
    assert_in_range(server.requests, 4, 12); /* and is not asked as fast as it answers */
    assert_non_null(strstr(failure_detail(E_DHCP_TIMEOUT), "the server 10.0.0.1 refused what was asked for"));
}

/* The peer answers ARP for 10.0.0.1: RFC 2131 3.1.5. */
static void an_address_that_somebody_has_is_declined(void **state)
{
    (void)state;
    memcpy(server.address, "\12\0\0\1", 4);
    assert_int_equal(run(5000), E_DHCP_TIMEOUT);
    assert_int_equal(server.declines, 1);
    assert_memory_equal(option(server.request, 50), "\62\4\12\0\0\1", 6);
    assert_memory_equal(option(server.request, 54), "\66\4\12\0\0\1", 6);
    assert_null(option(server.request, 55));
    assert_non_null(strstr(failure_detail(E_DHCP_TIMEOUT), "the offered address 10.0.0.1 is in use by 02:00:00:00:00:fe"));
}

/* Relays may wait until it is some seconds (RFC 1542 4.1.1). */
static void the_seconds_rise(void **state)
{
    (void)state;
    server.ignore = 3;
    assert_int_equal(run(30000), OK);
    assert_in_range(get_be16(server.request + SECS), 4, 10);
    assert_int_equal(option(server.request, 53)[2], REQUEST);

    server.ignore = 1000;
    assert_int_equal(run(10000), E_DHCP_TIMEOUT);
    assert_in_range(get_be16(server.request + SECS), 4, 10);
    assert_int_equal(option(server.request, 53)[2], DISCOVER);
}

/* RFC 2131 3.1, step 3: whoever passed DISCOVER on for its seconds passes every REQUEST on. */
static void a_request_has_the_seconds_of_its_discover(void **state)
{
    (void)state;
    server.ignore = 3;
    server.lose = 2;
    assert_int_equal(run(60000), OK);
    assert_int_equal(server.requests, 3);
    assert_in_range(server.discover_seconds, 4, 10);
    assert_int_equal(get_be16(server.request + SECS), server.discover_seconds);
}

static void transaction_numbers_differ(void **state)
{
    uint8_t before[4];

    (void)state;
    assert_int_equal(run(1000), OK);
    memcpy(before, server.request + 4, 4);
    assert_int_equal(run(1000), OK);
    assert_memory_not_equal(before, server.request + 4, 4);
}

static void mtu_is_taken(void **state)
{
    static const uint8_t mtu[] = {26, 2, 1400 >> 8, 1400 & 0xFF};

    (void)state;
    server.extra = mtu;
    server.extra_length = sizeof mtu;
    assert_int_equal(run(1000), OK);
    assert_int_equal(lease.ipv4.mtu, 1400);
}

struct hostile {
    const char *name;
    uint8_t omit; /* what the server would say beside it */
    uint8_t bytes[24];
    unsigned length;
    const char *warning; /* NULL: none, as nobody reads the option */
};

/*
 * Options that are read, in lengths that they cannot have, and broken ones: each is left out by itself, said in the log, and the
 * lease is taken.
 */
static void odd_options_are_left_out(void **state)
{
    static const struct hostile cases[] = {
        {"netmask of two bytes", 1, {1, 2, 255, 255}, 4, "option 1 (SUBNET_MASK) has 2 bytes, 4 wanted"},
        {"netmask of five bytes", 1, {1, 5, 255, 255, 255, 0, 0}, 7, "option 1 (SUBNET_MASK) has 5 bytes, 4 wanted"},
        {"netmask with a hole", 1, {1, 4, 255, 0, 255, 0}, 6, "netmask 255.0.255.0 is none"},
        {"netmask of zero", 1, {1, 4, 0, 0, 0, 0}, 6, "netmask 0.0.0.0 is none"},
        {"empty router", 3, {3, 0}, 2, "option 3 (ROUTER) has 0 bytes, a multiple of 4 wanted"},
        {"router of three bytes", 3, {3, 3, 10, 0, 0}, 5, "option 3 (ROUTER) has 3 bytes"},
        {"ourselves as router", 3, {3, 4, 10, 0, 0, 2}, 6, "router 10.0.0.2 cannot be one"},
        {"DNS of three bytes", 6, {6, 3, 1, 2, 3}, 5, "option 6 (DNS) has 3 bytes, a multiple of 4 wanted"},
        {"DNS of five bytes", 6, {6, 5, 10, 0, 0, 3, 4}, 7, "option 6 (DNS) has 5 bytes, a multiple of 4 wanted"},
        {"empty host name", 0, {12, 0}, 2, NULL},
        {"empty domain name", 0, {15, 0}, 2, NULL},
        {"empty root path", 0, {17, 0}, 2, NULL},
        {"MTU of one byte", 0, {26, 1, 5}, 3, "option 26 (MTU) has 1 bytes, 2 wanted"},
        {"MTU of three bytes", 0, {26, 3, 5, 5, 5}, 5, "option 26 (MTU) has 3 bytes, 2 wanted"},
        {"MTU of 100", 0, {26, 2, 0, 100}, 4, "MTU 100, at least 576 wanted"},
        {"MTU of 65535", 0, {26, 2, 255, 255}, 4, NULL},
        {"broadcast of one byte", 0, {28, 1, 1}, 3, NULL},
        {"empty vendor option", 0, {43, 0}, 2, NULL},
        {"vendor option that runs over inside", 0, {43, 2, 6, 200}, 4, NULL},
        {"lease time of one byte", 51, {51, 1, 1}, 3, "option 51 (LEASE_TIME) has 1 bytes, 4 wanted"},
        {"lease time of eight bytes", 51, {51, 8, 0, 0, 1, 0, 0, 0, 1, 0}, 10, "option 51 (LEASE_TIME) has 8 bytes"},
        {"overload of two bytes", 0, {52, 2, 1, 1}, 4, "option 52 (OVERLOAD) has 2 bytes, 1 wanted"},
        {"overload of 7", 0, {52, 1, 7}, 3, "option 52 (OVERLOAD) is 7, at most 3 wanted"},
        {"another type, of two bytes", 0, {53, 2, 1, 1}, 4, "option 53 (MESSAGE_TYPE) has 2 bytes, 1 wanted"},
        {"another server, of five bytes", 0, {54, 5, 9, 9, 9, 9, 9}, 7, "option 54 (SERVER_ID) has 5 bytes, 4 wanted"},
        {"T1 of two bytes", 0, {58, 2, 0, 1}, 4, "option 58 (RENEWAL_TIME) has 2 bytes, 4 wanted"},
        {"T2 of two bytes", 0, {59, 2, 0, 1}, 4, "option 59 (REBINDING_TIME) has 2 bytes, 4 wanted"},
        {"search list that loops", 0, {119, 2, 0xC0, 0}, 4, NULL},
        {"empty search list", 0, {119, 0}, 2, NULL},
        {"route of 77 bits", 0, {121, 9, 77, 1, 2, 3, 4, 10, 0, 0, 1}, 11, "has a route of 77 bits in 9 bytes"},
        {"route of too few bytes", 0, {121, 5, 8, 172, 10, 0, 0}, 7, "has a route of 8 bits in 5 bytes"},
        {"route by ourselves", 0, {121, 6, 8, 172, 10, 0, 0, 2}, 8, "router 10.0.0.2 cannot be one"},

        {"iPXE option that runs over inside", 0, {175, 4, 190, 9, 'u', 's'}, 6, "option 175.190 exceeds its option"},
        {"empty iPXE option", 0, {175, 0}, 2, NULL},
        {"empty initiator name", 0, {203, 0}, 2, NULL},
        {"unknown and empty", 0, {224, 0}, 2, NULL},
        {"length beyond the message", 0, {17, 200, 'x'}, 3, "option 17 exceeds the field that it lies in"},
        {"code without a length", 0, {17}, 1, "option 17 exceeds the field that it lies in"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        server.omit = cases[i].omit;
        server.extra = cases[i].bytes;
        server.extra_length = cases[i].length;
        server.no_end = cases[i].length == 1; /* so that the code is the last byte */
        host_log_clear();
        if (run(1500) != OK || (cases[i].warning && !strstr(host_log_text(), cases[i].warning)))
            fail_msg("%s", cases[i].name);
        assert_int_equal(cases[i].warning != NULL, strstr(host_log_text(), "left out") != NULL);

        assert_memory_equal(lease.ipv4.address, "\12\0\0\2", 4);
        assert_memory_equal(lease.ipv4.netmask, cases[i].omit == 1 ? "\377\0\0\0" : "\377\377\377\0", 4);
        assert_memory_equal(lease.ipv4.gateway, cases[i].omit == 3 ? "\0\0\0\0" : "\12\0\0\1", 4);
        assert_memory_equal(lease.ipv4.dns[0], cases[i].omit != 6 || cases[i].bytes[1] == 5 ? "\12\0\0\3" : "\0\0\0\0", 4);
        assert_memory_equal(lease.server, "\12\0\0\1", 4);
        assert_int_equal(lease.seconds, cases[i].omit == 51 ? 0xFFFFFFFF : 3600);
        assert_int_equal(lease.ipv4.mtu, 0);
    }
}

/* What a server must say in a length that nobody can read: then there is nothing to go by. */
static void odd_options_that_are_needed(void **state)
{
    (void)state;
    static const uint8_t type[] = {53, 2, 2, 2}, id[] = {54, 3, 10, 0, 0};
    server.omit = 53;
    server.extra = type;
    server.extra_length = sizeof type;
    assert_int_equal(run(1500), E_DHCP_TIMEOUT);
    assert_non_null(strstr(failure_detail(E_DHCP_TIMEOUT), "does not say what it is (option 53)"));
    server.omit = 54;
    server.extra = id;
    server.extra_length = sizeof id;
    assert_int_equal(run(1500), E_DHCP_TIMEOUT);
    assert_non_null(strstr(failure_detail(E_DHCP_TIMEOUT), "has no server identifier"));
}

/* Some servers say it twice, or another value behind the first (an option of fixed size is never in parts). */
static void an_option_given_twice_is_one_value(void **state)
{
    static const char twice[] = "\63\4\0\0\0\143"               /* 51 */
                                "\66\4\12\0\0\1\66\4\12\0\0\11" /* 54 */
                                "\32\2\5\170\32\2\5\0";         /* 26 */

    (void)state;
    server.extra = (const uint8_t *)twice;
    server.extra_length = sizeof twice - 1;
    assert_int_equal(run(1500), OK);
    assert_int_equal(lease.seconds, 3600);
    assert_int_equal(lease.ipv4.mtu, 1400);
    assert_memory_equal(lease.server, "\12\0\0\1", 4);
}

static void more_dns_servers_than_places(void **state)
{
    static uint8_t list[2 + 60 * 4] = {6, 60 * 4};

    (void)state;
    for (unsigned i = 2; i < sizeof list; i++)
        list[i] = (uint8_t)(10 + i / 4);
    server.extra = list;
    server.extra_length = sizeof list;
    assert_int_equal(run(1500), OK);
    assert_memory_equal(lease.ipv4.gateway, "\12\0\0\1", 4);
    assert_true(lease.message_length > sizeof list);
}

/* Forty random bytes among the options, three hundred times: whatever comes of it, nothing is overrun and the next exchange
 * works. */
static void random_options(void **state)
{
    static uint8_t extra[40];

    (void)state;
    server.extra = extra;
    server.extra_length = sizeof extra;
    host_log_level = LOG_ERROR;
    for (unsigned i = 0; i < 300; i++) {
        platform_random(extra, sizeof extra);
        (void)run(700);
    }
    host_log_level = LOG_WARNING;
    server.extra_length = 0;
    assert_int_equal(run(1000), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(brings_a_lease),
        CASE(takes_no_time_of_its_own),
        CASE(says_who_we_are),
        CASE(repeats_after_a_second),
        CASE(no_server),
        CASE(refused_once),
        CASE(why_answers_were_dropped),
        CASE(a_server_that_refuses_what_it_offers),
        CASE(an_address_that_somebody_has_is_declined),
        CASE(the_seconds_rise),
        CASE(a_request_has_the_seconds_of_its_discover),
        CASE(transaction_numbers_differ),
        CASE(mtu_is_taken),
        CASE(odd_options_are_left_out),
        CASE(odd_options_that_are_needed),
        CASE(an_option_given_twice_is_one_value),
        CASE(more_dns_servers_than_places),
        CASE(random_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
