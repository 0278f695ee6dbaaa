/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the core and the three layers take of a crash dump's memory. A dump driver has to ask for it beforehand, in two pieces:
 * what the card reaches, of which an operating system grants little, and plain memory. So growth must not go unnoticed; and what
 * is so small has to work on a line that loses frames.
 */
#include "tests/unit/tcp_target.h"

#include "dump/dump.h"
#include "iscsi/scsi_disk.h"
#include "net/net.h"

size_t net_heap_left(void); /* net/internal.h, which has lwIP's types in it */

#define DMA_LIMIT   (28 * KIB)
#define PLAIN_LIMIT (32 * KIB)

static const struct pci_device card = {.vendor_id = 0x8086, .device_id = 0x100E}; /* an 82540EM */
static const struct nic_config rings = {.rx_buffers = 8, .tx_buffers = 6, .mtu = NIC_MTU_DEFAULT};
static const struct net_config small = {.window = 4 * 1460, .by_hand = true};

static void the_sums_stay_below_their_limits(void **state)
{
    (void)state;
    size_t dma = dump_dma_size(&dump_profile_small, &card), plain = dump_plain_size(&dump_profile_small);
    size_t network = net_arena_size(&small), session = iscsi_session_size(&iscsi_profile_small),
           disk = scsi_disk_size(&iscsi_profile_small);
    printf("size of card: %zu\nsize of nic: %zu\nsize of network: %zu\nsize of session: %zu\nsize of disk: %zu\n", dma,
           sizeof(struct nic), network, session, disk);
    printf("size of core: %zu\n", plain - sizeof(struct nic) - network - session - disk);
    assert_int_equal(dma, nic_arena_size(&card, &rings)); /* what the other tests work with */
    assert_true(dma <= DMA_LIMIT);
    assert_true(plain <= PLAIN_LIMIT);
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

/* ---- at work ---- */

#define PIECE   4096u /* bytes of a write */
#define STAGING 4u    /* of them, as many as are under way */
#define ROUNDS  (TARGET_BLOCKS * 512 / PIECE)

static struct {
    struct arena dma, plain;
    struct nic nic;
    struct network *network;
    struct stream *stream;
    struct iscsi_session *session;
    struct iscsi_settings settings;
    struct disk *disk;
    size_t heap_least;
    bool often_full; /* every other turn the card takes no frame */
    unsigned turns;
} world;

static void let_time_pass(void)
{
    if (net_heap_left() < world.heap_least)
        world.heap_least = net_heap_left();
    wire.busy = world.often_full && world.turns++ % 2 ? TARGET_WINDOW : 0;
    host_clock_advance_us(250);
    peer_turn();
}

/* What the sums above say, and not a byte more. */
static int open_world(void **state)
{
    (void)state;
    static const struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}};
    memset(&world, 0, sizeof world);
    world.dma = host_arena_new(rings.rx_buffers * WIRE_FRAME + 64);
    world.plain = host_arena_new(net_arena_size(&small) + iscsi_session_size(&iscsi_profile_small) +
                                 scsi_disk_size(&iscsi_profile_small) + 15);
    world.heap_least = SIZE_MAX;
    host_log_level = LOG_ERROR;
    host_clock_use_virtual();
    host_random_seed(4711);
    host_idle_hook = let_time_pass;
    wire_open(&world.nic, &world.dma, rings.rx_buffers, rings.mtu);
    peer_open();
    target_start();

    struct net_config config = small;
    config.nic = &world.nic;
    config.arena = &world.plain;
    assert_int_equal(net_open(&world.network, &config), OK);
    assert_int_equal(net_set_ipv4(world.network, &ipv4), OK);
    world.stream = net_stream_new(world.network);
    world.session = iscsi_session_new(&world.plain, world.stream, &iscsi_profile_small);
    assert_non_null(world.session);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    print_message("heap: %zu bytes were left at least; %u buffers held at most, %u frames found none\n", world.heap_least,
                  wire.held_most, wire.starved);
    iscsi_session_close(world.session, deadline_after_ms(1000));
    net_stream_free(world.stream);
    net_close(world.network);
    assert_int_equal(wire.held, 0);
    host_idle_hook = NULL;
    host_arena_free(&world.plain);
    host_arena_free(&world.dma);
    return 0;
}

static void open_disk(void)
{
    static const uint8_t lun[8];
    world.settings = chap_settings(true);
    strcpy(world.settings.host, "10.0.0.1");
    world.settings.digests = ISCSI_DIGESTS_BOTH;
    assert_int_equal(iscsi_session_open(world.session, &world.settings, deadline_after_ms(20000)), OK);

    struct scsi_disk *scsi = arena_take(&world.plain, scsi_disk_size(&iscsi_profile_small), 16);
    assert_non_null(scsi);
    assert_int_equal(scsi_disk_open(scsi, world.session, lun, deadline_after_ms(20000)), OK);
    world.disk = scsi_disk_contract(scsi);
    assert_int_equal(world.disk->block_count, TARGET_BLOCKS);
}

static uint8_t byte_of(unsigned round, unsigned piece, unsigned at)
{
    return (uint8_t)(round * 89 + piece * 31 + at * 7 + at / 251);
}

