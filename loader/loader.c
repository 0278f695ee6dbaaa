/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot story: its steps (enum step), on which cards they are gone, and what then. */
#include "loader/loader.h"

#include <string.h>

#include "cache/cache.h"
#include "handoff/recorder.h"
#include "iscsi/lun.h"
#include "loader/command_line.h"
#include "loader/story.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"

#define CLOSE_MS           2000
#define GIGABYTE           1000000000u
#define CALL_MS            60000 /* of one call at least; one that waits for a lost connection has all of recovery= */
#define LAST_WORDS_MS      30000 /* how long a failure stays on screen that no retry can mend */
#define WINDOWS_MIN_SECRET 12    /* bytes; Microsoft's initiator and target refuse shorter ones */
#define KEYS_RETRY         "rR"
#define KEYS_NEXT          "nN\33" /* and Esc, KEY_ESCAPE */

/* A failure kept beyond the next fail(). */
struct failure {
    enum status status;
    enum step step;
    char detail[192];
    struct text_mark mark;
};

/* ---- session and disk ---- */

static void warn_of_secrets(struct story *story)
{
    const struct settings *settings = &story->settings;
    size_t ours = strlen(settings->chap.secret), theirs = strlen(settings->mutual.secret);
    if ((ours && ours < WINDOWS_MIN_SECRET) || (theirs && theirs < WINDOWS_MIN_SECRET))
        screen_line(&story->screen, "Warning", "a CHAP secret of less than %u bytes: Windows refuses it", WINDOWS_MIN_SECRET);
    if (theirs && !strcmp(settings->chap.secret, settings->mutual.secret))
        screen_line(&story->screen, "Warning", "both CHAP secrets are the same, which RFC 7143 forbids");
}

static enum status finish_settings(struct story *story)
{
    const struct settings *settings = &story->settings;
    enum status status = settings_finish(&story->settings, story->nic.mac);
    if (status != OK)
        return status;

    screen_line(&story->screen, "Initiator", "%s (%s)", settings->initiator,
                settings->origin[SETTING_INITIATOR] != FROM_DEFAULT ? settings_origin_text(settings->origin[SETTING_INITIATOR])
                : settings->hostname[0]                             ? "from the host name"
                                                                    : "from the MAC address");
    screen_line(&story->screen, "Target", "%s (%s)", settings->root.target, settings_origin_text(settings->origin[SETTING_ROOT]));
    if (settings->chap.name[0])
        screen_line(&story->screen, "CHAP", "as %s%s (%s)", settings->chap.name, settings->mutual.name[0] ? ", mutual" : "",
                    settings_origin_text(settings->origin[SETTING_CHAP]));
    warn_of_secrets(story);
    return OK;
}

static enum status log_in(struct story *story, struct iscsi_session *session, struct iscsi_session_info *info)
{
    deadline_t deadline = deadline_after_ms(story->settings.login_timeout_ms);
    settings_for_iscsi(&story->settings, story->nic.mac, &story->iscsi);
    screen_wait(&story->screen, "Portal", "logging in,", deadline);
    enum status status = iscsi_session_open(session, &story->iscsi, deadline);
    screen_wait_end(&story->screen);
    iscsi_session_info(session, info);
    return status;
}

static enum status open_session(struct story *story)
{
    story->stream = net_stream_new(story->network);
    if (!story->stream)
        return fail(E_STREAM_MEMORY, "no stream is left");
    struct iscsi_session *session = iscsi_session_new(story->machine->arena, story->stream, &iscsi_profile_large);
    if (!session)
        return E_ISCSI_MEMORY; /* which it has recorded */

    struct iscsi_session_info info;
    enum status status = log_in(story, session, &info);
    if (status == E_UNREACHABLE || status == E_RESOLVE) {
        status = story_get_address_for(story, info.portal, status);
        if (status == OK)
            status = log_in(story, session, &info);
    }
    if (status != OK)
        return status;
    story->session = session;

    char lun[LUN_TEXT_SIZE];
    lun_format(story->settings.lun, lun);
    screen_line(&story->screen, "Portal", "%s, LUN %s%s%s", info.portal, lun, info.target_alias[0] ? ", " : "",
                info.target_alias);
    return OK;
}

