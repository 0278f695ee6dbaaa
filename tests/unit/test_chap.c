/* SPDX-License-Identifier: BSD-2-Clause */
/* CHAP (RFC 7143 section 12.1, RFC 1994) against targets that refuse, forge, reflect, or really know the secrets. */
#include "tests/unit/session_world.h"

#include "iscsi/login.h"

static struct iscsi_settings chap_settings(bool mutual)
{
    struct iscsi_settings settings = fake_settings();

    strcpy(settings.chap.name, "joe");
    strcpy(settings.chap.secret, "secret-of-joe-1");
    if (mutual) {
        strcpy(settings.mutual_chap.name, "disk");
        strcpy(settings.mutual_chap.secret, "secret-of-disk-2");
    }
    return settings;
}

struct refusal {
    const char *name, *text;
    bool mutual;
    enum status status;
};

static void chap_refusals(void **state)
{
    static const struct refusal cases[] = {
        {"algorithm not offered", "CHAP_A=9|CHAP_I=1|CHAP_C=0x00112233|", false, E_CHAP_ALGORITHM},
        {"no algorithm", "CHAP_I=1|CHAP_C=0x00112233|", false, E_CHAP_ALGORITHM},
        {"identifier 256", "CHAP_A=5|CHAP_I=256|CHAP_C=0x00112233|", false, E_CHAP_CHALLENGE},
        {"no challenge", "CHAP_A=5|CHAP_I=1|", false, E_CHAP_CHALLENGE},
        {"challenge without prefix", "CHAP_A=5|CHAP_I=1|CHAP_C=00112233|", false, E_CHAP_CHALLENGE},
        {"challenge empty", "CHAP_A=5|CHAP_I=1|CHAP_C=0x|", false, E_CHAP_CHALLENGE},
        {"challenge no hex", "CHAP_A=5|CHAP_I=1|CHAP_C=0x00zz|", false, E_CHAP_CHALLENGE},
        {"base64 cut", "CHAP_A=5|CHAP_I=1|CHAP_C=0bAAA|", false, E_CHAP_CHALLENGE},
        {"method None when mutual is wanted", "AuthMethod=None|", true, E_CHAP_METHOD},
        {"method Reject", "AuthMethod=Reject|", true, E_CHAP_METHOD},
        {"another method", "AuthMethod=KRB5|", false, E_CHAP_METHOD},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct iscsi_settings settings = chap_settings(cases[i].mutual);

        fake_reset(&fake);
        if (strncmp(cases[i].text, "AuthMethod", 10) != 0)
            fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
        fake_login(&fake, 0, 0, cases[i].text);
        print_message("%s\n", cases[i].name);
        assert_int_equal(open_session(&settings), cases[i].status);
    }
}

/* Section 11.13.5, status 0201: the secret is wrong, or there is none. */
static void authentication_failure(void **state)
{
    (void)state;
    for (unsigned configured = 0; configured < 2; configured++) {
        struct iscsi_settings settings = configured ? chap_settings(false) : fake_settings();
        enum status expected = configured ? E_LOGIN_AUTHENTICATION : E_CHAP_REQUIRED;

        fake_reset(&fake);
        fake_login(&fake, 0, 0x0201, "");
        fake_login(&fake, 0, 0x0201, ""); /* CHAP alone does not change it */
        assert_int_equal(open_session(&settings), expected);
        assert_int_equal(fake.connects, 1 + configured);
        assert_non_null(strstr(failure_detail(expected), "login status 0201"));
    }
}

static void chap_falls_back_to_md5_where_7_means_sha1(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
    fake_login(&fake, 0, 0, "CHAP_A=7|CHAP_I=1|CHAP_C=0x0011223344556677889900112233445566778899|");
    fake_login(&fake, 0, 0x0200, "");

    fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
    fake_login(&fake, 0, 0, "CHAP_A=5|CHAP_I=1|CHAP_C=0bABEiMw==|");
    fake_login(&fake, 0x81, 0, "");
    fake_login(&fake, 0x87, 0, "");
    assert_int_equal(open_session(&settings), OK);
    assert_int_equal(fake.connects, 2);
}

static void chap_target_without_proof(void **state)
{
    struct iscsi_settings settings = chap_settings(true);

    (void)state;
    fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
    fake_login(&fake, 0, 0, "CHAP_A=5|CHAP_I=1|CHAP_C=0x00112233|");
    fake_login(&fake, 0x81, 0, "");
    assert_int_equal(open_session(&settings), E_CHAP_TARGET);

    strcpy(settings.mutual_chap.secret, settings.chap.secret);
    assert_int_equal(open_session(&settings), E_CHAP_SECRETS_EQUAL);
}

