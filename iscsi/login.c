/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connecting and logging in: RFC 7143 sections 6.3 and 11.12. A turn goes as far as the stream lets it: the connection opens, an
 * answer is whole and the next request is made of it, a redirection begins a new connection.
 */
#include "iscsi/login.h"

#include "platform/format.h"

#define REDIRECTS_MAX 8
#define ROUNDS_MAX    32 /* requests of a login that are no mere fetching, and pieces of an answer that hold nothing */

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

static void build_request(struct login *login)
{
    struct iscsi_session *session = login->session;
    uint8_t next = login->stage == STAGE_SECURITY ? STAGE_OPERATIONAL : STAGE_FULL;
    uint8_t flags = (uint8_t)(login->stage << LOGIN_CSG_SHIFT | (login->transit ? FLAG_TRANSIT | next : 0));
    uint8_t *header = pdu_start(session, OP_LOGIN_REQUEST | OP_IMMEDIATE, flags);

    memcpy(header + BHS_ISID, session->settings->isid, BHS_ISID_LENGTH);
    put_be16(header + BHS_TSIH, session->tsih);
    put_be32(header + BHS_ITT, ITT_LOGIN);
    put_be32(header + BHS_CMDSN, session->cmdsn);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    pdu_set_data(session, login->text_out, login->out.length, NULL);
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
    if (memcmp(header + BHS_ISID, login->session->settings->isid, BHS_ISID_LENGTH) != 0)
        return fail(E_LOGIN_PROTOCOL, "the answer is for another ISID");
    unsigned stage = header[BHS_FLAGS] >> LOGIN_CSG_SHIFT & LOGIN_STAGE_MASK;
    if (stage != login->stage)
        return fail(E_LOGIN_PROTOCOL, "stage %u, ours is %u", stage, login->stage);
    if ((header[BHS_FLAGS] & (FLAG_TRANSIT | FLAG_CONTINUE)) == (FLAG_TRANSIT | FLAG_CONTINUE))
        return fail(E_LOGIN_PROTOCOL, "T and C bits together");
    return OK;
}

enum status login_place_text(struct iscsi_session *session)
{
    struct login *login = session->login;
    struct receiver *rx = &session->rx;
    uint32_t room = login->text_in_room - login->text_in_length;

    if (rx->data_length > room)
        return fail(E_LOGIN_TEXT, "more than %u bytes of text in one answer", login->text_in_room);
    rx->to = login->text_in + login->text_in_length;
    rx->room = rx->data_length;
    return OK;
}

static enum status read_keys(struct login *login)
{
    login->auth_method = login->target_address = NULL;
    memset(&login->chap_keys, 0, sizeof login->chap_keys);

    const char *key, *value;
    uint32_t position = 0;
    bool malformed = false;
    while (key_text_next(login->text_in, login->text_in_length, &position, &key, &value, &malformed)) {
        enum status status = login_keys_accept(login, key, value);

        if (status != OK)
            return status;
    }
    return malformed ? fail(E_LOGIN_TEXT, "no '=' before byte %u of %u", (unsigned)position, (unsigned)login->text_in_length)
                     : OK;
}

/* The answer's T bit: which stage comes now. */
static enum status enter_next_stage(struct login *login)
{
    const uint8_t *header = login->session->rx.header;
    uint8_t next = header[BHS_FLAGS] & LOGIN_STAGE_MASK;

    if (!(header[BHS_FLAGS] & FLAG_TRANSIT))
        return OK;

    if (chap_is_passed_over(login) && !login->asked_transit) {
        log_printf(LOG_WARNING, "The target goes on with AuthMethod=None before it was asked to");
        login->asked_transit = true;
    }
    if (!login->asked_transit || next <= login->stage || next == STAGE_RESERVED ||
        (login->stage == STAGE_SECURITY && next == STAGE_FULL))
        return fail(E_LOGIN_PROTOCOL, "transit to stage %u, asked for %s", next,
                    !login->asked_transit            ? "none"
                    : login->stage == STAGE_SECURITY ? "stage 1"
                                                     : "stage 3");
    if (login->stage == STAGE_SECURITY && login->session->settings->mutual_chap.name[0] && login->chap.step != CHAP_PROVED)
        return fail(E_CHAP_TARGET, "the target ended the stage without its proof");

