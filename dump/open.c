/* SPDX-License-Identifier: BSD-2-Clause */
/* From a dead machine to a disk that is known, and back: card, link, address, session, disk. */
#include <string.h>

#include "dump/core.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define RESERVE_SHARE 8     /* the part of the time that is kept for telling how it ended … */
#define RESERVE_MS    20000 /* … and its most */
#define ATTEMPT_MS    30000 /* one way to the disk, tried once */
#define LINK_MS       10000 /* of it, for a link: it may have to be negotiated anew */
#define CLAIM_IPV6_MS 3000  /* for duplicate address detection */
#define RESET_MS      10000 /* for the answer to LOGICAL UNIT RESET */
#define BYE_MS        2000  /* for a logout */
#define PAUSE_MS      500   /* before all ways are tried again, doubled up to … */
#define PAUSE_MOST_MS 8000

static deadline_t earlier(deadline_t a, deadline_t b)
{
    return a < b ? a : b;
}

static deadline_t soon(deadline_t until, uint32_t milliseconds)
{
    return earlier(until, deadline_after_ms(milliseconds));
}

/* ---- the steps ---- */

static enum status take_card(struct dump *dump)
{
    const struct dump_armed *armed = &dump->armed;
    uint16_t mtu = armed->paths[0].mtu;
    struct arena dma = armed->dma;
    struct nic_config config = {.arena = &dma,
                                .rx_buffers = armed->profile.rx_buffers,
                                .tx_buffers = armed->profile.tx_buffers,
                                .mtu = nic_mtu_is_valid(mtu) && mtu < NIC_MTU_DEFAULT ? mtu : NIC_MTU_DEFAULT,
                                .mac = armed->target.mac};

    dump->run.card = armed->target.card;
    enum status status = nic_open(&dump->run.nic, &dump->run.card, &config);
    if (status == OK)
        log_printf(LOG_INFO, "Dump: %s at %02x:%02x.%x", dump->run.nic.model, dump->run.card.bus, dump->run.card.device,
                   dump->run.card.function);
    return status;
}

static enum status await_link(struct dump *dump, deadline_t until)
{
    struct nic_link link;
    for (nic_link(&dump->run.nic, &link); !link.up; nic_link(&dump->run.nic, &link)) {
        if (deadline_passed(until))
            return fail(E_LINK_DOWN, "none came up in time");
        platform_idle();
    }
    return OK;
}

static enum status claim_address(struct dump *dump, const struct dump_path *path, deadline_t until)
{
    if (path->lease_end && deadline_passed(path->lease_end))
        log_printf(LOG_WARNING, "Dump: the lease of our address has run out; who has it is asked before it is used");
    if (path->address.family == 4) {
        struct net_ipv4 ipv4;
        dump_path_ipv4(path, &ipv4);
        return net_claim_ipv4(dump->run.network, &ipv4);
    }

    struct net_ipv6 ipv6 = {.prefix_length = path->prefix};
    memcpy(ipv6.address, path->address.bytes, sizeof ipv6.address);
    memcpy(ipv6.gateway, path->gateway, sizeof ipv6.gateway);
    return net_set_ipv6(dump->run.network, &ipv6, soon(until, CLAIM_IPV6_MS));
}

static enum status open_network(struct dump *dump, const struct dump_path *path, deadline_t until)
{
    struct dump_run *run = &dump->run;
    struct net_config config = {.nic = &run->nic,
                                .arena = &run->plain,
                                .window = dump->armed.profile.window,
                                .by_hand = true,
                                .vlan = path->vlan,
                                .vlan_priority = path->vlan_priority};
    enum status status = net_open(&run->network, &config);
    if (status == OK)
        status = claim_address(dump, path, until);
    if (status != OK)
        return status;

    run->stream = net_stream_new(run->network);
    return run->stream ? OK : fail(E_STREAM_MEMORY, "no stream is free");
}

static void copy_text(char *to, size_t size, const char *from)
{
    memcpy(to, from, smaller_of((uint32_t)strlen(from) + 1, (uint32_t)size));
}

