/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting and logging in: RFC 7143 sections 6.3 and 11.12. */
#include "iscsi/login.h"

#include "platform/format.h"

#define REDIRECTS_MAX 8
#define ROUNDS_MAX    32 /* requests of a login, and pieces of an answer */

/* Status classes, RFC 7143 section 11.13.5. */
#define CLASS_SUCCESS          0
#define CLASS_REDIRECT         1
#define CLASS_INITIATOR_ERROR  2
#define MOVED_PERMANENTLY      2 /* details */
#define AUTHENTICATION_FAILURE 1

#define VERSION_RFC_7143 0x00

struct login_status {
    uint16_t code; /* class, detail */
    enum status status;
    const char *text;
};

static enum status fail_for_status(const struct iscsi_settings *settings, uint8_t class, uint8_t detail)
{
    static const struct login_status table[] = {
        {0x0200, E_LOGIN_STATUS, "initiator error"},
        {0x0201, E_LOGIN_AUTHENTICATION, "authentication failure"},
        {0x0202, E_LOGIN_FORBIDDEN, "authorization failure"},
        {0x0203, E_LOGIN_NOT_FOUND, "not found"},
        {0x0204, E_LOGIN_REMOVED, "target removed"},
        {0x0205, E_LOGIN_VERSION, "unsupported version"},
        {0x0206, E_LOGIN_CONNECTIONS, "too many connections"},
        {0x0207, E_LOGIN_PARAMETER, "missing parameter"},
        {0x0208, E_LOGIN_SESSION, "cannot include in session"},
        {0x0209, E_LOGIN_SESSION, "session type not supported"},
        {0x020A, E_LOGIN_SESSION, "session does not exist"},
        {0x020B, E_LOGIN_PROTOCOL, "invalid request during login"},
        {0x0300, E_LOGIN_TARGET_ERROR, "target error"},
        {0x0301, E_LOGIN_UNAVAILABLE, "service unavailable"},
        {0x0302, E_LOGIN_RESOURCES, "out of resources"},
    };

    /* Targets that want CHAP and were offered None alone say no more than this. */
    if (class == CLASS_INITIATOR_ERROR && detail == AUTHENTICATION_FAILURE && settings->chap.name[0] == 0)
        return fail(E_CHAP_REQUIRED, "login status %02x%02x: authentication failure, offered AuthMethod=None", class, detail);

    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code == (class << 8 | detail))
            return fail(table[i].status, "login status %02x%02x: %s", class, detail, table[i].text);
    }
    return fail(E_LOGIN_STATUS, "login status %02x%02x", class, detail);
}

/* Pumps the request out and a whole PDU in. */
static enum status exchange(struct login *login)
{
    struct iscsi_session *session = login->session;
    bool complete = false;

    for (;;) {
        enum status status = pdu_flush(session);

        session->stream->ops->pump(session->stream);

        /* An answer that comes before the request is whole waits: the next request must not cut into this one. */
        if (status == OK && !session->tx.busy)
            status = pdu_receive(session, &complete);
        if (status != OK || complete)
            return status;

        if (deadline_passed(login->deadline))
            return fail(E_LOGIN_TIMEOUT, "no answer from %s in stage %u", session->portal_host, login->stage);
        platform_idle();
    }
}

static void build_request(struct login *login)
{
    struct iscsi_session *session = login->session;
    uint8_t next = login->stage == STAGE_SECURITY ? STAGE_OPERATIONAL : STAGE_FULL;
    uint8_t flags = (uint8_t)(login->stage << LOGIN_CSG_SHIFT | (login->transit ? FLAG_TRANSIT | next : 0));
    uint8_t *header = pdu_start(session, OP_LOGIN_REQUEST | OP_IMMEDIATE, flags);

    memcpy(header + BHS_ISID, session->settings.isid, BHS_ISID_LENGTH);
    put_be16(header + BHS_TSIH, session->tsih);
    put_be32(header + BHS_ITT, ITT_LOGIN);
    put_be32(header + BHS_CMDSN, session->cmdsn);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    pdu_set_data(session, session->text_out, login->out.length, NULL);
}

/* What every Login Response must be, whatever it says. */
static enum status check_response(struct login *login, const uint8_t *header)
{
    if ((header[BHS_OPCODE] & OP_MASK) == OP_REJECT)
        return fail(E_LOGIN_PROTOCOL, "our login request was rejected, reason %02x", header[BHS_RESPONSE]);
    if (header[BHS_OPCODE] != OP_LOGIN_RESPONSE)
        return fail(E_LOGIN_PROTOCOL, "opcode %02x in place of a login response", header[BHS_OPCODE]);
    if (get_be32(header + BHS_ITT) != ITT_LOGIN)
        return fail(E_LOGIN_PROTOCOL, "ITT %08x, sent %08x", (unsigned)get_be32(header + BHS_ITT), ITT_LOGIN);
    if (header[BHS_LOGIN_CLASS] != CLASS_SUCCESS)
        return OK;

