/* SPDX-License-Identifier: BSD-2-Clause */
/* Login against a scripted target: RFC 7143 sections 6, 11.12, 11.13 and 13. CHAP: test_chap.c. */
#include "tests/unit/session_world.h"

static void plain_login_in_every_chunking(void **state)
{
    (void)state;
    for (size_t chunk = 0; chunk < 60; chunk++) {
        fake_reset(&fake);
        fake.chunk = chunk;
        fake_login_whole(&fake);
        assert_int_equal(log_in_plainly(), OK);

        struct iscsi_session_info info;
        iscsi_session_info(session, &info);
        assert_int_equal(info.tsih, 7);
        assert_int_equal(info.max_send_segment, 4096);
        assert_int_equal(info.max_burst, 16384);
        assert_int_equal(info.first_burst, 8192);
        assert_false(info.initial_r2t);
        assert_true(info.immediate_data);
        assert_int_equal(fake_heard(&fake, 0)[BHS_FLAGS], 0x81);
        assert_int_equal(fake_heard(&fake, 1)[BHS_FLAGS], 0x87);
        assert_int_equal(get_be16(fake_heard(&fake, 0) + BHS_TSIH), 0);
    }
}

static void text_continued_in_the_middle_of_a_key(void **state)
{
    (void)state;
    fake_login(&fake, 0x40, 0, "Auth");
    fake_login(&fake, 0x40, 0, "Method=N");
    fake_login(&fake, 0x81, 0, "one|");
    fake_login(&fake, 0x87, 0, "MaxRecvDataSegmentLength=0x2000|");
    assert_int_equal(log_in_plainly(), OK);
    assert_int_equal(session->agreed.max_send_segment, 8192);
    /* A continued answer is fetched by empty requests, section 6.2. */
    assert_int_equal(get_be24(fake_heard(&fake, 1) + BHS_DATA_LENGTH), 0);
    assert_int_equal(fake_heard(&fake, 1)[BHS_FLAGS], 0);
}

/* Bounded by bytes and by time, not by pieces: one of 7 bytes at a time is slow, but is an answer. */
static void text_in_many_pieces(void **state)
{
    static const char text[] = "AuthMethod=None|TargetPortalGroupTag=1|TargetAlias=";

    (void)state;
    for (unsigned i = 0; i + 1 < sizeof text; i++)
        fake_login(&fake, 0x40, 0, (char[]){text[i], 0});
    for (unsigned i = 0; i < 100; i++)
        fake_login(&fake, 0x40, 0, "x");
    fake_login(&fake, 0x81, 0, "|");
    fake_login(&fake, 0x87, 0, "");
    assert_int_equal(log_in_plainly(), OK);
    assert_int_equal(strlen(session->target_alias), 100);
}

static void unknown_keys_are_answered(void **state)
{
    (void)state;
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    fake_login(&fake, 0x04, 0,
               "X-org.example=1|TaskReporting=FastAbort|IFMarker=Yes|OFMarkInt=2048~8192|iSCSIProtocolLevel=2|"
               "X-org.example.2=NotUnderstood|X-org.example.3=Reject|"); /* what is an answer has none */
    fake_login(&fake, 0x87, 0, "");
    assert_int_equal(log_in_plainly(), OK);
    const uint8_t *answer = fake_heard(&fake, 2) + BHS_LENGTH;
    static const char expected[] = "X-org.example=NotUnderstood\0TaskReporting=RFC3720\0IFMarker=No\0OFMarkInt=Irrelevant\0"
                                   "iSCSIProtocolLevel=1";
    assert_int_equal(get_be24(answer - BHS_LENGTH + BHS_DATA_LENGTH), sizeof expected);
    assert_memory_equal(answer, expected, sizeof expected);
}

struct login_status {
    uint16_t code;
    enum status status;
};

