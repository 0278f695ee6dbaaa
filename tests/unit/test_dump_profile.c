/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the three layers take of a crash dump's memory. A dump driver has to ask for it beforehand, in two pieces: what the card
 * reaches, of which an operating system grants little, and plain memory. So growth must not go unnoticed.
 */
#include "tests/unit/unit.h"

#include "iscsi/iscsi.h"
#include "net/net.h"
#include "platform/bytes.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define DMA_LIMIT   (28 * KIB)
#define PLAIN_LIMIT (24 * KIB) /* of 32: the rest is for the core that uses the layers, and what it sends */

static const struct pci_device card = {.vendor_id = 0x8086, .device_id = 0x100E}; /* an 82540EM */
static const struct nic_config rings = {.rx_buffers = 8, .tx_buffers = 6, .mtu = NIC_MTU_DEFAULT};
static const struct net_config small = {.window = 8 * 1460, .by_hand = true};

static void the_sums_stay_below_their_limits(void **state)
{
    (void)state;
    size_t nic = sizeof(struct nic), net = net_arena_size(&small), session = iscsi_session_size(&iscsi_profile_small),
           disk = scsi_disk_size(&iscsi_profile_small);
    print_message("DMA memory: card %zu bytes\n", nic_arena_size(&card, &rings));
    print_message("plain memory: card %zu + net %zu + session %zu + disk %zu = %zu bytes\n", nic, net, session, disk,
                  nic + net + session + disk);
    assert_true(nic_arena_size(&card, &rings) <= DMA_LIMIT);
    assert_true(nic + net + session + disk <= PLAIN_LIMIT);
}

/* The figures that are added up above are what is really taken. */
static void nobody_takes_more_than_he_says(void **state)
{
    (void)state;
    struct arena dma = host_arena_new(MIB), plain = host_arena_new(MIB);
    struct net_config config = small;
    struct nic nic;
    host_clock_use_virtual();
    wire_open(&nic, &dma, rings.rx_buffers, rings.mtu);

    config.nic = &nic;
    config.arena = &plain;
    plain.used = 1;
    struct network *network;
    assert_int_equal(net_open(&network, &config), OK);
    assert_true(plain.used - 1 <= net_arena_size(&config));

    struct stream *stream = net_stream_new(network);
    assert_non_null(stream);
    size_t before = ++plain.used;
    assert_non_null(iscsi_session_new(&plain, stream, &iscsi_profile_small));
    assert_true(plain.used - before <= iscsi_session_size(&iscsi_profile_small));

    net_stream_free(stream);
    net_close(network);
    host_arena_free(&plain);
    host_arena_free(&dma);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sums_stay_below_their_limits),
        cmocka_unit_test(nobody_takes_more_than_he_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
