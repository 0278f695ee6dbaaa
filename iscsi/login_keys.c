/* SPDX-License-Identifier: BSD-2-Clause */
/* Operational keys: what we offer, and what the target's answers mean (RFC 7143 section 13). */
#include "iscsi/login.h"

#include "platform/format.h"

/* How offer and answer make the result, RFC 7143 section 6.2. */
enum key_kind {
    KEY_LIST,    /* the answer is one of our offer; ours has one item */
    KEY_AND,     /* we offer Yes: either is an answer */
    KEY_OR_NO,   /* we offer No: either is an answer */
    KEY_OR_YES,  /* we offer Yes: so is the result, and the answer */
    KEY_MINIMUM, /* a number up to our offer */
    KEY_MAXIMUM, /* a number from our offer up */
    KEY_DECLARED /* each side's own */
};

struct key {
    const char *name;
    enum key_kind kind;
    uint32_t least, offer, most;
};

enum {
    K_HEADER_DIGEST,
    K_DATA_DIGEST,
    K_MAX_CONNECTIONS,
    K_INITIAL_R2T,
    K_IMMEDIATE,
    K_MAX_RECV,
    K_MAX_BURST,
    K_FIRST_BURST,
    K_TIME2WAIT,
    K_TIME2RETAIN,
    K_MAX_R2T,
    K_PDU_ORDER,
    K_SEQUENCE_ORDER,
    K_RECOVERY,
    K_COUNT
};

static const struct key keys[K_COUNT] = {
    [K_HEADER_DIGEST] = {"HeaderDigest", KEY_LIST, 0, 0, 0},
    [K_DATA_DIGEST] = {"DataDigest", KEY_LIST, 0, 0, 0},
    [K_MAX_CONNECTIONS] = {"MaxConnections", KEY_MINIMUM, 1, 1, 65535},
    [K_INITIAL_R2T] = {"InitialR2T", KEY_OR_NO, 0, 0, 0},
    [K_IMMEDIATE] = {"ImmediateData", KEY_AND, 0, 0, 0},
    [K_MAX_RECV] = {"MaxRecvDataSegmentLength", KEY_DECLARED, 512, OUR_MAX_RECV_SEGMENT, 0xFFFFFF},
    [K_MAX_BURST] = {"MaxBurstLength", KEY_MINIMUM, 512, OUR_MAX_BURST, 0xFFFFFF},
    [K_FIRST_BURST] = {"FirstBurstLength", KEY_MINIMUM, 512, OUR_FIRST_BURST, 0xFFFFFF},
    [K_TIME2WAIT] = {"DefaultTime2Wait", KEY_MAXIMUM, 0, 0, 3600},
    [K_TIME2RETAIN] = {"DefaultTime2Retain", KEY_MINIMUM, 0, 0, 3600},
    [K_MAX_R2T] = {"MaxOutstandingR2T", KEY_MINIMUM, 1, 1, 65535},
    [K_PDU_ORDER] = {"DataPDUInOrder", KEY_OR_YES, 0, 0, 0},
    [K_SEQUENCE_ORDER] = {"DataSequenceInOrder", KEY_OR_YES, 0, 0, 0},
    [K_RECOVERY] = {"ErrorRecoveryLevel", KEY_MINIMUM, 0, 0, 2},
};

void login_defaults(struct negotiated *agreed)
{
    memset(agreed, 0, sizeof *agreed);
    agreed->max_send_segment = 8192;
    agreed->max_burst = 262144;
    agreed->first_burst = 65536;
    agreed->initial_r2t = true;
    agreed->immediate_data = true;
}

void login_settle(struct negotiated *agreed)
{
    if (agreed->first_burst > agreed->max_burst)
        agreed->first_burst = agreed->max_burst;
    /* PDUs end on a word so that no burst has padding in its middle. */
    agreed->max_send_segment &= ~3u;
}

void login_offer(struct login *login)
{
    unsigned i;

    for (i = 0; i < K_COUNT; i++) {
        switch (keys[i].kind) {
        case KEY_LIST:
            text_add(&login->out, keys[i].name, "None");
            break;
        case KEY_AND:
        case KEY_OR_YES:
            text_add(&login->out, keys[i].name, "Yes");
            break;
        case KEY_OR_NO:
            text_add(&login->out, keys[i].name, "No");
            break;
        default:
            text_add_number(&login->out, keys[i].name, keys[i].offer);
        }
    }
    login->offered_keys = true;
}

