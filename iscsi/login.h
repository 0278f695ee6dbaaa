/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the login share; nobody else knows it. */
#ifndef SANSTRAP_ISCSI_LOGIN_H
#define SANSTRAP_ISCSI_LOGIN_H

#include "iscsi/key_text.h"
#include "iscsi/session.h"

/* CSG and NSG, RFC 7143 section 11.12.3 */
#define STAGE_SECURITY    0
#define STAGE_OPERATIONAL 1
#define STAGE_RESERVED    2
#define STAGE_FULL        3

enum chap_step { CHAP_NONE, CHAP_OFFERED, CHAP_ALGORITHM_SENT, CHAP_RESPONSE_SENT, CHAP_PROVED };

/* CHAP_A values, IANA "PPP Authentication Algorithms" */
#define CHAP_MD5           5
#define CHAP_SHA256        7
#define CHAP_DIGEST_MAX    32
#define CHAP_CHALLENGE_MAX 1024 /* RFC 7143 section 12.1.3 */

/* What the target has said of CHAP in one answer. NULL: nothing. The text is in session->text_in. */
struct chap_keys {
    const char *algorithm, *identifier, *challenge, *name, *response;
};

struct chap {
    enum chap_step step;
    uint32_t algorithm;
    uint8_t our_identifier; /* of the challenge we sent */
    uint8_t our_challenge[CHALLENGE_LENGTH];
};

/* A login under way, on one connection. */
struct login {
    struct iscsi_session *session;
    deadline_t deadline;
    uint8_t stage;              /* STAGE_…, ours and the target's */
    bool offered_keys;          /* the operational offer has gone out */
    bool transit;               /* T bit of the request being made */
    struct key_text_writer out; /* the next request's text */
    struct chap chap;
    /* Of the answer received last; NULL: not in it. The text is in session->text_in. */
    struct chap_keys chap_keys;
    const char *auth_method, *target_address;
};

/* login_keys.c: writes our offer of operational keys to login->out. */
void login_keys_offer(struct login *login);
/*
 * One pair of the target's: kept in `login`, or agreed on, or answered in login->out. E_LOGIN_KEY: it came twice, or is no answer
 * that our offer allows.
 */
enum status login_keys_accept(struct login *login, const char *key, const char *value);
/* RFC 7143's defaults, before the first request of a connection. */
void login_keys_set_defaults(struct negotiated *agreed);
/* Once all is agreed: FirstBurstLength is at most MaxBurstLength, and what we send in one PDU is whole words. */
void login_keys_limit_bursts(struct negotiated *agreed);

/* chap.c: writes AuthMethod to login->out. E_CHAP_METHOD, E_CHAP_SECRETS_EQUAL: the settings cannot be. */
enum status chap_offer(struct login *login);
/* Judges what came in login->chap_keys and writes what is to be said next to login->out; E_CHAP_*, E_LOGIN_PROTOCOL. */
enum status chap_advance(struct login *login);
/* digest(identifier, secret, challenge), RFC 1994 section 4.1. Returns the digest's length, 0 for an unknown algorithm. */
uint32_t chap_digest(uint32_t algorithm, uint8_t identifier, const char *secret, const uint8_t *challenge, uint32_t length,
                     uint8_t digest[CHAP_DIGEST_MAX]);

/*
 * target_address.c: TargetAddress = host[:port][,tag] (RFC 7143 section 13.8), the host an address, "[IPv6]" or a name. A missing
 * port is 3260. `host` is without brackets. False, with `host` and `port` in any state, when it is none.
 */
bool target_address_parse(const char *text, char host[ISCSI_HOST_SIZE], uint16_t *port);

#endif
