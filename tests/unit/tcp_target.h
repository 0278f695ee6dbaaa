/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An iSCSI target behind the peer of a wire: a login with mutual CHAP, then a disk with digests, to which nothing is sent
 * unasked. It answers at once; what makes it slow is the wire.
 */
#ifndef SANSTRAP_TESTS_TCP_TARGET_H
#define SANSTRAP_TESTS_TCP_TARGET_H

#include "tests/unit/chap_settings.h"

#include "iscsi/login.h"
#include "iscsi/scsi.h"
#include "platform/crc32c.h"
#include "tests/host/peer.h"

#define TARGET_BLOCKS    512u
#define TARGET_WINDOW    32 /* commands */
#define TARGET_CHALLENGE CHAP_CHALLENGE_MAX

struct target_write {
    uint32_t itt, lba, length, got;
};

static struct {
    uint8_t in[256 * KIB], out[MIB]; /* of this connection */
    size_t in_length, out_length;
    unsigned said; /* login requests that were answered */
    bool full;     /* feature phase: PDUs have digests */
    uint32_t statsn, cmdsn;
    uint8_t challenge[TARGET_CHALLENGE];
    struct target_write writes[TARGET_WINDOW]; /* length 0: not in use */
    unsigned writes_open, writes_most;
    uint8_t disk[TARGET_BLOCKS * 512];
    unsigned logins, damaged;
    unsigned chatter; /* bytes that the answer with the challenge has more */
} target;

/* ---- what it says ---- */

static void target_put(const void *bytes, size_t length)
{
    assert_true(length <= sizeof target.out - target.out_length);
    if (length)
        memcpy(target.out + target.out_length, bytes, length);
    target.out_length += length;
    peer.to_send = target.out_length;
}

static void target_put_digest(const void *bytes, size_t length)
{
    uint8_t digest[DIGEST_LENGTH];
    put_le32(digest, crc32c(0, bytes, length));
    if (target.full)
        target_put(digest, sizeof digest);
}

/* Fills in numbers and length. */
static void target_say(uint8_t *header, const void *data, uint32_t length)
{
    uint8_t padded[8 * KIB] = {0};
    uint32_t whole = (length + 3) & ~3u;
    assert_true(whole <= sizeof padded);
    if (length)
        memcpy(padded, data, length);

    put_be24(header + BHS_DATA_LENGTH, length);
    if (header[BHS_OPCODE] != OP_R2T)
        put_be32(header + BHS_STATSN, target.statsn++);
    else
        put_be32(header + BHS_STATSN, target.statsn);
    put_be32(header + BHS_EXPCMDSN, target.cmdsn);
    put_be32(header + BHS_MAXCMDSN, target.cmdsn + TARGET_WINDOW - 1);
    target_put(header, BHS_LENGTH);
    target_put_digest(header, BHS_LENGTH);
    target_put(padded, whole);
    if (length)
        target_put_digest(padded, whole);
}

/* ---- login ---- */

static const char *target_value(const uint8_t *text, uint32_t length, const char *key)
{
    for (uint32_t at = 0; at < length; at += (uint32_t)strlen((const char *)text + at) + 1) {
        const char *pair = (const char *)text + at;
        if (strncmp(pair, key, strlen(key)) == 0 && pair[strlen(key)] == '=')
            return pair + strlen(key) + 1;
    }
    fail_msg("no %s in request %u", key, target.said);
    return "";
}

static void target_add_challenge(struct key_text_writer *writer)
{
    char digits[2 + 2 * TARGET_CHALLENGE + 1] = "0x", chatter[4 * KIB] = "";
    platform_random(target.challenge, sizeof target.challenge);
    for (unsigned i = 0; i < sizeof target.challenge; i++)
        snprintf(digits + 2 + 2 * i, 3, "%02x", target.challenge[i]);
    key_text_add(writer, "CHAP_A", "7");
    key_text_add(writer, "CHAP_I", "77");
    key_text_add(writer, "CHAP_C", digits);
    memset(chatter, 'x', target.chatter);
    if (target.chatter)
        key_text_add(writer, "X-org.example.chatter", chatter);
}

