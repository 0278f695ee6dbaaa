/* SPDX-License-Identifier: BSD-2-Clause */
/* Operational keys: what we offer, and what the target's answers mean (RFC 7143 section 13). */
#include "iscsi/login.h"

#include "platform/format.h"

/* How offer and answer make the result, RFC 7143 section 6.2. */
enum key_kind {
    KEY_DIGEST,  /* a list: the answer is an item of our offer, which the settings make */
    KEY_AND,     /* we offer Yes: either is an answer */
    KEY_OR_NO,   /* we offer No: either is an answer */
    KEY_OR_YES,  /* we offer Yes: so is the result, and the answer */
    KEY_MINIMUM, /* a number up to our offer */
    KEY_LOOSE,   /* the same, but more than that does no harm here */
    KEY_MAXIMUM, /* a number from our offer up */
    KEY_DECLARED /* each side's own */
};

struct key {
    const char *name;
    enum key_kind kind;
    uint32_t least, offer, most;
    size_t to; /* where in struct negotiated the result goes, a uint32_t; 0 (`seen` lies there): nowhere, nobody needs it */
};

/* What of CRC32C an offer holds, by enum iscsi_digests; targets take the first that they can (RFC 7143 section 6.2.1). */
enum digest_offer { OFFER_NONE, OFFER_CRC32C, OFFER_EITHER };

static const char *const digest_texts[] = {[OFFER_NONE] = "None", [OFFER_CRC32C] = "CRC32C", [OFFER_EITHER] = "None,CRC32C"};

static const uint8_t digest_offers[][2] = {
    [ISCSI_DIGESTS_AUTO] = {OFFER_EITHER, OFFER_EITHER}, [ISCSI_DIGESTS_NONE] = {OFFER_NONE, OFFER_NONE},
    [ISCSI_DIGESTS_HEADER] = {OFFER_CRC32C, OFFER_NONE}, [ISCSI_DIGESTS_DATA] = {OFFER_NONE, OFFER_CRC32C},
    [ISCSI_DIGESTS_BOTH] = {OFFER_CRC32C, OFFER_CRC32C},
};

#define FOREIGN_TEXT_MAX 1024 /* of a request, for answers to keys that are not ours */

#define AGREED(member) offsetof(struct negotiated, member)

/*
 * name, kind, least value, our offer, most, result. A key's index is its bit in negotiated.seen. Of MaxOutstandingR2T the smaller
 * value holds, ours, whatever is answered: a second R2T may wait (task_r2t()), and a third breaks what was agreed on.
 */
/* clang-format off */
static const struct key keys[] = {
    {"HeaderDigest",             KEY_DIGEST,   0,   0,                    0,        AGREED(header_digest)},
    {"DataDigest",               KEY_DIGEST,   0,   0,                    0,        AGREED(data_digest)},
    {"MaxConnections",           KEY_LOOSE,    1,   1,                    65535,    0},
    {"InitialR2T",               KEY_OR_NO,    0,   0,                    0,        AGREED(initial_r2t)},
    {"ImmediateData",            KEY_AND,      0,   0,                    0,        AGREED(immediate_data)},
    {"MaxRecvDataSegmentLength", KEY_DECLARED, 512, OUR_MAX_RECV_SEGMENT, 0xFFFFFF, AGREED(max_send_segment)},
    {"MaxBurstLength",           KEY_MINIMUM,  512, OUR_MAX_BURST,        0xFFFFFF, AGREED(max_burst)},
    {"FirstBurstLength",         KEY_MINIMUM,  512, OUR_FIRST_BURST,      0xFFFFFF, AGREED(first_burst)},
    {"DefaultTime2Wait",         KEY_MAXIMUM,  0,   0,                    3600,     AGREED(time2wait)},
    {"DefaultTime2Retain",       KEY_LOOSE,    0,   0,                    3600,     AGREED(time2retain)},
    {"MaxOutstandingR2T",        KEY_LOOSE,    1,   1,                    65535,    0},
    {"DataPDUInOrder",           KEY_OR_YES,   0,   0,                    0,        0},
    {"DataSequenceInOrder",      KEY_OR_YES,   0,   0,                    0,        0},
    {"ErrorRecoveryLevel",       KEY_MINIMUM,  0,   0,                    2,        0},
};
/* clang-format on */

#define KEY_COUNT (sizeof keys / sizeof keys[0])

/* The digests' keys come first, in the order of digest_offers' columns. */
static enum digest_offer digest_offer(const struct login *login, const struct key *key)
{
    return (enum digest_offer)digest_offers[login->session->settings->digests][key - keys];
}

void login_keys_set_defaults(struct negotiated *agreed)
{
    memset(agreed, 0, sizeof *agreed);
    agreed->max_send_segment = 8 * KIB;
    agreed->max_burst = 256 * KIB;
    agreed->first_burst = 64 * KIB;
    agreed->initial_r2t = 1;
    agreed->immediate_data = 1;
    agreed->time2wait = 2;
    agreed->time2retain = 20;
}