static void status_classes(void **state)
{
    static const struct login_status cases[] = {
        {0x0200, E_LOGIN_STATUS},       {0x0201, E_CHAP_REQUIRED},     {0x0202, E_LOGIN_FORBIDDEN},   {0x0203, E_LOGIN_NOT_FOUND},
        {0x0204, E_LOGIN_REMOVED},      {0x0205, E_LOGIN_VERSION},     {0x0206, E_LOGIN_CONNECTIONS}, {0x0207, E_LOGIN_PARAMETER},
        {0x0208, E_LOGIN_SESSION},      {0x0209, E_LOGIN_SESSION},     {0x020A, E_LOGIN_SESSION},     {0x020B, E_LOGIN_PROTOCOL},
        {0x0300, E_LOGIN_TARGET_ERROR}, {0x0301, E_LOGIN_UNAVAILABLE}, {0x0302, E_LOGIN_RESOURCES},   {0x7F01, E_LOGIN_STATUS},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reset(&fake);
        fake_login(&fake, 0, cases[i].code, "");
        assert_int_equal(log_in_plainly(), cases[i].status);
        assert_non_null(strstr(failure_detail(cases[i].status), "login status"));
    }
}

struct redirect {
    const char *address, *host;
    uint16_t port;
    enum status status;
    const char *portal;
};

static void redirects(void **state)
{
    static const struct redirect cases[] = {
        {"192.0.2.9:860,1", "192.0.2.9", 860, OK, "192.0.2.9:860"},
        {"192.0.2.9", "192.0.2.9", 3260, OK, "192.0.2.9:3260"},
        {"192.0.2.9,3", "192.0.2.9", 3260, OK, "192.0.2.9:3260"},
        {"[2001:db8::5]:3261,1", "2001:db8::5", 3261, OK, "[2001:db8::5]:3261"},
        {"[2001:db8::5]", "2001:db8::5", 3260, OK, "[2001:db8::5]:3260"},
        {"san.example.org:3262", "san.example.org", 3262, OK, "san.example.org:3262"},
        {"2001:db8::5", "2001:db8::5", 3260, OK, "[2001:db8::5]:3260"},
        {"2001:db8::5,1", "2001:db8::5", 3260, OK, "[2001:db8::5]:3260"},
        {"2001:db8:0:1:2:3:4:5", "2001:db8:0:1:2:3:4:5", 3260, OK, "[2001:db8:0:1:2:3:4:5]:3260"},
        {"2001:db8:0:1:2:3:4:5:3261,1", "2001:db8:0:1:2:3:4:5", 3261, OK, "[2001:db8:0:1:2:3:4:5]:3261"},
        {"", "", 0, E_LOGIN_ADDRESS, ""},
        {"[2001:db8::5", "", 0, E_LOGIN_ADDRESS, ""},
        {"192.0.2.9:", "", 0, E_LOGIN_ADDRESS, ""},
        {"192.0.2.9:70000", "", 0, E_LOGIN_ADDRESS, ""},
        {"192.0.2.9:0", "", 0, E_LOGIN_ADDRESS, ""},
        {"192.0.2.9:32x", "", 0, E_LOGIN_ADDRESS, ""},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[300];

        fake_reset(&fake);
        snprintf(text, sizeof text, "TargetAddress=%s|", cases[i].address);
        fake_login(&fake, 0, 0x0101, text);
        fake_login_whole(&fake);
        assert_int_equal(log_in_plainly(), cases[i].status);

        if (cases[i].status == OK) {
            struct iscsi_session_info info;

            assert_string_equal(fake.host, cases[i].host);
            assert_int_equal(fake.port, cases[i].port);
            iscsi_session_info(session, &info);
            assert_string_equal(info.portal, cases[i].portal);
            assert_int_equal(info.portal_port, cases[i].port);
            assert_int_equal(info.portal_group, 1);
        }
    }
}