static void fill_settings(const struct dump *dump, const struct dump_path *path, struct iscsi_settings *settings)
{
    copy_text(settings->initiator_name, sizeof settings->initiator_name, dump_text(dump, dump->armed.initiator_name));
    copy_text(settings->target_name, sizeof settings->target_name, dump_text(dump, path->target_name));
    copy_text(settings->host, sizeof settings->host, dump_text(dump, path->host));
    copy_text(settings->chap.name, sizeof settings->chap.name, dump_text(dump, path->chap_name));
    copy_text(settings->chap.secret, sizeof settings->chap.secret, dump_text(dump, path->chap_secret));
    copy_text(settings->mutual_chap.name, sizeof settings->mutual_chap.name, dump_text(dump, path->mutual_name));
    copy_text(settings->mutual_chap.secret, sizeof settings->mutual_chap.secret, dump_text(dump, path->mutual_secret));

    settings->port = path->port;
    settings->portal_group = path->portal_group;
    memcpy(settings->lun, path->lun, sizeof settings->lun);
    memcpy(settings->isid, path->isid, sizeof settings->isid);
    settings->digests = path->digests;
    settings->recovery_timeout_ms = dump->armed.timeout_ms; /* the dump's own bound comes before it */
}

static enum status log_in(struct dump *dump, const struct dump_path *path, deadline_t until)
{
    struct dump_run *run = &dump->run;
    struct iscsi_profile profile = dump_iscsi_profile(&dump->armed.profile);

    run->settings = arena_take(&run->plain, sizeof *run->settings, 8);
    if (!run->settings)
        return fail(E_ISCSI_MEMORY, "%u bytes", (unsigned)sizeof *run->settings);
    run->session = iscsi_session_new(&run->plain, run->stream, &profile);
    if (!run->session)
        return E_ISCSI_MEMORY;
    fill_settings(dump, path, run->settings);
    return iscsi_session_open(run->session, run->settings, until);
}

/*
 * The dead system's writes come before ours: by its ISID its session has ended already, and by another only this ends them. It
 * ends what every machine has in flight at the unit, so that this has to be ours.
 */
static void end_old_writes(struct dump *dump, const struct dump_path *path, deadline_t until)
{
    enum status status = iscsi_session_reset_unit(dump->run.session, path->lun, soon(until, RESET_MS));
    if (status != OK)
        log_printf(LOG_WARNING, "Dump: writes of the dead system's own session may still come: %s", failure_detail(status));
}

/* A block is read when the disk has shown who it is, and not before. */
static enum status recognise(struct dump *dump, deadline_t until)
{
    struct dump_run *run = &dump->run;
    const struct dump_disk *from = &dump->armed.disk;
    struct disk known = {.block_size = from->block_size,
                         .block_count = from->block_count,
                         .wwid_type = from->wwid_type,
                         .wwid_length = from->wwid_length};
    memcpy(known.wwid, from->wwid, sizeof known.wwid);
    memcpy(known.serial, from->serial, sizeof known.serial);
    scsi_disk_expect(run->scsi, &known);

    struct disk_request request = {
        .operation = DISK_READ, .lba = dump->armed.target.extents[0].lba, .blocks = 1, .buffer = dump->armed.staging};
    disk_submit(run->disk, &request);
    enum status status = disk_wait(run->disk, &request, until);
    if (status == OK && run->disk->read_only)
        return fail(E_DISK_READ_ONLY, "as it says itself");
    return status;
}

static enum status open_disk(struct dump *dump, const struct dump_path *path, deadline_t until)
{
    struct dump_run *run = &dump->run;
    struct iscsi_profile profile = dump_iscsi_profile(&dump->armed.profile);
    size_t size = scsi_disk_size(&profile);
    run->scsi = arena_take(&run->plain, size, 16);
    if (!run->scsi)
        return fail(E_ISCSI_MEMORY, "%u bytes", (unsigned)size);

    enum status status = scsi_disk_open(run->scsi, run->session, path->lun, until);
    if (status != OK)
        return status;

    run->disk = scsi_disk_contract(run->scsi);
    status = recognise(dump, until);
    if (status == OK && !path->replaces) {
        end_old_writes(dump, path, until);
        status = recognise(dump, until); /* and takes the attention that a reset leaves behind */
    }
    if (status != OK)
        run->disk = NULL;
    return status;
}

static void leave_path(struct dump *dump)
{
    struct dump_run *run = &dump->run;
    deadline_t bye = soon(run->end, BYE_MS);
    if (run->session) {
        run->reconnects += iscsi_session_reconnects(run->session);
        iscsi_session_close(run->session, bye);
    }
    if (run->stream)
        net_stream_free(run->stream);
    net_close(run->network);

    run->disk = NULL;
    run->scsi = NULL;
    run->session = NULL;
    run->settings = NULL;
    run->stream = NULL;
    run->network = NULL;
}

