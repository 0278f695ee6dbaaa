/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the login share; nobody else knows it but session.c, which finds the place for it. */
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
#define CHAP_SHA1          6
#define CHAP_SHA256        7
#define CHAP_SHA3_256      8
#define CHAP_DIGEST_MAX    32
#define CHAP_CHALLENGE_MAX 1024 /* RFC 7143 section 12.1.3 */

/* What the target has said of CHAP in one answer. NULL: nothing. The text is in login->text_in. */
struct chap_keys {
    const char *algorithm, *identifier, *challenge, *name, *response;
};

struct chap {
    enum chap_step step;
    uint32_t algorithm;
    uint8_t our_identifier; /* of the challenge we sent */
    uint8_t our_challenge[CHALLENGE_LENGTH];
};

/* A login under way, and where its text is. Up to `redirects` it lasts over all of its connections; the rest begins anew with
 * each. */
struct login {
    struct iscsi_session *session;
    uint8_t *text_in, *text_out; /* of a whole answer, and a byte more; of one request */
    uint16_t text_in_room, text_out_room;
    enum status begun; /* what connect() said */
    deadline_t deadline;
    bool fell_back; /* a list was taken back: chap_offer_less() */
    unsigned redirects;

    unsigned requests, empty_pieces; /* so far; the latter in a row */
    deadline_t list_until;           /* that long an answer to a list may take: chap_lists_are_open() */
    uint8_t stage;                   /* STAGE_…, ours and the target's */
    uint16_t verdict;                /* class << 8 | detail of the answer received last */
    bool stage_began;                /* nothing has been said in it yet */
    bool offered_keys;               /* the operational offer has gone out */
    bool transit;                    /* T bit of the request being made */
    bool asked_transit;              /* of the one being answered: fetching the rest of an answer clears the T bit */
    struct key_text_writer out;      /* the next request's text */
    struct chap chap;
    /* Of the answer received last; NULL: not in it. The text is in text_in. */
    struct chap_keys chap_keys;
    const char *auth_method, *target_address;

    uint32_t text_in_length;
};

/* login_keys.c: writes our offer of operational keys to login->out. */
void login_keys_offer(struct login *login);
/*
 * One pair of the target's: kept in `login`, or agreed on, or answered in login->out. E_LOGIN_KEY: it is no answer that our
 * offer allows, or came before with another value. What does no harm is taken with a warning.
 */
enum status login_keys_accept(struct login *login, const char *key, const char *value);
/* The value is the word. In other letters it is taken, too, with a warning. */
bool login_keys_is(const char *key, const char *value, const char *word);
/* RFC 7143's defaults, before the first request of a connection. */
void login_keys_set_defaults(struct negotiated *agreed);
/*
 * Once all is agreed: FirstBurstLength is at most MaxBurstLength, and what we send in one PDU is whole words. E_LOGIN_DIGEST: the
 * target does not give what the settings demand.
 */
enum status login_keys_finish(struct login *login);

/* chap.c: writes AuthMethod to login->out. E_CHAP_METHOD, E_CHAP_SECRETS_EQUAL: the settings cannot be. */
enum status chap_offer(struct login *login);
/* The target answered our list of methods with None and goes on at once, which takes a request off the login. */
bool chap_is_passed_over(const struct login *login);
/*
 * Peers that know one method or one algorithm may compare our list with its name: whatever goes wrong between such a list and its
 * answer, a Reject, a status, an end of the connection or silence, is followed by one login that offers that one alone. CHAP with
 * MD5, as all know it; it was in the list anyway, so that asking for it gives nothing away.
 *   chap_lists_are_open()  an answer to such a list is due; a third of the time is for the login without it
 *   chap_offer_less()      `status`, with which the login failed, and login->verdict ask for the next one: it will offer less
 *   chap_offer_all()       less did not help: it was not the list, then
 */
bool chap_lists_are_open(const struct login *login);
bool chap_offer_less(struct login *login, enum status status);
void chap_offer_all(struct iscsi_session *session);
/* Judges what came in login->chap_keys and writes what is to be said next to login->out; E_CHAP_*, E_LOGIN_PROTOCOL. */
enum status chap_advance(struct login *login);
/* digest(identifier, secret, challenge), RFC 1994 section 4.1. Returns the digest's length, 0 for an unknown algorithm. */
uint32_t chap_digest(uint32_t algorithm, uint8_t identifier, const char *secret, const uint8_t *challenge, uint32_t length,
                     uint8_t digest[CHAP_DIGEST_MAX]);
/* The login is over: challenges, responses and the text that they stood in are wiped. */
void chap_end(struct login *login, bool logged_in);

/*
 * target_address.c: TargetAddress = host[:port][,tag] (RFC 7143 section 13.8), the host an address, "[IPv6]" or a name; IPv6
 * without brackets is taken with a warning. A missing port is 3260. `host` is without brackets. False, with `host` and `port` in
 * any state, when it is none.
 */
bool target_address_parse(const char *text, char host[ISCSI_HOST_SIZE], uint16_t *port);

#endif
