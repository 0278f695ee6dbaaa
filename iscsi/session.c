/* SPDX-License-Identifier: BSD-2-Clause */
/* The public calls of a session, and its pump. */
#include "iscsi/login.h"

#include "platform/format.h"

#define STALL_TIMEOUTS 4 /* command timeouts that a command may stand still, when stall_ms is not set */

/* What settings of 0 stand for (iscsi.h). */
#define LOGIN_TIMEOUT_MS    15000
#define COMMAND_TIMEOUT_MS  15000
#define RECOVERY_TIMEOUT_MS 120000
#define RECOVERY_BACKOFF_MS 250

#define ISID_TYPE_RANDOM 0x80 /* T field 10b, RFC 7143 section 11.12.5 */

/* Slots beyond those of a disk's commands: for some that were given up, and the question whether it is the same disk. */
#define SPARE_SLOTS_MIN   2
#define SPARE_SLOTS_SHARE 4 /* one for so many commands */

const struct iscsi_profile iscsi_profile_large = {.commands = 32, .text_in = ISCSI_TEXT_IN_MAX, .text_out = ISCSI_TEXT_OUT_MAX};
const struct iscsi_profile iscsi_profile_small = {.commands = 4, .text_in = ISCSI_TEXT_IN_MIN, .text_out = ISCSI_TEXT_OUT_MIN};

static unsigned slots_for(const struct iscsi_profile *profile)
{
    unsigned spare = profile->commands / SPARE_SLOTS_SHARE;
    return profile->commands + (spare > SPARE_SLOTS_MIN ? spare : SPARE_SLOTS_MIN);
}

/* What a session is made of, one behind the other: itself, its slots, the login and its two texts. */
static size_t slots_offset(void)
{
    return (sizeof(struct iscsi_session) + 15) & ~(size_t)15;
}

static size_t login_offset(const struct iscsi_profile *profile)
{
    return (slots_offset() + slots_for(profile) * sizeof(struct active_task) + 15) & ~(size_t)15;
}

size_t iscsi_session_size(const struct iscsi_profile *profile)
{
    return login_offset(profile) + sizeof(struct login) + profile->text_in + 1 + profile->text_out + 15;
}

static bool profile_is_valid(const struct iscsi_profile *profile)
{
    return profile->commands >= 1 && profile->commands <= ISCSI_COMMANDS_MAX && profile->text_in >= ISCSI_TEXT_IN_MIN &&
           profile->text_in <= ISCSI_TEXT_IN_MAX && profile->text_out >= ISCSI_TEXT_OUT_MIN &&
           profile->text_out <= ISCSI_TEXT_OUT_MAX;
}

struct iscsi_session *iscsi_session_new(struct arena *arena, struct stream *stream, const struct iscsi_profile *profile)
{
    if (!profile_is_valid(profile)) {
        fail(E_INVALID_ARGUMENT, "a profile of %u commands, %u and %u bytes of text", profile->commands, profile->text_in,
             profile->text_out);
        return NULL;
    }
    uint8_t *memory = arena_take(arena, iscsi_session_size(profile) - 15, 16);
    if (!memory) {
        fail(E_ISCSI_MEMORY, "%u bytes", (unsigned)iscsi_session_size(profile));
        return NULL;
    }

    struct iscsi_session *session = (struct iscsi_session *)memory;
    session->stream = stream;
    session->commands = profile->commands;
    session->slots = (struct active_task *)(memory + slots_offset());
    session->slot_count = (uint16_t)slots_for(profile);
    session->login = (struct login *)(memory + login_offset(profile));
    session->login->text_in = (uint8_t *)(session->login + 1);
    session->login->text_in_room = profile->text_in;
    session->login->text_out = session->login->text_in + profile->text_in + 1;
    session->login->text_out_room = profile->text_out;
    return session;
}

unsigned iscsi_session_commands(const struct iscsi_session *session)
{
    return session->commands;
}

_Static_assert(ISCSI_SCRATCH <= ISCSI_TEXT_IN_MIN, "a login's text has room for the disk's answers");

uint8_t *iscsi_session_scratch(struct iscsi_session *session)
{
    return session->login->text_in;
}