    login->stage = next;
    log_printf(LOG_DEBUG, "iSCSI: login stage %u", next);
    return OK;
}

static enum status write_request_text(struct login *login)
{
    struct iscsi_session *session = login->session;
    const struct iscsi_settings *settings = session->settings;

    if (login->stage == STAGE_SECURITY) {
        if (!login->stage_began)
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
    enum status status = login_keys_finish(login);
    if (status != OK)
        return status;
    session->state = SESSION_FULL;

    log_printf(LOG_DEBUG, "iSCSI: full feature phase at %s, TSIH %u", session->portal_host, session->tsih);
    return OK;
}

/* Makes the next request, in session->tx. */
static enum status make_request(struct login *login)
{
    if (login->requests++ == ROUNDS_MAX)
        return fail(E_LOGIN_PROTOCOL, "no end after %u requests", ROUNDS_MAX);

    login->text_in_length = 0;
    enum status status = write_request_text(login);
    if (status == OK && login->out.full)
        status = fail(E_LOGIN_TEXT, "our answers do not fit %u bytes", login->text_out_room);
    if (status != OK)
        return status;

    uint64_t now = platform_ticks();
    login->list_until = login->deadline > now ? login->deadline - (login->deadline - now) / 3 : login->deadline;
    login->asked_transit = login->transit;
    login->empty_pieces = 0;
    build_request(login);
    login->out.length = 0;
    return OK;
}

/* The rest of an answer that comes in several PDUs is fetched by empty requests (C bit, RFC 7143 section 6.2). */
static enum status fetch_rest(struct login *login)
{
    login->empty_pieces = login->session->rx.data_length ? 0 : login->empty_pieces + 1;
    if (login->empty_pieces > ROUNDS_MAX)
        return fail(E_LOGIN_PROTOCOL, "an answer of more than %u empty pieces", ROUNDS_MAX);

    login->transit = false;
    build_request(login);
    return OK;
}

/* A connection, and everything new that was before. */
static enum status begin_connection(struct login *login)
{
    struct iscsi_session *session = login->session;

    memset(&login->requests, 0, sizeof *login - offsetof(struct login, requests));
    login->out = (struct key_text_writer){.bytes = login->text_out, .room = login->text_out_room};
    login->stage_began = true;

    login_keys_set_defaults(&session->agreed);
    pdu_receive_reset(session);
    memset(&session->tx, 0, sizeof session->tx);
    session->state = SESSION_CONNECTING;
    session->portal_group = ISCSI_PORTAL_GROUP_UNKNOWN;
    /* TSIH 0 with the ISID of before replaces a session that the target may still hold (RFC 7143 section 6.3.5). */
    session->tsih = 0;
    session->cmdsn = session->expcmdsn = session->maxcmdsn = 1;
    session->expstatsn = 0;
    session->bytes_sent = session->acknowledged = 0;
    return session->stream->ops->connect(session->stream, session->portal_host, session->portal_port, login->deadline);
}

/* Of several TargetAddress keys the first counts; nothing else is read of an answer that ends the login. */
static const char *first_target_address(struct login *login)
{
    const char *key, *value, *first = NULL;
    uint32_t position = 0;
    bool malformed = false;

    while (key_text_next(login->text_in, login->text_in_length, &position, &key, &value, &malformed)) {
        if (strcmp(key, "TargetAddress") != 0)
            continue;
        if (first)
            log_printf(LOG_WARNING, "Another TargetAddress is not used: %.100s", value);
        else
            first = value;
    }
    return first;
}

static enum status follow_redirect(struct login *login, uint8_t detail)
{
    struct iscsi_session *session = login->session;
    const char *address = first_target_address(login);

    if (login->redirects++ == REDIRECTS_MAX)
        return fail(E_LOGIN_REDIRECT, "%u redirections, the last to %s", REDIRECTS_MAX, session->portal_host);
    if (!address || !target_address_parse(address, session->portal_host, &session->portal_port))
        return fail(E_LOGIN_ADDRESS, "TargetAddress=%.100s", address ? address : "(missing)");

    log_printf(LOG_INFO, "Redirected to %.100s", address);
    if (detail == MOVED_PERMANENTLY) {
        memcpy(session->home_host, session->portal_host, sizeof session->home_host);
        session->home_port = session->portal_port;
    }
    session->stream->ops->abort(session->stream);
    return begin_connection(login);
}

/* A whole answer that lets the login go on. */
static enum status advance(struct login *login, bool *done)
{
    uint8_t stage = login->stage;
    enum status status = read_keys(login);

