/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names in connect(): answers good, absent and forged. */
#include "tests/unit/unit.h"

#include <ctype.h>

#include "net/net.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

static struct stream *stream;
static const uint8_t *answer; /* what follows the question */
static unsigned answer_length;
static bool silent, wrong_id, upper_case, truncated;
static uint8_t error_code, answers;
static bool has_ipv4, silent_to_ipv6; /* the name has A records; nothing is said of AAAA */
static unsigned questions, questions6;

/* RFC 1035 4.1.1; the question follows the header */
#define DNS_PORT    53
#define DNS_FLAGS   2 /* QR and RD; RA and RCODE */
#define DNS_ANSWERS 7 /* the lower byte of their number */
#define DNS_HEADER  12
#define DNS_TC      0x02
#define DNS_AAAA    28

static void serve(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    if (to != DNS_PORT || length < DNS_HEADER || length > 300)
        return;
    questions++;
    bool ipv6 = data[length - 3] == DNS_AAAA;
    questions6 += ipv6;
    if (silent || (ipv6 && silent_to_ipv6))
        return;

    uint8_t reply[512];
    bool empty = !ipv6 && !has_ipv4;
    memcpy(reply, data, length);
    reply[0] ^= wrong_id;
    reply[DNS_FLAGS] = 0x81 | (truncated ? DNS_TC : 0);
    reply[DNS_FLAGS + 1] = 0x80 | error_code;
    reply[DNS_ANSWERS] = empty ? 0 : answers;
    if (upper_case)
        reply[DNS_HEADER + 1] = (uint8_t)toupper(reply[DNS_HEADER + 1]);
    if (answer_length)
        memcpy(reply + length, answer, answer_length);
    peer_datagram(DNS_PORT, from, reply, length + (empty ? 0 : answer_length));
}

static int open_world(void **state)
{
    (void)state;
    peer_world_open(64, 65536);
    peer_got_datagram = serve;
    stream = net_stream_new(peer_network);
    answer_length = questions = questions6 = 0;
    silent = wrong_id = upper_case = truncated = silent_to_ipv6 = false;
    has_ipv4 = true;
    error_code = 0;
    host_log_clear();
    answers = 1;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    net_stream_free(stream);
    net_close(peer_network);
    assert_int_equal(wire.held, 0);
    peer_world_close();
    return 0;
}

static enum status connect_by(const char *name, const void *bytes, unsigned length)
{
    answer = bytes;
    answer_length = length;
    return host_connect(stream, name, 3260, deadline_after_ms(5000));
}

static enum status connect_by_name(const void *bytes, unsigned length)
{
    return connect_by("target.example", bytes, length);
}

#define HEAD 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60

static void name_is_resolved(void **state)
{
    (void)state;
    static const uint8_t good[] = {HEAD, 0, 4, 10, 0, 0, 1};
    assert_int_equal(connect_by_name(good, sizeof good), OK);
    assert_int_equal(questions, 1);
}

static void no_answer(void **state)
{
    (void)state;
    silent = true;
    assert_int_equal(connect_by_name("", 0), E_RESOLVE);
    assert_true(questions > 1);
}

static void no_such_name(void **state)
{
    (void)state;
    error_code = 3;
    answers = 0;
    assert_int_equal(connect_by_name("", 0), E_RESOLVE);
}

static void answer_with_another_number(void **state)
{
    (void)state;
    static const uint8_t good[] = {HEAD, 0, 4, 10, 0, 0, 1};
    wrong_id = true;
    assert_int_equal(connect_by_name(good, sizeof good), E_RESOLVE);
}

static void broken_answers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[24];
        unsigned length;
    } cases[] = {
        {"cut after the name", {0xC0, 12}, 2},
        {"pointer to itself", {0xC0, 32, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1}, 9},
        {"label beyond the message", {63, 'a', 'b'}, 3},
        {"address of two bytes", {HEAD, 0, 2, 10, 0}, 14},
        {"address cut", {HEAD, 0, 4, 10, 0}, 14},
        {"length beyond the message", {HEAD, 0xFF, 0xFF, 10, 0, 0, 1}, 16},
        {"loopback", {HEAD, 0, 4, 127, 0, 0, 1}, 16},
        {"multicast", {HEAD, 0, 4, 224, 0, 0, 1}, 16},
        {"zero", {HEAD, 0, 4, 0, 0, 0, 0}, 16},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum status status;
        char name[32];
        snprintf(name, sizeof name, "host%zu.example", i);
        answer = cases[i].bytes;
        answer_length = cases[i].length;
        status = host_connect(stream, name, 3260, deadline_after_ms(3000));
        if (status != E_RESOLVE)
            print_error("%s: %d\n", cases[i].name, status);
        assert_int_equal(status, E_RESOLVE);
        peer_world_run(60000); /* until the question's slot is free */
    }
}

