/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS messages. Of an answer's names none is read, only passed over: there is no pointer to follow (RFC 1035 4.1.4). */
#include "net/dns_message.h"

#include <string.h>

#include "net/internal.h"
#include "platform/bytes.h"

/* The header, RFC 1035 4.1.1. */
#define FLAGS_AT      2
#define QUESTIONS_AT  4
#define ANSWERS_AT    6
#define HEADER        12
#define IS_RESPONSE   0x8000u
#define OPCODE        0x7800u
#define TRUNCATED     0x0200u
#define WANTS_RECURSE 0x0100u
#define RCODE         0x000Fu

#define TYPE_A     1
#define TYPE_AAAA  28 /* RFC 3596 2.1 */
#define CLASS_IN   1
#define LABEL_MAX  63
#define NAME_MAX   253
#define POINTER    0xC0 /* of a length byte: what follows is a pointer's second half */
#define RECORD     10   /* type, class, time to live and length, behind its name */
#define CANNOT_SAY 2    /* RCODE: server failure */

/* ---- the question ---- */

unsigned dns_write_question(uint8_t question[DNS_QUESTION_SIZE], uint16_t id, const char *host, uint8_t family)
{
    size_t length = strnlen(host, NAME_MAX + 2);
    if (length && host[length - 1] == '.')
        length--;
    if (length == 0 || length > NAME_MAX)
        return 0;

    memset(question, 0, HEADER);
    put_be16(question, id);
    put_be16(question + FLAGS_AT, WANTS_RECURSE);
    put_be16(question + QUESTIONS_AT, 1);

    unsigned at = HEADER;
    for (size_t begin = 0, end; begin <= length; begin = end + 1) {
        for (end = begin; end < length && host[end] != '.'; end++) {
        }
        if (end == begin || end - begin > LABEL_MAX)
            return 0;
        question[at++] = (uint8_t)(end - begin);
        memcpy(question + at, host + begin, end - begin);
        at += (unsigned)(end - begin);
    }
    question[at++] = 0;
    put_be16(question + at, family == 6 ? TYPE_AAAA : TYPE_A);
    put_be16(question + at + 2, CLASS_IN);
    return at + 4;
}

/* ---- the answer ---- */

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/* A server may give the name back in letters of its own (RFC 4343 4.1). Lengths, type and class are below 'A'. */
static bool repeats_question(const uint8_t *message, const uint8_t *question, unsigned length)
{
    for (unsigned i = HEADER; i < length; i++) {
        if (lower(message[i]) != lower(question[i]))
            return false;
    }
    return true;
}

/* Where what follows the name at `at` begins; 0 when it runs over. */
static unsigned skip_name(const uint8_t *message, unsigned length, unsigned at)
{
    while (at < length && message[at] != 0) {
        if ((message[at] & POINTER) == POINTER)
            return length - at >= 2 ? at + 2 : 0;
        if (message[at] & POINTER)
            return 0;
        at += message[at] + 1u;
    }
    return at < length ? at + 1 : 0;
}

/* An answer must be an address that a target can have. */
static bool usable(const struct net_address *address)
{
    return address->family == 6 ? address->bytes[0] != 0xFF && (address->bytes[0] | address->bytes[1]) != 0
                                : net_ipv4_usable(address->bytes);
}

static void take_address(struct dns_answer *answer, uint8_t family, const uint8_t *bytes, unsigned length)
{
    struct net_address address = {.family = family};
    memcpy(address.bytes, bytes, length);
    if (!usable(&address)) {
        answer->unusable = true;
        return;
    }
    for (unsigned i = 0; i < answer->count; i++) {
        if (memcmp(&answer->addresses[i], &address, sizeof address) == 0)
            return;
    }
    if (answer->count < DNS_ADDRESSES)
        answer->addresses[answer->count++] = address;
}

/* Reads one record; returns where the next one begins, 0 when this one is not whole. */
static unsigned read_record(const uint8_t *message, unsigned length, unsigned at, uint16_t type, struct dns_answer *answer)
{
    at = skip_name(message, length, at);
    if (at == 0 || length - at < RECORD)
        return 0;
    unsigned size = get_be16(message + at + 8), wanted = type == TYPE_AAAA ? 16 : 4;
    const uint8_t *record = message + at;
    at += RECORD;
    if (size > length - at)
        return 0;

    /* An alias (CNAME) comes with the addresses of what it leads to: whose they are need not be asked. */
    if (get_be16(record) == type && get_be16(record + 2) == CLASS_IN && size == wanted)
        take_address(answer, type == TYPE_AAAA ? 6 : 4, message + at, size);
    return at + size;
}

bool dns_read_answer(const uint8_t *message, unsigned length, const uint8_t *question, unsigned question_length,
                     struct dns_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    if (length < question_length || get_be16(message) != get_be16(question))
        return false;
    unsigned flags = get_be16(message + FLAGS_AT), records = get_be16(message + ANSWERS_AT);
    if (!(flags & IS_RESPONSE) || (flags & OPCODE) || get_be16(message + QUESTIONS_AT) != 1 ||
        !repeats_question(message, question, question_length))
        return false;

    answer->rcode = flags & RCODE;
    uint16_t type = get_be16(question + question_length - 4);
    for (unsigned at = question_length; records && answer->rcode == DNS_NO_ERROR; records--) {
        at = read_record(message, length, at, type, answer);
        if (at == 0 && !(flags & TRUNCATED))
            return false;
        if (at == 0)
            break;
    }
    /* All that fits is an alias's chain: the rest would be had by TCP. */
    if ((flags & TRUNCATED) && answer->rcode == DNS_NO_ERROR && answer->count == 0)
        answer->rcode = CANNOT_SAY;
    return true;
}
