/* SPDX-License-Identifier: BSD-2-Clause */
/* CHAP (RFC 7143 section 12.1.3, RFC 1994; algorithms: IANA, "PPP Authentication Algorithms"). */
#include "iscsi/login.h"

#include "bearssl_hash.h"

#include "iscsi/sha3.h"
#include "platform/format.h"

#define ALGORITHMS_OFFERED "8,7,6,5" /* the strongest first */

#define SECRET_LENGTH_SAFE 12 /* 96 bits, RFC 7143 section 9.2.1 */

static uint32_t sha3_digest(uint8_t identifier, const char *secret, const uint8_t *challenge, uint32_t length, uint8_t *digest)
{
    struct sha3 sha3 = {.at = 0};

    sha3_256_update(&sha3, &identifier, 1);
    sha3_256_update(&sha3, secret, strlen(secret));
    sha3_256_update(&sha3, challenge, length);
    sha3_256_out(&sha3, digest);
    bytes_wipe(&sha3, sizeof sha3);
    return SHA3_256_LENGTH;
}

uint32_t chap_digest(uint32_t algorithm, uint8_t identifier, const char *secret, const uint8_t *challenge, uint32_t length,
                     uint8_t digest[CHAP_DIGEST_MAX])
{
    const br_hash_class *hash = algorithm == CHAP_MD5      ? &br_md5_vtable
                                : algorithm == CHAP_SHA1   ? &br_sha1_vtable
                                : algorithm == CHAP_SHA256 ? &br_sha256_vtable
                                                           : NULL;

    if (algorithm == CHAP_SHA3_256)
        return sha3_digest(identifier, secret, challenge, length, digest);
    if (!hash)
        return 0;

    br_hash_compat_context context;
    hash->init(&context.vtable);
    hash->update(&context.vtable, &identifier, 1);
    hash->update(&context.vtable, secret, strlen(secret));
    hash->update(&context.vtable, challenge, length);
    hash->out(&context.vtable, digest);
    bytes_wipe(&context, sizeof context);
    return hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

/* Takes the same time wherever the first difference is. */
static bool equal_in_constant_time(const uint8_t *a, const uint8_t *b, uint32_t length)
{
    uint8_t difference = 0;

    for (uint32_t i = 0; i < length; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

enum status chap_offer(struct login *login)
{
    const struct iscsi_settings *settings = login->session->settings;
    bool ours = settings->chap.name[0] != 0, mutual = settings->mutual_chap.name[0] != 0;
    bool alone = mutual || login->session->chap_alone;

    if (mutual && !ours)
        return fail(E_CHAP_METHOD, "mutual CHAP is set without the initiator's own name and secret");
    if (mutual && strcmp(settings->chap.secret, settings->mutual_chap.secret) == 0)
        return fail(E_CHAP_SECRETS_EQUAL, "initiator and target have the same secret");
    if ((ours && strlen(settings->chap.secret) < SECRET_LENGTH_SAFE) ||
        (mutual && strlen(settings->mutual_chap.secret) < SECRET_LENGTH_SAFE))
        log_printf(LOG_WARNING, "A CHAP secret has fewer than %u bytes", SECRET_LENGTH_SAFE);

    /* A target may go without a proof of ours, but when it shall prove itself it cannot talk us out of that. */
    key_text_add(&login->out, "AuthMethod", !ours ? "None" : alone ? "CHAP" : "CHAP,None");
    login->transit = !ours;
    if (ours)
        login->chap.step = CHAP_OFFERED;
    return OK;
}

static bool is_mutual(const struct login *login)
{
    return login->session->settings->mutual_chap.name[0] != 0;
}

bool chap_lists_are_open(const struct login *login)
{
    const struct iscsi_session *session = login->session;

    if (session->lists_taken)
        return false;
    return (login->chap.step == CHAP_OFFERED && !session->chap_alone && !is_mutual(login)) ||
           (login->chap.step == CHAP_ALGORITHM_SENT && !session->md5_only);
}

/* No verdict of the target's on us: it did not come as far as that. */
static bool is_breakdown(enum status status)
{
    return status == E_LOGIN_PROTOCOL || status == E_LOGIN_TIMEOUT || status == E_STREAM_CLOSED || status == E_STREAM_RESET ||
           status == E_STREAM_TIMEOUT || status == E_LOGIN_TEXT || status == E_LOGIN_KEY || status == E_CHAP_METHOD ||
           status == E_CHAP_ALGORITHM || status == E_CHAP_CHALLENGE;
}

#define VERDICT_ON_INITIATOR(verdict)  ((verdict) >> 8 == 2)
#define VERDICT_INITIATOR_ERROR        0x0200
#define VERDICT_AUTHENTICATION_FAILURE 0x0201
#define VERDICT_INVALID_DURING_LOGIN   0x020B

bool chap_offer_less(struct login *login, enum status status)
{
    struct iscsi_session *session = login->session;
    uint16_t verdict = login->verdict;
    bool of_authentication = verdict == VERDICT_INITIATOR_ERROR || verdict == VERDICT_AUTHENTICATION_FAILURE;

    if (deadline_passed(login->deadline))
        return false;

    if (login->chap.step >= CHAP_RESPONSE_SENT) {
        /* tgt takes CHAP_A=7, SHA-256 in IANA's registry, for SHA-1 and finds our response wrong. */
        if (!of_authentication || login->chap.algorithm == CHAP_MD5)
            return false;
        session->md5_only = true;
    } else if (!chap_lists_are_open(login)) {
        return false;
    } else if (login->chap.step == CHAP_OFFERED) {
        /* The other verdicts are on names and rights, which come first. */
        if (!is_breakdown(status) && !of_authentication && verdict != VERDICT_INVALID_DURING_LOGIN)
            return false;
        session->chap_alone = true;
    } else {
        if (!is_breakdown(status) && !VERDICT_ON_INITIATOR(verdict))
            return false;
        session->md5_only = true;
    }

    log_printf(LOG_WARNING, "The target does not take our list: offering %s alone", session->md5_only ? "MD5" : "CHAP");
    return true;
}

void chap_offer_all(struct iscsi_session *session)
{
    session->md5_only = session->chap_alone = false;
}

bool chap_is_passed_over(const struct login *login)
{
    return login->chap.step == CHAP_OFFERED && !is_mutual(login) && login->auth_method &&
           key_text_same_word(login->auth_method, "None");
}

static enum status accept_method(struct login *login)
{
    if (!login->auth_method)
        return fail(E_LOGIN_PROTOCOL, "no AuthMethod in the answer");
    if (login_keys_is("AuthMethod", login->auth_method, "CHAP")) {
        key_text_add(&login->out, "CHAP_A", login->session->md5_only ? "5" : ALGORITHMS_OFFERED);
        login->chap.step = CHAP_ALGORITHM_SENT;
        return OK;
    }

    if (chap_lists_are_open(login) && strcmp(login->auth_method, "Reject") == 0)
        return fail(E_LOGIN_PROTOCOL, "the target rejects AuthMethod=CHAP,None");
    if (!login_keys_is("AuthMethod", login->auth_method, "None") || is_mutual(login))
        return fail(E_CHAP_METHOD, "AuthMethod=%.40s", login->auth_method);
    login->chap.step = CHAP_NONE;
    login->transit = true;
    return OK;
}

/* Our own challenge, for mutual CHAP. */
static void challenge_target(struct login *login)
{
    struct chap *chap = &login->chap;

    platform_random(&chap->our_identifier, 1);
    platform_random(chap->our_challenge, CHALLENGE_LENGTH);
    memcpy(login->session->last_challenge, chap->our_challenge, CHALLENGE_LENGTH);
    key_text_add_number(&login->out, "CHAP_I", chap->our_identifier);
    key_text_add_binary(&login->out, "CHAP_C", chap->our_challenge, CHALLENGE_LENGTH);
}

static enum status answer_challenge(struct login *login)
{
    const struct iscsi_settings *settings = login->session->settings;
    const struct chap_keys *keys = &login->chap_keys;

    if (keys->algorithm && chap_lists_are_open(login) && strcmp(keys->algorithm, "Reject") == 0)
        return fail(E_LOGIN_PROTOCOL, "the target rejects CHAP_A=" ALGORITHMS_OFFERED);
    if (!keys->algorithm || !key_text_number(keys->algorithm, UINT8_MAX, &login->chap.algorithm) ||
        login->chap.algorithm < CHAP_MD5 || login->chap.algorithm > CHAP_SHA3_256 ||
        (login->chap.algorithm != CHAP_MD5 && login->session->md5_only))
        return fail(E_CHAP_ALGORITHM, "CHAP_A=%.40s, not one of our offer", keys->algorithm ? keys->algorithm : "(missing)");
    uint32_t identifier;
    if (!keys->identifier || !key_text_number(keys->identifier, UINT8_MAX, &identifier))
        return fail(E_CHAP_CHALLENGE, "CHAP_I=%.40s", keys->identifier ? keys->identifier : "(missing)");
    /* It becomes bytes where it stands: the stack of a crash dump is small. */
    uint8_t *challenge = keys->challenge ? login->text_in + (keys->challenge - (const char *)login->text_in) : NULL;
    uint32_t length;
    if (!challenge || !key_text_binary(keys->challenge, challenge, CHAP_CHALLENGE_MAX, &length))
        return fail(E_CHAP_CHALLENGE, challenge ? "CHAP_C is no binary value of at most %u bytes" : "CHAP_C is missing",
                    CHAP_CHALLENGE_MAX);
    /* Answering our own challenge would hand somebody else the target's proof (RFC 7143 section 9.2.1). */
    if (length == CHALLENGE_LENGTH && memcmp(challenge, login->session->last_challenge, length) == 0)
        return fail(E_CHAP_REFLECTED, "CHAP_C is the challenge that we sent");

    uint8_t digest[CHAP_DIGEST_MAX];
    uint32_t digest_length =
        chap_digest(login->chap.algorithm, (uint8_t)identifier, settings->chap.secret, challenge, length, digest);
    key_text_add(&login->out, "CHAP_N", settings->chap.name);
    key_text_add_binary(&login->out, "CHAP_R", digest, digest_length);
    bytes_wipe(digest, sizeof digest);

    /* All four keys and the T bit go in one request: LIO proves itself and moves on in its one answer to it, and not before. */
    if (is_mutual(login))
        challenge_target(login);
    login->chap.step = CHAP_RESPONSE_SENT;
    login->transit = true;
    return OK;
}

static enum status verify_target(struct login *login)
{
    const struct iscsi_chap *expected = &login->session->settings->mutual_chap;
    const struct chap_keys *keys = &login->chap_keys;

    if (!expected->name[0])
        return OK;
    if (!keys->name || strcmp(keys->name, expected->name) != 0)
        return fail(E_CHAP_TARGET, "CHAP_N=%.60s, expected %.60s", keys->name ? keys->name : "(missing)", expected->name);

    uint8_t digest[CHAP_DIGEST_MAX], theirs[CHAP_DIGEST_MAX];
    uint32_t digest_length = chap_digest(login->chap.algorithm, login->chap.our_identifier, expected->secret,
                                         login->chap.our_challenge, CHALLENGE_LENGTH, digest);
    uint32_t length;
    if (!keys->response || !key_text_binary(keys->response, theirs, sizeof theirs, &length))
        return fail(E_CHAP_TARGET, "CHAP_R=%.40s", keys->response ? keys->response : "(missing)");
    bool proved = length == digest_length && equal_in_constant_time(theirs, digest, length);
    bytes_wipe(digest, sizeof digest);
    if (!proved)
        return fail(E_CHAP_TARGET, "CHAP_R of %.60s is not the one its secret gives", expected->name);
    login->chap.step = CHAP_PROVED;
    return OK;
}

enum status chap_advance(struct login *login)
{
    switch (login->chap.step) {
    case CHAP_NONE:
        if (login->auth_method && !login_keys_is("AuthMethod", login->auth_method, "None"))
            return fail(E_CHAP_REQUIRED, "AuthMethod=%.40s, offered None", login->auth_method);
        login->transit = true;
        return OK;

    case CHAP_OFFERED:
        return accept_method(login);

    case CHAP_ALGORITHM_SENT:
        return answer_challenge(login);

    case CHAP_RESPONSE_SENT:
        login->transit = true;
        return verify_target(login);

    default:
        login->transit = true;
        return OK;
    }
}

void chap_end(struct login *login, bool logged_in)
{
    struct iscsi_session *session = login->session;

    session->lists_taken |= logged_in;
    bytes_wipe(&login->chap, sizeof login->chap);
    bytes_wipe(login->text_out, login->text_out_room);
    bytes_wipe(login->text_in, login->text_in_room + 1);
}