#define HEAD6 0xC0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16

struct ipv6_answer {
    const char *name;
    uint8_t bytes[28];
    enum status status;
};

/* The server knows no address of IPv4, and is asked for one of IPv6. */
static void ipv6_answers(void **state)
{
    static const struct ipv6_answer cases[] = {
        {"an address", {HEAD6, 0xFD, 0x77, [27] = 9}, E_CONNECT_TIMEOUT},
        {"multicast", {HEAD6, 0xFF, 2, [27] = 1}, E_RESOLVE},
        {"loopback", {HEAD6, [27] = 1}, E_RESOLVE},
        {"unspecified", {HEAD6}, E_RESOLVE},
    };
    struct net_ipv6 ipv6 = {.address = {0xFD, 0x77, [15] = 2}, .prefix_length = 64};

    (void)state;
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[32];
        snprintf(name, sizeof name, "six%zu.example", i);
        answer = cases[i].bytes;
        answer_length = sizeof cases[i].bytes;
        print_message("%s\n", cases[i].name);
        assert_int_equal(host_connect(stream, name, 3260, deadline_after_ms(3000)), cases[i].status);
        peer_world_run(60000);
    }
}

static void no_server_is_set(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}};
    net_close(peer_network);
    peer_world_close();
    peer_world_open(64, 65536);
    stream = net_stream_new(peer_network);
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_int_equal(host_connect(stream, "target.example", 3260, deadline_after_ms(1000)), E_RESOLVE);
    assert_string_equal(failure_detail(E_RESOLVE), "\"target.example\": no DNS server is set");
}

/* However many questions were given up, the next one is asked at once. */
static void questions_that_were_given_up_take_no_place(void **state)
{
    (void)state;
    static const uint8_t good[] = {HEAD, 0, 4, 10, 0, 0, 1};
    static const char *const names[] = {"a.example", "b.example", "c.example", "d.example"};
    silent = true;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(host_connect(stream, names[i], 3260, deadline_after_ms(100)), E_RESOLVE);
    silent = false;
    answer = good;
    answer_length = sizeof good;
    assert_int_equal(host_connect(stream, "target.example", 3260, deadline_after_ms(500)), OK);
}

/* ---- what a good answer may look like ---- */

static void odd_answers_that_are_good(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t count, bytes[64];
        unsigned length;
        bool upper_case, truncated;
    } cases[] = {
        {"an alias before it",
         2,
         {0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'x', 0xC0, 19, HEAD, 0, 4, 10, 0, 0, 1},
         32,
         false,
         false},
        {"a name without a pointer", 1, {1, 'x', 2, 'y', 'z', 0, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1}, 20, false, false},
        {"letters of the server's own", 1, {HEAD, 0, 4, 10, 0, 0, 1}, 16, true, false},
        {"one that is no host's before it", 2, {HEAD, 0, 4, 127, 0, 0, 1, HEAD, 0, 4, 10, 0, 0, 1}, 32, false, false},
        {"cut behind it, and says so", 9, {HEAD, 0, 4, 10, 0, 0, 1, HEAD, 0, 4, 10}, 29, false, true},
        {"of another kind before it", 2, {0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0, HEAD, 0, 4, 10, 0, 0, 1}, 28, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s\n", cases[i].name);
        answers = cases[i].count;
        upper_case = cases[i].upper_case;
        truncated = cases[i].truncated;
        questions = 0;
        assert_int_equal(connect_by_name(cases[i].bytes, cases[i].length), OK);
        assert_int_equal(questions, 1);
    }
}

static void names_that_are_asked(void **state)
{
    (void)state;
    static const uint8_t good[] = {HEAD, 0, 4, 10, 0, 0, 1};
    char longest[254];
    memset(longest, 'a', sizeof longest);
    for (unsigned i = 63; i < 253; i += 64)
        longest[i] = '.';
    longest[253] = '\0';

    assert_int_equal(connect_by("target.example.", good, sizeof good), OK);
    assert_int_equal(connect_by(longest, good, sizeof good), OK);
    longest[63] = 'a';
    assert_int_equal(host_connect(stream, longest, 3260, deadline_after_ms(1000)), E_RESOLVE);
    assert_int_equal(host_connect(stream, "target..example", 3260, deadline_after_ms(1000)), E_RESOLVE);
    assert_int_equal(host_connect(stream, ".", 3260, deadline_after_ms(1000)), E_RESOLVE);
    assert_int_equal(host_connect(stream, "", 3260, deadline_after_ms(1000)), E_RESOLVE);
    assert_int_equal(questions, 2);
}

/* ---- servers ---- */

