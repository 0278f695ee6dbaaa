/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include "efi/device_path.h"

#define TARGET "iqn.2001-04.com.example:disk"

/* Every node byte for byte, as UEFI 2.10 section 10.3.4 lays it out. */
static const uint8_t mac_node[37] = {3, 11, 37, 0, 0x52, 0x54, 0, 0x12, 0x34, 0x56, [36] = 1};
static const uint8_t ipv4_node[27] = {3, 12, 27, 0, [8] = 192, 0, 2, 1, [14] = 0xBC, 0x0C, 6};
static const uint8_t ipv6_node[60] = {3, 13, 60, 0, [20] = 0x20, 0x01, 0x0D, 0xB8, [35] = 1, [38] = 0xBC, 0x0C, 6};
static const uint8_t end_node[4] = {0x7F, 0xFF, 4, 0};

static struct iscsi_settings iscsi;
static struct device_path_facts facts;
static uint8_t tail[DEVICE_PATH_TAIL_MAX];

static int setup(void **state)
{
    (void)state;
    memset(&iscsi, 0, sizeof iscsi);
    strcpy(iscsi.target_name, TARGET);
    memcpy(iscsi.lun, "\0\5\0\0\0\0\0\0", 8);
    facts = (struct device_path_facts){
        .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}, .peer_port = 3260, .portal_group = 0xFFFF, .iscsi = &iscsi};
    return 0;
}

/* The iSCSI node begins at `node`: header, protocol, options, LUN, portal group, name with NUL. */
static void check_iscsi(const uint8_t *node, uint16_t options, uint16_t group)
{
    const uint8_t expected[18] = {3, 19, 18 + sizeof TARGET,    0,
                                  0, 0,  (uint8_t)options,      (uint8_t)(options >> 8),
                                  0, 5,  [16] = (uint8_t)group, (uint8_t)(group >> 8)};
    assert_memory_equal(node, expected, sizeof expected);
    assert_memory_equal(node + 18, TARGET, sizeof TARGET);
    assert_memory_equal(node + 18 + sizeof TARGET, end_node, sizeof end_node);
}

static void over_ipv4(void **state)
{
    (void)state;
    assert_true(net_parse_address("192.0.2.1", &facts.peer));
    assert_int_equal(device_path_tail(&facts, tail), 37 + 27 + 18 + sizeof TARGET + 4);
    assert_memory_equal(tail, mac_node, 37);
    assert_memory_equal(tail + 37, ipv4_node, 27);
    check_iscsi(tail + 64, 0x0800, 0);
}

static void over_ipv6(void **state)
{
    (void)state;
    assert_true(net_parse_address("2001:db8::1", &facts.peer));
    facts.portal_group = 0x102;
    assert_int_equal(device_path_tail(&facts, tail), 37 + 60 + 18 + sizeof TARGET + 4);
    assert_memory_equal(tail + 37, ipv6_node, 60);
    check_iscsi(tail + 97, 0x0800, 0x102);
}

static void a_portal_without_address_has_no_ip_node(void **state)
{
    (void)state;
    assert_int_equal(device_path_tail(&facts, tail), 37 + 18 + sizeof TARGET + 4);
    check_iscsi(tail + 37, 0x0800, 0);
}

static void in_a_vlan(void **state)
{
    static const uint8_t vlan_node[6] = {3, 20, 6, 0, 5, 1};
    (void)state;
    facts.vlan = 0x105;
    assert_true(net_parse_address("192.0.2.1", &facts.peer));
    assert_int_equal(device_path_tail(&facts, tail), 37 + 6 + 27 + 18 + sizeof TARGET + 4);
    assert_memory_equal(tail + 37, vlan_node, 6);
    assert_memory_equal(tail + 43, ipv4_node, 27);
}

static void chap_one_way_and_mutual(void **state)
{
    (void)state;
    strcpy(iscsi.chap.name, "us");
    device_path_tail(&facts, tail);
    check_iscsi(tail + 37, 0x1000, 0);
    strcpy(iscsi.mutual_chap.name, "them");
    device_path_tail(&facts, tail);
    check_iscsi(tail + 37, 0x0000, 0);
}

static void the_longest_path_fits(void **state)
{
    (void)state;
    memset(iscsi.target_name, 'x', ISCSI_NAME_MAX);
    facts.vlan = 1;
    assert_true(net_parse_address("2001:db8::1", &facts.peer));
    assert_int_equal(device_path_tail(&facts, tail), DEVICE_PATH_TAIL_MAX);
    assert_int_equal(device_path_length(tail, sizeof tail), DEVICE_PATH_TAIL_MAX - 4);
}

static void lengths(void **state)
{
    (void)state;
    uint8_t path[32] = {1, 1, 6, 0, 0, 0, 3, 11, 8, 0, [14] = 0x7F, 0xFF, 4, 0};
    assert_int_equal(device_path_length(path, sizeof path), 14);
    assert_int_equal(device_path_length(path, 18), 14);
    assert_int_equal(device_path_length(path, 17), 0);
    assert_int_equal(device_path_length(end_node, 4), 0);
    path[8] = 3;
    assert_int_equal(device_path_length(path, sizeof path), 0);
    path[8] = 0xFF;
    path[9] = 0xFF;
    assert_int_equal(device_path_length(path, sizeof path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(over_ipv4, setup),
        cmocka_unit_test_setup(over_ipv6, setup),
        cmocka_unit_test_setup(a_portal_without_address_has_no_ip_node, setup),
        cmocka_unit_test_setup(in_a_vlan, setup),
        cmocka_unit_test_setup(chap_one_way_and_mutual, setup),
        cmocka_unit_test_setup(the_longest_path_fits, setup),
        cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
