/* SPDX-License-Identifier: BSD-2-Clause */
/* What real targets say in a login beside the rules and is taken, with a warning; and what of it is shown. */
#include "tests/unit/session_world.h"

static void answer_operational(const char *text)
{
    fake_reset(&fake);
    host_log_clear();
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    fake_login(&fake, 0x87, 0, text);
}

struct liberty {
    const char *text;
    bool warned;
};

static void small_liberties_are_taken_with_a_warning(void **state)
{
    static const struct liberty cases[] = {
        {"DefaultTime2Retain=3600|", true},
        {"MaxOutstandingR2T=16|", true},
        {"MaxConnections=4|", true},
        {"InitialR2T=yes|ImmediateData=NO|", true},
        {"HeaderDigest=none|", true},
        {"MaxBurstLength=16384|MaxBurstLength=16384|", true},
        {"DataPDUInOrder=Yes|DataPDUInOrder=Yes|", true},
        {"DefaultTime2Retain=NotUnderstood|", true},
        {"MaxRecvDataSegmentLength=NotUnderstood|", true},
        {"HeaderDigest=NotUnderstood|DataDigest=NotUnderstood|", true},
        {"FirstBurstLength=Irrelevant|TargetAlias=a|TargetAlias=a|", false},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        answer_operational(cases[i].text);
        print_message("%s\n", cases[i].text);
        assert_int_equal(log_in_plainly(), OK);
        assert_int_equal(strstr(host_log_text(), " of the target: ") != NULL, cases[i].warned);
    }
}

static void a_key_that_is_not_understood_keeps_its_default(void **state)
{
    (void)state;
    answer_operational("InitialR2T=NotUnderstood|MaxBurstLength=NotUnderstood|MaxRecvDataSegmentLength=NotUnderstood|");
    assert_int_equal(log_in_plainly(), OK);
    assert_int_equal(session->agreed.initial_r2t, 1);
    assert_int_equal(session->agreed.max_burst, 262144);
    assert_int_equal(session->agreed.max_send_segment, 8192);
}

static void a_key_twice_with_two_values_is_refused(void **state)
{
    (void)state;
    answer_operational("MaxBurstLength=16384|MaxBurstLength=8192|");
    assert_int_equal(log_in_plainly(), E_LOGIN_KEY);
    answer_operational("InitialR2T=Yes|InitialR2T=No|");
    assert_int_equal(log_in_plainly(), E_LOGIN_KEY);
}

struct digest_case {
    enum iscsi_digests wanted;
    const char *answer;
    enum status status;
    bool header, data;
    const char *offer; /* ours, with '|' for NUL */
};