static uint64_t milliseconds_since(uint64_t start)
{
    return (platform_ticks() - start) / platform_ticks_per_ms();
}

/* The first server is gone, or no host's address: the second is asked a second later at most. */
static void a_second_server(void **state)
{
    (void)state;
    static const uint8_t good[] = {HEAD, 0, 4, 10, 0, 0, 1}, first[][4] = {{10, 0, 0, 8}, {127, 0, 0, 1}};
    for (unsigned i = 0; i < 2; i++) {
        struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .dns = {[1] = {10, 0, 0, 1}}};
        memcpy(ipv4.dns[0], first[i], 4);
        assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
        uint64_t start = platform_ticks();
        assert_int_equal(connect_by_name(good, sizeof good), OK);
        assert_true(milliseconds_since(start) < 2000);
    }
}

static void a_server_that_cannot_say(void **state)
{
    (void)state;
    uint64_t start = platform_ticks();
    error_code = 2;
    answers = 0;
    assert_int_equal(connect_by_name("", 0), E_RESOLVE);
    assert_string_equal(failure_detail(E_RESOLVE), "\"target.example\": the DNS server cannot say (RCODE 2)");
    assert_true(milliseconds_since(start) < 1000);
}

/* ---- several addresses ---- */

/* Where nobody is, and the peer. */
#define DEAD(n)    HEAD, 0, 4, 10, 0, 0, (n)
#define LIVING     HEAD, 0, 4, 10, 0, 0, 1
#define RECORD     16
#define IPV6_OF(n) HEAD6, 0xFD, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (n)

static bool tried(const char *address)
{
    char line[80];
    snprintf(line, sizeof line, "connecting to %s port", address);
    return strstr(host_log_text(), line) != NULL;
}

/* The attempts at dead ones leave time for the living one, wherever it stands; within 15 s, a login's deadline. */
static void dead_addresses_before_a_living_one(void **state)
{
    (void)state;
    static const uint8_t list[] = {DEAD(7), DEAD(8), DEAD(9), LIVING};
    for (uint8_t dead = 1; dead <= 3; dead++) {
        char name[32];
        snprintf(name, sizeof name, "one-of-%u.example", dead + 1u);
        uint64_t start = platform_ticks();
        answers = (uint8_t)(dead + 1);
        answer = list + (3 - dead) * RECORD;
        answer_length = answers * RECORD;
        assert_int_equal(host_connect(stream, name, 3260, deadline_after_ms(15000)), OK);
        assert_true(milliseconds_since(start) < 4500u * dead);
    }
}

static void all_addresses_dead(void **state)
{
    (void)state;
    static const uint8_t list[] = {DEAD(7), DEAD(8)};
    uint64_t start = platform_ticks();
    answers = 2;
    assert_int_equal(connect_by_name(list, sizeof list), E_CONNECT_TIMEOUT);
    assert_in_range(milliseconds_since(start), 5000, 5010);
    assert_true(tried("10.0.0.7") && tried("10.0.0.8"));
}

/* One that was tried is not the first of the next attempt: it may take connections and then say nothing. */
static void the_next_attempt_begins_behind_the_last(void **state)
{
    (void)state;
    static const uint8_t list[] = {LIVING, DEAD(8)};
    static const uint8_t turned[] = {DEAD(8), LIVING}; /* as servers do, from question to question */
    answers = 2;
    assert_int_equal(connect_by("next.example", list, sizeof list), OK);
    assert_false(tried("10.0.0.8"));
    assert_int_equal(connect_by("next.example", list, sizeof list), OK);
    assert_true(tried("10.0.0.8"));
    host_log_clear();
    assert_int_equal(connect_by("next.example", turned, sizeof turned), OK);
    assert_true(tried("10.0.0.8"));
}

/* It did more than that: when it is lost, it is tried first. */
static void the_one_that_served_is_tried_again(void **state)
{
    (void)state;
    static const uint8_t list[] = {LIVING, DEAD(8)};
    static uint8_t bytes[8192];
    struct stream_span span = {bytes, sizeof bytes, true};
    size_t taken;
    answers = 2;
    assert_int_equal(connect_by("served.example", list, sizeof list), OK);
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
    peer_world_run(100);
    assert_int_equal(stream->ops->unsent(stream), 0);
    assert_int_equal(connect_by("served.example", list, sizeof list), OK);
    assert_false(tried("10.0.0.8"));
}

static void more_addresses_than_are_kept(void **state)
{
    (void)state;
    static const uint8_t list[] = {DEAD(5), DEAD(5), DEAD(6), DEAD(7), DEAD(8), LIVING};
    answers = 6;
    assert_int_equal(connect_by("many.example", list, sizeof list), E_CONNECT_TIMEOUT);
    assert_true(tried("10.0.0.5") && tried("10.0.0.6") && tried("10.0.0.7") && tried("10.0.0.8"));
}

