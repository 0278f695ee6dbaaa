/* SPDX-License-Identifier: BSD-2-Clause */
/* The device path of our disk: its nodes over each kind of network, byte for byte. */
#include "efi/iscsi_path.h"
#include "tests/unit/unit.h"

#define TARGET     "iqn.2001-04.com.example:disk"
#define ISCSI_PART (ISCSI_NODE_LENGTH + sizeof TARGET + NODE_HEADER) /* with the end node */

/* The login options that say how we authenticate. */
#define NO_CHAP      0x0800
#define CHAP_ONE_WAY 0x1000
#define CHAP_MUTUAL  0x0000

/* As UEFI 2.10, 10.3.4 lays them out. */
static const uint8_t mac_node[MAC_NODE_LENGTH] = {3, 11, 37, 0, 0x52, 0x54, 0, 0x12, 0x34, 0x56, [36] = 1};
static const uint8_t ipv4_node[IPV4_NODE_LENGTH] = {3, 12, 27, 0, [8] = 192, 0, 2, 1, [14] = 0xBC, 0x0C, 6};
static const uint8_t ipv6_node[IPV6_NODE_LENGTH] = {3, 13, 60, 0, [20] = 0x20, 0x01, 0x0D, 0xB8, [35] = 1, [38] = 0xBC, 0x0C, 6};
static const uint8_t end_node[NODE_HEADER] = {0x7F, 0xFF, 4, 0};

static struct iscsi_settings iscsi;
static struct iscsi_path_facts facts;
static uint8_t path[ISCSI_PATH_MAX];

static int setup(void **state)
{
    (void)state;
    memset(&iscsi, 0, sizeof iscsi);
    strcpy(iscsi.target_name, TARGET);
    memcpy(iscsi.lun, "\0\5\0\0\0\0\0\0", 8);
    facts = (struct iscsi_path_facts){
        .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}, .peer_port = 3260, .portal_group = 0xFFFF, .iscsi = &iscsi};
    return 0;
}

/* The iSCSI node begins at `node`: header, protocol, options, LUN, portal group, name with NUL. */
static void check_iscsi(const uint8_t *node, uint16_t options, uint16_t group)
{
    uint8_t expected[ISCSI_NODE_LENGTH] = {3, 19, ISCSI_NODE_LENGTH + sizeof TARGET, 0};
    put_le16(expected + 6, options);
    memcpy(expected + 8, iscsi.lun, sizeof iscsi.lun);
    put_le16(expected + 16, group);
    assert_memory_equal(node, expected, sizeof expected);
    assert_memory_equal(node + ISCSI_NODE_LENGTH, TARGET, sizeof TARGET);
    assert_memory_equal(node + ISCSI_NODE_LENGTH + sizeof TARGET, end_node, sizeof end_node);
}

static void over_ipv4(void **state)
{
    (void)state;
    assert_true(net_parse_address("192.0.2.1", &facts.peer));
    assert_int_equal(iscsi_path_write(&facts, path), MAC_NODE_LENGTH + IPV4_NODE_LENGTH + ISCSI_PART);
    assert_memory_equal(path, mac_node, MAC_NODE_LENGTH);
    assert_memory_equal(path + MAC_NODE_LENGTH, ipv4_node, IPV4_NODE_LENGTH);
    check_iscsi(path + MAC_NODE_LENGTH + IPV4_NODE_LENGTH, NO_CHAP, 0);
}

static void over_ipv6(void **state)
{
    (void)state;
    assert_true(net_parse_address("2001:db8::1", &facts.peer));
    facts.portal_group = 0x102;
    assert_int_equal(iscsi_path_write(&facts, path), MAC_NODE_LENGTH + IPV6_NODE_LENGTH + ISCSI_PART);
    assert_memory_equal(path + MAC_NODE_LENGTH, ipv6_node, IPV6_NODE_LENGTH);
    check_iscsi(path + MAC_NODE_LENGTH + IPV6_NODE_LENGTH, NO_CHAP, 0x102);
}

static void a_portal_without_address_has_no_ip_node(void **state)
{
    (void)state;
    assert_int_equal(iscsi_path_write(&facts, path), MAC_NODE_LENGTH + ISCSI_PART);
    check_iscsi(path + MAC_NODE_LENGTH, NO_CHAP, 0);
}

static void in_a_vlan(void **state)
{
    static const uint8_t vlan_node[VLAN_NODE_LENGTH] = {3, 20, 6, 0, 5, 1};
    (void)state;
    facts.vlan = 0x105;
    assert_true(net_parse_address("192.0.2.1", &facts.peer));
    assert_int_equal(iscsi_path_write(&facts, path), MAC_NODE_LENGTH + VLAN_NODE_LENGTH + IPV4_NODE_LENGTH + ISCSI_PART);
    assert_memory_equal(path + MAC_NODE_LENGTH, vlan_node, VLAN_NODE_LENGTH);
    assert_memory_equal(path + MAC_NODE_LENGTH + VLAN_NODE_LENGTH, ipv4_node, IPV4_NODE_LENGTH);
}

static void chap_one_way_and_mutual(void **state)
{
    (void)state;
    strcpy(iscsi.chap.name, "us");
    iscsi_path_write(&facts, path);
    check_iscsi(path + MAC_NODE_LENGTH, CHAP_ONE_WAY, 0);
    strcpy(iscsi.mutual_chap.name, "them");
    iscsi_path_write(&facts, path);
    check_iscsi(path + MAC_NODE_LENGTH, CHAP_MUTUAL, 0);
}

static void the_longest_path_fits(void **state)
{
    (void)state;
    memset(iscsi.target_name, 'x', ISCSI_NAME_MAX);
    facts.vlan = 1;
    assert_true(net_parse_address("2001:db8::1", &facts.peer));
    assert_int_equal(iscsi_path_write(&facts, path), ISCSI_PATH_MAX);
    assert_int_equal(device_path_length(path, sizeof path), ISCSI_PATH_MAX - NODE_HEADER);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
