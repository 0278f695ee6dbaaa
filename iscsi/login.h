/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the login share; nobody else knows it. */
#ifndef SANSTRAP_ISCSI_LOGIN_H
#define SANSTRAP_ISCSI_LOGIN_H

#include "iscsi/session.h"
#include "iscsi/text.h"

/* CSG and NSG, RFC 7143 section 11.12.3 */
#define STAGE_SECURITY    0
#define STAGE_OPERATIONAL 1
#define STAGE_FULL        3

enum chap_step { CHAP_NONE, CHAP_OFFERED, CHAP_ALGORITHM_SENT, CHAP_RESPONSE_SENT, CHAP_PROVED };

/* CHAP_A values, IANA "PPP Authentication Algorithms" */
#define CHAP_MD5           5
#define CHAP_SHA256        7
#define CHAP_DIGEST_MAX    32
#define CHAP_CHALLENGE_MAX 1024 /* RFC 7143 section 12.1.3 */

/* What the target has said of CHAP in one answer. NULL: nothing. */
struct chap_keys {
    const char *algorithm, *identifier, *challenge, *name, *response;
};

struct chap {
    enum chap_step step;
    uint32_t algorithm;
    uint8_t our_identifier; /* of the challenge we sent */
    uint8_t our_challenge[CHALLENGE_LENGTH];
};

struct login {
    struct iscsi_session *session;
    deadline_t deadline;
    uint8_t stage;
    bool offered_keys;      /* the operational offer has gone out */
    bool transit;           /* T bit of the request being made */
    struct text_writer out; /* the next request's text */
    struct chap chap;
    struct chap_keys chap_keys;
    const char *auth_method, *target_address;
};

/* login_keys.c: our offer, and one key of the target's. */
void login_offer(struct login *login);
enum status login_take_key(struct login *login, const char *key, const char *value);
/* Before the first request of a connection. */
void login_defaults(struct negotiated *agreed);
/* FirstBurstLength <= MaxBurstLength once all is agreed. */
void login_settle(struct negotiated *agreed);

/* chap.c: reacts to login->chap_keys, writing what is to be said next. */
enum status chap_offer(struct login *login);
enum status chap_turn(struct login *login);
/* digest(identifier, secret, challenge), RFC 1994 section 4.1. Returns the digest's length, 0 for an unknown algorithm. */
uint32_t chap_digest(uint32_t algorithm, uint8_t identifier, const char *secret, const uint8_t *challenge, uint32_t length,
                     uint8_t digest[CHAP_DIGEST_MAX]);

/*
 * redirect.c: TargetAddress = host[:port][,tag] (RFC 7143 section 13.8), the host an address, "[IPv6]" or a name. A missing port
 * is 3260. `host` takes 256 bytes, without brackets.
 */
bool parse_target_address(const char *text, char *host, uint16_t *port);

#endif
