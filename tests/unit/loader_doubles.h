/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doubles in the place of the three layers and of the machine, for test_loader.c: they do as told, and keep a record of what was
 * done to them.
 */
#ifndef SANSTRAP_TESTS_LOADER_DOUBLES_H
#define SANSTRAP_TESTS_LOADER_DOUBLES_H

#include "loader/settings.h"
#include "tests/host/host.h"
#include "tests/unit/dhcp_builder.h"
#include "tests/unit/unit.h"
#include <arpa/inet.h>

#define ROOT "iscsi:192.0.2.1:::1:iqn.2001-04.com.example:storage"

/* ---- what the doubles do, and what was done to them ---- */

static struct {
    enum status open_card[3], net, ipv6, dhcp6, dhcp, adopt, session, login, disk, boot;
    bool no_driver[3];
    unsigned link_after_ms[3]; /* per card, from its opening */
    struct dhcp_builder ack;   /* the DHCP server's answer, */
    struct dhcp_builder proxy; /* and a proxy's offer; empty: none */
    enum net_name name;        /* what DNS says of the target's name, */
    bool router_without_dns;
    const char *named_peer; /* and where it answered */
    const char *portal;     /* where every other login is sent, from the first on, which then fails so */
    enum status portal_status;
    uint16_t segment;  /* that the target agrees to */
    const char *keys;  /* pressed when a failure is shown, one after the other */
    bool keys_at_once; /* and without one */
} script;

static struct {
    char steps[8192], screen[65536], notes[65536];
    unsigned failures, key, logins;
    struct net_ipv4 ipv4;
    struct net_dhcp_request request;
    uint8_t client_id[255]; /* of it, copied */
    char asked[64];         /* of DNS */
    struct net_ipv6 ipv6;
    struct iscsi_settings iscsi;
    struct nic_config card_config;
    uint32_t window;
    uint16_t vlan;
    uint8_t vlan_priority;
    struct boot_options boot;
    uint8_t lun[8];
    unsigned first_reads; /* of the disk's first block, */
    bool first_read_left; /* and before anything was said of the disk */
    bool left;
} seen;

static struct pci_device cards[3];
static struct arena arena;
static struct machine machine;
static deadline_t opened_at;

static void step(const char *name)
{
    assert_true(strlen(seen.steps) + strlen(name) + 2 < sizeof seen.steps);
    strcat(seen.steps, seen.steps[0] ? " " : "");
    strcat(seen.steps, name);
}

static enum status outcome(const char *name, enum status status)
{
    step(name);
    return status == OK ? OK : fail(status, "the double of %s says so", name);
}

/* ---- nic.h ---- */

static void double_link(struct nic *nic, struct nic_link *link)
{
    unsigned after = script.link_after_ms[nic->device - cards];
    *link = (struct nic_link){
        .up = platform_ticks() >= opened_at + after * platform_ticks_per_ms(), .megabits = 1000, .full_duplex = true};
}

static void double_close(struct nic *nic)
{
    (void)nic;
    step("nic_close");
}

static const struct nic_driver driver = {.name = "double", .read_link = double_link, .close = double_close};

const struct nic_driver *nic_probe(const struct pci_device *device)
{
    return script.no_driver[device - cards] ? NULL : &driver;
}

size_t nic_arena_size(const struct pci_device *unused, const struct nic_config *config)
{
    (void)unused;
    return (size_t)config->rx_buffers * 2048 + (size_t)config->tx_buffers * 2048;
}

enum status nic_open(struct nic *nic, struct pci_device *device, const struct nic_config *config)
{
    nic->driver = &driver;
    nic->device = device;
    nic->model = "82540EM";
    nic->mtu = config->mtu;
    memcpy(nic->mac, "\x52\x54\x00\x12\x34", 5);
    nic->mac[5] = (uint8_t)(0x56 + (device - cards));
    if (config->mac)
        memcpy(nic->mac, config->mac, 6);

    char name[16];
    snprintf(name, sizeof name, "nic%d", (int)(device - cards));
    seen.card_config = *config;
    opened_at = platform_ticks();
    arena_take(config->arena, nic_arena_size(device, config), 4096);
    return outcome(name, script.open_card[device - cards]);
}

/* ---- net.h ---- */

enum status net_open(struct network **network, const struct net_config *config)
{
    static char opened;
    *network = script.net == OK ? (struct network *)(void *)&opened : NULL;
    seen.window = config->window;
    seen.vlan = config->vlan;
    seen.vlan_priority = config->vlan_priority;
    return outcome("net_open", script.net);
}

size_t net_arena_size(const struct net_config *config)
{
    return 65536 + config->window / 8;
}

void net_poll(void)
{
}