    if (header[BHS_ACTIVE_VERSION] != VERSION_RFC_7143)
        return fail(E_LOGIN_VERSION, "active version %02x", header[BHS_ACTIVE_VERSION]);
    if (memcmp(header + BHS_ISID, login->session->settings.isid, BHS_ISID_LENGTH) != 0)
        return fail(E_LOGIN_PROTOCOL, "the answer is for another ISID");
    unsigned stage = header[BHS_FLAGS] >> LOGIN_CSG_SHIFT & LOGIN_STAGE_MASK;
    if (stage != login->stage)
        return fail(E_LOGIN_PROTOCOL, "stage %u, ours is %u", stage, login->stage);
    if ((header[BHS_FLAGS] & (FLAG_TRANSIT | FLAG_CONTINUE)) == (FLAG_TRANSIT | FLAG_CONTINUE))
        return fail(E_LOGIN_PROTOCOL, "T and C bits together");
    return OK;
}

/* Sends the request made and collects the answer, which may come in several PDUs (C bit, RFC 7143 section 6.2). */
static enum status send_and_collect(struct login *login)
{
    struct iscsi_session *session = login->session;
    uint8_t *header = session->rx.header;

    session->text_in_length = 0;
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        build_request(login);
        enum status status = exchange(login);
        if (status == OK)
            status = check_response(login, header);
        if (status != OK)
            return status;

        session->expstatsn = get_be32(header + BHS_STATSN) + 1;
        session->text_in_length += session->rx.data_length;
        session->text_in[session->text_in_length] = 0;
        login->out.length = 0;
        if (!(header[BHS_FLAGS] & FLAG_CONTINUE) || header[BHS_LOGIN_CLASS] != CLASS_SUCCESS)
            return OK;
        login->transit = false;
    }
    return fail(E_LOGIN_PROTOCOL, "an answer in more than %u pieces", ROUNDS_MAX);
}

static enum status read_keys(struct login *login)
{
    struct iscsi_session *session = login->session;

    login->auth_method = login->target_address = NULL;
    memset(&login->chap_keys, 0, sizeof login->chap_keys);

    const char *key, *value;
    uint32_t position = 0;
    bool malformed = false;
    while (key_text_next(session->text_in, session->text_in_length, &position, &key, &value, &malformed)) {
        enum status status = login_keys_accept(login, key, value);

        if (status != OK)
            return status;
    }
    return malformed ? fail(E_LOGIN_TEXT, "no '=' before byte %u of %u", (unsigned)position, (unsigned)session->text_in_length)
                     : OK;
}

/* The answer's T bit: which stage comes now. */
static enum status enter_next_stage(struct login *login)
{
    const uint8_t *header = login->session->rx.header;
    uint8_t next = header[BHS_FLAGS] & LOGIN_STAGE_MASK;

    if (!(header[BHS_FLAGS] & FLAG_TRANSIT))
        return OK;

    if (!login->transit || next <= login->stage || next == STAGE_RESERVED ||
        (login->stage == STAGE_SECURITY && next == STAGE_FULL))
        return fail(E_LOGIN_PROTOCOL, "transit to stage %u, asked for %s", next,
                    !login->transit                  ? "none"
                    : login->stage == STAGE_SECURITY ? "stage 1"
                                                     : "stage 3");
    if (login->stage == STAGE_SECURITY && login->session->settings.mutual_chap.name[0] && login->chap.step != CHAP_PROVED)
        return fail(E_CHAP_TARGET, "the target ended the stage without its proof");

    login->stage = next;
    log_printf(LOG_DEBUG, "iSCSI: login stage %u", next);
    return OK;
}

static enum status write_request_text(struct login *login, bool stage_began)
{
    struct iscsi_session *session = login->session;
    const struct iscsi_settings *settings = &session->settings;

    if (login->stage == STAGE_SECURITY) {
        if (!stage_began)
            return chap_advance(login);
        key_text_add(&login->out, "InitiatorName", settings->initiator_name);
        key_text_add(&login->out, "TargetName", settings->target_name);
        key_text_add(&login->out, "SessionType", "Normal");
        return chap_offer(login);
    }

    login->transit = true;
    if (!login->offered_keys)
        login_keys_offer(login);
    return OK;
}

static enum status enter_full_feature(struct login *login)
{
    struct iscsi_session *session = login->session;
    const uint8_t *header = session->rx.header;

    session->tsih = get_be16(header + BHS_TSIH);
    if (session->tsih == 0)
        return fail(E_LOGIN_PROTOCOL, "a session without TSIH");

    session->expcmdsn = get_be32(header + BHS_EXPCMDSN);
    session->maxcmdsn = get_be32(header + BHS_MAXCMDSN);
    session->text_in_length = 0;
    login_keys_limit_bursts(&session->agreed);
    session->state = SESSION_FULL;

    log_printf(LOG_DEBUG, "iSCSI: full feature phase at %s, TSIH %u", session->portal_host, session->tsih);
    return OK;
}