/* Holds the initiator's response against what it must be, and gives the proof that it asks for. */
static void target_add_proof(struct key_text_writer *writer, const uint8_t *text, uint32_t length)
{
    struct iscsi_settings known = chap_settings(true);
    uint8_t ours[CHAP_DIGEST_MAX], theirs[CHAP_DIGEST_MAX];
    uint32_t digest_length = chap_digest(CHAP_SHA256, 77, known.chap.secret, target.challenge, sizeof target.challenge, ours);
    uint32_t got;
    assert_string_equal(target_value(text, length, "CHAP_N"), known.chap.name);
    assert_true(key_text_binary(target_value(text, length, "CHAP_R"), theirs, sizeof theirs, &got));
    assert_int_equal(got, digest_length);
    assert_memory_equal(ours, theirs, digest_length);

    uint32_t identifier;
    uint8_t challenge[CHALLENGE_LENGTH];
    assert_true(key_text_number(target_value(text, length, "CHAP_I"), UINT8_MAX, &identifier));
    assert_true(key_text_binary(target_value(text, length, "CHAP_C"), challenge, sizeof challenge, &got));
    chap_digest(CHAP_SHA256, (uint8_t)identifier, known.mutual_chap.secret, challenge, got, ours);
    key_text_add(writer, "CHAP_N", known.mutual_chap.name);
    key_text_add_binary(writer, "CHAP_R", ours, digest_length);
}

static void target_add_keys(struct key_text_writer *writer)
{
    static const char *const keys[][2] = {{"HeaderDigest", "CRC32C"},
                                          {"DataDigest", "CRC32C"},
                                          {"InitialR2T", "Yes"},
                                          {"ImmediateData", "No"},
                                          {"MaxRecvDataSegmentLength", "8192"},
                                          {"MaxBurstLength", "16384"},
                                          {"FirstBurstLength", "8192"},
                                          {"DefaultTime2Wait", "0"},
                                          {"DefaultTime2Retain", "0"},
                                          {"MaxOutstandingR2T", "1"},
                                          {"MaxConnections", "1"},
                                          {"DataPDUInOrder", "Yes"},
                                          {"DataSequenceInOrder", "Yes"},
                                          {"ErrorRecoveryLevel", "0"},
                                          {"TargetAlias", "a disk whose name somebody has thought about for a long time"}};
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        key_text_add(writer, keys[i][0], keys[i][1]);
}

static void target_log_in(const uint8_t *request, const uint8_t *text, uint32_t length)
{
    uint8_t answer[8 * KIB], header[BHS_LENGTH] = {OP_LOGIN_RESPONSE};
    struct key_text_writer writer = {.bytes = answer, .room = sizeof answer};
    switch (target.said++) {
    case 0:
        assert_string_equal(target_value(text, length, "AuthMethod"), "CHAP");
        key_text_add(&writer, "AuthMethod", "CHAP");
        key_text_add(&writer, "TargetPortalGroupTag", "1");
        target.cmdsn = get_be32(request + BHS_CMDSN);
        break;
    case 1:
        target_add_challenge(&writer);
        break;
    case 2:
        target_add_proof(&writer, text, length);
        header[BHS_FLAGS] = FLAG_TRANSIT | STAGE_OPERATIONAL;
        break;
    default:
        target_add_keys(&writer);
        header[BHS_FLAGS] = FLAG_TRANSIT | STAGE_OPERATIONAL << LOGIN_CSG_SHIFT | STAGE_FULL;
    }

    memcpy(header + BHS_ISID, request + BHS_ISID, BHS_ISID_LENGTH);
    put_be16(header + BHS_TSIH, 7);
    put_be32(header + BHS_ITT, get_be32(request + BHS_ITT));
    target_say(header, answer, writer.length);
    target.full = (header[BHS_FLAGS] & LOGIN_STAGE_MASK) == STAGE_FULL;
    target.logins += target.full;
}

