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
        {"algorithm not offered", "CHAP_A=6|CHAP_I=1|CHAP_C=0x00112233|", false, E_CHAP_ALGORITHM},
        {"no algorithm", "CHAP_I=1|CHAP_C=0x00112233|", false, E_CHAP_ALGORITHM},
        {"identifier 256", "CHAP_A=5|CHAP_I=256|CHAP_C=0x00112233|", false, E_CHAP_CHALLENGE},
        {"no challenge", "CHAP_A=5|CHAP_I=1|", false, E_CHAP_CHALLENGE},
        {"challenge without prefix", "CHAP_A=5|CHAP_I=1|CHAP_C=00112233|", false, E_CHAP_CHALLENGE},
        {"challenge empty", "CHAP_A=5|CHAP_I=1|CHAP_C=0x|", false, E_CHAP_CHALLENGE},
        {"challenge no hex", "CHAP_A=5|CHAP_I=1|CHAP_C=0x00zz|", false, E_CHAP_CHALLENGE},
        {"base64 cut", "CHAP_A=5|CHAP_I=1|CHAP_C=0bAAA|", false, E_CHAP_CHALLENGE},
        {"method None when mutual is wanted", "AuthMethod=None|", true, E_CHAP_METHOD},
        {"method Reject", "AuthMethod=Reject|", false, E_CHAP_METHOD},
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
        assert_int_equal(open_session(&settings), expected);
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
    static const uint8_t challenge[] = {0x00, 0x11, 0x22, 0x33};
    uint8_t digest[CHAP_DIGEST_MAX];

    (void)state;
    assert_int_equal(chap_digest(CHAP_MD5, 1, "secret-of-joe-1", challenge, 4, digest), 16);
    assert_memory_equal(digest, md5, 16);
    assert_int_equal(chap_digest(CHAP_SHA256, 1, "secret-of-joe-1", challenge, 4, digest), 32);
    assert_memory_equal(digest, sha256, 32);
    assert_int_equal(chap_digest(6, 1, "", challenge, 4, digest), 0);
}

/* ---- a target that knows the secrets ---- */

enum forgery { HONEST, WRONG_DIGEST, SHORT_DIGEST, OTHER_NAME, OUR_OWN_NAME, NO_NAME, STALE_IDENTIFIER };

static struct {
    uint32_t algorithm;
    enum forgery forgery;
    uint8_t challenge[CHALLENGE_LENGTH];
    size_t heard;
    unsigned logins; /* responses seen */
    bool reflects, redirects;
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
    say_text(0x81, 0, writer);
}

static void answer_security(const uint8_t *text, uint32_t length)
{
    uint8_t bytes[1024];
    struct key_text_writer writer = {.bytes = bytes, .room = sizeof bytes};
    const char *offer = find_key(text, length, "CHAP_A");

    if (find_key(text, length, "AuthMethod")) {
        key_text_add(&writer, "AuthMethod", "CHAP");
        say_text(0, 0, &writer);
    } else if (offer) {
        if (!key_text_list_has(offer, "7"))
            target.algorithm = CHAP_MD5;
        assert_true(key_text_list_has(offer, target.algorithm == CHAP_MD5 ? "5" : "7"));
        challenge(&writer);
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
            answer_security(header + BHS_LENGTH, length);
        else
            fake_login(&fake, 0x87, 0, "");
    }
}

static void start_target(uint32_t algorithm)
{
    static struct stream_ops operations;

    fake_reset(&fake);
    operations = *fake.stream.ops;
    operations.pump = serve;
    fake.stream.ops = &operations;
    memset(&target, 0, sizeof target);
    target.algorithm = algorithm;

    for (unsigned i = 0; i < CHALLENGE_LENGTH; i++)
        target.challenge[i] = (uint8_t)(i * 11 + 1);
}

static const uint32_t algorithms[] = {CHAP_MD5, CHAP_SHA256};

static void one_way(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        start_target(algorithms[i]);
        assert_int_equal(open_session(&settings), OK);
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
    for (unsigned i = 0; i < 2; i++) {
        start_target(algorithms[i]);
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
        for (unsigned j = 0; j < 2; j++) {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