static enum status try_path(struct dump *dump, const struct dump_path *path, deadline_t until)
{
    dump->run.plain = dump->armed.plain;
    log_printf(LOG_INFO, "Dump: trying %s port %u", dump_text(dump, path->host), path->port);
    enum status status = await_link(dump, soon(until, LINK_MS));
    if (status == OK)
        status = open_network(dump, path, until);
    if (status == OK)
        status = log_in(dump, path, until);
    if (status == OK)
        status = open_disk(dump, path, until);
    if (status == OK)
        return OK;

    format_text(dump->run.detail, sizeof dump->run.detail, "%s", failure_detail(status));
    leave_path(dump);
    log_printf(LOG_WARNING, "Dump: %s (%s)", status_what(status), dump->run.detail);
    return fail(status, "%s", dump->run.detail);
}

/* ---- all of them ---- */

/* By this way it will not go better. */
static bool is_hopeless(enum status status)
{
    return status_is_final(status) || status == E_ADDRESS_CONFLICT || status == E_DISK_READ_ONLY || status == E_NET_MEMORY ||
           status == E_ISCSI_MEMORY;
}

static void pause_ms(const struct dump *dump, uint32_t milliseconds)
{
    deadline_t until = soon(dump->run.until, milliseconds);
    while (!deadline_passed(until))
        platform_idle();
}

static deadline_t end_of_share(const struct dump *dump, unsigned ways)
{
    uint64_t now = platform_ticks(), left = dump->run.until > now ? dump->run.until - now : 0;
    return soon(now + left / ways, ATTEMPT_MS);
}

/* One after the other, each with a share of what is left. */
static enum status try_paths(struct dump *dump)
{
    const struct dump_armed *armed = &dump->armed;
    unsigned left = (1u << armed->path_count) - 1; /* a bit for each that is not hopeless */
    uint32_t pause = PAUSE_MS;
    enum status status = E_DUMP_TIMEOUT;

    for (;;) {
        for (unsigned i = 0; i < armed->path_count; i++) {
            if (!(left & 1u << i))
                continue;
            status = try_path(dump, &armed->paths[i], end_of_share(dump, armed->path_count - i));
            if (status == OK)
                return OK;
            if (is_hopeless(status))
                left &= ~(1u << i);
            if (deadline_passed(dump->run.until))
                return status;
        }
        if (!left)
            return status;
        pause_ms(dump, pause);
        pause = smaller_of(2 * pause, PAUSE_MOST_MS);
        if (deadline_passed(dump->run.until))
            return status;
    }
}

static void set_bounds(struct dump *dump)
{
    struct dump_run *run = &dump->run;
    uint32_t whole = dump->armed.timeout_ms;
    run->began = platform_ticks();
    run->end = deadline_after_ms(whole);
    run->until = deadline_after_ms(whole - smaller_of(whole / RESERVE_SHARE, RESERVE_MS));
}

enum status dump_reach_disk(struct dump *dump)
{
    struct dump_run *run = &dump->run;
    memset(run, 0, sizeof *run);
    dump_empty_slots(dump);
    set_bounds(dump);

    enum status status = take_card(dump);
    if (status != OK)
        return status;
    status = try_paths(dump);
    if (status != OK) {
        nic_close(&run->nic);
        return fail(status, "%s", run->detail);
    }

    run->slot_blocks = smaller_of(dump->armed.profile.request_bytes / run->disk->block_size, run->disk->max_blocks);
    log_printf(LOG_INFO, "Dump: the disk is the one that it should be");
    return OK;
}

enum status dump_leave_disk(struct dump *dump)
{
    struct dump_run *run = &dump->run;
    enum status status = dump_settle(dump);
    char *detail = run->detail;
    format_text(detail, sizeof run->detail, "%s", failure_detail(status));

    leave_path(dump);
    nic_close(&run->nic);
    run->milliseconds = (uint32_t)((platform_ticks() - run->began) / platform_ticks_per_ms());
    bytes_wipe(dump->armed.texts, dump->armed.text_size);
    return status == OK ? OK : fail(status, "%s", detail);
}

void dump_progress(const struct dump *dump, struct dump_progress *progress)
{
    const struct dump_run *run = &dump->run;
    bool open = dump->state == DUMP_OPEN;
    uint64_t ticks = open ? platform_ticks() - run->began : 0;
    *progress =
        (struct dump_progress){.bytes = run->bytes,
                               .milliseconds = open ? (uint32_t)(ticks / platform_ticks_per_ms()) : run->milliseconds,
                               .reconnects = run->reconnects + (run->session ? iscsi_session_reconnects(run->session) : 0)};
}
