/* SPDX-License-Identifier: BSD-2-Clause */
/* Device paths as bytes: where they end, and which goes on from which. */
#include "efi/device_path.h"
#include "tests/unit/unit.h"

#define PCI_NODE(function) 1, 1, 6, 0, function, 3
#define END_NODE           NODE_TYPE_END, NODE_END_ENTIRE, NODE_HEADER, 0

static void how_long_a_path_is(void **state)
{
    (void)state;
    uint8_t path[32] = {1, 1, 6, 0, 0, 0, NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC, 8, 0, [14] = END_NODE};
    assert_int_equal(device_path_length(path, sizeof path), 14);
    assert_int_equal(device_path_length(path, 18), 14);
    assert_int_equal(device_path_length(path, 17), 0); /* the end node is cut */
    assert_int_equal(device_path_length(path + 14, NODE_HEADER), 0);

    path[6 + NODE_LENGTH] = NODE_HEADER - 1;
    assert_int_equal(device_path_length(path, sizeof path), 0);
    put_le16(path + 6 + NODE_LENGTH, 0xFFFF);
    assert_int_equal(device_path_length(path, sizeof path), 0);
}

/* The end of one instance is not that of the entire path (UEFI 2.10, 10.3.1). */
static void a_path_of_two_instances(void **state)
{
    static const uint8_t path[] = {PCI_NODE(0), NODE_TYPE_END, 1, NODE_HEADER, 0, PCI_NODE(1), END_NODE};
    (void)state;
    assert_int_equal(device_path_length(path, sizeof path), sizeof path - NODE_HEADER);
}

static void which_path_goes_on_from_which(void **state)
{
    static const uint8_t card[] = {PCI_NODE(0), END_NODE}, other[] = {PCI_NODE(1), END_NODE};
    static const uint8_t below_card[] = {PCI_NODE(0), PCI_NODE(2), END_NODE}, empty[] = {END_NODE};
    (void)state;
    assert_true(device_path_begins(card, card));
    assert_true(device_path_begins(below_card, card));
    assert_false(device_path_begins(card, below_card));
    assert_false(device_path_begins(other, card));
    assert_false(device_path_begins(card, empty));
    assert_false(device_path_begins(NULL, card));
    assert_false(device_path_begins(card, NULL));
}

#define HARD_DRIVE(number, first, type)                                                                                          \
    NODE_TYPE_MEDIA, NODE_MEDIA_HARD_DRIVE, 42, 0, number, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, first, 0, 0, \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, type

static void the_same_partition(void **state)
{
    static const uint8_t volume[] = {PCI_NODE(0), HARD_DRIVE(1, 7, 2), END_NODE},
                         entry[] = {HARD_DRIVE(1, 7, 2), PCI_NODE(0), END_NODE};
    static const uint8_t second[] = {HARD_DRIVE(2, 7, 2), END_NODE}, other[] = {HARD_DRIVE(1, 8, 2), END_NODE};
    static const uint8_t mbr[] = {HARD_DRIVE(1, 7, 1), END_NODE}, without[] = {HARD_DRIVE(1, 7, 0), END_NODE};
    static const uint8_t zero[] = {HARD_DRIVE(1, 0, 2), END_NODE}, none[] = {PCI_NODE(0), END_NODE};
    static const uint8_t cut[] = {NODE_TYPE_MEDIA, NODE_MEDIA_HARD_DRIVE, 8, 0, 1, 0, 0, 0, END_NODE};
    (void)state;

    assert_true(device_path_same_partition(entry, volume));
    assert_true(device_path_same_partition(mbr, mbr));

    assert_false(device_path_same_partition(second, volume));
    assert_false(device_path_same_partition(other, volume));
    assert_false(device_path_same_partition(mbr, volume));
    assert_false(device_path_same_partition(without, without));
    assert_false(device_path_same_partition(zero, zero));
    assert_false(device_path_same_partition(none, none));
    assert_false(device_path_same_partition(cut, cut));
    assert_false(device_path_same_partition(NULL, volume));
    assert_false(device_path_same_partition(volume, NULL));
}

static void what_is_written_is_read_again(void **state)
{
    uint8_t path[16];
    (void)state;
    uint8_t *data = device_path_put_header(path, NODE_TYPE_MEDIA, NODE_MEDIA_FILE_PATH, NODE_HEADER + 2);
    put_le16(data, 0);
    assert_ptr_equal(device_path_put_end(data + 2), path + 10);
    assert_int_equal(device_path_node_length(path), NODE_HEADER + 2);
    assert_int_equal(device_path_length(path, 10), NODE_HEADER + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_long_a_path_is),
        cmocka_unit_test(a_path_of_two_instances),
        cmocka_unit_test(which_path_goes_on_from_which),
        cmocka_unit_test(the_same_partition),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