static void set_ipv6_too(void)
{
    struct net_ipv6 ipv6 = {.address = {0xFD, 0x77, [15] = 2}, .prefix_length = 64};
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
}

/* The server answers either question with all that it knows: each kind keeps half of the places. */
static void addresses_of_both_kinds(void **state)
{
    (void)state;
    static const uint8_t list[] = {DEAD(5), DEAD(6), DEAD(7), IPV6_OF(5), IPV6_OF(6), IPV6_OF(7)};
    set_ipv6_too();
    answers = 6;
    assert_int_equal(connect_by("both.example", list, sizeof list), E_CONNECT_TIMEOUT);
    assert_true(tried("10.0.0.5") && tried("10.0.0.6") && tried("fd77::5") && tried("fd77::6"));
    assert_false(tried("10.0.0.7") || tried("fd77::7"));
}

/* Some never answer when asked for AAAA. With an address of IPv4 in hand that is not waited for. */
static void nothing_is_said_of_ipv6(void **state)
{
    (void)state;
    static const uint8_t list[] = {LIVING};
    set_ipv6_too();
    silent_to_ipv6 = true;
    assert_int_equal(connect_by_name(list, sizeof list), OK);
    assert_true(questions6 > 0);
}

/* The DNS server went down with the target, or was one of its disks. */
static void addresses_of_before_serve_when_nobody_answers(void **state)
{
    (void)state;
    static const uint8_t list[] = {LIVING};
    assert_int_equal(connect_by_name(list, sizeof list), OK);
    silent = true;
    assert_int_equal(connect_by_name(list, sizeof list), OK);
    assert_non_null(strstr(host_log_text(), "its addresses of before are used"));
    assert_int_equal(host_connect(stream, "other.example", 3260, deadline_after_ms(3000)), E_RESOLVE);
}

/* A redirect to an address, or to another name, does not change where the first name answered. */
static void where_the_first_name_answered(void **state)
{
    (void)state;
    static const uint8_t list[] = {DEAD(8), LIVING};
    struct net_address address;
    net_named_peer(stream, &address);
    assert_int_equal(address.family, 0);
    answers = 2;
    assert_int_equal(connect_by_name(list, sizeof list), OK);
    (void)host_connect(stream, "10.0.0.9", 3260, deadline_after_ms(100));
    (void)host_connect(stream, "other.example", 3260, deadline_after_ms(100));
    net_named_peer(stream, &address);
    assert_int_equal(address.family, 4);
    assert_memory_equal(address.bytes, "\12\0\0\1", 4);
}

/* ---- is IPv6 needed? ---- */

static void what_dns_says_of_ipv4(void **state)
{
    (void)state;
    static const uint8_t list[] = {LIVING};
    answer = list;
    answer_length = sizeof list;
    assert_int_equal(net_ask_ipv4(peer_network, "target.example", deadline_after_ms(3000)), NET_NAME_HAS_IPV4);
    has_ipv4 = false;
    assert_int_equal(net_ask_ipv4(peer_network, "target.example", deadline_after_ms(3000)), NET_NAME_LACKS_IPV4);
    error_code = 3;
    assert_int_equal(net_ask_ipv4(peer_network, "target.example", deadline_after_ms(3000)), NET_NAME_UNKNOWN);
    error_code = 5;
    assert_int_equal(net_ask_ipv4(peer_network, "target.example", deadline_after_ms(3000)), NET_NAME_UNANSWERED);
    assert_int_equal(questions, 4);

    silent = true;
    assert_int_equal(net_ask_ipv4(peer_network, "target.example", deadline_after_ms(3000)), NET_NAME_UNANSWERED);
    assert_int_equal(questions6, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(name_is_resolved),
        CASE(no_answer),
        CASE(no_such_name),
        CASE(answer_with_another_number),
        CASE(broken_answers),
        CASE(ipv6_answers),
        CASE(no_server_is_set),
        CASE(questions_that_were_given_up_take_no_place),
        CASE(odd_answers_that_are_good),
        CASE(names_that_are_asked),
        CASE(a_second_server),
        CASE(a_server_that_cannot_say),
        CASE(dead_addresses_before_a_living_one),
        CASE(all_addresses_dead),
        CASE(the_next_attempt_begins_behind_the_last),
        CASE(the_one_that_served_is_tried_again),
        CASE(more_addresses_than_are_kept),
        CASE(addresses_of_both_kinds),
        CASE(nothing_is_said_of_ipv6),
        CASE(addresses_of_before_serve_when_nobody_answers),
        CASE(where_the_first_name_answered),
        CASE(what_dns_says_of_ipv4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
