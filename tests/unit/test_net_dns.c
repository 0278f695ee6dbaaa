/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names in connect(): answers good, absent and forged. */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

static struct stream *stream;
static const uint8_t *answer; /* what follows the question */
static unsigned answer_length;
static bool silent, wrong_id;
static uint8_t error_code, answers;
static unsigned questions;

/* RFC 1035 4.1.1; the question follows the header */
#define DNS_PORT    53
#define DNS_FLAGS   2 /* QR and RD; RA and RCODE */
#define DNS_ANSWERS 7 /* the lower byte of their number */
#define DNS_HEADER  12

static void serve(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    if (to != DNS_PORT || length < DNS_HEADER || length > 300)
        return;
    questions++;
    if (silent)
        return;

    uint8_t reply[512];
    memcpy(reply, data, length);
    reply[0] ^= wrong_id;
    reply[DNS_FLAGS] = 0x81;
    reply[DNS_FLAGS + 1] = 0x80 | error_code;
    reply[DNS_ANSWERS] = answers;
    if (answer_length)
        memcpy(reply + length, answer, answer_length);
    peer_datagram(DNS_PORT, from, reply, length + answer_length);
}

static int open_world(void **state)
{
    (void)state;
    peer_world_open(64, 65536);
    peer_got_datagram = serve;
    stream = net_stream_new(peer_network);
    answer_length = questions = 0;
    silent = wrong_id = false;
    error_code = 0;
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

static enum status connect_by_name(const void *bytes, unsigned length)
{
    answer = bytes;
    answer_length = length;
    return host_connect(stream, "target.example", 3260, deadline_after_ms(5000));
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

static void names_that_cannot_be(void **state)
{
    (void)state;
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(host_connect(stream, "", 3260, deadline_after_ms(1000)), E_RESOLVE);
    assert_int_equal(host_connect(stream, longest, 3260, deadline_after_ms(1000)), E_RESOLVE);
    assert_int_equal(questions, 0);
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

/* Questions that were given up keep their places until they time out; the next one waits for one. */
static void places_of_questions_that_were_given_up(void **state)
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
    assert_int_equal(host_connect(stream, "target.example", 3260, deadline_after_ms(60000)), OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(name_is_resolved),
        CASE(no_answer),
        CASE(no_such_name),
        CASE(answer_with_another_number),
        CASE(names_that_cannot_be),
        CASE(broken_answers),
        CASE(ipv6_answers),
        CASE(no_server_is_set),
        CASE(places_of_questions_that_were_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
