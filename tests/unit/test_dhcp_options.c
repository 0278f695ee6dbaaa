/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCP messages: their form, their options, and the lease that they hold. */
#include "tests/unit/unit.h"

#include "net/dhcp_options.h"
#include "platform/bytes.h"
#include "tests/host/host.h"
#include "tests/unit/dhcp_builder.h"

static void opened(struct dhcp_message *message, const struct dhcp_builder *builder)
{
    assert_null(dhcp_message_open(message, builder->bytes, builder->length));
}

static void rfc2131_header(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct dhcp_message message;

    dhcp_build(&builder);
    opened(&message, &builder);
    assert_non_null(dhcp_message_open(&message, builder.bytes, 239));
    assert_non_null(dhcp_message_open(&message, builder.bytes, 0));

    assert_non_null(strstr(dhcp_request_open(&message, builder.bytes, builder.length), "op"));
    builder.bytes[0] = 1;
    assert_non_null(strstr(dhcp_message_open(&message, builder.bytes, builder.length), "op"));
    assert_null(dhcp_request_open(&message, builder.bytes, builder.length));

    builder.bytes[0] = 2;
    builder.bytes[2] = 16;
    assert_non_null(strstr(dhcp_message_open(&message, builder.bytes, builder.length), "Ethernet"));

    builder.bytes[2] = 6;
    builder.bytes[236] = 0;
    assert_non_null(strstr(dhcp_message_open(&message, builder.bytes, builder.length), "cookie"));
}

static void rfc2132_pad_and_end(void **state)
{
    (void)state;
    struct dhcp_builder builder;

    dhcp_build(&builder);
    dhcp_raw(&builder, "\0\0\0", 3);
    dhcp_text(&builder, DHCP_HOST_NAME, "one");
    dhcp_raw(&builder, "\0\377", 2);
    dhcp_text(&builder, DHCP_ROOT_PATH, "behind the end");
    struct dhcp_message message;
    opened(&message, &builder);
    uint8_t value[8];
    assert_int_equal(dhcp_option_get(&message, DHCP_HOST_NAME, value, sizeof value), 3);
    assert_memory_equal(value, "one", 3);
    assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, value, sizeof value), -1);
}

static void rfc2132_a_message_may_lack_its_end(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct dhcp_message message;
    uint8_t value[8];
    dhcp_build(&builder);
    dhcp_text(&builder, DHCP_HOST_NAME, "one");
    opened(&message, &builder);
    assert_int_equal(dhcp_option_get(&message, DHCP_HOST_NAME, value, sizeof value), 3);
}

static void rfc2132_overload(void **state)
{
    (void)state;

    for (uint8_t overload = 0; overload < 4; overload++) {
        struct dhcp_builder builder;
        dhcp_build(&builder);
        memcpy(builder.bytes + 108, "\014\001f\377", 4);
        memcpy(builder.bytes + 44, "\021\001s\377", 4);
        if (overload)
            dhcp_option(&builder, DHCP_OVERLOAD, &overload, 1);
        struct dhcp_message message;
        opened(&message, &builder);
        uint8_t value[8];
        assert_int_equal(dhcp_option_get(&message, DHCP_HOST_NAME, value, sizeof value), overload & 1 ? 1 : -1);
        assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, value, sizeof value), overload & 2 ? 1 : -1);
    }
}

static void rfc3396_parts_are_joined_in_the_order_options_file_sname(void **state)
{
    (void)state;
    struct dhcp_builder builder;

    dhcp_build(&builder);
    memcpy(builder.bytes + 108, "\021\002cd\377", 5);
    memcpy(builder.bytes + 44, "\021\002ef\377", 5);
    dhcp_option(&builder, DHCP_OVERLOAD, "\003", 1);
    dhcp_text(&builder, DHCP_ROOT_PATH, "a");
    dhcp_text(&builder, DHCP_HOST_NAME, "between");
    dhcp_text(&builder, DHCP_ROOT_PATH, "b");
    struct dhcp_message message;
    opened(&message, &builder);
    char value[16];
    assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, (uint8_t *)value, sizeof value), 6);
    assert_memory_equal(value, "abcdef", 6);
}