/* ---- commands ---- */

static void target_respond(uint32_t itt, uint8_t scsi_status, const void *sense, uint32_t length)
{
    uint8_t header[BHS_LENGTH] = {OP_SCSI_RESPONSE, FLAG_FINAL, RESPONSE_COMPLETED, scsi_status};
    put_be32(header + BHS_ITT, itt);
    target_say(header, sense, length);
}

static void target_send_data(const uint8_t *request, const void *data, uint32_t there)
{
    uint32_t wanted = get_be32(request + BHS_EDTL), length = there < wanted ? there : wanted;
    uint8_t header[BHS_LENGTH] = {OP_DATA_IN, FLAG_FINAL | FLAG_STATUS | (length < wanted ? FLAG_UNDERFLOW : 0)};
    put_be32(header + BHS_ITT, get_be32(request + BHS_ITT));
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_RESIDUAL, wanted - length);
    target_say(header, data, length);
}

static void target_begin_write(const uint8_t *request)
{
    struct target_write *write = target.writes;
    while (write->length)
        write++;
    assert_true(write < target.writes + TARGET_WINDOW);
    write->itt = get_be32(request + BHS_ITT);
    write->lba = get_be32(request + BHS_CDB + CDB_10_LBA);
    write->length = get_be32(request + BHS_EDTL);
    write->got = 0;
    if (++target.writes_open > target.writes_most)
        target.writes_most = target.writes_open;

    uint8_t header[BHS_LENGTH] = {OP_R2T, FLAG_FINAL};
    put_be32(header + BHS_ITT, write->itt);
    put_be32(header + BHS_TTT, write->itt);
    put_be32(header + BHS_RESIDUAL, write->length);
    target_say(header, NULL, 0);
}

static void target_take_data(const uint8_t *header, const uint8_t *data, uint32_t length)
{
    struct target_write *write = target.writes;
    while (write < target.writes + TARGET_WINDOW && (!write->length || write->itt != get_be32(header + BHS_TTT)))
        write++;
    assert_true(write < target.writes + TARGET_WINDOW);
    assert_int_equal(get_be32(header + BHS_OFFSET), write->got);
    memcpy(target.disk + write->lba * 512 + write->got, data, length);
    write->got += length;
    if (write->got < write->length)
        return;
    target.writes_open--;
    write->length = 0;
    target_respond(write->itt, SCSI_GOOD, NULL, 0);
}

static void target_command(const uint8_t *request)
{
    static const uint8_t inquiry[96] = {0, 0, 6, 2, 91, [8] = 'T', [16] = 'D'}, mode[4] = {3};
    static const uint8_t page[16] = {0, VPD_DEVICE_ID, 0, 12, 1, 3, 0, 8, 0x60, 1, 2, 3, 4, 5, 6, 7};
    static const uint8_t no_page[20] = {0, 18, 0x70, 0, 5, [14] = 0x24}, luns[16] = {0, 0, 0, 8};
    const uint8_t *cdb = request + BHS_CDB;
    uint8_t capacity[CAPACITY_16_ALLOCATION] = {0};
    put_be64(capacity, TARGET_BLOCKS - 1);
    put_be32(capacity + CAPACITY_16_BLOCK_LENGTH, 512);
    target.cmdsn = get_be32(request + BHS_CMDSN) + 1;

    switch (cdb[CDB_OPERATION_CODE]) {
    case SCSI_REPORT_LUNS:
        target_send_data(request, luns, sizeof luns);
        break;
    case SCSI_INQUIRY:
        if (!(cdb[INQUIRY_CDB_FLAGS] & INQUIRY_EVPD))
            target_send_data(request, inquiry, sizeof inquiry);
        else if (cdb[INQUIRY_CDB_PAGE_CODE] == VPD_DEVICE_ID)
            target_send_data(request, page, sizeof page);
        else
            target_respond(get_be32(request + BHS_ITT), SCSI_CHECK_CONDITION, no_page, sizeof no_page);
        break;
    case SCSI_SERVICE_ACTION_IN_16:
        target_send_data(request, capacity, sizeof capacity);
        break;
    case SCSI_READ_CAPACITY_10:
        put_be32(capacity, TARGET_BLOCKS - 1);
        put_be32(capacity + CAPACITY_10_BLOCK_LENGTH, 512);
        target_send_data(request, capacity, CAPACITY_10_LENGTH);
        break;
    case SCSI_MODE_SENSE_6:
        target_send_data(request, mode, sizeof mode);
        break;
    case SCSI_READ_10:
        target_send_data(request, target.disk + get_be32(cdb + CDB_10_LBA) * 512, get_be32(request + BHS_EDTL));
        break;
    case SCSI_WRITE_10:
        target_begin_write(request);
        break;
    default:
        target_respond(get_be32(request + BHS_ITT), SCSI_GOOD, NULL, 0);
    }
}