/* Its text may come in pieces, as any other (section 6.2); and be followed when some of them say success. */
static void a_redirection_in_pieces(void **state)
{
    static const char text[] = "TargetAddress=[2001:db8::5]:3261,1|";

    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        fake_reset(&fake);
        for (unsigned i = 0; i + 2 < sizeof text; i++)
            fake_login(&fake, 0x40, i == 0 && first ? 0x0000 : 0x0101, (char[]){text[i], 0});
        fake_login(&fake, 0, 0x0101, "|");
        fake_login_whole(&fake);
        assert_int_equal(log_in_plainly(), OK);
        assert_string_equal(fake.host, "2001:db8::5");
        assert_int_equal(fake.port, 3261);
        assert_int_equal(get_be24(fake_heard(&fake, 1) + BHS_DATA_LENGTH), 0);
        assert_int_equal(fake_heard(&fake, 1)[BHS_FLAGS], 0);
    }
}

/* Bounded as they are: a refusal in its midst counts at once, and one without an end is none. */
static void a_redirection_in_pieces_that_comes_to_nothing(void **state)
{
    (void)state;
    fake_login(&fake, 0x40, 0x0101, "TargetAddress=192.0.2.9");
    fake_login(&fake, 0x40, 0x0301, "|");
    assert_int_equal(log_in_plainly(), E_LOGIN_UNAVAILABLE);

    fake_reset(&fake);
    for (unsigned i = 0; i < 200; i++)
        fake_login(&fake, 0x40, 0x0102, "");
    assert_int_equal(log_in_plainly(), E_LOGIN_PROTOCOL);

    fake_reset(&fake);
    char more[512];
    memset(more, 'x', sizeof more - 1);
    more[sizeof more - 1] = 0;
    for (unsigned i = 0; i < 32; i++)
        fake_login(&fake, 0x40, 0x0102, more);
    assert_int_equal(log_in_plainly(), E_LOGIN_TEXT);
    assert_int_equal(fake.connects, 1);
}

static void of_two_target_addresses_the_first_counts(void **state)
{
    (void)state;
    fake_login(&fake, 0, 0x0101, "TargetAddress=192.0.2.9:860,1|TargetAddress=[2001:db8::5]:3261,1|");
    fake_login_whole(&fake);
    assert_int_equal(log_in_plainly(), OK);
    assert_string_equal(fake.host, "192.0.2.9");
    assert_int_equal(fake.port, 860);
}

/* Whatever text comes with a refusal: the refusal is the answer. */
static void the_status_class_comes_before_the_keys(void **state)
{
    (void)state;
    fake_login(&fake, 0, 0x0203, "=x|MaxBurstLength=1|no pair");
    assert_int_equal(log_in_plainly(), E_LOGIN_NOT_FOUND);
    fake_reset(&fake);
    fake_login(&fake, 0, 0x0101, "MaxBurstLength=1|AuthMethod=CHAP|TargetAddress=192.0.2.9|");
    fake_login_whole(&fake);
    assert_int_equal(log_in_plainly(), OK);
}

/* ---- a target that takes no list of CHAP algorithms ---- */

static void say_challenge_of_md5(void)
{
    fake_login(&fake, 0x00, 0, "AuthMethod=CHAP|");
    fake_login(&fake, 0x00, 0, "CHAP_A=5|CHAP_I=1|CHAP_C=0x00112233445566778899aabbccddeeff|");
    fake_login(&fake, 0x81, 0, "");
    fake_login(&fake, 0x87, 0, "");
}

static void answer_the_second_connection(void)
{
    tick();
    if (fake.connects == 2 && fake.in_position == fake.in_length)
        say_challenge_of_md5();
}

static enum status log_in_with_chap(void)
{
    struct iscsi_settings settings = fake_settings();

    strcpy(settings.chap.name, "joe");
    strcpy(settings.chap.secret, "secret-of-joe-1");
    return open_session(&settings);
}

