/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack as a whole: start, the poll turn with its timers, pause and end. */
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/memp.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/dhcp.h"
#include "lwip/sys.h"
#include "lwip/udp.h"
#include "net/internal.h"
#include "netif/ethernet.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"

struct network network;
struct net_tuning net_tuning;

/* ---- sizes ---- */

#define FULL_SEGMENT 1460u
#define SEGMENT_COST 352u  /* tcp_seg, header pbuf, data pbuf, and the copy of a short span, as net/heap.c rounds them */
#define HEAP_BASE    8192u /* PCBs, DHCP and DNS messages, ARP and ND packets that wait */
#define FRAME_COST   48u   /* tcp_seg of a frame held out of order */

#define SEND_BUFFER_MAX (256 * KIB)
#define COPIES_MIN      (4 * KIB) /* of frames that are copied because the stack holds too many */
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
 * the card and the rest of the traffic keep an eighth and two.
 */
static unsigned held_frames(uint32_t window)
{
    unsigned segments = window / FULL_SEGMENT;
    unsigned kept = segments / 8 + 2;
    return clamp(4, segments > kept ? segments - kept : 0, HELD_FRAMES_MAX);
}

static size_t heap_size(uint32_t window)
{
    return HEAP_BASE + (send_buffer(window) / FULL_SEGMENT + 1) * SEGMENT_COST + held_frames(window) * FRAME_COST +
           clamp(COPIES_MIN, window / 4, COPIES_MAX);
}

size_t net_arena_size(uint32_t window)
{
    return heap_size(window) + net_link_arena_size(held_frames(window)) + ALIGNMENT;
}

/* ---- start ---- */

static void set_tuning(uint32_t window)
{
    net_tuning.window = clamp(2 * FULL_SEGMENT, window, 0xFFFFu << TCP_RCV_SCALE);
    net_tuning.send_buffer = send_buffer(window);
    net_tuning.send_pbufs = (uint16_t)(4 * (net_tuning.send_buffer / FULL_SEGMENT) + 16);
    net_tuning.ooseq_pbufs = (uint16_t)(held_frames(window) / 2);
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
    dns_init();
}

enum status net_open(const struct net_config *config)
{
    if (config->vlan > VLAN_ID_LAST || config->vlan_priority > VLAN_PRIORITY_LAST)
        return fail(E_INVALID_ARGUMENT, "VLAN %u, priority %u", config->vlan, config->vlan_priority);
    if (network.open)
        net_close();

    memset(&network, 0, sizeof network);
    size_t heap_bytes = heap_size(config->window);
    void *heap = NULL;
    if (net_link_open(config->nic, config->arena, held_frames(config->window)))
        heap = arena_take(config->arena, heap_bytes, ALIGNMENT);
    if (!heap)
        return fail(E_NET_MEMORY, "%u KiB wanted, %u KiB left", (unsigned)(net_arena_size(config->window) / KIB),
                    (unsigned)((config->arena->size - config->arena->used) / KIB));

    net_heap_open(heap, heap_bytes);
    set_tuning(config->window);
    start_modules();

    network.nic = config->nic;
    network.vlan = config->vlan;
    network.vlan_priority = config->vlan_priority;
    if (config->hostname)
        format_text(network.hostname, sizeof network.hostname, "%s", config->hostname);

    if (!netif_add_noaddr(&network.netif, NULL, net_link_init, ethernet_input))
        return fail(E_NET_MEMORY, "the interface was refused");
    if (network.hostname[0])
        netif_set_hostname(&network.netif, network.hostname);
    netif_set_default(&network.netif);
    netif_set_up(&network.netif);
    netif_set_link_up(&network.netif);
    network.open = true;
    return OK;
}

/* ---- the turn ---- */

static uint32_t milliseconds; /* lwIP's clock */
static uint64_t last_ticks;

#define TICK_MS 5u
/* A turn moves lwIP's clock by at most this: when nobody called for a while, its retransmissions must not all fire at once. */
#define TURN_MS 50u

/* One register read. Short, so that a cable plugged in again is said before what it lets through has an effect on the screen. */
#define LINK_INTERVAL_MS 100

/* Nothing depends on it but who reads the log: what is lost without a link, TCP repeats when it is back. */
static void log_link_changes(void)
{
    struct nic_link link;
    nic_link(network.nic, &link);
    if (link.up != network.link_lost)
        return;

    network.link_lost = !link.up;
    if (link.up)
        log_printf(LOG_INFO, "Link: up again, %u Mbit/s", link.megabits);
    else
        log_printf(LOG_INFO, "Link: lost");
}

static struct {
    uint32_t interval;
    void (*run)(void);
    uint32_t due;
} timers[] = {
    {TCP_TMR_INTERVAL, tcp_tmr, 0},
    {MLD6_TMR_INTERVAL, mld6_tmr, 0},
    {DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr, 0},
    {ARP_TMR_INTERVAL, etharp_tmr, 0},
    {ND6_TMR_INTERVAL, nd6_tmr, 0},
    {DNS_TMR_INTERVAL, dns_tmr, 0},
    {DHCP_COARSE_TIMER_MSECS, dhcp_coarse_tmr, 0},
    {LINK_INTERVAL_MS, log_link_changes, 0},
};

u32_t sys_now(void)
{
    return milliseconds;
}

/* TCP's timer is always in the table. */
void tcp_timer_needed(void)
{
}

static void run_timers(void)
{
    uint64_t step = platform_ticks_per_ms() * TICK_MS;
    uint64_t now = platform_ticks();
    if (now - last_ticks < step)
        return;

    if (now - last_ticks > TURN_MS / TICK_MS * step)
        last_ticks = now - TURN_MS / TICK_MS * step;
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
    network.suspect = true;
}

#define BATCH 32 /* frames between two looks at the clock */

void net_poll(void)
{
    if (!network.open || network.paused)
        return;

    net_link_flush(nic_poll(network.nic, BATCH) != 0);
    run_timers();
    if (network.suspect) {
        network.suspect = false;
        log_printf(LOG_WARNING, "network: lwIP found its state inconsistent; all connections are dropped");
        net_streams_abort(E_INTERNAL);
    }
}

void net_wait_turn(void)
{
    net_poll();
    platform_idle();
}

/* ---- pause and end ---- */

#define DNS_TURNS_MAX 256 /* longer than any query of lwIP's waits for its last retry */

void net_pause(void)
{
    if (network.open && !network.paused) {
        nic_pause(network.nic);
        network.paused = true;
    }
}

void net_resume(void)
{
    if (network.open && network.paused) {
        nic_resume(network.nic);
        network.paused = false;
        last_ticks = platform_ticks();
    }
}

void net_close(void)
{
    if (!network.open)
        return;

    net_streams_abort(E_STREAM_CLOSED);
    while (tcp_tw_pcbs)
        tcp_abort(tcp_tw_pcbs);
    while (tcp_active_pcbs)
        tcp_abort(tcp_active_pcbs);

    /* A bound client would give its lease back, which the OS is going to use. */
    struct dhcp *dhcp = netif_dhcp_data(&network.netif);
    if (dhcp) {
        dhcp->state = DHCP_STATE_INIT;
        dhcp_stop(&network.netif);
        dhcp_cleanup(&network.netif);
    }
    netif_remove(&network.netif);

    /* Queries that nobody waits for any more run out of retries, and their sockets go with them. */
    for (unsigned i = 0; i < DNS_TURNS_MAX; i++)
        dns_tmr();
    net_static_ipv6_forget();
    network.nic->deliver = NULL;
    network.open = false;
}