static void digests_by_setting(void **state)
{
    static const struct digest_case cases[] = {
        {ISCSI_DIGESTS_AUTO, "HeaderDigest=None|DataDigest=None|", OK, false, false,
         "HeaderDigest=None,CRC32C|DataDigest=None,CRC32C|"},
        {ISCSI_DIGESTS_AUTO, "HeaderDigest=CRC32C|DataDigest=CRC32C|", OK, true, true,
         "HeaderDigest=None,CRC32C|DataDigest=None,CRC32C|"},
        {ISCSI_DIGESTS_AUTO, "", OK, false, false, "HeaderDigest=None,CRC32C|DataDigest=None,CRC32C|"},
        {ISCSI_DIGESTS_NONE, "HeaderDigest=CRC32C|", E_LOGIN_KEY, false, false, "HeaderDigest=None|DataDigest=None|"},
        {ISCSI_DIGESTS_HEADER, "HeaderDigest=CRC32C|DataDigest=None|", OK, true, false, "HeaderDigest=CRC32C|DataDigest=None|"},
        {ISCSI_DIGESTS_DATA, "HeaderDigest=None|DataDigest=CRC32C|", OK, false, true, "HeaderDigest=None|DataDigest=CRC32C|"},
        {ISCSI_DIGESTS_BOTH, "HeaderDigest=CRC32C|DataDigest=None|", E_LOGIN_DIGEST, false, false,
         "HeaderDigest=CRC32C|DataDigest=CRC32C|"},
        {ISCSI_DIGESTS_DATA, "", E_LOGIN_DIGEST, false, false, "HeaderDigest=None|DataDigest=CRC32C|"},
        {ISCSI_DIGESTS_BOTH, "HeaderDigest=NotUnderstood|", E_LOGIN_DIGEST, false, false, "HeaderDigest=CRC32C|"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct iscsi_settings settings = fake_settings();
        char offer[100];
        size_t length = strlen(cases[i].offer);

        settings.digests = cases[i].wanted;
        answer_operational(cases[i].answer);
        print_message("%u: %s\n", cases[i].wanted, cases[i].answer);
        assert_int_equal(open_session(&settings), cases[i].status);
        memcpy(offer, cases[i].offer, length);
        for (size_t at = 0; at < length; at++)
            offer[at] = offer[at] == '|' ? 0 : offer[at];
        assert_memory_equal(fake_heard(&fake, 1) + BHS_LENGTH, offer, length);

        if (cases[i].status == OK) {
            struct iscsi_session_info info;

            iscsi_session_info(session, &info);
            assert_int_equal(info.header_digest, cases[i].header);
            assert_int_equal(info.data_digest, cases[i].data);
        }
    }
}

/* Bounded by their bytes and the time, not in their number. */
static void an_answer_in_pieces_of_one_byte(void **state)
{
    static const char text[] = "AuthMethod=None|TargetPortalGroupTag=1|X-org.example.name=a value|";

    (void)state;
    for (unsigned i = 0; text[i + 1]; i++) {
        char piece[2] = {text[i], 0};

        fake_login(&fake, 0x40, 0, piece);
    }
    fake_login(&fake, 0x81, 0, "|");
    fake_login(&fake, 0x87, 0, "");
    assert_int_equal(log_in_plainly(), OK);

    fake_reset(&fake);
    for (unsigned i = 0; i < 2000; i++)
        fake_login(&fake, 0x40, 0, "A");
    assert_int_equal(log_in_plainly(), E_LOGIN_TIMEOUT);
}

static void assert_printable(const char *text)
{
    for (; *text; text++)
        assert_true(*text == '\n' || (*text >= ' ' && *text <= '~'));
}

static void what_the_target_says_is_shown_printable(void **state)
{
    static const char *const keys[] = {"MaxBurstLength=\33[2J|", "InitialR2T=\302\233A|", "DefaultTime2Wait=\r\b|"};

    (void)state;
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        answer_operational(keys[i]);
        assert_int_equal(log_in_plainly(), E_LOGIN_KEY);
        assert_printable(failure_detail(E_LOGIN_KEY));
    }

    fake_reset(&fake);
    fake_login(&fake, 0, 0x0101, "TargetAddress=\33]0;x\a|TargetAddress=\33[H|");
    fake_login(&fake, 0, 0x0101, "TargetAddress=[\33|");
    assert_int_equal(log_in_plainly(), E_LOGIN_ADDRESS);
    assert_printable(failure_detail(E_LOGIN_ADDRESS));
    assert_non_null(strstr(host_log_text(), "?[H"));
    assert_printable(host_log_text());
}

static void more_unknown_keys_than_can_be_answered(void **state)
{
    char text[8000] = "";

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "X-org.example.key.%u=1|", i);
    fake_login(&fake, 0x01, 0, text);
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    fake_login(&fake, 0x87, 0, text);
    host_log_clear();
    assert_int_equal(log_in_plainly(), OK);
    assert_memory_equal(fake_heard(&fake, 1) + BHS_LENGTH, "X-org.example.key.0=NotUnderstood", 34);
    assert_in_range(get_be24(fake_heard(&fake, 1) + BHS_DATA_LENGTH), 900, 1024);
    assert_non_null(strstr(host_log_text(), "X-org.example.key.199=1 of the target: one key too many"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_session, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(small_liberties_are_taken_with_a_warning), CASE(a_key_that_is_not_understood_keeps_its_default),
        CASE(a_key_twice_with_two_values_is_refused),   CASE(digests_by_setting),
        CASE(an_answer_in_pieces_of_one_byte),          CASE(what_the_target_says_is_shown_printable),
        CASE(more_unknown_keys_than_can_be_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