static void use_default(uint32_t *milliseconds, uint32_t value)
{
    if (*milliseconds == 0)
        *milliseconds = value;
}

static enum status complete_settings(struct iscsi_session *session)
{
    struct iscsi_settings *settings = session->settings;

    if (!settings->initiator_name[0] || strnlen(settings->initiator_name, sizeof settings->initiator_name) > ISCSI_NAME_MAX)
        return fail(E_LOGIN_NAME, "no initiator name");
    if (!settings->target_name[0] || strnlen(settings->target_name, sizeof settings->target_name) > ISCSI_NAME_MAX)
        return fail(E_LOGIN_NAME, "no target name");

    use_default(&settings->login_timeout_ms, LOGIN_TIMEOUT_MS);
    use_default(&settings->command_timeout_ms, COMMAND_TIMEOUT_MS);
    use_default(&settings->stall_ms, STALL_TIMEOUTS * settings->command_timeout_ms);
    use_default(&settings->recovery_timeout_ms, RECOVERY_TIMEOUT_MS);
    use_default(&settings->recovery_backoff_ms, RECOVERY_BACKOFF_MS);
    if (bytes_are_zero(settings->isid, sizeof settings->isid)) {
        platform_random(settings->isid + 1, sizeof settings->isid - 1);
        settings->isid[0] = ISID_TYPE_RANDOM;
    }

    memcpy(session->home_host, settings->host, sizeof session->home_host);
    session->home_port = settings->port ? settings->port : ISCSI_DEFAULT_PORT;
    return OK;
}

enum status iscsi_session_open(struct iscsi_session *session, struct iscsi_settings *settings, deadline_t deadline)
{
    if (session->state != SESSION_CLOSED)
        session_drop_connection(session);
    task_finish_all(session, E_ISCSI_CLOSED);

    memset(session->slots, 0, session->slot_count * sizeof *session->slots);
    *session = (struct iscsi_session){
        .stream = session->stream,
        .login = session->login,
        .slots = session->slots,
        .slot_count = session->slot_count,
        .commands = session->commands,
        .settings = settings,
    };
    platform_random(&session->generation, sizeof session->generation);
    enum status status = complete_settings(session);
    if (status != OK)
        return status;

    deadline_t attempt = deadline_after_ms(session->settings->login_timeout_ms);
    bool done = false;
    login_start(session, attempt < deadline ? attempt : deadline);
    while (status == OK && !done) {
        status = login_turn(session, &done);
        if (status == OK && !done)
            platform_idle();
    }
    if (status != OK) {
        session->state = SESSION_CLOSED;
        return status;
    }

    session->heard_at = session->pumped_at = platform_ticks();
    recovery_end(session);
    return OK;
}

void session_update_window(struct iscsi_session *session, const uint8_t *header)
{
    uint32_t expected = get_be32(header + BHS_EXPCMDSN), most = get_be32(header + BHS_MAXCMDSN);

    if (serial_after(expected - 1, most))
        return;
    if (serial_after(expected, session->expcmdsn))
        session->expcmdsn = expected;
    if (serial_after(most, session->maxcmdsn))
        session->maxcmdsn = most;
}

void session_update_expstatsn(struct iscsi_session *session, const uint8_t *header)
{
    uint32_t statsn = get_be32(header + BHS_STATSN);

    /*
     * TCP loses nothing, and without recovery within a connection no status is ever asked for again, so that a jump is the
     * target's miscount. Other initiators forgive it, and what a command is answered with is its ITT's matter.
     */
    if (statsn != session->expstatsn && !session->statsn_told)
        log_printf(LOG_WARNING, "StatSN %u, expected %u", (unsigned)statsn, (unsigned)session->expstatsn);
    session->statsn_told |= statsn != session->expstatsn;
    session->expstatsn = statsn + 1;
}

void session_raise_doubt(struct iscsi_session *session)
{
    if (session->guarded)
        session->doubt = ++session->last_doubt;
}

void iscsi_session_guard(struct iscsi_session *session)
{
    session->guarded = true;
}

void iscsi_session_suspect(struct iscsi_session *session)
{
    session_raise_doubt(session);
}

