/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes in answer to a DHCPREQUEST and is not what was asked for, or does not come (RFC 2131 section 4.4.1). */
#include "net/dhcp_options.h"
#include "tests/unit/dhcp_server.h"

struct wrong_ack {
    const char *name;
    uint8_t server[4], address[4];
    const char *why;
};

static void acknowledgements_of_something_else(void **state)
{
    static const struct wrong_ack cases[] = {
        {"another server's", {10, 0, 0, 9}, {0}, "the acknowledgement of 10.0.0.9 is by a server that was not asked"},
        {"another address", {0}, {10, 0, 0, 7}, "the acknowledgement of 10.0.0.7 is of another address than was asked for"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(server.ack_server, cases[i].server, 4);
        memcpy(server.ack_address, cases[i].address, 4);
        print_message("%s\n", cases[i].name);
        assert_int_equal(run(10000), E_DHCP_TIMEOUT);
        assert_non_null(strstr(failure_detail(E_DHCP_TIMEOUT), cases[i].why));
    }
}

/* The request is said again, a few times, and then it is begun anew. */
static void requests_that_are_lost(void **state)
{
    (void)state;
    server.lose = 2;
    assert_int_equal(run(30000), OK);
    assert_int_equal(server.discovers, 1);
    assert_int_equal(server.requests, 3);

    server.discovers = server.requests = 0;
    server.lose = 1000;
    assert_int_equal(run(60000), E_DHCP_TIMEOUT);
    assert_in_range(server.discovers, 2, 8);
    assert_in_range(server.requests, 4, 30);
}

static const uint8_t *stray;
static unsigned stray_length;

/* A stray answer with the right numbers comes before the right one. */
static void serve_second(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    if (from == 68 && to == 67 && option(data, 53)[2] == REQUEST) {
        uint8_t reply[OPTIONS + 16] = {2, 1, 6};
        memcpy(reply + 4, data + 4, 4);
        memcpy(reply + 16, server.address, 4);
        memcpy(reply + 28, data + 28, 16);
        memcpy(reply + 236, stray, stray_length);
        peer_datagram(67, 68, reply, 236 + stray_length);
    }
    serve(from, to, data, length);
}

struct stray_case {
    const char *name;
    uint8_t bytes[20]; /* from the magic cookie on */
    unsigned length;
};

static void strays_that_do_no_harm(void **state)
{
    static const struct stray_case cases[] = {
        {"a refusal by another server", {99, 130, 83, 99, 53, 1, NAK, 54, 4, 10, 0, 0, 9, 255}, 14},
        {"an offer that comes late", {99, 130, 83, 99, 53, 1, OFFER, 54, 4, 10, 0, 0, 9, 255}, 14},
        {"no magic cookie", {1, 2, 3, 4, 53, 1, NAK, 255}, 8},
        {"an end before the magic cookie's", {99, 130}, 2},
        {"a request", {99, 130, 83, 99, 53, 1, REQUEST, 255}, 8},
        {"a type of 200", {99, 130, 83, 99, 53, 1, 200, 255}, 8},
    };

    (void)state;
    peer_got_datagram = serve_second;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stray = cases[i].bytes;
        stray_length = cases[i].length;
        server.discovers = server.requests = 0;
        print_message("%s\n", cases[i].name);
        assert_int_equal(run(5000), OK);
        assert_int_equal(server.discovers, 1);
        assert_int_equal(server.requests, 1);
        assert_memory_equal(lease.ipv4.address, server.address, 4);
    }
}

/* ---- two servers ---- */

#define ROOT_PATH 17
#define PROXY     4011

static const uint8_t root_path[] = {ROOT_PATH, 7, 'i', 's', 'c', 's', 'i', ':', 'x'};

static struct {
    bool is_first;
    bool is_proxy; /* it offers no address */
    bool has_root;
    uint16_t port;
    unsigned deaf; /* to so many DISCOVERs */
} rival;

static void send_rivals_offer(const uint8_t *discover)
{
    static const uint8_t offer[] = {99, 130, 83, 99, 53, 1, OFFER, 54, 4, 10, 0, 0, 9, 51, 4, 0, 0, 14, 16};
    static const uint8_t other_path[] = {ROOT_PATH, 9, '1', '.', '2', '.', '3', '.', '4', ':', '/'};
    uint8_t reply[OPTIONS + 64] = {2, 1, 6, [16] = 10, 0, 0, 7};
    memset(reply + 16, 0, rival.is_proxy ? 4 : 0);

    memcpy(reply + 4, discover + 4, 4);
    memcpy(reply + 28, discover + 28, 16);
    memcpy(reply + 236, offer, sizeof offer);

    if (rival.has_root)
        memcpy(reply + 236 + sizeof offer, root_path, sizeof root_path);
    else
        memcpy(reply + 236 + sizeof offer, other_path, sizeof other_path);
    reply[236 + sizeof offer + (rival.has_root ? sizeof root_path : sizeof other_path)] = 255;
    peer_datagram(rival.port, 68, reply, sizeof reply);
}

/* Somebody else's server at 10.0.0.9 offers 10.0.0.7, with an NFS server's root path unless it `has_root`. */
static void serve_beside_rival(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    bool discover = from == 68 && to == 67 && option(data, 53)[2] == DISCOVER && !(rival.deaf && rival.deaf--);
    if (discover && rival.is_first)
        send_rivals_offer(data);
    serve(from, to, data, length);
    if (discover && !rival.is_first)
        send_rivals_offer(data);
}

static bool has_root(const struct dhcp_message *offer)
{
    uint8_t start[6];
    return dhcp_option_get(offer, ROOT_PATH, start, sizeof start) > 6 && !memcmp(start, "iscsi:", 6);
}