static void digests(void **state)
{
    /* Computed with Python's hashlib: identifier 1, secret "secret-of-joe-1", challenge 00 11 22 33. */
    static const uint8_t md5[] = {0x44, 0x72, 0xB3, 0xDC, 0x6E, 0x08, 0x4E, 0xA1, 0xFB, 0x70, 0x45, 0x11, 0x01, 0x9C, 0x1C, 0xC7};
    static const uint8_t sha256[] = {0x40, 0x4A, 0x9A, 0xF0, 0xEA, 0xA8, 0xD8, 0x8B, 0xBE, 0x2E, 0xA3,
                                     0x35, 0xEE, 0x59, 0xE0, 0xCF, 0x66, 0xD3, 0xC5, 0xFB, 0x3D, 0xB0,
                                     0xA5, 0x80, 0xA0, 0xC0, 0xB8, 0x64, 0xE0, 0x12, 0x00, 0x61};
    static const uint8_t sha1[] = {0x81, 0xB0, 0x87, 0xF4, 0x3C, 0x94, 0xA0, 0x66, 0x97, 0x91,
                                   0x32, 0x1A, 0x9A, 0x64, 0x55, 0xB7, 0x0F, 0xCA, 0x91, 0x27};
    static const uint8_t sha3[] = {0xCE, 0x64, 0x93, 0x77, 0x2A, 0x9F, 0x11, 0x1D, 0xAA, 0x42, 0x52,
                                   0x05, 0xE9, 0xE4, 0xA4, 0xDD, 0x83, 0x5C, 0xB2, 0x5D, 0xFC, 0x82,
                                   0xE5, 0x51, 0x3E, 0x2C, 0xDF, 0xF6, 0xD1, 0xDD, 0xE6, 0x85};
    static const uint8_t challenge[] = {0x00, 0x11, 0x22, 0x33};
    uint8_t digest[CHAP_DIGEST_MAX];

    (void)state;
    assert_int_equal(chap_digest(CHAP_MD5, 1, "secret-of-joe-1", challenge, 4, digest), 16);
    assert_memory_equal(digest, md5, 16);
    assert_int_equal(chap_digest(CHAP_SHA256, 1, "secret-of-joe-1", challenge, 4, digest), 32);
    assert_memory_equal(digest, sha256, 32);
    assert_int_equal(chap_digest(CHAP_SHA1, 1, "secret-of-joe-1", challenge, 4, digest), 20);
    assert_memory_equal(digest, sha1, 20);
    assert_int_equal(chap_digest(CHAP_SHA3_256, 1, "secret-of-joe-1", challenge, 4, digest), 32);
    assert_memory_equal(digest, sha3, 32);
    assert_int_equal(chap_digest(9, 1, "", challenge, 4, digest), 0);
}

/* ---- a target that knows the secrets ---- */

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
    static uint8_t copy[TEXT_OUT_MAX + 1];

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
        char wanted[] = {(char)('0' + target.algorithm), 0};

        if (!key_text_list_has(offer, wanted))
            target.algorithm = CHAP_MD5;
        wanted[0] = (char)('0' + target.algorithm);
        assert_true(key_text_list_has(offer, wanted));
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

static void none_with_a_transit_that_nobody_asked_for(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    host_log_clear();
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    fake_login(&fake, 0x87, 0, "");
    assert_int_equal(open_session(&settings), OK);
    assert_non_null(strstr(host_log_text(), "AuthMethod=None"));

    /* Who shall prove itself cannot get away so. */
    settings = chap_settings(true);
    fake_reset(&fake);
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    assert_int_equal(open_session(&settings), E_LOGIN_PROTOCOL);
    /* CHAP cannot be left out when it was chosen. */
    settings = chap_settings(false);
    fake_reset(&fake);
    fake_login(&fake, 0x81, 0, "AuthMethod=CHAP|");
    fake_login(&fake, 0x81, 0, "AuthMethod=CHAP|");
    assert_int_equal(open_session(&settings), E_LOGIN_PROTOCOL);
}

static void nothing_secret_stays_in_the_buffers(void **state)
{
    struct iscsi_settings settings = chap_settings(true);

    (void)state;
    start_target(CHAP_SHA256);
    assert_int_equal(open_session(&settings), OK);
    assert_true(bytes_are_zero(session->text_in, sizeof session->text_in));
    assert_true(bytes_are_zero(session->text_out, sizeof session->text_out));

    strcpy(settings.mutual_chap.secret, "another-secret-99");
    start_target(CHAP_SHA256);
    assert_int_equal(open_session(&settings), E_CHAP_TARGET);
    assert_true(bytes_are_zero(session->text_in, sizeof session->text_in));
    assert_true(bytes_are_zero(session->text_out, sizeof session->text_out));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_session, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(authentication_failure),
        CASE(chap_refusals),
        CASE(chap_falls_back_to_md5_where_7_means_sha1),
        CASE(chap_target_without_proof),
        CASE(digests),
        CASE(one_way),
        CASE(mutual),
        CASE(mutual_forged),
        CASE(our_challenge_reflected),
        CASE(a_list_of_algorithms_that_is_not_taken),
        CASE(a_list_of_methods_that_is_not_taken),
        CASE(lists_end),
        CASE(none_with_a_transit_that_nobody_asked_for),
        CASE(nothing_secret_stays_in_the_buffers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