/* "10.7 GB (10.0 GiB)", in MB below one GB. */
static void format_size(char *text, size_t size, const struct disk *disk)
{
    uint64_t bytes = disk->block_count * disk->block_size;
    bool giga = bytes >= GIGABYTE;
    uint64_t tenths = bytes / (giga ? GIGABYTE / 10 : GIGABYTE / 10000);
    uint64_t binary_tenths = bytes / KIB * 10 / (giga ? MIB : KIB);
    format_text(text, size, "%llu.%u %s (%llu.%u %s)", (unsigned long long)(tenths / 10), (unsigned)(tenths % 10),
                giga ? "GB" : "MB", (unsigned long long)(binary_tenths / 10), (unsigned)(binary_tenths % 10),
                giga ? "GiB" : "MiB");
}

/*
 * How much may be asked for ahead. TCP's window keeps what the ring cannot hold at the target, where it has been read by then.
 * But a ring of the window's size holds less when segments are small: then the ring itself is the limit.
 */
static uint32_t read_ahead_limit(const struct story *story)
{
    uint32_t segment = net_stream_segment(story->stream), full = TCP_FULL_SEGMENT(story->nic.mtu);
    bool small = segment && segment < full - full / 16; /* 0: it is connecting anew */
    return small ? story->window / full * segment : 2 * story->window;
}

/* With blocks too large for its memory there is none. */
static enum status open_cache(struct story *story)
{
    struct arena *arena = story->machine->arena;
    uint32_t size = story_read_ahead(story), left = (uint32_t)(arena->size - arena->used);
    story->cache = NULL;
    /* Unasked it takes what large frames have left, but for the tables and the home's own pieces. */
    if (story->settings.origin[SETTING_READ_AHEAD] == FROM_DEFAULT && size > left - left / 8)
        size = left - left / 8 < CACHE_MEMORY_MIN ? 0 : left - left / 8;
    if (!size)
        return OK;

    void *memory = arena_take(arena, size, 64);
    if (!memory)
        return fail(E_LOADER_MEMORY, "read-ahead= takes %u bytes", (unsigned)size);
    story->cache = cache_new(memory, size, scsi_disk_contract(story->disk), read_ahead_limit(story));
    return OK;
}

/*
 * All that boots begins with the first block: it is on its way while the rest is got ready, and whoever asks for it finds it in
 * the cache. What goes wrong with it is told to him. A cache that has no room is boot_disk()'s to tell of.
 */
static void ask_for_first_block(struct story *story)
{
    story->cache_status = open_cache(story);
    if (!story->cache || story->cache->block_size > sizeof story->first_block)
        return;
    story->first = (struct disk_request){.operation = DISK_READ, .blocks = 1, .buffer = story->first_block};
    disk_submit(story->cache, &story->first);
    story->cache->ops->pump(story->cache); /* it leaves now */
}

static enum status open_disk(struct story *story)
{
    size_t size_of_disk = scsi_disk_size(&iscsi_profile_large);
    story->disk = arena_take(story->machine->arena, size_of_disk, 16);
    if (!story->disk)
        return fail(E_LOADER_MEMORY, "a disk takes %u bytes", (unsigned)size_of_disk);

    deadline_t deadline = deadline_after_ms(story->settings.recovery_ms);
    screen_wait(&story->screen, "Disk", "asking the LUN what it is,", deadline);
    enum status status = scsi_disk_open(story->disk, story->session, story->settings.lun, deadline);
    screen_wait_end(&story->screen);
    if (status != OK)
        return status;

    ask_for_first_block(story);
    const struct disk *disk = scsi_disk_contract(story->disk);
    char size[64];
    format_size(size, sizeof size, disk);
    screen_line(&story->screen, "Disk", "%s, blocks of %u bytes%s, %s %s%s%s", size, (unsigned)disk->block_size,
                disk->read_only ? ", read-only" : "", disk->vendor, disk->product, disk->serial[0] ? ", serial " : "",
                disk->serial);
    return OK;
}

static enum status publish_or_boot(struct story *story, bool hook_only)
{
    struct boot_options *options = &story->settings.boot;
    options->hook_only = hook_only;
    options->vlan = story->settings.vlan;
    options->nic = &story->nic;
    options->network = story->network;
    options->cache = story->cache;
    options->session = story->session;
    options->call_ms = story->settings.recovery_ms > CALL_MS ? story->settings.recovery_ms : CALL_MS;
    story_find_portal(story, &options->target, &options->target_port);

    if (story->machine->architecture == ARCHITECTURE_BIOS)
        screen_line(&story->screen, "Boot", options->hook_only ? "disk published as drive %02Xh" : "from drive %02Xh",
                    options->drive);
    else
        screen_line(&story->screen, "Boot", options->hook_only ? "disk published" : "from the disk");
    return story->machine->boot(story->cache ? story->cache : scsi_disk_contract(story->disk), options);
}