uint32_t iscsi_session_doubt(const struct iscsi_session *session)
{
    return session->doubt;
}

void iscsi_session_trust(struct iscsi_session *session, uint32_t doubt)
{
    if (session->doubt == doubt)
        session->doubt = 0;
}

uint32_t iscsi_session_doubts(const struct iscsi_session *session)
{
    return session->last_doubt;
}

void session_drop_connection(struct iscsi_session *session)
{
    session->stream->ops->abort(session->stream);
    if (session->state == SESSION_CONNECTING || session->state == SESSION_LOGIN)
        chap_end(session->login, false);
    session->tx.busy = false;
    session->tx.task = NULL;
    session->rx.task = NULL;
    control_reset(session);
    task_requeue_all(session);
}

void iscsi_session_submit(struct iscsi_session *session, struct iscsi_task *task)
{
    task->done = false;
    task->status = OK;
    task->state = TASK_QUEUED;
    task->next = NULL;
    task->scsi_status = task->failures = 0;
    task->overflow = false;
    task->transferred = task->sense_length = 0;

    if (session->state == SESSION_CLOSED) {
        task->state = TASK_DONE;
        task->status = fail(E_ISCSI_CLOSED, "a command for a session that is not open");
        task->done = true;
        return;
    }
    if (session->state == SESSION_LOST) {
        session->state = SESSION_BROKEN;
        session->retry_at = 0;
    }

    /* A silence that began with a command that was given up is the same silence. */
    if (!session->first && !task_any_active(session))
        session->heard_at = platform_ticks();
    if (session->first) {
        session->last->next = task;
    } else {
        session->first = task;
        session->recovering = false; /* whoever waited for it has gone, and the time was his */
    }
    session->last = task;
}

static enum status handle_pdu(struct iscsi_session *session)
{
    switch (session->rx.header[BHS_OPCODE] & OP_MASK) {
    case OP_DATA_IN:
        return task_data_in_end(session);
    case OP_SCSI_RESPONSE:
        return task_response(session);
    case OP_R2T:
        return task_r2t(session);
    default:
        return control_receive(session);
    }
}

static enum status receive_all(struct iscsi_session *session)
{
    bool complete = true;
    enum status status = OK;

    /* Pings that cannot be answered yet hold the target up, not us. */
    while (status == OK && complete && session->nop_count < NOP_ANSWERS) {
        status = pdu_receive(session, &complete);
        if (status == OK && complete)
            status = handle_pdu(session);
    }
    return status;
}

static enum status send_all(struct iscsi_session *session, bool *sent)
{
    enum status status = pdu_flush(session);

    *sent = false;
    while (status == OK && !session->tx.busy && (control_next_pdu(session) || task_next_pdu(session))) {
        *sent = true;
        status = pdu_flush(session);
    }
    return status;
}

static enum status pump_connection(struct iscsi_session *session)
{
    bool sent = false;

    session->stream->ops->pump(session->stream);
    enum status status = receive_all(session);
    task_settle(session);
    if (status == OK)
        status = send_all(session, &sent);
    if (status == OK && sent)
        session->stream->ops->pump(session->stream);

    return status == OK ? bounds_check(session) : status;
}

void iscsi_session_pump(struct iscsi_session *session)
{
    enum status status = OK;

    bounds_forgive_pause(session);
    if (session->state == SESSION_BROKEN)
        recovery_attempt(session);
    if (session->state == SESSION_CONNECTING || session->state == SESSION_LOGIN)
        recovery_login(session);
    if (session->state == SESSION_FULL || session->state == SESSION_LOGOUT)
        status = pump_connection(session);
    if (status != OK)
        recovery_begin(session, status);
}

enum status iscsi_session_wait(struct iscsi_session *session, struct iscsi_task *task, deadline_t deadline)
{
    while (!task->done) {
        if (deadline_passed(deadline)) {
            iscsi_session_cancel(session, task);
            break;
        }
        iscsi_session_pump(session);
        platform_idle();
    }
    return task->status;
}

enum status iscsi_session_trouble(const struct iscsi_session *session)
{
    return session->lost_for;
}

