/* SPDX-License-Identifier: BSD-2-Clause */
/* CHAP (RFC 7143 section 12.1.3): digests by known values, and scripted answers that are refused, or taken for what they mean. */
#include "tests/unit/chap_settings.h"
#include "tests/unit/session_world.h"

#include "iscsi/login.h"

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
        {"no method", "AuthMethod=|", false, E_CHAP_METHOD},
        {"no method at all", "TargetAlias=a|", false, E_LOGIN_PROTOCOL},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct iscsi_settings settings = chap_settings(cases[i].mutual);

        fake_reset(&fake);
        for (unsigned login = 0; login < 2; login++) { /* CHAP alone, or MD5 alone, does not change it */
            if (strncmp(cases[i].text, "CHAP_", 5) == 0)
                fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
            fake_login(&fake, 0, 0, cases[i].text);
        }
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
    settings.chap.name[0] = 0;
    assert_int_equal(open_session(&settings), E_CHAP_METHOD);
}

/* Section 12.1.3: the target's name and its proof come together, or there is no proof. */
static void halves_of_a_proof(void **state)
{
    static const char *const cases[] = {"CHAP_N=disk|", "CHAP_N=disk|CHAP_R=|", "CHAP_N=disk|CHAP_R=0x|",
                                        "CHAP_N=disk|CHAP_R=0x00|", "CHAP_N=disk|CHAP_R=nonsense|"};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct iscsi_settings settings = chap_settings(true);

        fake_reset(&fake);
        fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
        fake_login(&fake, 0, 0, "CHAP_A=5|CHAP_I=1|CHAP_C=0x00112233|");
        fake_login(&fake, 0x81, 0, cases[i]);
        print_message("%s\n", cases[i]);
        assert_int_equal(open_session(&settings), E_CHAP_TARGET);
    }
}

/* Who lists None has no login without it refused: the target chose, and asks for the next stage when we do. */
static void none_where_chap_is_set(void **state)
{
    struct iscsi_settings settings = chap_settings(false);

    (void)state;
    fake_login(&fake, 0, 0, "AuthMethod=None|");
    fake_login(&fake, 0x81, 0, "");
    fake_login(&fake, 0x87, 0, "");
    assert_int_equal(open_session(&settings), OK);
    assert_int_equal(fake_heard(&fake, 1)[BHS_FLAGS], 0x81);
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

/* Some echo a list that they cannot read, and some leave it unanswered; each has a login without lists. */
static void lists_that_come_back(void **state)
{
    static const char *const answers[] = {"CHAP_A=8,7,6,5|CHAP_I=1|CHAP_C=0x00112233|", "CHAP_I=1|CHAP_C=0x00112233|",
                                          "CHAP_A=8|CHAP_I=1|CHAP_C=|", "AuthMethod=CHAP,None|"};

    (void)state;
    for (unsigned i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct iscsi_settings settings = chap_settings(false);

        fake_reset(&fake);
        if (strncmp(answers[i], "CHAP_", 5) == 0)
            fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
        fake_login(&fake, 0, 0, answers[i]);
        fake_login(&fake, 0, 0, "AuthMethod=CHAP|");
        fake_login(&fake, 0, 0, "CHAP_A=5|CHAP_I=1|CHAP_C=0x00112233|");
        fake_login(&fake, 0x81, 0, "");
        fake_login(&fake, 0x87, 0, "");
        print_message("%s\n", answers[i]);
        assert_int_equal(open_session(&settings), OK);
        assert_int_equal(fake.connects, 2);
    }
}

static unsigned occurrences(const char *text)
{
    const uint8_t *memory = arena.base;
    unsigned count = 0;

    for (size_t i = 0; i + strlen(text) <= arena.used; i++)
        count += memcmp(memory + i, text, strlen(text)) == 0;
    return count;
}

static void say_challenge(void)
{
    fake_login(&fake, 0, 0, "AuthMethod=CHAP|TargetPortalGroupTag=1|");
    fake_login(&fake, 0, 0, "CHAP_A=5|CHAP_I=1|CHAP_C=0x00112233445566778899aabbccddeeff|");
}

/* Closed while it waits for the word on its response; nothing of that may outlive it, nor what it was made from. */
static void nothing_secret_outlives_a_session(void **state)
{
    struct iscsi_settings settings = chap_settings(false);
    struct iscsi_task task = {.direction = ISCSI_NO_DATA};

    (void)state;
    say_challenge();
    fake_login(&fake, 0x81, 0, "");
    fake_login(&fake, 0x87, 0, "");
    assert_int_equal(open_session(&settings), OK);
    iscsi_session_submit(session, &task);
    fake.closed = true;
    iscsi_session_pump(session);

    fake.closed = false;
    fake.in_length = fake.in_position = 0;
    say_challenge();
    for (unsigned i = 0; i < 1000 && !occurrences("CHAP_R=0x"); i++) {
        tick();
        iscsi_session_pump(session);
    }
    assert_int_equal(occurrences("CHAP_R=0x"), 1);
    assert_int_equal(occurrences(settings.chap.secret), 1);
    iscsi_session_close(session, deadline_after_ms(10));
    assert_int_equal(occurrences("CHAP_R=0x"), 0);
    assert_int_equal(occurrences(settings.chap.secret), 0);
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
        CASE(none_with_a_transit_that_nobody_asked_for),
        CASE(halves_of_a_proof),
        CASE(none_where_chap_is_set),
        CASE(lists_that_come_back),
        CASE(nothing_secret_outlives_a_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