static enum status run_for_root(bool wanted, unsigned *milliseconds)
{
    struct net_dhcp_request wants = request;
    wants.has_root = wanted ? has_root : NULL;
    uint64_t began = platform_ticks();
    enum status status = net_dhcp(peer_network, &wants, &lease, deadline_after_ms(20000));
    *milliseconds = (unsigned)((platform_ticks() - began) / platform_ticks_per_ms());
    return status;
}

static void begin_rivalry(void)
{
    memset(&rival, 0, sizeof rival);
    rival.port = 67;
    server.requests = 0;
    peer_got_datagram = serve_beside_rival;
}

static void a_rival_without_an_iscsi_root_path(void **state)
{
    (void)state;
    server.extra = root_path;
    server.extra_length = sizeof root_path;
    for (unsigned late = 0; late < 3; late++) {
        begin_rivalry();
        rival.is_first = late != 1;
        server.ignore = late == 2 ? 2 : 0; /* the right server answers the third DISCOVER */

        unsigned milliseconds;
        assert_int_equal(run_for_root(true, &milliseconds), OK);
        assert_memory_equal(lease.ipv4.address, server.address, 4);
        assert_int_equal(server.requests, 1);
        assert_in_range(milliseconds, 0, late == 2 ? 4000 : 500);
        assert_int_equal(lease.proxy_length, 0);
    }
}

/* What is offered without is taken when nothing better came, and the lease is kept like any other. */
static void nobody_has_a_root_path(void **state)
{
    unsigned milliseconds;

    (void)state;
    assert_int_equal(run_for_root(true, &milliseconds), OK);
    assert_memory_equal(lease.ipv4.address, server.address, 4);
    assert_in_range(milliseconds, 4000, 4500);
    assert_int_equal(server.requests, 1);
    peer_world_run(10000);
    assert_int_equal(server.requests, 1);

    assert_int_equal(run_for_root(false, &milliseconds), OK);
    assert_in_range(milliseconds, 0, 500);
}

/* It says what to boot, from either port, before or after the server that leases, and is not asked for an address. */
static void a_proxy_has_the_root_path(void **state)
{
    static const struct {
        bool is_first;
        uint16_t port;
        unsigned deaf;
    } cases[] = {{true, 67, 0}, {false, 67, 0}, {true, PROXY, 0}, {false, PROXY, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_rivalry();

        rival.is_proxy = rival.has_root = true;
        rival.is_first = cases[i].is_first;
        rival.port = cases[i].port;
        rival.deaf = cases[i].deaf;

        unsigned milliseconds;
        assert_int_equal(run_for_root(true, &milliseconds), OK);
        assert_memory_equal(lease.ipv4.address, server.address, 4);
        assert_memory_equal(lease.server, "\12\0\0\1", 4);
        assert_int_equal(server.requests, 1);
        assert_in_range(milliseconds, 0, cases[i].deaf ? 3900 : 500);

        struct dhcp_message message, proxy;
        assert_null(dhcp_message_open(&message, lease.message, lease.message_length));
        assert_false(has_root(&message));
        assert_null(dhcp_message_open(&proxy, lease.proxy, lease.proxy_length));
        message.proxy = &proxy;

        assert_true(has_root(&message));
        uint8_t id[4]; /* what is no setting stays the lease's */
        assert_int_equal(dhcp_option_get(&message, 54, id, sizeof id), 4);
        assert_memory_equal(id, "\12\0\0\1", 4);
    }
}

/* From any other port it is no DHCP server's; and a proxy for other things than our disk is as good as none. */
static void proxies_that_say_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        begin_rivalry();
        rival.is_first = rival.is_proxy = true;
        rival.has_root = i == 0;
        rival.port = i == 0 ? 4012 : 67;

        unsigned milliseconds;
        assert_int_equal(run_for_root(true, &milliseconds), OK);
        assert_in_range(milliseconds, 4000, 4500);
        assert_int_equal(lease.proxy_length, 0);
    }
}

static void a_gateway_by_hand_replaces_routes(void **state)
{
    static const uint8_t routes[] = {121, 6, 8, 172, 10, 0, 0, 7};
    struct net_dhcp_request by_hand = request;

    (void)state;
    server.extra = routes;
    server.extra_length = sizeof routes;
    assert_int_equal(run(1000), OK);
    assert_memory_equal(net_gateway_to(&lease.ipv4, (const uint8_t[]){172, 0, 0, 1}), "\12\0\0\7", 4);
    assert_null(net_gateway_to(&lease.ipv4, (const uint8_t[]){192, 0, 2, 1}));

    by_hand.by_hand.gateway = true;
    memcpy(by_hand.by_hand.ipv4.gateway, "\12\0\0\11", 4);
    assert_int_equal(net_dhcp(peer_network, &by_hand, &lease, deadline_after_ms(1000)), OK);
    assert_memory_equal(net_gateway_to(&lease.ipv4, (const uint8_t[]){172, 0, 0, 1}), "\12\0\0\11", 4);
}

static void a_lease_without_its_acknowledgement(void **state)
{
    struct net_lease nothing = {.message_length = 240};

    (void)state;
    assert_int_equal(net_adopt_lease(peer_network, &request, &nothing), E_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(acknowledgements_of_something_else),
        CASE(requests_that_are_lost),
        CASE(strays_that_do_no_harm),
        CASE(a_rival_without_an_iscsi_root_path),
        CASE(nobody_has_a_root_path),
        CASE(a_proxy_has_the_root_path),
        CASE(proxies_that_say_nothing),
        CASE(a_gateway_by_hand_replaces_routes),
        CASE(a_lease_without_its_acknowledgement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