/* Whatever it does in place of a challenge, silence included: it is asked for MD5 alone, once. */
static void a_list_of_algorithms_that_is_not_understood(void **state)
{
    static const uint16_t statuses[] = {0x0200, 0x0201, 0x0207, 0x020B};

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        fake_reset(&fake);
        fake_login(&fake, 0x00, 0, "AuthMethod=CHAP|");
        if (i < 4)
            fake_login(&fake, 0x00, statuses[i], "");
        else if (i == 4)
            fake_login(&fake, 0x00, 0, "CHAP_A=Reject|");
        host_idle_hook = answer_the_second_connection;
        assert_int_equal(log_in_with_chap(), OK);
        assert_int_equal(fake.connects, 2);
        assert_true(session->md5_only);
    }
}

/* A second login that fails as well says that it was not the list: the next one offers it again. */
static void a_fallback_in_vain_is_forgotten(void **state)
{
    (void)state;
    fake_login(&fake, 0x00, 0, "AuthMethod=CHAP|");
    fake_login(&fake, 0x00, 0x0200, "");
    fake_login(&fake, 0x00, 0x0301, "");
    assert_int_equal(log_in_with_chap(), E_LOGIN_UNAVAILABLE);
    assert_int_equal(fake.connects, 2);
    assert_false(session->md5_only);
}

static void redirect_without_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        fake_login(&fake, 0, 0x0101, "TargetAddress=192.0.2.9|");
    assert_int_equal(log_in_plainly(), E_LOGIN_REDIRECT);
    assert_in_range(fake.connects, 2, 16);
}

struct hostile_answer {
    const char *name, *text;
    uint8_t flags;
    enum status status;
};

static void hostile_answers(void **state)
{
    static const struct hostile_answer cases[] = {
        {"pair without =", "AuthMethod", 0x81, E_LOGIN_TEXT},
        {"empty key", "=None|", 0x81, E_LOGIN_TEXT},
        {"operational key before our offer", "MaxBurstLength=65536|", 0x81, E_LOGIN_KEY},
        {"key twice", "AuthMethod=None|AuthMethod=CHAP|", 0x81, E_LOGIN_KEY},
        {"segment length 511", "MaxRecvDataSegmentLength=511|", 0x81, E_LOGIN_KEY},
        {"segment length 2^24", "MaxRecvDataSegmentLength=16777216|", 0x81, E_LOGIN_KEY},
        {"segment length of 40 digits", "MaxRecvDataSegmentLength=1000000000000000000000000000000000000000|", 0x81, E_LOGIN_KEY},
        {"T and C together", "AuthMethod=None|", 0xC1, E_LOGIN_PROTOCOL},
        {"another stage", "AuthMethod=None|", 0x87, E_LOGIN_PROTOCOL},
        {"reserved next stage", "AuthMethod=None|", 0x82, E_LOGIN_PROTOCOL},
        {"security straight to full feature", "AuthMethod=None|", 0x83, E_LOGIN_PROTOCOL},
        {"CHAP although not offered", "AuthMethod=CHAP|", 0x00, E_CHAP_REQUIRED},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reset(&fake);
        fake_login(&fake, cases[i].flags, 0, cases[i].text);
        print_message("%s\n", cases[i].name);
        assert_int_equal(log_in_plainly(), cases[i].status);
        assert_true(fake.aborts > 0);
    }
}

struct odd_header {
    const char *name;
    uint8_t at, value; /* a byte of an answer that is right otherwise */
    enum status status;
};

static void headers_that_are_no_answer_of_ours(void **state)
{
    static const struct odd_header cases[] = {
        {"11.13 another opcode", BHS_OPCODE, OP_NOP_IN, E_LOGIN_PROTOCOL},
        {"11.17 our request rejected", BHS_OPCODE, OP_REJECT, E_LOGIN_PROTOCOL},
        {"11.2.1.8 another ITT", BHS_ITT + 3, 0x55, E_LOGIN_PROTOCOL},
        {"11.13.2 another version", BHS_ACTIVE_VERSION, 1, E_LOGIN_VERSION},
        {"11.13 another ISID", BHS_ISID + 5, 0x55, E_LOGIN_PROTOCOL},
        {"11.13.3 no TSIH in the last answer", BHS_TSIH + 1, 0, E_LOGIN_PROTOCOL},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reset(&fake);
        fake_login_whole(&fake);
        size_t last = BHS_LENGTH + ((get_be24(fake.in + BHS_DATA_LENGTH) + 3) & ~3u);
        fake.in[last + cases[i].at] = cases[i].value;
        print_message("%s\n", cases[i].name);
        assert_int_equal(log_in_plainly(), cases[i].status);
        assert_true(fake.aborts > 0);
    }
}