/* Two settings of one server, or a server's and a relay's, are not the parts of a long one. */
static void what_is_given_twice_is_not_joined(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    dhcp_build(&builder);
    dhcp_text(&builder, DHCP_HOST_NAME, "one");
    dhcp_text(&builder, DHCP_ROOT_PATH, "iscsi:192.0.2.1::::a");
    dhcp_option(&builder, DHCP_DNS, "\300\000\002\005", 4);
    dhcp_text(&builder, DHCP_ROOT_PATH, "iscsi:192.0.2.1::::bc");
    dhcp_text(&builder, DHCP_HOST_NAME, "one");
    dhcp_option(&builder, DHCP_DNS, "\300\000\002\005", 4);
    dhcp_option(&builder, DHCP_DNS, "\300\000\002\006", 4);
    struct dhcp_message message;
    opened(&message, &builder);

    uint8_t value[64];
    assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, value, sizeof value), 20);
    assert_memory_equal(value, "iscsi:192.0.2.1::::a", 20);
    assert_int_equal(dhcp_option_get(&message, DHCP_HOST_NAME, value, sizeof value), 3);
    assert_int_equal(dhcp_option_get(&message, DHCP_DNS, value, sizeof value), 8);
    assert_memory_equal(value, "\300\000\002\005\300\000\002\006", 8);
}

/* A server that tells everybody of an NFS root has the machine's own behind it: that in parts is one, too. */
static void another_systems_root_path_is_no_beginning(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    dhcp_build(&builder);
    dhcp_text(&builder, DHCP_ROOT_PATH, "192.0.2.1:/srv/nfs");
    dhcp_text(&builder, DHCP_ROOT_PATH, "iscsi:192.0.2.1::");
    dhcp_text(&builder, DHCP_ROOT_PATH, "::a");
    struct dhcp_message message;
    opened(&message, &builder);

    uint8_t value[64];
    assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, value, sizeof value), 20);
    assert_memory_equal(value, "iscsi:192.0.2.1::::a", 20);
}

static void a_small_buffer_gets_the_start_and_learns_the_length(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    uint8_t value[4] = {0, 0, 0, 0x55};
    dhcp_build(&builder);
    dhcp_text(&builder, DHCP_ROOT_PATH, "ab");
    dhcp_text(&builder, DHCP_ROOT_PATH, "cdef");
    struct dhcp_message message;
    opened(&message, &builder);
    assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, value, 3), 6);
    assert_memory_equal(value, "abc\x55", 4);
    assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, value, 0), 6);
}

static void an_empty_option_is_there(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct dhcp_message message;
    uint8_t value[4];
    dhcp_build(&builder);
    dhcp_text(&builder, DHCP_HOST_NAME, "");
    opened(&message, &builder);
    assert_int_equal(dhcp_option_get(&message, DHCP_HOST_NAME, value, sizeof value), 0);
}

static void ipxe_sub_options(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    dhcp_build(&builder);
    dhcp_option(&builder, DHCP_IPXE, "\275\001\201\276\004us", 7); /* 189, 190: cut by RFC 3396 within a value */
    dhcp_option(&builder, DHCP_IPXE, "er\277\006secret", 10);

    struct dhcp_message message;
    char value[16];
    opened(&message, &builder);
    assert_int_equal(dhcp_ipxe_option_get(&message, IPXE_SAN_DRIVE, (uint8_t *)value, sizeof value), 1);
    assert_int_equal((uint8_t)value[0], 0x81);
    assert_int_equal(dhcp_ipxe_option_get(&message, IPXE_USERNAME, (uint8_t *)value, sizeof value), 4);
    assert_memory_equal(value, "user", 4);
    assert_int_equal(dhcp_ipxe_option_get(&message, IPXE_PASSWORD, (uint8_t *)value, sizeof value), 6);
    assert_memory_equal(value, "secret", 6);
    assert_int_equal(dhcp_ipxe_option_get(&message, IPXE_REVERSE_USERNAME, (uint8_t *)value, sizeof value), -1);
}