static enum status boot_disk(struct story *story)
{
    enum boot_choice choice = story->settings.home.boot;
    enum status status = story->cache_status == OK ? OK : open_cache(story);
    if (status == OK)
        status = publish_or_boot(story, choice == BOOT_NO);
    if (choice != BOOT_AUTO || status == OK)
        return status;
    screen_line(&story->screen, "Boot", "%s (S%u): the disk is kept (boot=auto)", status_what(status), (unsigned)status);
    return publish_or_boot(story, true);
}

/* ---- the story ---- */

static enum status run_steps(struct story *story)
{
    /* clang-format off */
    static enum status (*const steps[])(struct story *) = {
        [STEP_CARD] = story_open_card,
        [STEP_LINK] = story_wait_for_link,
        [STEP_ADDRESS] = story_get_addresses,
        [STEP_SETTINGS] = finish_settings,
        [STEP_SESSION] = open_session,
        [STEP_DISK] = open_disk,
        [STEP_HANDOFF] = story_make_tables,
        [STEP_BOOT] = boot_disk,
    };
    /* clang-format on */

    enum status status = OK;
    story->settings = story->given;
    if (story->machine->boot_path && story->card == story->machine->boot_nic)
        settings_from_boot_path(&story->settings, story->machine->boot_path);
    for (story->step = STEP_CARD; status == OK; story->step++) {
        status = steps[story->step](story);
        if (status != OK || story->step == STEP_BOOT)
            break;
    }
    return status;
}

/* Back to before the card was opened. */
static void close_layers(struct story *story, size_t arena_used)
{
    screen_wait_end(&story->screen);
    if (story->cache)
        cache_settle(story->cache, deadline_after_ms(CLOSE_MS / 2));
    if (story->session)
        iscsi_session_close(story->session, deadline_after_ms(CLOSE_MS));
    if (story->stream)
        net_stream_free(story->stream);
    net_close(story->network);
    if (story->nic_open)
        nic_close(&story->nic);

    story->session = NULL;
    story->stream = NULL;
    story->disk = NULL;
    story->cache = NULL;
    story->network = NULL;
    story->nic_open = false;
    story->machine->arena->used = arena_used;
}

/*
 * The failure to show is the one of the card that came furthest; of two that came equally far the first, but that a card is not
 * the one of nic= says less than anything that went wrong with one.
 */
static void keep_failure(const struct story *story, enum status status, struct failure *failure)
{
    bool says_more = failure->status == E_NIC_NOT_FOUND && story->step == failure->step;
    if (failure->status != OK && story->step <= failure->step && !says_more)
        return;

    failure->status = status;
    failure->step = story->step;
    format_text(failure->detail, sizeof failure->detail, "%s", failure_detail(status));
    failure->mark = story->settings.mark;
}

static void no_card(struct story *story, struct failure *failure)
{
    enum status status = story_no_card(story);
    story->step = STEP_CARD;
    keep_failure(story, status, failure);
}

/* With hook_only: what outlives loader_run(), as the disk is in use. */
static struct story *published_story;

void loader_close(void)
{
    if (published_story)
        close_layers(published_story, published_story->machine->arena->used);
    published_story = NULL;
}

/*
 * True when the ROM's lease has led to no target, by its addresses, routes or names. The ROM asked long ago, another server, or
 * none that knows of us: an exchange of our own may be told better.
 */
static bool rom_lease_leads_nowhere(const struct story *story, enum status status)
{
    return status != OK && story->card == story->machine->boot_nic && story->rom_lease == ROM_LEASE_USED &&
           story->step >= STEP_ADDRESS && story->step <= STEP_SESSION && status_may_differ_by_card(status);
}

/* Goes the steps on one card after the other. OK only when the disk was published and nothing is to be booted. */
static enum status try_cards(struct story *story, struct failure *failure)
{
    size_t arena_used = story->machine->arena->used;
    memset(failure, 0, sizeof *failure);
    for (unsigned i = 0; (story->card = story_card_at(story, i)) != NULL; i++) {
        enum status status = run_steps(story);
        if (rom_lease_leads_nowhere(story, status)) {
            screen_line(&story->screen, "", "%s; asking DHCP anew", status_what(status));
            keep_failure(story, status, failure);
            close_layers(story, arena_used);
            story->rom_lease = ROM_LEASE_REFUSED;
            status = run_steps(story);
        }
        if (status == OK) {
            published_story = story;
            return OK;
        }

        keep_failure(story, status, failure);
        close_layers(story, arena_used);
        if (!status_may_differ_by_card(status))
            return failure->status;
        if (status != E_NIC_NOT_FOUND && story_card_at(story, i + 1))
            screen_line(&story->screen, "", "%s; trying the next card", status_what(status));
    }

