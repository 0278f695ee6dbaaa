/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack as a whole: start, the poll turn with its timers, pause and end. */
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/memp.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/udp.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "netif/ethernet.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"

struct net_tuning net_tuning;

static struct network *networks;
static bool suspect; /* an assertion of lwIP's failed */

#define TICK_MS 5u

static uint32_t milliseconds = TICK_MS; /* lwIP's clock, which takes 0 for no time at all, */
static uint64_t last_ticks;             /* when it was set, */
static uint64_t skipped_ticks;          /* and what it left out, as far as nobody was told of it */

/* ---- sizes ---- */

#define FULL_SEGMENT      1460u
#define SEGMENT_COST      352u  /* tcp_seg, header pbuf, data pbuf, and the copy of a short span, as net/heap.c rounds them */
#define HEAP_BASE         8192u /* PCBs, DHCP and DNS messages, ARP and ND packets that wait */
#define HEAP_BASE_BY_HAND 3072u /* without the messages */
#define HEAP_RESERVE      4096u /* that copies leave; by hand, what is being sent takes */
#define FRAME_COST        48u   /* tcp_seg of a frame held out of order */

#define SEND_BUFFER_MAX (256 * KIB)
#define COPIES_MIN      (4 * KIB) /* of a quarter of the window, when the stack holds too much, in blocks of 2048 bytes */
#define COPIES_MAX      (64 * KIB)
#define HELD_FRAMES_MAX 4096u /* as many as a ring can have */
#define ALIGNMENT       64    /* a cache line */