/* A proxy says what to boot; the account is still the other server's. */
static void ipxe_sub_options_of_two_servers(void **state)
{
    (void)state;
    struct dhcp_builder builder, proxied;
    dhcp_build(&builder);
    dhcp_option(&builder, DHCP_IPXE, "\275\001\201\276\004user", 9);
    dhcp_build(&proxied);
    dhcp_option(&proxied, DHCP_IPXE, "\275\001\202", 3);

    struct dhcp_message message, proxy;
    opened(&message, &builder);
    opened(&proxy, &proxied);
    message.proxy = &proxy;
    char value[16];
    assert_int_equal(dhcp_ipxe_option_get(&message, IPXE_SAN_DRIVE, (uint8_t *)value, sizeof value), 1);
    assert_int_equal((uint8_t)value[0], 0x82);
    assert_int_equal(dhcp_ipxe_option_get(&message, IPXE_USERNAME, (uint8_t *)value, sizeof value), 4);
    assert_memory_equal(value, "user", 4);
}

static void ipxe_sub_option_beyond_its_option(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct dhcp_message message;
    uint8_t value[16];
    dhcp_build(&builder);
    dhcp_option(&builder, DHCP_IPXE, "\276\011us", 4);
    opened(&message, &builder);
    assert_int_equal(dhcp_ipxe_option_get(&message, IPXE_USERNAME, value, sizeof value), -1);
}

/* What lies before it is read, and so are the other fields; it and what follows are not there. */
static void an_option_beyond_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } broken[] = {{"\014\005abcd", 6}, {"\014", 1}};
    for (size_t i = 0; i < 2; i++) {
        struct dhcp_builder builder;
        dhcp_build(&builder);
        dhcp_option(&builder, DHCP_MTU, "\002\100", 2);
        dhcp_option(&builder, DHCP_OVERLOAD, "\002", 1);
        memcpy(builder.bytes + 44, "\021\001s", 3);
        memcpy(builder.bytes + 44 + 60, "\014\003abc", 4); /* sname ends within this one */
        dhcp_raw(&builder, broken[i].bytes, broken[i].length);

        struct dhcp_message message;
        uint8_t value[8];
        opened(&message, &builder);
        assert_int_equal(dhcp_option_get(&message, DHCP_MTU, value, sizeof value), 2);
        assert_int_equal(dhcp_option_get(&message, DHCP_ROOT_PATH, value, sizeof value), 1);
        assert_int_equal(dhcp_option_get(&message, DHCP_HOST_NAME, value, sizeof value), -1);

        host_log_clear();
        dhcp_message_warn(&message);
        const char *first = strstr(host_log_text(), "option 12 exceeds the field");
        assert_non_null(first);
        assert_non_null(strstr(first + 1, "option 12 exceeds the field"));
    }
}

/* The table's lengths hold for every reader. */
static void lengths_that_are_not_allowed(void **state)
{
    (void)state;
    static const uint8_t four[] = {DHCP_SUBNET_MASK, DHCP_LEASE_TIME, DHCP_SERVER_ID, DHCP_RENEWAL_TIME, DHCP_REBINDING_TIME};
    uint8_t value[16] = {0};
    for (uint8_t length = 0; length < 12; length++) {
        struct dhcp_builder builder;
        dhcp_build(&builder);
        for (size_t i = 0; i < sizeof four; i++)
            dhcp_option(&builder, four[i], value, length);
        dhcp_option(&builder, DHCP_MTU, value, length);
        dhcp_option(&builder, DHCP_OVERLOAD, value, length);
        dhcp_option(&builder, DHCP_MESSAGE_TYPE, value, length);
        dhcp_option(&builder, DHCP_DNS, value, length);
        dhcp_option(&builder, DHCP_ROUTER, value, length);
        struct dhcp_message message;
        opened(&message, &builder);

        for (size_t i = 0; i < sizeof four; i++)
            assert_int_equal(dhcp_option_get(&message, four[i], value, sizeof value), length == 4 ? 4 : -1);
        assert_int_equal(dhcp_option_get(&message, DHCP_MTU, value, sizeof value), length == 2 ? 2 : -1);
        assert_int_equal(dhcp_option_get(&message, DHCP_OVERLOAD, value, sizeof value), length == 1 ? 1 : -1);
        assert_int_equal(dhcp_option_get(&message, DHCP_MESSAGE_TYPE, value, sizeof value), length == 1 ? 1 : -1);
        assert_int_equal(dhcp_option_get(&message, DHCP_DNS, value, sizeof value), length < 4 ? -1 : length / 4 * 4);
        assert_int_equal(dhcp_option_get(&message, DHCP_ROUTER, value, sizeof value), length < 4 ? -1 : length / 4 * 4);
    }
}

