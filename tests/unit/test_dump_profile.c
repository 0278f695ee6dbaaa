/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the smallest profile, the crash dump's, takes of memory: rings of 8 buffers, a window of 8 segments, a session, a disk.
 * A dump driver has to ask for its memory beforehand, so growth must not go unnoticed.
 */
#include "tests/unit/unit.h"

#include "iscsi/iscsi.h"
#include "net/net.h"
#include "platform/bytes.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define WINDOW (8u * 1460u)
#define LIMIT  (70 * KIB)
#define LASTS  (60 * KIB) /* of it, what is in use for longer than a login */

static const struct pci_device card = {.vendor_id = 0x8086, .device_id = 0x100E}; /* an 82540EM */
static const struct nic_config rings = {.rx_buffers = 8, .tx_buffers = 8, .mtu = NIC_MTU_DEFAULT};

static void the_sum_stays_below_its_limit(void **state)
{
    (void)state;
    size_t nic = nic_arena_size(&card, &rings), net = net_arena_size(WINDOW), session = iscsi_session_size(),
           disk = scsi_disk_size();
    print_message("card %zu + net %zu + session %zu + disk %zu = %zu bytes\n", nic, net, session, disk,
                  nic + net + session + disk);
    assert_true(nic + net + session + disk <= LIMIT);
    assert_true(nic + net + session + disk - ISCSI_LOGIN_SIZE <= LASTS);
}

/* The figures that are added up above are what is really taken. */
static void nobody_takes_more_than_he_says(void **state)
{
    (void)state;
    struct arena arena = host_arena_new(MIB);
    struct nic nic;
    struct network *network;
    host_clock_use_virtual();
    wire_open(&nic, &arena, rings.rx_buffers, rings.mtu);

    size_t before = arena.used;
    assert_int_equal(net_open(&network, &(struct net_config){.nic = &nic, .arena = &arena, .window = WINDOW}), OK);
    assert_true(arena.used - before <= net_arena_size(WINDOW));

    struct stream *stream = net_stream_new(network);
    assert_non_null(stream);
    before = arena.used;
    assert_non_null(iscsi_session_new(&arena, stream));
    assert_true(arena.used - before <= iscsi_session_size() + 16);

    net_stream_free(stream);
    net_close(network);
    host_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_stays_below_its_limit),
        cmocka_unit_test(nobody_takes_more_than_he_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