static uint32_t clamp(uint32_t low, uint32_t value, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static uint32_t send_buffer(uint32_t window)
{
    return clamp(8 * FULL_SEGMENT, window, SEND_BUFFER_MAX);
}

/*
 * How many receive buffers the stack may hold at once. The ring that goes with a window has a buffer for each full segment of it;
 * the card and the rest of the traffic keep an eighth and two, and what comes beyond is copied. By hand nothing has to be: three
 * quarters of the buffers, as many as net/link.c gives to large frames, hold the window.
 */
static unsigned held_frames(const struct net_config *config)
{
    bool jumbo = config->nic && config->nic->mtu > NIC_MTU_DEFAULT;
    unsigned segments = config->window / (jumbo ? TCP_FULL_SEGMENT(config->nic->mtu) : FULL_SEGMENT);
    unsigned kept = segments / 8 + 2;
    unsigned held = config->by_hand ? segments * 4 / 3 + 1 : segments > kept ? segments - kept : 0;
    return clamp(4, held, HELD_FRAMES_MAX);
}

static size_t sending_cost(uint32_t window)
{
    return (send_buffer(window) / FULL_SEGMENT + 1) * SEGMENT_COST;
}

static size_t heap_size(const struct net_config *config)
{
    uint32_t window = config->window;
    size_t size = sending_cost(window) + held_frames(config) * FRAME_COST;
    return size + (config->by_hand ? HEAP_BASE_BY_HAND : HEAP_BASE + clamp(COPIES_MIN, window / 8 * 3, COPIES_MAX));
}

size_t net_arena_size(const struct net_config *config)
{
    return sizeof(struct network) + heap_size(config) + net_link_arena_size(held_frames(config)) + 2 * ALIGNMENT;
}

/* ---- which card ---- */

struct network *net_first(void)
{
    return networks;
}

struct network *net_of_netif(const struct netif *netif)
{
    return netif->state;
}

struct network *net_of_pcb(const struct tcp_pcb *pcb)
{
    return net_of_netif(netif_get_by_index(pcb->netif_idx));
}

struct netif *net_route_ipv4(const ip4_addr_t *from)
{
    for (struct network *network = networks; from && !ip4_addr_isany(from) && network; network = network->next) {
        if (ip4_addr_eq(from, netif_ip4_addr(&network->netif)))
            return &network->netif;
    }
    return NULL;
}

struct netif *net_route_ipv6(const ip6_addr_t *from)
{
    for (struct network *network = networks; from && !ip6_addr_isany(from) && network; network = network->next) {
        if (netif_get_ip6_addr_match(&network->netif, from) >= 0)
            return &network->netif;
    }
    return NULL;
}

/* ---- start ---- */

static void set_tuning(const struct net_config *config)
{
    uint32_t window = config->window;
    net_tuning.window = clamp(2 * FULL_SEGMENT, window, 0xFFFFu << TCP_RCV_SCALE);
    net_tuning.send_buffer = send_buffer(window);
    net_tuning.send_pbufs = (uint16_t)(4 * (net_tuning.send_buffer / FULL_SEGMENT) + 16);
    net_tuning.ooseq_pbufs = (uint16_t)(held_frames(config) / 2);
    net_tuning.heap_reserve = config->by_hand ? (uint32_t)sending_cost(window) : HEAP_RESERVE;
}

static void start_modules(void)
{
    static bool started;
    if (started)
        return;

    started = true;
    memp_init();
    netif_init();
    udp_init();
    tcp_init();
}

/* lwIP itself, with the first card. */
static void start_stack(const struct net_config *config)
{
    net_heap_open();
    set_tuning(config);
    start_modules();
    last_ticks = platform_ticks();
    skipped_ticks = 0;
    suspect = false;
}

static enum status add_interface(struct network *network)
{
    if (!netif_add_noaddr(&network->netif, network, net_link_init, ethernet_input))
        return fail(E_NET_MEMORY, "the interface was refused");
    if (network->hostname[0])
        netif_set_hostname(&network->netif, network->hostname);
    if (!networks)
        netif_set_default(&network->netif);

    struct network **place = &networks;
    while (*place)
        place = &(*place)->next;
    *place = network;
    network->open = true;
    netif_set_up(&network->netif);
    netif_set_link_up(&network->netif);
    return OK;
}

enum status net_open(struct network **opened, const struct net_config *config)
{
    *opened = NULL;
    if (config->vlan > VLAN_ID_LAST || config->vlan_priority > VLAN_PRIORITY_LAST)
        return fail(E_INVALID_ARGUMENT, "VLAN %u, priority %u", config->vlan, config->vlan_priority);

    size_t heap_bytes = heap_size(config);
    void *heap = NULL;
    struct network *network = arena_take(config->arena, sizeof *network, ALIGNMENT);
    if (network) {
        memset(network, 0, sizeof *network);
        if (net_link_open(network, config->arena, held_frames(config)))
            heap = arena_take(config->arena, heap_bytes, ALIGNMENT);
    }
    if (!heap)
        return fail(E_NET_MEMORY, "%u KiB wanted, %u KiB left", (unsigned)(net_arena_size(config) / KIB),
                    (unsigned)((config->arena->size - config->arena->used) / KIB));

    network->nic = config->nic;
    network->vlan = config->vlan;
    network->vlan_priority = config->vlan_priority;
    network->by_hand = config->by_hand;
    if (config->hostname)
        format_text(network->hostname, sizeof network->hostname, "%s", config->hostname);

    if (!networks)
        start_stack(config);
    net_heap_add(heap, heap_bytes);
    net_heap_set_apart(held_frames(config), sizeof(struct tcp_seg)); /* larger blocks are not to serve for it */
    enum status status = add_interface(network);
    if (status == OK)
        *opened = network;
    return status;
}

/* ---- the turn ---- */

/* A turn moves lwIP's clock by at most this: when nobody called for a while, its retransmissions must not all fire at once. */
#define TURN_MS 50u

/* One register read. Short, so that a cable plugged in again is said before what it lets through has an effect on the screen. */
#define LINK_INTERVAL_MS 100

/* Nothing depends on it but who reads the log: what is lost without a link, TCP repeats when it is back. */
static void log_link_change(struct network *network)
{
    struct nic_link link;
    nic_link(network->nic, &link);
    if (link.up != network->link_lost)
        return;

    network->link_lost = !link.up;
    if (link.up)
        log_printf(LOG_INFO, "Link: up again, %u Mbit/s", link.megabits);
    else
        log_printf(LOG_INFO, "Link: lost");
}

static void log_link_changes(void)
{
    for (struct network *network = networks; network; network = network->next) {
        if (!network->paused)
            log_link_change(network);
    }
}

/* Takes the connections of paused cards out of lwIP's list, into another. */
static struct tcp_pcb *set_paused_aside(void)
{
    struct tcp_pcb *aside = NULL;
    for (struct tcp_pcb **place = &tcp_active_pcbs; *place;) {
        struct tcp_pcb *pcb = *place;
        if (!net_of_pcb(pcb)->paused) {
            place = &pcb->next;
            continue;
        }
        *place = pcb->next;
        pcb->next = aside;
        aside = pcb;
    }
    return aside;
}

/* For connections of a paused card no time passes: lwIP's is that of the others. */
static void run_tcp_timer(void)
{
    struct tcp_pcb *aside = set_paused_aside();
    uint32_t before = tcp_ticks;
    tcp_tmr();

    while (aside) {
        struct tcp_pcb *pcb = aside;
        aside = pcb->next;
        pcb->tmr += tcp_ticks - before;
        if (pcb->rttest)
            pcb->rttest += TCP_TMR_INTERVAL;
        pcb->moved += TCP_TMR_INTERVAL;
        pcb->next = tcp_active_pcbs;
        tcp_active_pcbs = pcb;
    }
}

static struct {
    uint32_t interval;
    void (*run)(void);
    uint32_t due;
} timers[] = {
    {TCP_TMR_INTERVAL, run_tcp_timer, 0},    {MLD6_TMR_INTERVAL, mld6_tmr, 0},        {ARP_TMR_INTERVAL, etharp_tmr, 0},
    {ND6_TMR_INTERVAL, nd6_tmr, 0},          {LINK_INTERVAL_MS, log_link_changes, 0}, {HOP_WATCH_MS, net_hop_watch, 0},
    {FRAGMENTS_MS, net_fragments_expire, 0}, {FRAGMENTS_MS, net_routers_expire, 0},
};

u32_t sys_now(void)
{
    return milliseconds;
}

/* TCP's timer is always in the table. */
void tcp_timer_needed(void)
{
}

#define SKIPPED_MAX 86400u /* seconds; by then everything is old */

/*
 * Time in which no timer ran, because the network was paused or nobody called. TCP's timers count the patience with
 * those who were asked, and rightly stood still; what is known of neighbours and routers grows old all the same.
 */
static void skip_time(uint64_t ticks)
{
    uint64_t second = platform_ticks_per_ms() * 1000;
    uint32_t seconds = 0;
    for (skipped_ticks += ticks; skipped_ticks >= second && seconds < SKIPPED_MAX; skipped_ticks -= second)
        seconds++;
    if (seconds == SKIPPED_MAX)
        skipped_ticks = 0;
    if (seconds)
        net_hop_age(seconds);
}

static void run_timers(void)
{
    uint64_t step = platform_ticks_per_ms() * TICK_MS;
    uint64_t now = platform_ticks();
    if (now - last_ticks < step)
        return;

    if (now - last_ticks > TURN_MS / TICK_MS * step) {
        uint64_t begin = now - TURN_MS / TICK_MS * step;
        skip_time(begin - last_ticks);
        last_ticks = begin;
    }
    for (; now - last_ticks >= step; last_ticks += step)
        milliseconds += TICK_MS;

    for (unsigned i = 0; i < sizeof timers / sizeof *timers; i++) {
        while ((int32_t)(milliseconds - timers[i].due) >= 0) {
            timers[i].due += timers[i].interval;
            timers[i].run();
        }
    }
}

void net_assertion_failed(void)
{
    suspect = true;
}

#define BATCH     32 /* frames between two looks at the clock */
#define BATCH_MIN 8

/* No more than the stack can hold until they are read; but some, as what it waits for may be among them. */
static unsigned batch_for(const struct network *network)
{
    return clamp(BATCH_MIN, net_link_room(network), BATCH);
}

/* All that has come goes up before anything is sent; the rest of more than the stack can hold stays in the ring. */
void net_wake(struct network *network)
{
    if (!network || network->paused || network->rest == CARD_AWAKE)
        return;
    network->rest = CARD_AWAKE;
    nic_resume(network->nic);
    /* As much as a ring can have held: under a flood there is no end of it. */
    for (unsigned left = HELD_FRAMES_MAX, batch; left >= BATCH && net_link_room(network); left -= batch) {
        batch = batch_for(network);
        if (net_link_receive(network, batch) < batch)
            break;
    }
    network->link.send_again = true;
}

void net_poll(void)
{
    bool running = false;
    for (struct network *network = networks; network; network = network->next) {
        if (network->paused)
            continue;
        net_wake(network);
        net_link_flush(network, net_link_receive(network, batch_for(network)) != 0);
        running = true;
    }
    if (!running)
        return;

    run_timers();
    for (struct network *network = networks; network; network = network->next) {
        if (network->paused)
            continue;
        net_dhcp_turn(network);
        nic_flush(network->nic);
    }
    if (suspect) {
        suspect = false;
        log_printf(LOG_WARNING, "network: lwIP found its state inconsistent; all connections are dropped");
        net_streams_abort(NULL, E_INTERNAL);
    }
}

void net_wait_turn(void)
{
    net_poll();
    platform_idle();
}

/* ---- pause and end ---- */

/* A card that no turn has woken meanwhile is left as it is: each of its registers costs as much as a short call. */
static void rest(struct network *network, enum card_rest how)
{
    if (!network || !network->open || network->paused)
        return;
    net_dhcp_settle(network);
    network->link.pauses = true;
    net_link_acknowledge(network);
    network->paused = true;
    if (network->rest == how)
        return;

    if (network->rest != CARD_AWAKE)
        nic_resume(network->nic);
    network->rest = how;
    if (how == CARD_PARKED)
        nic_park(network->nic);
    else
        nic_pause(network->nic);
}

void net_pause(struct network *network)
{
    rest(network, CARD_STOPPED);
}

void net_park(struct network *network)
{
    rest(network, CARD_PARKED);
}

static bool any_runs(void)
{
    const struct network *network = networks;
    while (network && network->paused)
        network = network->next;
    return network != NULL;
}

void net_resume(struct network *network)
{
    if (network && network->open && network->paused) {
        bool others_run = any_runs();
        network->paused = false;
        if (!others_run) {
            skip_time(platform_ticks() - last_ticks);
            last_ticks = platform_ticks();
        }
    }
}

static void abort_connections(const struct network *network, struct tcp_pcb *pcb)
{
    while (pcb) {
        struct tcp_pcb *next = pcb->next;
        if (pcb->netif_idx == netif_get_index(&network->netif))
            tcp_abort(pcb);
        pcb = next;
    }
}

void net_close(struct network *network)
{
    if (!network || !network->open)
        return;

    net_streams_abort(network, E_STREAM_CLOSED);
    net_streams_orphan(network);
    abort_connections(network, tcp_tw_pcbs);
    abort_connections(network, tcp_active_pcbs);

    net_dhcp_stop(network); /* and gives nothing back: the OS is going to use the lease */
    net_fragments_forget(network);
    net_routers_forget(network);
    netif_remove(&network->netif);

    struct network **place = &networks;
    while (*place != network)
        place = &(*place)->next;
    *place = network->next;
    network->open = false;
    network->nic->deliver = NULL;
    if (networks && !netif_default)
        netif_set_default(&networks->netif);
}
