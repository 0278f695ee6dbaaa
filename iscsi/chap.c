/* SPDX-License-Identifier: BSD-2-Clause */
/* CHAP (RFC 7143 section 12.1, RFC 1994; SHA-256: IANA algorithm 7). */
#include "iscsi/login.h"

#include "bearssl_hash.h"

#include "platform/format.h"

#define SECRET_LENGTH_SAFE 12 /* 96 bits, RFC 7143 section 9.2.1 */

uint32_t chap_digest(uint32_t algorithm, uint8_t identifier, const char *secret, const uint8_t *challenge, uint32_t length,
                     uint8_t digest[CHAP_DIGEST_MAX])
{
    const br_hash_class *hash = algorithm == CHAP_MD5 ? &br_md5_vtable : &br_sha256_vtable;

    if (algorithm != CHAP_MD5 && algorithm != CHAP_SHA256)
        return 0;

    br_hash_compat_context context;
    hash->init(&context.vtable);
    hash->update(&context.vtable, &identifier, 1);
    hash->update(&context.vtable, secret, strlen(secret));
    hash->update(&context.vtable, challenge, length);
    hash->out(&context.vtable, digest);
    return algorithm == CHAP_MD5 ? br_md5_SIZE : br_sha256_SIZE;
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
    const struct iscsi_settings *settings = &login->session->settings;
    bool ours = settings->chap.name[0] != 0, mutual = settings->mutual_chap.name[0] != 0;

    if (mutual && !ours)
        return fail(E_CHAP_METHOD, "mutual CHAP is set without the initiator's own name and secret");
    if (mutual && strcmp(settings->chap.secret, settings->mutual_chap.secret) == 0)
        return fail(E_CHAP_SECRETS_EQUAL, "initiator and target have the same secret");
    if ((ours && strlen(settings->chap.secret) < SECRET_LENGTH_SAFE) ||
        (mutual && strlen(settings->mutual_chap.secret) < SECRET_LENGTH_SAFE))
        log_printf(LOG_WARNING, "A CHAP secret has fewer than %u bytes", SECRET_LENGTH_SAFE);

    /* A target may go without a proof of ours, but when it shall prove itself it cannot talk us out of that. */
    key_text_add(&login->out, "AuthMethod", mutual ? "CHAP" : ours ? "CHAP,None" : "None");
    login->transit = !ours;
    if (ours)
        login->chap.step = CHAP_OFFERED;
    return OK;
}

static enum status accept_method(struct login *login)
{
    bool mutual = login->session->settings.mutual_chap.name[0] != 0;

    if (!login->auth_method)
        return fail(E_LOGIN_PROTOCOL, "no AuthMethod in the answer");
    if (strcmp(login->auth_method, "CHAP") == 0) {
        key_text_add(&login->out, "CHAP_A", login->session->md5_only ? "5" : "7,5");
        login->chap.step = CHAP_ALGORITHM_SENT;
        return OK;
    }

    if (strcmp(login->auth_method, "None") != 0 || mutual)
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
    const struct iscsi_settings *settings = &login->session->settings;
    const struct chap_keys *keys = &login->chap_keys;

    if (!keys->algorithm || !key_text_number(keys->algorithm, UINT8_MAX, &login->chap.algorithm) ||
        (login->chap.algorithm != CHAP_MD5 && (login->chap.algorithm != CHAP_SHA256 || login->session->md5_only)))
        return fail(E_CHAP_ALGORITHM, "CHAP_A=%.40s, not one of our offer", keys->algorithm ? keys->algorithm : "(missing)");
    uint32_t identifier;
    if (!keys->identifier || !key_text_number(keys->identifier, UINT8_MAX, &identifier))
        return fail(E_CHAP_CHALLENGE, "CHAP_I=%.40s", keys->identifier ? keys->identifier : "(missing)");
    uint8_t challenge[CHAP_CHALLENGE_MAX];
    uint32_t length;
    if (!keys->challenge || !key_text_binary(keys->challenge, challenge, sizeof challenge, &length))
        return fail(E_CHAP_CHALLENGE, "CHAP_C=%.40s", keys->challenge ? keys->challenge : "(missing)");
    /* Answering our own challenge would hand somebody else the target's proof (RFC 7143 section 9.2.1). */
    if (length == CHALLENGE_LENGTH && memcmp(challenge, login->session->last_challenge, length) == 0)
        return fail(E_CHAP_REFLECTED, "CHAP_C is the challenge that we sent");

    uint8_t digest[CHAP_DIGEST_MAX];
    uint32_t digest_length =
        chap_digest(login->chap.algorithm, (uint8_t)identifier, settings->chap.secret, challenge, length, digest);
    key_text_add(&login->out, "CHAP_N", settings->chap.name);
    key_text_add_binary(&login->out, "CHAP_R", digest, digest_length);

    if (settings->mutual_chap.name[0])
        challenge_target(login);
    login->chap.step = CHAP_RESPONSE_SENT;
    login->transit = true;
    return OK;
}

static enum status verify_target(struct login *login)
{
    const struct iscsi_chap *expected = &login->session->settings.mutual_chap;
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
    if (length != digest_length || !equal_in_constant_time(theirs, digest, length))
        return fail(E_CHAP_TARGET, "CHAP_R of %.60s is not the one its secret gives", expected->name);
    login->chap.step = CHAP_PROVED;
    return OK;
}

enum status chap_advance(struct login *login)
{
    switch (login->chap.step) {
    case CHAP_NONE:
        if (login->auth_method && strcmp(login->auth_method, "None") != 0)
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