enum status net_dhcp(struct network *network, const struct net_dhcp_request *request, struct net_lease *lease,
                     deadline_t deadline)
{
    (void)network;
    seen.request = *request;
    if (script.dhcp != OK)
        while (!deadline_passed(deadline))
            platform_idle();
    memset(lease, 0, sizeof *lease);
    memcpy(lease->ipv4.address, "\300\000\002\062", 4);
    memcpy(lease->ipv4.netmask, "\377\377\377\000", 4);

    memcpy(lease->message, script.ack.bytes, script.ack.length);
    lease->message_length = (uint16_t)script.ack.length;
    memcpy(lease->proxy, script.proxy.bytes, script.proxy.length);
    lease->proxy_length = (uint16_t)script.proxy.length;
    return outcome("dhcp", script.dhcp);
}

enum status net_adopt_lease(struct network *network, const struct net_dhcp_request *request, struct net_lease *lease)
{
    (void)network;
    seen.request = *request;
    memcpy(seen.client_id, request->client_id, request->client_id_length);
    seen.ipv4 = lease->ipv4;
    return outcome("adopt", script.adopt);
}

enum status net_set_ipv4(struct network *network, const struct net_ipv4 *ipv4)
{
    (void)network;
    seen.ipv4 = *ipv4;
    return outcome("set_ipv4", OK);
}

enum status net_set_ipv6(struct network *network, const struct net_ipv6 *ipv6, deadline_t deadline)
{
    (void)network;
    (void)ipv6, (void)deadline;
    return outcome("set_ipv6", script.ipv6);
}

enum status net_autoconfigure_ipv6(struct network *network, struct net_ipv6 *found, deadline_t deadline)
{
    (void)network;
    (void)deadline;
    seen.ipv6 = *found;
    memcpy(found->address, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x50", 16);
    found->prefix_length = 64;
    found->dns[1][0] = script.router_without_dns ? 0 : 0x20;
    return outcome("auto_ipv6", script.ipv6);
}

enum status net_dhcp6_dns(struct network *network, struct net_ipv6 *ipv6, deadline_t deadline)
{
    (void)network, (void)ipv6, (void)deadline;
    return outcome("dhcp6", script.dhcp6);
}

bool net_parse_address(const char *text, struct net_address *address)
{
    memset(address, 0, sizeof *address);
    address->family = inet_pton(AF_INET, text, address->bytes) == 1 ? 4 : inet_pton(AF_INET6, text, address->bytes) == 1 ? 6 : 0;
    return address->family != 0;
}

void net_format_address(const struct net_address *address, char *text)
{
    assert_non_null(inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, text, 46));
}

struct stream *net_stream_new(struct network *network)
{
    (void)network;
    static struct stream stream;
    return &stream;
}

uint16_t net_stream_segment(const struct stream *stream)
{
    (void)stream;
    return script.segment;
}

void net_named_peer(const struct stream *stream, struct net_address *address)
{
    (void)stream;
    assert_true(net_parse_address(script.named_peer, address));
}

enum net_name net_ask_ipv4(struct network *network, const char *host, deadline_t deadline)
{
    (void)network;
    snprintf(seen.asked, sizeof seen.asked, "%s", host);
    if (script.name == NET_NAME_UNANSWERED)
        while (!deadline_passed(deadline))
            platform_idle();
    step("ask");
    return script.name;
}

bool net_next_hop(struct stream *stream, uint8_t mac[NIC_MAC_LENGTH])
{
    (void)stream;
    memcpy(mac, "\x52\x54\0\0\0\1", NIC_MAC_LENGTH);
    return true;
}

void net_stream_free(struct stream *stream)
{
    (void)stream;
}

void net_close(struct network *network)
{
    if (network)
        step("net_close");
}

/* ---- iscsi.h ---- */

struct iscsi_session {
    int unused;
};
struct scsi_disk {
    struct disk disk;
};

const struct iscsi_profile iscsi_profile_large;

size_t iscsi_session_size(const struct iscsi_profile *profile)
{
    (void)profile;
    return sizeof(struct iscsi_session);
}

struct iscsi_session *iscsi_session_new(struct arena *from, struct stream *stream, const struct iscsi_profile *profile)
{
    (void)stream, (void)profile;
    if (script.session != OK) {
        fail(script.session, "the double of the session says so");
        return NULL;
    }
    return arena_take(from, sizeof(struct iscsi_session), 8);
}

enum status iscsi_session_open(struct iscsi_session *session, struct iscsi_settings *settings, deadline_t deadline)
{
    (void)session, (void)deadline;
    seen.iscsi = *settings;
    return outcome("login", script.portal && seen.logins++ % 2 == 0 ? script.portal_status : script.login);
}