/* Writes every block, with STAGING pieces under way; then asks whether the disk has them. */
static void fill_disk(unsigned round)
{
    static uint8_t staging[STAGING][PIECE];
    struct disk_request requests[STAGING];
    for (unsigned i = 0; i < STAGING; i++)
        requests[i].done = true;

    for (unsigned piece = 0; piece < ROUNDS; piece++) {
        struct disk_request *request = &requests[piece % STAGING];
        if (!request->done)
            assert_int_equal(disk_wait(world.disk, request, deadline_after_ms(60000)), OK);
        for (unsigned i = 0; i < PIECE; i++)
            staging[piece % STAGING][i] = byte_of(round, piece, i);
        *request = (struct disk_request){
            .operation = DISK_WRITE, .lba = piece * (PIECE / 512), .blocks = PIECE / 512, .buffer = staging[piece % STAGING]};
        disk_submit(world.disk, request);
    }
    for (unsigned i = 0; i < STAGING; i++)
        assert_int_equal(disk_wait(world.disk, &requests[i], deadline_after_ms(60000)), OK);
    assert_int_equal(disk_flush(world.disk, deadline_after_ms(60000)), OK);

    for (unsigned at = 0; at < sizeof target.disk; at++)
        assert_int_equal(target.disk[at], byte_of(round, at / PIECE, at % PIECE));
    assert_int_equal(target.damaged, 0);
}

static void a_login_with_chap_and_digests_and_a_full_disk(void **state)
{
    (void)state;
    open_disk();
    fill_disk(1);
    assert_int_equal(target.logins, 1);
    assert_int_equal(target.writes_most, STAGING);
    assert_int_equal(wire.starved, 0);
}

/* A target fills our window with each of its bursts: had one frame of it no buffer, it would be repeated after 60 ms. */
static void all_of_the_window_has_buffers(void **state)
{
    (void)state;
    static uint8_t back[TARGET_SEGMENT];
    open_disk();
    fill_disk(1);

    uint64_t begin = platform_ticks();
    for (unsigned at = 0; at < sizeof target.disk; at += sizeof back) {
        assert_int_equal(disk_read(world.disk, at / 512, sizeof back / 512, back, deadline_after_ms(60000)), OK);
        assert_memory_equal(back, target.disk + at, sizeof back);
    }
    uint64_t milliseconds = (platform_ticks() - begin) / platform_ticks_per_ms();
    print_message("%u bytes were read in %llu ms\n", (unsigned)sizeof target.disk, (unsigned long long)milliseconds);
    assert_true(milliseconds < 60);
    assert_int_equal(wire.starved, 0);
}

/* What does not fit is told, and does not keep the next attempt from it. */
static void a_target_that_says_too_much(void **state)
{
    (void)state;
    target.chatter = 3 * KIB;
    world.settings = chap_settings(true);
    strcpy(world.settings.host, "10.0.0.1");
    assert_int_equal(iscsi_session_open(world.session, &world.settings, deadline_after_ms(20000)), E_LOGIN_TEXT);
    target.chatter = 400; /* fits beside the longest challenge that there is */
    open_disk();
    fill_disk(1);
}

static void one_frame_in_a_hundred_is_lost(void **state)
{
    (void)state;
    wire.loss = 10;
    open_disk();
    for (unsigned round = 0; round < 8; round++)
        fill_disk(round);
    assert_int_equal(target.logins, 1);
}

static void frames_are_lost_doubled_and_overtaken(void **state)
{
    (void)state;
    wire.loss = 30;
    wire.duplicate = 30;
    wire.reorder = 100;
    open_disk();
    for (unsigned round = 0; round < 4; round++)
        fill_disk(round);
    assert_int_equal(target.logins, 1);
}

/* As with the fewest transmit buffers on a slow line. */
static void a_card_that_is_often_full(void **state)
{
    (void)state;
    world.often_full = true;
    wire.loss = 10;
    open_disk();
    fill_disk(1);
    assert_int_equal(target.logins, 1);
}

/* The login takes its text's memory again, in which the disk's answers were. */
static void connections_that_end_in_the_midst(void **state)
{
    (void)state;
    wire.loss = 10;
    open_disk();
    for (unsigned round = 1; round <= 5; round++) {
        peer_segment(PEER_RST, peer.next, peer.expected, NULL, 0, NULL, 0);
        fill_disk(round);
    }
    assert_true(target.logins >= 4);
}

static void run_turns(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        platform_idle();
        net_poll();
    }
}

/* Of by-standers, most of all of those who ping, a network of this kind keeps nothing. */
static void pings_take_no_memory(void **state)
{
    (void)state;
    open_disk();
    run_turns();
    for (unsigned length = 8; length < 1400; length += 37) {
        uint8_t datagram[1400] = {0};
        peer_ping(length);
        peer_datagram(9, (uint16_t)(7 + length), datagram, length);
    }

    unsigned sent = wire.frames_sent;
    size_t left = net_heap_left();
    run_turns();
    assert_int_equal(wire.frames_sent, sent);
    assert_int_equal(net_heap_left(), left);
    fill_disk(1);
}

#define WORKS(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sums_stay_below_their_limits),
        cmocka_unit_test(nobody_takes_more_than_he_says),
        WORKS(a_login_with_chap_and_digests_and_a_full_disk),
        WORKS(all_of_the_window_has_buffers),
        WORKS(a_target_that_says_too_much),
        WORKS(one_frame_in_a_hundred_is_lost),
        WORKS(frames_are_lost_doubled_and_overtaken),
        WORKS(a_card_that_is_often_full),
        WORKS(connections_that_end_in_the_midst),
        WORKS(pings_take_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