    /* The proof of mutual CHAP comes with the answer that ends the stage. */
    if (status == OK && stage == STAGE_SECURITY && login->chap.step == CHAP_RESPONSE_SENT)
        status = chap_advance(login);
    if (status == OK)
        status = enter_next_stage(login);
    if (status != OK)
        return status;

    if (login->stage == STAGE_FULL) {
        status = enter_full_feature(login);
        *done = status == OK;
        return status;
    }
    login->stage_began = login->stage != stage;
    login->transit = login->asked_transit;
    return make_request(login);
}

/* A PDU is here. The status class is looked at before anything else that it says. */
static enum status handle_response(struct login *login, bool *done)
{
    struct iscsi_session *session = login->session;
    const uint8_t *header = session->rx.header;
    uint8_t class = header[BHS_LOGIN_CLASS], detail = header[BHS_LOGIN_DETAIL];
    enum status status = check_response(login, header);

    if (status != OK)
        return status;
    session->expstatsn = get_be32(header + BHS_STATSN) + 1;
    login->text_in_length += session->rx.data_length;
    login->text_in[login->text_in_length] = 0;

    login->verdict = (uint16_t)(class << 8 | detail);
    if (class == CLASS_REDIRECT)
        return follow_redirect(login, detail);
    if (class != CLASS_SUCCESS)
        return fail_for_status(session->settings, class, detail);
    return header[BHS_FLAGS] & FLAG_CONTINUE ? fetch_rest(login) : advance(login, done);
}

static enum status exchange_turn(struct login *login, bool *done)
{
    struct iscsi_session *session = login->session;

    while (session->state == SESSION_LOGIN) {
        bool complete = false;
        enum status status = pdu_flush(session);

        /* An answer that comes before the request is whole waits: the next request must not cut into this one. */
        if (status == OK && !session->tx.busy)
            status = pdu_receive(session, &complete);
        if (status == OK && complete)
            status = handle_response(login, done);
        if (status != OK)
            return status;
        if (!complete)
            return deadline_passed(chap_lists_are_open(login) ? login->list_until : login->deadline)
                       ? fail(E_LOGIN_TIMEOUT, "no answer from %s in stage %u", session->portal_host, login->stage)
                       : OK;
    }
    return OK;
}

static enum status connect_turn(struct login *login)
{
    struct iscsi_session *session = login->session;
    bool open = false;
    enum status status = login->begun;

    login->begun = OK;
    if (status == OK)
        status = session->stream->ops->opened(session->stream, &open);
    if (status != OK || !open)
        return status;
    session->state = SESSION_LOGIN;
    return make_request(login);
}

void login_start(struct iscsi_session *session, deadline_t deadline)
{
    struct login *login = session->login;

    memcpy(session->portal_host, session->home_host, sizeof session->portal_host);
    session->portal_port = session->home_port;
    login->session = session;
    login->deadline = deadline;
    login->fell_back = false;
    login->redirects = 0;
    login->begun = begin_connection(login);
}

/* A portal to which we were sent for good, and which does not answer: the next attempt asks at the one that was set. */
static void go_home(struct iscsi_session *session)
{
    memcpy(session->home_host, session->settings->host, sizeof session->home_host);
    session->home_port = session->settings->port ? session->settings->port : ISCSI_DEFAULT_PORT;
}

enum status login_turn(struct iscsi_session *session, bool *done)
{
    struct login *login = session->login;

    *done = false;
    session->stream->ops->pump(session->stream);
    enum status status = session->state == SESSION_CONNECTING ? connect_turn(login) : OK;
    if (status == OK)
        status = exchange_turn(login, done);
    if (status == OK) {
        if (*done)
            chap_end(login, true);
        return OK;
    }

    session->stream->ops->abort(session->stream);
    if (session->state == SESSION_LOGIN && chap_offer_less(login, status)) {
        login->fell_back = true;
        login->begun = begin_connection(login);
        return OK;
    }
    if (login->fell_back)
        chap_offer_all(session);
    chap_end(login, false);
    go_home(session);
    return status;
}
