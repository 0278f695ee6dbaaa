/* SPDX-License-Identifier: BSD-2-Clause */
/* CHAP (RFC 7143 section 12.1, RFC 1994) against a target that really knows the secrets, forges, reflects, or takes no lists. */
#include "tests/unit/chap_settings.h"
#include "tests/unit/session_world.h"

#include "iscsi/login.h"

/* How a peer takes a list of algorithms, or of methods, that it cannot read. */
enum dislike { TAKES_LISTS, STATUS_0201, STATUS_0200, STATUS_0202, REJECT_PDU, REJECT_VALUE, FIN, SILENCE };

enum forgery { HONEST, WRONG_DIGEST, SHORT_DIGEST, OTHER_NAME, OUR_OWN_NAME, NO_NAME, STALE_IDENTIFIER };

static struct {
    uint32_t algorithm;
    enum forgery forgery;
    uint8_t challenge[CHALLENGE_LENGTH];
    size_t heard;
    unsigned logins; /* responses seen */
    bool reflects, redirects;
    enum dislike of_algorithms, of_methods;
    bool moves_on_late; /* the proof comes without a T bit */
    unsigned lists;     /* that were disliked */
    bool response_good;
    uint8_t their_challenge[CHAP_CHALLENGE_MAX]; /* the initiator's, of the last login */
    uint32_t their_length, their_identifier;
} target;

static const char *find_key(const uint8_t *text, uint32_t length, const char *key)
{
    static uint8_t copy[ISCSI_TEXT_OUT_MAX + 1];

    memcpy(copy, text, length);
    copy[length] = 0;

    const char *found, *value;
    uint32_t position = 0;
    bool malformed;
    while (key_text_next(copy, length, &position, &found, &value, &malformed)) {
        if (strcmp(found, key) == 0)
            return value;
    }
    return NULL;
}

/* The text so far with '|' for NUL, as fake_login() wants it. */
static void say_text(uint8_t flags, uint16_t status, struct key_text_writer *writer)
{
    char text[1024];

    assert_false(writer->full);
    for (uint32_t i = 0; i < writer->length; i++)
        text[i] = writer->bytes[i] ? (char)writer->bytes[i] : '|';
    text[writer->length] = 0;
    fake_login(&fake, flags, status, text);
}

static void challenge(struct key_text_writer *writer)
{
    if (target.reflects && target.logins)
        memcpy(target.challenge, target.their_challenge, CHALLENGE_LENGTH);
    key_text_add_number(writer, "CHAP_A", target.algorithm);
    key_text_add_number(writer, "CHAP_I", 77);
    key_text_add_binary(writer, "CHAP_C", target.challenge, CHALLENGE_LENGTH);
    say_text(0, 0, writer);
}

/* Is the initiator's response the right one? Tells its challenge, if any, apart. */
static void judge_response(const uint8_t *text, uint32_t length)
{
    uint8_t digest[CHAP_DIGEST_MAX], theirs[CHAP_DIGEST_MAX];
    const char *value = find_key(text, length, "CHAP_R");
    uint32_t expected = chap_digest(target.algorithm, 77, "secret-of-joe-1", target.challenge, CHALLENGE_LENGTH, digest), got = 0;

    target.logins++;
    target.response_good = value && key_text_binary(value, theirs, sizeof theirs, &got) && got == expected &&
                           memcmp(theirs, digest, got) == 0 && strcmp(find_key(text, length, "CHAP_N"), "joe") == 0;

    value = find_key(text, length, "CHAP_C");
    target.their_length = 0;
    if (value)
        assert_true(key_text_binary(value, target.their_challenge, sizeof target.their_challenge, &target.their_length));
    value = find_key(text, length, "CHAP_I");
    if (value)
        assert_true(key_text_number(value, 255, &target.their_identifier));
}

static void prove(struct key_text_writer *writer)
{
    uint8_t digest[CHAP_DIGEST_MAX];
    uint32_t identifier = target.their_identifier ^ (target.forgery == STALE_IDENTIFIER);

    if (target.their_length) {
        uint32_t length = chap_digest(target.algorithm, (uint8_t)identifier, "secret-of-disk-2", target.their_challenge,
                                      target.their_length, digest);
        if (target.forgery == WRONG_DIGEST)
            digest[length - 1] ^= 1;
        if (target.forgery == SHORT_DIGEST)
            length--;
        if (target.forgery != NO_NAME)
            key_text_add(writer, "CHAP_N",
                         target.forgery == OTHER_NAME     ? "disc"
                         : target.forgery == OUR_OWN_NAME ? "joe"
                                                          : "disk");
        key_text_add_binary(writer, "CHAP_R", digest, length);
    }
    say_text(target.moves_on_late ? 0 : 0x81, 0, writer);
}