/* Is the value an answer that our offer permits? Booleans come out as 0 and 1. */
static bool read_value(const struct key *key, const char *value, uint32_t *number)
{
    switch (key->kind) {
    case KEY_LIST:
        return strcmp(value, "None") == 0;
    case KEY_AND:
    case KEY_OR_NO:
    case KEY_OR_YES:
        *number = strcmp(value, "Yes") == 0;
        return *number || (strcmp(value, "No") == 0 && key->kind != KEY_OR_YES);
    default:
        return text_number(value, key->kind == KEY_MINIMUM ? key->offer : key->most, number) && *number >= key->least;
    }
}

static void apply(struct negotiated *agreed, unsigned index, uint32_t number)
{
    switch (index) {
    case K_INITIAL_R2T:
        agreed->initial_r2t = number;
        break;
    case K_IMMEDIATE:
        agreed->immediate_data = number;
        break;
    case K_MAX_RECV:
        agreed->max_send_segment = number;
        break;
    case K_MAX_BURST:
        agreed->max_burst = number;
        break;
    case K_FIRST_BURST:
        agreed->first_burst = number;
        break;
    }
}

static enum status take_operational(struct login *login, unsigned index, const char *value)
{
    struct negotiated *agreed = &login->session->agreed;
    const struct key *key = &keys[index];
    uint32_t number = 0;

    if (agreed->seen & 1u << index)
        return fail(E_LOGIN_KEY, "%s came twice", key->name);
    if (!login->offered_keys && key->kind != KEY_DECLARED)
        return fail(E_LOGIN_KEY, "%s=%.40s before our offer", key->name, value);
    agreed->seen |= 1u << index;
    /* "Irrelevant" is the rightful answer where another key's result leaves this one without effect. */
    if (strcmp(value, "Irrelevant") == 0 && key->kind != KEY_DECLARED)
        return OK;
    if (!read_value(key, value, &number))
        return fail(E_LOGIN_KEY, "%s=%.40s", key->name, value);
    apply(agreed, index, number);
    return OK;
}

/* Keys that we never offer: answered so that the target can go on (RFC 7143 sections 6.2 and 13). */
static void answer_foreign(struct login *login, const char *key, const char *value)
{
    const char *answer = "NotUnderstood";

    if (strcmp(value, "NotUnderstood") == 0 || strcmp(value, "Reject") == 0 || strcmp(value, "Irrelevant") == 0)
        return;
    if (strcmp(key, "IFMarker") == 0 || strcmp(key, "OFMarker") == 0)
        answer = "No";
    else if (strcmp(key, "IFMarkInt") == 0 || strcmp(key, "OFMarkInt") == 0)
        answer = "Irrelevant";
    else if (strcmp(key, "TaskReporting") == 0)
        answer = "RFC3720";
    else if (strcmp(key, "iSCSIProtocolLevel") == 0)
        answer = "1";
    text_add(&login->out, key, answer);
}

static enum status take_portal_group(struct login *login, const char *value)
{
    uint16_t wanted = login->session->settings.portal_group;
    uint32_t tag;

    if (!text_number(value, 65535, &tag))
        return fail(E_LOGIN_KEY, "TargetPortalGroupTag=%.40s", value);
    if (wanted != 0xFFFF && wanted != tag)
        log_printf(LOG_WARNING, "Portal group %u, settings say %u", (unsigned)tag, wanted);
    login->session->portal_group = (uint16_t)tag;
    return OK;
}

enum status login_take_key(struct login *login, const char *key, const char *value)
{
    static const struct {
        const char *name;
        size_t offset;
    } kept[] = {
        {"AuthMethod", offsetof(struct login, auth_method)},     {"TargetAddress", offsetof(struct login, target_address)},
        {"CHAP_A", offsetof(struct login, chap_keys.algorithm)}, {"CHAP_I", offsetof(struct login, chap_keys.identifier)},
        {"CHAP_C", offsetof(struct login, chap_keys.challenge)}, {"CHAP_N", offsetof(struct login, chap_keys.name)},
        {"CHAP_R", offsetof(struct login, chap_keys.response)},
    };
    unsigned i;

    for (i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (strcmp(key, kept[i].name) == 0) {
            const char **place = (const char **)((uint8_t *)login + kept[i].offset);

            if (*place)
                return fail(E_LOGIN_KEY, "%s came twice", key);
            *place = value;
            return OK;
        }
    }
    for (i = 0; i < K_COUNT; i++) {
        if (strcmp(key, keys[i].name) == 0)
            return take_operational(login, i, value);
    }
    if (strcmp(key, "TargetAlias") == 0) {
        format_text(login->session->target_alias, sizeof login->session->target_alias, "%s", value);
        return OK;
    }
    if (strcmp(key, "TargetPortalGroupTag") == 0)
        return take_portal_group(login, value);
    answer_foreign(login, key, value);
    return OK;
}