/* One connection's login; *class and detail are the target's verdict. */
static enum status negotiate(struct login *login, uint8_t *class, uint8_t *detail)
{
    struct iscsi_session *session = login->session;
    bool stage_began = true;

    session->portal_group = ISCSI_PORTAL_GROUP_UNKNOWN;
    login->out = (struct key_text_writer){.bytes = session->text_out, .room = TEXT_OUT_MAX};
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        enum status status = write_request_text(login, stage_began);
        if (status == OK && login->out.full)
            status = fail(E_LOGIN_TEXT, "our answers do not fit %u bytes", TEXT_OUT_MAX);

        /* Fetching the rest of a continued answer clears the T bit; it says what was asked for. */
        bool transit = login->transit;
        uint8_t stage = login->stage;
        if (status == OK)
            status = send_and_collect(login);
        login->transit = transit;
        if (status == OK)
            status = read_keys(login);

        *class = session->rx.header[BHS_LOGIN_CLASS];
        *detail = session->rx.header[BHS_LOGIN_DETAIL];
        if (status != OK || *class != CLASS_SUCCESS)
            return status;

        /* The proof of mutual CHAP comes with the answer that ends the stage. */
        if (stage == STAGE_SECURITY && login->chap.step == CHAP_RESPONSE_SENT)
            status = chap_advance(login);
        if (status == OK)
            status = enter_next_stage(login);
        if (status != OK)
            return status;
        if (login->stage == STAGE_FULL)
            return enter_full_feature(login);

        stage_began = login->stage != stage;
        session->text_in_length = 0;
    }
    return fail(E_LOGIN_PROTOCOL, "no end after %u requests", ROUNDS_MAX);
}

/* A connection and its login, new in everything that was before. */
static enum status connect_and_negotiate(struct iscsi_session *session, deadline_t deadline, struct login *login, uint8_t *class,
                                         uint8_t *detail)
{
    memset(login, 0, sizeof *login);
    login->session = session;
    login->deadline = deadline;

    login_keys_set_defaults(&session->agreed);
    pdu_receive_reset(session);
    memset(&session->tx, 0, sizeof session->tx);
    session->state = SESSION_LOGIN;
    /* TSIH 0 with the ISID of before replaces a session that the target may still hold (RFC 7143 section 6.3.5). */
    session->tsih = 0;
    session->cmdsn = session->expcmdsn = session->maxcmdsn = 1;
    session->expstatsn = 0;
    session->text_in_length = 0;
    session->bytes_sent = 0;

    *class = CLASS_SUCCESS;
    enum status status = session->stream->ops->connect(session->stream, session->portal_host, session->portal_port, deadline);
    return status == OK ? negotiate(login, class, detail) : status;
}

static enum status follow_redirect(struct login *login, uint8_t detail)
{
    struct iscsi_session *session = login->session;

    if (!login->target_address || !target_address_parse(login->target_address, session->portal_host, &session->portal_port))
        return fail(E_LOGIN_ADDRESS, "TargetAddress=%.100s", login->target_address ? login->target_address : "(missing)");

    log_printf(LOG_INFO, "Redirected to %.100s", login->target_address);
    if (detail == MOVED_PERMANENTLY) {
        memcpy(session->home_host, session->portal_host, sizeof session->home_host);
        session->home_port = session->portal_port;
    }
    return OK;
}

/*
 * tgt takes CHAP_A=7, SHA-256 in IANA's registry, for SHA-1 and fails. MD5 was in the offer anyway, so that asking for it gives
 * nothing away.
 */
static bool wants_md5(const struct login *login, uint8_t class, uint8_t detail)
{
    return class == CLASS_INITIATOR_ERROR && detail <= AUTHENTICATION_FAILURE && login->chap.step >= CHAP_RESPONSE_SENT &&
           login->chap.algorithm == CHAP_SHA256;
}

enum status login_run(struct iscsi_session *session, deadline_t deadline)
{
    memcpy(session->portal_host, session->home_host, sizeof session->portal_host);
    session->portal_port = session->home_port;
    for (unsigned redirects = 0;; redirects++) {
        struct login login;
        uint8_t class = CLASS_SUCCESS, detail = 0;
        enum status status = connect_and_negotiate(session, deadline, &login, &class, &detail);
        if (status == OK && class == CLASS_SUCCESS)
            return OK;

        session->stream->ops->abort(session->stream);
        session->state = SESSION_CLOSED;
        if (status == OK && redirects < REDIRECTS_MAX && wants_md5(&login, class, detail)) {
            session->md5_only = true;
            continue;
        }

        if (status == OK && class != CLASS_REDIRECT)
            status = fail_for_status(&session->settings, class, detail);
        if (status == OK)
            status = redirects == REDIRECTS_MAX
                         ? fail(E_LOGIN_REDIRECT, "%u redirections, the last to %s", REDIRECTS_MAX, session->portal_host)
                         : follow_redirect(&login, detail);
        if (status != OK)
            return status;
    }
}