static void answer_list(enum dislike dislike, const char *key)
{
    static const uint16_t codes[] = {[STATUS_0201] = 0x0201, [STATUS_0200] = 0x0200, [STATUS_0202] = 0x0202};
    uint8_t reject[BHS_LENGTH] = {OP_REJECT, 0x80, 4};
    char text[40];

    target.lists++;
    snprintf(text, sizeof text, "%s=Reject|", key);
    switch (dislike) {
    case REJECT_PDU:
        fake_say(&fake, reject, reject, sizeof reject);
        break;
    case REJECT_VALUE:
        fake_login(&fake, 0, 0, text);
        break;
    case FIN:
        fake.closed = true;
        break;
    case SILENCE:
        break;
    default:
        fake_login(&fake, 0, codes[dislike], "");
    }
}

static void answer_security(const uint8_t *text, uint32_t length, bool transit)
{
    uint8_t bytes[1024];
    struct key_text_writer writer = {.bytes = bytes, .room = sizeof bytes};
    const char *offer = find_key(text, length, "CHAP_A");

    /* As LIO wants it: no T bit before the response, and with it in the request that has the response and all else. */
    assert_int_equal(transit, !find_key(text, length, "AuthMethod") && !offer);
    if (find_key(text, length, "AuthMethod")) {
        if (target.of_methods && strchr(find_key(text, length, "AuthMethod"), ',')) {
            answer_list(target.of_methods, "AuthMethod");
            return;
        }
        key_text_add(&writer, "AuthMethod", "CHAP");
        say_text(0, 0, &writer);
    } else if (offer && target.of_algorithms && strncmp(offer, "5", 2) != 0) {
        answer_list(target.of_algorithms, "CHAP_A");
    } else if (offer) {
        /* A list of single digits. */
        if (!strchr(offer, '0' + target.algorithm))
            target.algorithm = CHAP_MD5;
        assert_non_null(strchr(offer, '0' + target.algorithm));
        challenge(&writer);
    } else if (!find_key(text, length, "CHAP_R")) {
        say_text(0x81, 0, &writer); /* moves on late */
    } else {
        judge_response(text, length);
        if (!target.response_good)
            fake_login(&fake, 0, 0x0201, "");
        else if (target.redirects && target.logins == 1)
            fake_login(&fake, 0, 0x0101, "TargetAddress=192.0.2.9|");
        else
            prove(&writer);
    }
}

static void serve(struct stream *stream)
{
    (void)stream;
    while (target.heard + BHS_LENGTH <= fake.out_length) {
        const uint8_t *header = fake.out + target.heard;
        uint32_t length = get_be24(header + BHS_DATA_LENGTH);

        if (target.heard + BHS_LENGTH + length > fake.out_length)
            return;

        target.heard += BHS_LENGTH + ((length + 3) & ~3u);
        if ((header[BHS_FLAGS] >> LOGIN_CSG_SHIFT & LOGIN_STAGE_MASK) == STAGE_SECURITY)
            answer_security(header + BHS_LENGTH, length, header[BHS_FLAGS] & FLAG_TRANSIT);
        else
            fake_login(&fake, 0x87, 0, "");
    }
}

/* What the last connection has not said in whole is lost with it. */
static enum status connect_again(struct stream *stream, const char *host, uint16_t port, deadline_t deadline)
{
    fake.closed = false;
    fake.in_position = fake.in_length;
    target.heard = fake.out_length;
    return fake_connect(stream, host, port, deadline);
}

static void start_target(uint32_t algorithm)
{
    static struct stream_ops operations;

    fake_reset(&fake);
    operations = *fake.stream.ops;
    operations.pump = serve;
    operations.connect = connect_again;
    fake.stream.ops = &operations;
    memset(&target, 0, sizeof target);
    target.algorithm = algorithm;

    for (unsigned i = 0; i < CHALLENGE_LENGTH; i++)
        target.challenge[i] = (uint8_t)(i * 11 + 1);
}

static const uint32_t algorithms[] = {CHAP_MD5, CHAP_SHA1, CHAP_SHA256, CHAP_SHA3_256};
#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)

static void one_way(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    for (unsigned i = 0; i < ALGORITHMS; i++) {
        start_target(algorithms[i]);
        assert_int_equal(open_session(&settings), OK);
        assert_int_equal(target.algorithm, algorithms[i]);
        assert_true(target.response_good);
        assert_int_equal(target.their_length, 0); /* nobody wanted a proof of the target */
    }

    strcpy(settings.chap.secret, "not-the-secret-1");
    start_target(CHAP_SHA256);
    assert_int_equal(open_session(&settings), E_LOGIN_AUTHENTICATION);
    assert_int_equal(target.logins, 2); /* once more with MD5, and then no more */
}