/* Section 13.9: the portal group is a number of 16 bits; another one than was set is taken with a warning. */
static void portal_groups(void **state)
{
    static const char *const wrong[] = {"TargetPortalGroupTag=|", "TargetPortalGroupTag=one|", "TargetPortalGroupTag=65536|"};
    struct iscsi_settings settings = fake_settings();

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fake_reset(&fake);
        fake_login(&fake, 0x81, 0, wrong[i]);
        assert_int_equal(log_in_plainly(), E_LOGIN_KEY);
    }
    fake_reset(&fake);
    fake_login_whole(&fake);
    host_log_level = LOG_WARNING;
    host_log_clear();
    settings.portal_group = 7;
    assert_int_equal(open_session(&settings), OK);
    assert_int_equal(session->portal_group, 1);
    assert_non_null(strstr(host_log_text(), "Portal group 1, settings say 7"));
}

static void answers_our_offer_does_not_allow(void **state)
{
    static const char *const cases[] = {
        "MaxBurstLength=2000000|", "MaxBurstLength=100|", "FirstBurstLength=0|",  "DataPDUInOrder=No|", "DataSequenceInOrder=No|",
        "ErrorRecoveryLevel=1|",   "MaxConnections=0|",   "MaxOutstandingR2T=0|", "HeaderDigest=MD5|",  "DataDigest=|",
        "InitialR2T=Yess|",        "MaxBurstLength=-1|",  "MaxBurstLength=|",     "MaxBurstLength=0x|",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reset(&fake);
        fake_login(&fake, 0x81, 0, "AuthMethod=None|");
        fake_login(&fake, 0x87, 0, cases[i]);
        print_message("%s\n", cases[i]);
        assert_int_equal(log_in_plainly(), E_LOGIN_KEY);
    }
}

static void endless_continuation_is_bounded(void **state)
{
    char text[8001];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    fake_login(&fake, 0x40, 0, text);
    fake_login(&fake, 0x40, 0, text);
    assert_int_equal(log_in_plainly(), E_LOGIN_TEXT);

    fake_reset(&fake);
    for (unsigned i = 0; i < 40; i++)
        fake_login(&fake, 0x40, 0, "");
    assert_int_equal(log_in_plainly(), E_LOGIN_PROTOCOL);

    fake_reset(&fake);
    for (unsigned i = 0; i < 40; i++)
        fake_login(&fake, 0x00, 0, "");
    assert_int_equal(log_in_plainly(), E_LOGIN_PROTOCOL);
}

static void silence_ends_with_the_deadline(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    assert_int_equal(log_in_plainly(), E_LOGIN_TIMEOUT);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 14000, 16000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_session, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(plain_login_in_every_chunking),
        CASE(text_continued_in_the_middle_of_a_key),
        CASE(text_in_many_pieces),
        CASE(unknown_keys_are_answered),
        CASE(status_classes),
        CASE(redirects),
        CASE(a_redirection_in_pieces),
        CASE(a_redirection_in_pieces_that_comes_to_nothing),
        CASE(of_two_target_addresses_the_first_counts),
        CASE(the_status_class_comes_before_the_keys),
        CASE(a_list_of_algorithms_that_is_not_understood),
        CASE(a_fallback_in_vain_is_forgotten),
        CASE(redirect_without_end),
        CASE(hostile_answers),
        CASE(headers_that_are_no_answer_of_ours),
        CASE(portal_groups),
        CASE(answers_our_offer_does_not_allow),
        CASE(endless_continuation_is_bounded),
        CASE(silence_ends_with_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