    if (failure->status == OK)
        no_card(story, failure);
    return failure->status;
}

/* ---- what then ---- */

int story_wait_for_key(struct story *story, const char *text, const char *keys, uint32_t milliseconds)
{
    deadline_t deadline = deadline_after_ms(milliseconds);
    int key = 0;
    screen_wait(&story->screen, "", text, deadline);
    while (!deadline_passed(deadline)) {
        key = story->machine->read_key();
        if (key && (!keys || strchr(keys, key)))
            break;

        key = 0;
        platform_idle();
        screen_turn(&story->screen);
    }
    screen_wait_end(&story->screen);
    return key;
}

/* True to try again: R, or the time is over and `retries_left`. A boot sector that gave up would only do so again. */
static bool ask_to_retry(struct story *story, unsigned retries_left)
{
    const char *text = retries_left ? "Press R to retry, N for the next boot device. Retry in"
                                    : "Press R to retry, N for the next boot device. Next device in";
    int key =
        story_wait_for_key(story, text, KEYS_RETRY KEYS_NEXT, retries_left ? story->settings.retry_delay_ms : LAST_WORDS_MS);
    return key ? strchr(KEYS_RETRY, key) != NULL : retries_left != 0;
}

static void warn_of_unknown_settings(struct story *story)
{
    for (unsigned i = 0; i < story->settings.unknown_count; i++)
        screen_line(&story->screen, "Warning", "%s= on the command line is no setting and is passed over (S%u)",
                    story->settings.unknown[i], E_SETTING_UNKNOWN);
}

static enum status read_file(struct story *story)
{
    const struct settings_file *file = story->machine->file;
    if (file && file->name[0])
        screen_line(&story->screen, "Settings", "%s", file->name);
    else if (file && file->unanswered)
        screen_line(&story->screen, "Warning", "the boot server is slow to say that it has no sanstrap.conf; going on without");
    return settings_from_file(&story->settings, file);
}

/* From the command line to the first card. */
static enum status read_settings(struct story *story)
{
    enum status status = settings_begin(&story->settings, story->machine->command_line);
    warn_of_unknown_settings(story);
    if (status == OK)
        status = read_file(story);
    if (status == OK)
        status = story_take_firmware_ibft(story);
    story->given = story->settings;
    return status;
}

static void wait_for_next_device(struct story *story)
{
    story_wait_for_key(story, "Press N for the next boot device. Next device in", KEYS_NEXT, LAST_WORDS_MS);
    screen_line(&story->screen, "", "Going to the next boot device.");
}

static void run_until_booted(struct story *story)
{
    if (command_line_asks_for_help(story->machine->command_line)) {
        story_show_settings(story);
        wait_for_next_device(story);
        return;
    }

    struct failure failure = {.step = STEP_COMMAND_LINE};
    enum status status = read_settings(story);
    if (status != OK) {
        keep_failure(story, status, &failure);
        screen_failure(&story->screen, failure.status, failure.detail, &failure.mark);
        wait_for_next_device(story);
        return;
    }

    for (unsigned left = story->settings.retries; try_cards(story, &failure) != OK; left -= left != 0) {
        screen_failure(&story->screen, failure.status, failure.detail, &failure.mark);
        bool again = ask_to_retry(story, failure.status == E_BOOT_GAVE_UP ? 0 : left);
        screen_line(&story->screen, "", "%s", again ? "Trying again." : "Going to the next boot device.");
        if (!again)
            return;
    }
}

void loader_run(const struct machine *machine)
{
    uint8_t boot_id[16];
    platform_random(boot_id, sizeof boot_id);
    recorder_open(machine->recorder, machine->recorder_size, boot_id);

    struct screen screen;
    screen_open(&screen, machine);
    screen_line(&screen, "sanstrap", "%s", SANSTRAP_VERSION);

    struct story *story = arena_take(machine->arena, sizeof *story, 16);
    if (story) {
        story->machine = machine;
        memcpy(story->boot_id, boot_id, sizeof story->boot_id);
        story->screen = screen;
        run_until_booted(story);
    } else {
        char detail[64];
        format_text(detail, sizeof detail, "it takes %u bytes", (unsigned)sizeof *story);
        screen_failure(&screen, E_LOADER_MEMORY, detail, NULL);
    }
    machine->next_boot_device();
}