void iscsi_session_cancel(struct iscsi_session *session, struct iscsi_task *task)
{
    if (task->done)
        return;

    enum status trouble = session->lost_for, status;
    if (trouble == OK)
        status = fail(E_ISCSI_TIMEOUT, "command %02x was given up", task->cdb[CDB_OPERATION_CODE]);
    else
        status = fail(E_ISCSI_TIMEOUT, "command %02x was given up; no connection: S%u: %s", task->cdb[CDB_OPERATION_CODE],
                      (unsigned)trouble, status_what(trouble));
    struct active_task *active = task->state == TASK_ACTIVE ? &session->slots[task->slot] : NULL;
    /* Copying what the stream still reads is no option, and a burst that ends in its midst is no burst. */
    if (active && task_is_being_sent(session, active)) {
        recovery_begin(session, status);
    } else if (active) {
        log_printf(LOG_WARNING, "Command %02x, ITT %08x is given up", task->cdb[CDB_OPERATION_CODE], (unsigned)active->itt);
        task_orphan(session, active);
    }
    task_finish(session, task, status);
}

/* Whoever opens it again brings his own. */
static void end_session(struct iscsi_session *session)
{
    session_drop_connection(session);
    session->state = SESSION_CLOSED;
    if (session->settings) {
        bytes_wipe(session->settings->chap.secret, sizeof session->settings->chap.secret);
        bytes_wipe(session->settings->mutual_chap.secret, sizeof session->settings->mutual_chap.secret);
    }
}

void iscsi_session_close(struct iscsi_session *session, deadline_t deadline)
{
    /* With commands in flight the connection goes first: their buffers are no longer ours. */
    if (session->first) {
        end_session(session);
        task_finish_all(session, fail(E_ISCSI_CLOSED, "the session was closed"));
        return;
    }

    if (session->state == SESSION_FULL)
        log_printf(LOG_DEBUG, "iSCSI: logging out");
    /* The target may have asked before, and given more time than the caller has. */
    if (!session->logout_wanted || session->logout_until > deadline)
        session->logout_until = deadline;
    session->logout_wanted = true;
    /* The answer to our logout, or whatever else ends the connection. */
    while ((session->state == SESSION_FULL || session->state == SESSION_LOGOUT) && pump_connection(session) == OK)
        platform_idle();

    session->stream->ops->close(session->stream, deadline);
    end_session(session);
}

uint32_t iscsi_session_reconnects(const struct iscsi_session *session)
{
    return session->reconnects;
}

struct iscsi_session_reach iscsi_session_reach(const struct iscsi_session *session)
{
    uint32_t immediate;

    return (struct iscsi_session_reach){.unasked = task_unasked_data(session, UINT32_MAX, &immediate),
                                        .burst = session->agreed.max_burst,
                                        .window = session->maxcmdsn + 1 - session->expcmdsn};
}

void iscsi_session_info(const struct iscsi_session *session, struct iscsi_session_info *info)
{
    bool literal6 = strchr(session->portal_host, ':') != NULL;

    memset(info, 0, sizeof *info);
    info->settings = session->settings;

    format_text(info->portal, sizeof info->portal, literal6 ? "[%s]:%u" : "%s:%u", session->portal_host, session->portal_port);
    info->portal_port = session->portal_port;
    info->portal_group =
        session->portal_group != ISCSI_PORTAL_GROUP_UNKNOWN ? session->portal_group : session->settings->portal_group;
    info->tsih = session->tsih;
    memcpy(info->isid, session->settings->isid, sizeof info->isid);

    info->max_burst = session->agreed.max_burst;
    info->first_burst = session->agreed.first_burst;
    info->max_send_segment = session->agreed.max_send_segment;
    info->max_receive_segment = OUR_MAX_RECV_SEGMENT;
    info->immediate_data = session->agreed.immediate_data;
    info->initial_r2t = session->agreed.initial_r2t;
    info->header_digest = session->agreed.header_digest;
    info->data_digest = session->agreed.data_digest;

    memcpy(info->target_alias, session->target_alias, sizeof info->target_alias);
    info->reconnects = session->reconnects;
}