static void target_ping(const uint8_t *request)
{
    uint8_t header[BHS_LENGTH] = {OP_NOP_IN, FLAG_FINAL};
    put_be32(header + BHS_ITT, get_be32(request + BHS_ITT));
    put_be32(header + BHS_TTT, RESERVED_TAG);
    target_say(header, NULL, 0);
}

static void target_log_out(const uint8_t *request)
{
    uint8_t header[BHS_LENGTH] = {OP_LOGOUT_RESPONSE, FLAG_FINAL};
    put_be32(header + BHS_ITT, get_be32(request + BHS_ITT));
    target_say(header, NULL, 0);
}

/* ---- what it hears ---- */

static void target_handle(const uint8_t *header, const uint8_t *data, uint32_t length)
{
    switch (header[BHS_OPCODE] & OP_MASK) {
    case OP_LOGIN_REQUEST:
        target_log_in(header, data, length);
        break;
    case OP_SCSI_COMMAND:
        assert_int_equal(length, 0); /* ImmediateData=No */
        target_command(header);
        break;
    case OP_DATA_OUT:
        target_take_data(header, data, length);
        break;
    case OP_NOP_OUT:
        target_ping(header);
        break;
    case OP_LOGOUT:
        target_log_out(header);
        break;
    default:
        fail_msg("opcode %02x", header[BHS_OPCODE]);
    }
}

static void target_check(const uint8_t *bytes, size_t length)
{
    target.damaged += get_le32(bytes + length) != crc32c(0, bytes, length);
}

static void target_hears(const uint8_t *bytes, unsigned length)
{
    assert_true(length <= sizeof target.in - target.in_length);
    memcpy(target.in + target.in_length, bytes, length);
    target.in_length += length;

    while (target.in_length >= BHS_LENGTH) {
        uint32_t data_length = get_be24(target.in + BHS_DATA_LENGTH), padded = (data_length + 3) & ~3u;
        size_t digest = target.full ? DIGEST_LENGTH : 0, data = BHS_LENGTH + digest;
        size_t whole = data + padded + (padded ? digest : 0);
        if (target.in_length < whole)
            return;
        if (digest)
            target_check(target.in, BHS_LENGTH);
        if (digest && padded)
            target_check(target.in + data, padded);
        target_handle(target.in, target.in + data, data_length);
        target.in_length -= whole;
        memmove(target.in, target.in + whole, target.in_length);
    }
}

/* A connection: what was under way on the one before is over. */
static void target_opened(void)
{
    memset(target.writes, 0, sizeof target.writes);
    target.in_length = target.out_length = target.said = target.writes_open = target.statsn = 0;
    target.full = false;
    peer.to_send = 0;
}

/* After peer_open(). */
static void target_start(void)
{
    memset(&target, 0, sizeof target);
    peer.source = true;
    peer.says = target.out;
    peer.hears = target_hears;
    peer.opened = target_opened;
}

#endif