/* A list in parts is as long as they are together: no part's length says anything. */
static void a_list_in_parts_is_whole(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct dhcp_message message;
    dhcp_build(&builder);
    dhcp_option(&builder, DHCP_DNS, "\300\000\002", 3);
    dhcp_option(&builder, DHCP_DNS, "\005", 1);

    uint8_t value[8];
    opened(&message, &builder);
    assert_int_equal(dhcp_option_get(&message, DHCP_DNS, value, sizeof value), 4);
    assert_memory_equal(value, "\300\000\002\005", 4);
    host_log_clear();
    dhcp_message_warn(&message);
    assert_string_equal(host_log_text(), "");
}

/* RFC 2131 4.4.5, and what servers say that cannot be. */
static void when_a_lease_is_renewed(void **state)
{
    (void)state;
    static const struct {
        uint32_t lease, t1, t2; /* 0: not said */
        uint32_t renew, rebind, expire;
    } cases[] = {
        {3600, 0, 0, 1800, 3150, 3600},
        {3600, 100, 200, 100, 200, 3600},
        {3600, 3600, 4000, 1800, 3150, 3600},
        {3600, 3400, 3300, 1800, 3300, 3600},
        {3600, 0, 1000, 500, 1000, 3600},
        {3600, 3200, 0, 1800, 3150, 3600},
        {1, 0, 0, 5, 9, 10}, /* shorter than any use of it */
        {0xFFFFFFFF, 100, 200, DHCP_FOR_EVER, DHCP_FOR_EVER, DHCP_FOR_EVER},
        {0, 100, 200, DHCP_FOR_EVER, DHCP_FOR_EVER, DHCP_FOR_EVER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t said[] = {cases[i].lease, cases[i].t1, cases[i].t2};
        static const uint8_t codes[] = {DHCP_LEASE_TIME, DHCP_RENEWAL_TIME, DHCP_REBINDING_TIME};
        struct dhcp_builder builder;
        dhcp_build(&builder);
        for (size_t k = 0; k < 3; k++) {
            uint8_t value[4];
            put_be32(value, said[k]);
            if (said[k])
                dhcp_option(&builder, codes[k], value, 4);
        }

        struct dhcp_message message;
        opened(&message, &builder);
        struct dhcp_times times = net_lease_times(&message);
        assert_int_equal(times.renew, cases[i].renew);
        assert_int_equal(times.rebind, cases[i].rebind);
        assert_int_equal(times.expire, cases[i].expire);
    }
}

/* Every length of a full message from a buffer of its exact size: the sanitizer sees a byte read too many. */
static void cut_anywhere(void **state)
{
    (void)state;
    struct dhcp_builder builder;

    dhcp_build(&builder);
    dhcp_option(&builder, DHCP_OVERLOAD, "\003", 1);
    dhcp_text(&builder, DHCP_ROOT_PATH, "iscsi:h::::iqn.2001-04.com.example:x");
    dhcp_option(&builder, DHCP_IPXE, "\275\001\201\276\004user", 9);
    for (size_t length = 0; length <= builder.length; length++) {
        uint8_t *exact = malloc(length ? length : 1);
        uint8_t value[8];
        struct dhcp_message message;
        memcpy(exact, builder.bytes, length);
        if (!dhcp_message_open(&message, exact, length))
            for (unsigned code = 0; code < 256; code++) {
                dhcp_option_get(&message, (uint8_t)code, value, sizeof value);
                dhcp_ipxe_option_get(&message, (uint8_t)code, value, sizeof value);
            }
        free(exact);
    }
}

/* ---- leases ---- */

static void leased(struct net_lease *lease, const struct dhcp_builder *builder)
{
    struct dhcp_message message;
    opened(&message, builder);
    net_lease_read(lease, &message);
}

static void a_lease_of_an_ordinary_server(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct net_lease lease;
    dhcp_ack(&builder);
    dhcp_option(&builder, DHCP_DNS, "\300\000\002\005\300\000\002\006\300\000\002\007", 12);
    dhcp_option(&builder, DHCP_MTU, "\043\050", 2);
    leased(&lease, &builder);

    assert_memory_equal(lease.ipv4.address, "\300\000\002\012", 4);
    assert_memory_equal(lease.ipv4.netmask, "\377\377\377\000", 4);
    assert_memory_equal(lease.ipv4.gateway, "\300\000\002\001", 4);
    assert_memory_equal(lease.ipv4.dns, "\300\000\002\005\300\000\002\006", 8);
    assert_int_equal(lease.ipv4.mtu, 9000);
    assert_memory_equal(lease.server, "\300\000\002\001", 4);
    assert_int_equal(lease.seconds, 3600);
    assert_int_equal(lease.message_length, builder.length);
    assert_memory_equal(lease.message, builder.bytes, builder.length);
}

static void a_lease_that_says_nothing(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct net_lease lease;
    dhcp_build(&builder);
    leased(&lease, &builder);
    assert_memory_equal(lease.ipv4.netmask, "\377\377\377\000", 4);
    assert_memory_equal(lease.ipv4.gateway, "\0\0\0\0", 4);
    assert_int_equal(lease.ipv4.mtu, 0);
    assert_int_equal(lease.seconds, 0xFFFFFFFFu);

    memcpy(builder.bytes + DHCP_AT_YIADDR, "\254\020\000\012", 4);
    leased(&lease, &builder);
    assert_memory_equal(lease.ipv4.netmask, "\377\377\000\000", 4);

    memcpy(builder.bytes + DHCP_AT_YIADDR, "\012\000\000\012", 4);
    leased(&lease, &builder);
    assert_memory_equal(lease.ipv4.netmask, "\377\000\000\000", 4);
}

/* The client itself, none, a piece of one. */
static void routers_that_cannot_be_are_left_out(void **state)
{
    static const char routers[][5] = {"\300\000\002\012", "\000\000\000\000", "\340\000\000\001"};
    (void)state;

    for (size_t i = 0; i <= sizeof routers / sizeof routers[0]; i++) {
        struct dhcp_builder builder;
        dhcp_build(&builder);
        if (i < sizeof routers / sizeof routers[0])
            dhcp_option(&builder, DHCP_ROUTER, routers[i], 4);
        else
            dhcp_option(&builder, DHCP_ROUTER, "\300\000\002", 3);
        struct net_lease lease;
        leased(&lease, &builder);
        assert_memory_equal(lease.ipv4.gateway, "\0\0\0\0", 4);
    }
}

static void an_mtu_that_no_host_has_is_left_out(void **state)
{
    (void)state;
    struct dhcp_builder builder;
    struct net_lease lease;
    dhcp_build(&builder);
    dhcp_option(&builder, DHCP_MTU, "\002\077", 2);
    leased(&lease, &builder);
    assert_int_equal(lease.ipv4.mtu, 0);
    dhcp_build(&builder);
    dhcp_option(&builder, DHCP_MTU, "\002\100", 2);
    leased(&lease, &builder);
    assert_int_equal(lease.ipv4.mtu, 576);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc2131_header),
        cmocka_unit_test(rfc2132_pad_and_end),
        cmocka_unit_test(rfc2132_a_message_may_lack_its_end),
        cmocka_unit_test(rfc2132_overload),
        cmocka_unit_test(rfc3396_parts_are_joined_in_the_order_options_file_sname),
        cmocka_unit_test(what_is_given_twice_is_not_joined),
        cmocka_unit_test(another_systems_root_path_is_no_beginning),
        cmocka_unit_test(a_small_buffer_gets_the_start_and_learns_the_length),
        cmocka_unit_test(an_empty_option_is_there),
        cmocka_unit_test(ipxe_sub_options),
        cmocka_unit_test(ipxe_sub_options_of_two_servers),
        cmocka_unit_test(ipxe_sub_option_beyond_its_option),
        cmocka_unit_test(an_option_beyond_its_field),
        cmocka_unit_test(lengths_that_are_not_allowed),
        cmocka_unit_test(a_list_in_parts_is_whole),
        cmocka_unit_test(when_a_lease_is_renewed),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(a_lease_of_an_ordinary_server),
        cmocka_unit_test(a_lease_that_says_nothing),
        cmocka_unit_test(routers_that_cannot_be_are_left_out),
        cmocka_unit_test(an_mtu_that_no_host_has_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
