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
    size_t to; /* where in struct negotiated the result goes, a uint32_t; 0 (`seen` lies there): nowhere, nobody needs it */
};

#define AGREED(member) offsetof(struct negotiated, member)

/* name, kind, least value, our offer, most, result. A key's index is its bit in negotiated.seen. */
/* clang-format off */
static const struct key keys[] = {
    {"HeaderDigest",             KEY_LIST,     0,   0,                    0,        0},
    {"DataDigest",               KEY_LIST,     0,   0,                    0,        0},
    {"MaxConnections",           KEY_MINIMUM,  1,   1,                    65535,    0},
    {"InitialR2T",               KEY_OR_NO,    0,   0,                    0,        AGREED(initial_r2t)},
    {"ImmediateData",            KEY_AND,      0,   0,                    0,        AGREED(immediate_data)},
    {"MaxRecvDataSegmentLength", KEY_DECLARED, 512, OUR_MAX_RECV_SEGMENT, 0xFFFFFF, AGREED(max_send_segment)},
    {"MaxBurstLength",           KEY_MINIMUM,  512, OUR_MAX_BURST,        0xFFFFFF, AGREED(max_burst)},
    {"FirstBurstLength",         KEY_MINIMUM,  512, OUR_FIRST_BURST,      0xFFFFFF, AGREED(first_burst)},
    {"DefaultTime2Wait",         KEY_MAXIMUM,  0,   0,                    3600,     0},
    {"DefaultTime2Retain",       KEY_MINIMUM,  0,   0,                    3600,     0},
    {"MaxOutstandingR2T",        KEY_MINIMUM,  1,   1,                    65535,    0},
    {"DataPDUInOrder",           KEY_OR_YES,   0,   0,                    0,        0},
    {"DataSequenceInOrder",      KEY_OR_YES,   0,   0,                    0,        0},
    {"ErrorRecoveryLevel",       KEY_MINIMUM,  0,   0,                    2,        0},
};
/* clang-format on */

#define KEY_COUNT (sizeof keys / sizeof keys[0])

void login_keys_set_defaults(struct negotiated *agreed)
{
    memset(agreed, 0, sizeof *agreed);
    agreed->max_send_segment = 8 * KIB;
    agreed->max_burst = 256 * KIB;
    agreed->first_burst = 64 * KIB;
    agreed->initial_r2t = 1;
    agreed->immediate_data = 1;
}

void login_keys_limit_bursts(struct negotiated *agreed)
{
    agreed->first_burst = smaller_of(agreed->first_burst, agreed->max_burst);
    /* PDUs end on a word so that no burst has padding in its middle. */
    agreed->max_send_segment &= ~3u;
}

void login_keys_offer(struct login *login)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        switch (keys[i].kind) {
        case KEY_LIST:
            key_text_add(&login->out, keys[i].name, "None");
            break;
        case KEY_AND:
        case KEY_OR_YES:
            key_text_add(&login->out, keys[i].name, "Yes");
            break;
        case KEY_OR_NO:
            key_text_add(&login->out, keys[i].name, "No");
            break;
        default:
            key_text_add_number(&login->out, keys[i].name, keys[i].offer);
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
        return key_text_number(value, key->kind == KEY_MINIMUM ? key->offer : key->most, number) && *number >= key->least;
    }
}

static enum status accept_operational(struct login *login, unsigned index, const char *value)
{
    struct negotiated *agreed = &login->session->agreed;
    const struct key *key = &keys[index];

    if (agreed->seen & 1u << index)
        return fail(E_LOGIN_KEY, "%s came twice", key->name);
    if (!login->offered_keys && key->kind != KEY_DECLARED)
        return fail(E_LOGIN_KEY, "%s=%.40s before our offer", key->name, value);
    agreed->seen |= 1u << index;

    /* "Irrelevant" is the rightful answer where another key's result leaves this one without effect. */
    if (strcmp(value, "Irrelevant") == 0 && key->kind != KEY_DECLARED)
        return OK;
    uint32_t number = 0;
    if (!read_value(key, value, &number))
        return fail(E_LOGIN_KEY, "%s=%.40s", key->name, value);
    if (key->to)
        memcpy((uint8_t *)agreed + key->to, &number, sizeof number);
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
    key_text_add(&login->out, key, answer);
}

static enum status accept_portal_group(struct login *login, const char *value)
{
    uint32_t tag;

    if (!key_text_number(value, UINT16_MAX, &tag))
        return fail(E_LOGIN_KEY, "TargetPortalGroupTag=%.40s", value);

    uint16_t wanted = login->session->settings.portal_group;
    if (wanted != ISCSI_PORTAL_GROUP_UNKNOWN && wanted != tag)
        log_printf(LOG_WARNING, "Portal group %u, settings say %u", (unsigned)tag, wanted);
    login->session->portal_group = (uint16_t)tag;
    return OK;
}

/* Keys whose text is kept for whoever judges the answer. */
struct kept_key {
    const char *name;
    size_t to; /* a const char * in struct login */
};

static const struct kept_key kept[] = {
    {"AuthMethod", offsetof(struct login, auth_method)},     {"TargetAddress", offsetof(struct login, target_address)},
    {"CHAP_A", offsetof(struct login, chap_keys.algorithm)}, {"CHAP_I", offsetof(struct login, chap_keys.identifier)},
    {"CHAP_C", offsetof(struct login, chap_keys.challenge)}, {"CHAP_N", offsetof(struct login, chap_keys.name)},
    {"CHAP_R", offsetof(struct login, chap_keys.response)},
};

enum status login_keys_accept(struct login *login, const char *key, const char *value)
{
    for (unsigned i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (strcmp(key, kept[i].name) == 0) {
            const char **place = (const char **)((uint8_t *)login + kept[i].to);

            if (*place)
                return fail(E_LOGIN_KEY, "%s came twice", key);
            *place = value;
            return OK;
        }
    }

    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (strcmp(key, keys[i].name) == 0)
            return accept_operational(login, i, value);
    }

    if (strcmp(key, "TargetAlias") == 0) {
        format_text(login->session->target_alias, sizeof login->session->target_alias, "%s", value);
        return OK;
    }
    if (strcmp(key, "TargetPortalGroupTag") == 0)
        return accept_portal_group(login, value);
    answer_foreign(login, key, value);
    return OK;
}