void login_keys_offer(struct login *login)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        switch (keys[i].kind) {
        case KEY_DIGEST:
            key_text_add(&login->out, keys[i].name, digest_texts[digest_offer(login, &keys[i])]);
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

static void tolerate(const char *key, const char *value, const char *why)
{
    log_printf(LOG_WARNING, "%s=%.40s of the target: %s", key, value, why);
}

bool login_keys_is(const char *key, const char *value, const char *word)
{
    if (!key_text_same_word(value, word))
        return false;
    if (strcmp(value, word) != 0)
        tolerate(key, value, "not spelt so");
    return true;
}

static bool read_number(const struct key *key, const char *value, uint32_t *number)
{
    if (!key_text_number(value, key->kind == KEY_MINIMUM ? key->offer : key->most, number) || *number < key->least)
        return false;
    if (key->kind == KEY_LOOSE && *number > key->offer)
        tolerate(key->name, value, "more than we offered");
    return true;
}

/* Is the value an answer that our offer permits? Booleans come out as 0 and 1. */
static bool read_value(const struct login *login, const struct key *key, const char *value, uint32_t *number)
{
    switch (key->kind) {
    case KEY_DIGEST:
        *number = login_keys_is(key->name, value, "CRC32C");
        return *number ? digest_offer(login, key) != OFFER_NONE : login_keys_is(key->name, value, "None");

    case KEY_AND:
    case KEY_OR_NO:
    case KEY_OR_YES:
        *number = login_keys_is(key->name, value, "Yes");
        return *number || (key->kind != KEY_OR_YES && login_keys_is(key->name, value, "No"));
    default:
        return read_number(key, value, number);
    }
}

static enum status accept_operational(struct login *login, unsigned index, const char *value)
{
    struct negotiated *agreed = &login->session->agreed;
    const struct key *key = &keys[index];
    uint8_t *to = (uint8_t *)agreed + key->to;
    bool again = agreed->seen & 1u << index;

    if (!login->offered_keys && key->kind != KEY_DECLARED)
        return fail(E_LOGIN_KEY, "%s=%.40s before our offer", key->name, value);
    agreed->seen |= 1u << index;

    /* "Irrelevant" is the rightful answer where another key's result leaves this one without effect. */
    if (strcmp(value, "Irrelevant") == 0 && key->kind != KEY_DECLARED)
        return OK;
    if (strcmp(value, "NotUnderstood") == 0) {
        tolerate(key->name, value, "the default holds");
        return OK;
    }

    uint32_t number = 0;
    if (!read_value(login, key, value, &number))
        return fail(E_LOGIN_KEY, "%s=%.40s", key->name, value);
    if (again && key->to && memcmp(to, &number, sizeof number) != 0)
        return fail(E_LOGIN_KEY, "%s=%.40s, and another value before", key->name, value);
    if (again)
        tolerate(key->name, value, "came twice");
    if (key->to)
        memcpy(to, &number, sizeof number);
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

    /* What we have to say ourselves needs room, too. */
    if (login->out.length + strlen(key) + strlen(answer) + 2 > FOREIGN_TEXT_MAX)
        tolerate(key, value, "one key too many to be answered");
    else
        key_text_add(&login->out, key, answer);
}

static enum status accept_portal_group(struct login *login, const char *value)
{
    uint32_t tag;

    if (!key_text_number(value, UINT16_MAX, &tag))
        return fail(E_LOGIN_KEY, "TargetPortalGroupTag=%.40s", value);

    uint16_t wanted = login->session->settings->portal_group;
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

            if (!*place)
                *place = value;
            else if (place == &login->target_address)
                log_printf(LOG_INFO, "One more TargetAddress: %.60s", value); /* which RFC 7143, 13.8, allows: the first counts */
            else if (strcmp(*place, value) == 0)
                tolerate(key, value, "came twice");
            else
                return fail(E_LOGIN_KEY, "%s=%.40s, and %.40s before", key, value, *place);
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

enum status login_keys_finish(struct login *login)
{
    struct negotiated *agreed = &login->session->agreed;
    const uint8_t *offers = digest_offers[login->session->settings->digests];

    if ((offers[0] == OFFER_CRC32C && !agreed->header_digest) || (offers[1] == OFFER_CRC32C && !agreed->data_digest))
        return fail(E_LOGIN_DIGEST, "offered HeaderDigest=%s and DataDigest=%s, got %s and %s", digest_texts[offers[0]],
                    digest_texts[offers[1]], digest_texts[agreed->header_digest], digest_texts[agreed->data_digest]);

    agreed->first_burst = smaller_of(agreed->first_burst, agreed->max_burst);
    /* PDUs end on a word so that no burst has padding in its middle. */
    agreed->max_send_segment &= ~3u;
    return OK;
}