void iscsi_session_info(const struct iscsi_session *session, struct iscsi_session_info *info)
{
    (void)session;
    memset(info, 0, sizeof *info);
    info->settings = &seen.iscsi;
    info->max_burst = info->first_burst = info->max_send_segment = info->max_receive_segment = 8192;
    strcpy(info->portal, script.portal ? script.portal : "192.0.2.1:3260");
    info->portal_port = 3262;
    strcpy(info->target_alias, "the \33[2Jdisk");
}

void iscsi_session_close(struct iscsi_session *session, deadline_t deadline)
{
    (void)session, (void)deadline;
    step("logout");
}

static void submit_double(struct disk *disk, struct disk_request *request)
{
    (void)disk;
    assert_int_equal(request->operation, DISK_READ);
    assert_int_equal(request->lba, 0);
    seen.first_reads++;
    request->status = OK;
    request->done = true;
}

static void pump_double(struct disk *disk)
{
    (void)disk;
    if (seen.first_reads && !strstr(seen.screen, "\nDisk"))
        seen.first_read_left = true;
}

static const struct disk_ops disk_double = {.submit = submit_double, .pump = pump_double, .cancel = submit_double};

size_t scsi_disk_size(const struct iscsi_profile *profile)
{
    (void)profile;
    return sizeof(struct scsi_disk);
}

enum status scsi_disk_open(struct scsi_disk *disk, struct iscsi_session *session, const uint8_t lun[8], deadline_t deadline)
{
    (void)session, (void)deadline;
    memcpy(seen.lun, lun, 8);
    disk->disk = (struct disk){.ops = &disk_double,
                               .block_size = 512,
                               .max_blocks = 2048,
                               .block_count = 20971520,
                               .vendor = "IET",
                               .product = "VIRTUAL-DISK",
                               .serial = "beaf11"};
    return outcome("disk", script.disk);
}

struct disk *scsi_disk_contract(struct scsi_disk *disk)
{
    return &disk->disk;
}

/* ---- the machine ---- */

static void write_screen(const char *text)
{
    assert_true(strlen(seen.screen) + strlen(text) < sizeof seen.screen);
    strcat(seen.screen, text);
    if (!strncmp(text, "\nS", 2))
        seen.failures++;
}

/* The serial line's text. */
static void note(const char *text)
{
    assert_true(strlen(seen.notes) + strlen(text) < sizeof seen.notes);
    strcat(seen.notes, text);
}

static int read_key(void)
{
    bool due = script.keys_at_once || seen.key < seen.failures;
    if (!due || !script.keys || !script.keys[seen.key])
        return 0;
    return script.keys[seen.key++];
}

static enum status boot_double(struct disk *disk, const struct boot_options *options)
{
    assert_int_equal(disk->block_count, 20971520);
    seen.boot = *options;
    if (options->hook_only && strstr(seen.steps, "boot"))
        return outcome("publish", OK);
    return outcome("boot", script.boot);
}

static void next_boot_device(void)
{
    seen.left = true;
}

static void idle(void)
{
    host_clock_advance_us(50000);
    loader_idle();
}

static int set_up(void **state)
{
    (void)state;

    memset(&script, 0, sizeof script);
    memset(&seen, 0, sizeof seen);
    memset(cards, 0, sizeof cards);
    for (uint8_t i = 0; i < 3; i++)
        cards[i].device = (uint8_t)(3 + i);
    host_clock_use_virtual();
    host_idle_hook = idle;
    arena = host_arena_new(4 << 20);
    dhcp_ack(&script.ack);
    dhcp_text(&script.ack, DHCP_ROOT_PATH, ROOT);
    script.boot = E_INTERNAL;
    script.keys = "n";
    script.named_peer = "192.0.2.77";
    script.segment = 1460;
    machine = (struct machine){.command_line = "",
                               .boot_nic = &cards[0],
                               .nics = cards,
                               .nic_count = 3,
                               .arena = &arena,
                               .read_key = read_key,
                               .write = write_screen,
                               .draw = write_screen,
                               .note = note,
                               .boot = boot_double,
                               .next_boot_device = next_boot_device};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_arena_free(&arena);
    return 0;
}

static void told(const char *command_line, const char *steps)
{
    machine.command_line = command_line;
    loader_run(&machine);
    assert_true(seen.left);
    assert_string_equal(seen.steps, steps);
}

static void shown(const char *text)
{
    if (!strstr(seen.screen, text)) {
        print_error("not on the screen: %s\n%s\n", text, seen.screen);
        assert_true(false);
    }
}

/* 80 columns, of which the last would wrap, and nothing that moves the cursor. */
static void no_line_is_too_long(void)
{
    unsigned column = 0;
    for (const char *at = seen.screen; *at; at++) {
        column = *at == '\n' || *at == '\r' ? 0 : column + 1;
        assert_true(column < 80);
        assert_true(*at == '\n' || *at == '\r' || (*at >= ' ' && *at <= '~'));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