static void mutual(void **state)
{
    struct iscsi_settings settings = chap_settings(true);
    uint8_t before[CHALLENGE_LENGTH] = {0};

    (void)state;
    for (unsigned i = 0; i < 2 * ALGORITHMS; i++) {
        start_target(algorithms[i / 2]);
        target.moves_on_late = i & 1;
        assert_int_equal(open_session(&settings), OK);
        assert_true(target.response_good);
        assert_int_equal(target.their_length, CHALLENGE_LENGTH);

        assert_memory_not_equal(before, target.their_challenge, CHALLENGE_LENGTH); /* a new one each time */
        memcpy(before, target.their_challenge, CHALLENGE_LENGTH);
    }
}

struct forged {
    const char *name;
    enum forgery forgery;
};

static void mutual_forged(void **state)
{
    static const struct forged cases[] = {
        {"a digest wrong in its last bit", WRONG_DIGEST},
        {"a digest cut", SHORT_DIGEST},
        {"another name", OTHER_NAME},
        {"our own name", OUR_OWN_NAME},
        {"no name", NO_NAME},
        {"another identifier", STALE_IDENTIFIER},
    };
    struct iscsi_settings settings = chap_settings(true);

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned j = 0; j < ALGORITHMS; j++) {
            print_message("%s\n", cases[i].name);
            start_target(algorithms[j]);
            target.forgery = cases[i].forgery;
            assert_int_equal(open_session(&settings), E_CHAP_TARGET);
            assert_true(fake.aborts > 0);
        }
    }
}

/* RFC 7143 section 9.2.1: whoever gets our challenge back as the target's would learn the answer that proves a target. */
static void our_challenge_reflected(void **state)
{
    struct iscsi_settings settings = chap_settings(true);

    (void)state;
    start_target(CHAP_SHA256);
    target.redirects = true; /* a second login of the same session, with another challenge: fine */
    assert_int_equal(open_session(&settings), OK);
    assert_int_equal(target.logins, 2);

    start_target(CHAP_SHA256);
    target.redirects = target.reflects = true;
    assert_int_equal(open_session(&settings), E_CHAP_REFLECTED);
    assert_int_equal(target.logins, 1); /* no second response went out */
}

static void a_list_of_algorithms_that_is_not_taken(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    for (enum dislike how = STATUS_0201; how <= SILENCE; how++) {
        print_message("%u\n", how);
        start_target(CHAP_SHA256);
        target.of_algorithms = how;
        assert_int_equal(open_session(&settings), OK);
        assert_int_equal(target.algorithm, CHAP_MD5);
        assert_true(target.response_good);
        assert_int_equal(fake.connects, 2);
        assert_int_equal(target.lists, 1);
    }
}

static void a_list_of_methods_that_is_not_taken(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    for (enum dislike how = STATUS_0201; how <= SILENCE; how++) {
        print_message("%u\n", how);
        start_target(CHAP_SHA256);
        target.of_methods = how;
        if (how == STATUS_0202) { /* a verdict on who we are, which comes before any method */
            assert_int_equal(open_session(&settings), E_LOGIN_FORBIDDEN);
            assert_int_equal(fake.connects, 1);
            continue;
        }
        assert_int_equal(open_session(&settings), OK);
        assert_int_equal(target.algorithm, CHAP_SHA256);
        assert_int_equal(fake.connects, 2);
        assert_int_equal(target.lists, 1);
    }
}

/* Both lists at one target, and then a wrong secret: three logins and no more. */
static void lists_end(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    start_target(CHAP_SHA256);
    target.of_methods = FIN;
    target.of_algorithms = STATUS_0201;
    assert_int_equal(open_session(&settings), OK);
    assert_int_equal(fake.connects, 3);

    strcpy(settings.chap.secret, "not-the-secret-1");
    start_target(CHAP_SHA256);
    target.of_methods = FIN;
    target.of_algorithms = STATUS_0201;
    assert_int_equal(open_session(&settings), E_LOGIN_AUTHENTICATION);
    assert_int_equal(fake.connects, 3);
}

static void nothing_secret_stays_in_the_buffers(void **state)
{
    struct iscsi_settings settings = chap_settings(true);

    (void)state;
    start_target(CHAP_SHA256);
    assert_int_equal(open_session(&settings), OK);
    assert_true(bytes_are_zero(session->login->text_in, session->login->text_in_room));
    assert_true(bytes_are_zero(session->login->text_out, session->login->text_out_room));

    strcpy(settings.mutual_chap.secret, "another-secret-99");
    start_target(CHAP_SHA256);
    assert_int_equal(open_session(&settings), E_CHAP_TARGET);
    assert_true(bytes_are_zero(session->login->text_in, session->login->text_in_room));
    assert_true(bytes_are_zero(session->login->text_out, session->login->text_out_room));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_session, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_way),
        CASE(mutual),
        CASE(mutual_forged),
        CASE(our_challenge_reflected),
        CASE(a_list_of_algorithms_that_is_not_taken),
        CASE(a_list_of_methods_that_is_not_taken),
        CASE(lists_end),
        CASE(nothing_secret_stays_in_the_buffers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
