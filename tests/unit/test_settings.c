/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings from DHCP, and what becomes of all of them. */
#include "tests/unit/unit.h"

#include "iscsi/name.h"
#include "loader/initiator_name.h"
#include "loader/settings.h"
#include "tests/host/host.h"
#include "tests/unit/dhcp_builder.h"

#define ROOT "iscsi:192.0.2.1::::iqn.2001-04.com.example:storage"

static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0xAB, 0xCD, 0xEF};
static struct settings settings;

static enum status from_dhcp(const char *command_line, const struct dhcp_builder *ack)
{
    struct dhcp_message message;
    assert_int_equal(settings_begin(&settings, command_line), OK);
    assert_null(dhcp_message_open(&message, ack->bytes, ack->length));
    return settings_from_dhcp(&settings, &message);
}

static void what_dhcp_sets(void **state)
{
    (void)state;
    struct dhcp_builder ack;

    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_ROOT_PATH, ROOT);
    dhcp_text(&ack, DHCP_INITIATOR_IQN, "iqn.2001-04.com.example:client");
    dhcp_text(&ack, DHCP_HOST_NAME, "client");
    dhcp_option(&ack, DHCP_IPXE, "\275\001\201\276\002us\277\003pwd\300\002ru\301\003rpw", 21);
    assert_int_equal(from_dhcp("", &ack), OK);
    assert_string_equal(settings.root.target, "iqn.2001-04.com.example:storage");
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:client");
    assert_string_equal(settings.hostname, "client");
    assert_int_equal(settings.boot.drive, 0x81);
    assert_string_equal(settings.chap.name, "us");
    assert_string_equal(settings.chap.secret, "pwd");
    assert_string_equal(settings.mutual.name, "ru");
    assert_string_equal(settings.mutual.secret, "rpw");
    static const enum setting set[] = {SETTING_ROOT,  SETTING_INITIATOR, SETTING_HOSTNAME,
                                       SETTING_DRIVE, SETTING_CHAP,      SETTING_MUTUAL};
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        assert_int_equal(settings.origin[set[i]], FROM_DHCP);
    assert_int_equal(settings.origin[SETTING_LUN], FROM_DEFAULT);
}

static void what_the_command_line_set_dhcp_leaves_alone(void **state)
{
    (void)state;
    struct dhcp_builder ack;

    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_ROOT_PATH, "iscsi:this one is wrong");
    dhcp_text(&ack, DHCP_INITIATOR_IQN, "wrong too");
    dhcp_text(&ack, DHCP_HOST_NAME, "theirs");
    dhcp_option(&ack, DHCP_IPXE, "\275\001\001\276\002us\277\003pwd\300\002ru\301\003rpw", 21);
    assert_int_equal(
        from_dhcp("root=" ROOT " initiator=iqn.2001-04.com.example:mine hostname=mine drive=0x82 chap=a:b mutual=c:d", &ack), OK);
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:mine");
    assert_string_equal(settings.hostname, "mine");
    assert_int_equal(settings.boot.drive, 0x82);
    assert_string_equal(settings.chap.secret, "b");
    assert_string_equal(settings.mutual.secret, "d");
}

static void strings_padded_by_the_server(void **state)
{
    (void)state;
    struct dhcp_builder ack;
    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_ROOT_PATH, ROOT "\0", sizeof ROOT + 1);
    dhcp_option(&ack, DHCP_HOST_NAME, "client \0", 8);
    assert_int_equal(from_dhcp("", &ack), OK);
    assert_string_equal(settings.hostname, "client");
}

static void a_host_name_that_is_no_text(void **state)
{
    (void)state;
    struct dhcp_builder ack;
    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_ROOT_PATH, ROOT, sizeof ROOT - 1);
    dhcp_text(&ack, DHCP_HOST_NAME, "one\33[2J");
    assert_int_equal(from_dhcp("", &ack), OK);
    assert_string_equal(settings.hostname, "");
}

static void bad_values_of_dhcp(void **state)
{
    (void)state;
    struct dhcp_builder ack;

    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_ROOT_PATH, "192.0.2.1:/srv/nfs");
    assert_int_equal(from_dhcp("", &ack), E_ROOT_PATH_SYNTAX);
    assert_string_equal(settings.mark.text, "192.0.2.1:/srv/nfs");

    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_INITIATOR_IQN, "the client");
    assert_int_equal(from_dhcp("", &ack), E_INITIATOR_NAME);

    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_IPXE, "\275\001\177", 3);
    assert_int_equal(from_dhcp("", &ack), E_SETTING_VALUE);
    assert_non_null(strstr(failure_detail(E_SETTING_VALUE), "7fh"));

    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_IPXE, "\276\003a\0b", 5);
    assert_int_equal(from_dhcp("", &ack), E_SETTING_VALUE);
    char text[250];
    memset(text, 'a', sizeof text);
    memcpy(text, "iscsi:", 6);
    dhcp_ack(&ack);
    for (unsigned i = 0; i < 3; i++) {
        dhcp_option(&ack, DHCP_ROOT_PATH, text, sizeof text);
        memset(text, 'a', 6); /* else it is another path */
    }
    assert_int_equal(from_dhcp("", &ack), E_DHCP_MESSAGE);
}

struct chap_case {
    const char *line;
    enum status status;
};

static void chap_is_complete_or_refused(void **state)
{
    (void)state;
    static const struct chap_case cases[] = {
        {"root=" ROOT, OK},
        {"root=" ROOT " chap=a:b", OK},
        {"root=" ROOT " chap=a:b mutual=c:d", OK},
        {"root=" ROOT " chap=a", E_CHAP_INCOMPLETE},
        {"root=" ROOT " chap=a:", E_CHAP_INCOMPLETE},
        {"root=" ROOT " chap=:b", E_CHAP_INCOMPLETE},
        {"root=" ROOT " chap=a:b mutual=c", E_CHAP_INCOMPLETE},
        {"root=" ROOT " mutual=c:d", E_CHAP_INCOMPLETE},
        {"chap=a:b", E_ROOT_PATH_MISSING},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(settings_begin(&settings, cases[i].line), OK);
        assert_int_equal(settings_finish(&settings, mac), cases[i].status);
    }
}

static void what_the_session_is_told(void **state)
{
    (void)state;
    assert_int_equal(settings_begin(&settings, "root=iscsi:h::3261:7:iqn.2001-04.com.example:x timeout=9 recovery=8 chap=a:b "
                                               "digests=both"),
                     OK);
    assert_int_equal(settings_finish(&settings, mac), OK);

    struct iscsi_settings iscsi;
    settings_for_iscsi(&settings, mac, &iscsi);
    assert_string_equal(iscsi.initiator_name, "iqn.2026-11.invalid.sanstrap:52-54-00-ab-cd-ef");
    assert_string_equal(iscsi.target_name, "iqn.2001-04.com.example:x");
    assert_string_equal(iscsi.host, "h");
    assert_int_equal(iscsi.port, 3261);
    assert_memory_equal(iscsi.lun, "\0\7\0\0\0\0\0\0", 8);
    assert_string_equal(iscsi.chap.name, "a");
    assert_string_equal(iscsi.mutual_chap.name, "");
    assert_int_equal(iscsi.digests, ISCSI_DIGESTS_BOTH);
    assert_int_equal(iscsi.login_timeout_ms, 9000);
    assert_int_equal(iscsi.recovery_timeout_ms, 8000);
    assert_int_equal(settings_begin(&settings, "root=iscsi:h:::7:iqn.2001-04.com.example:x lun=3"), OK);
    assert_int_equal(settings_finish(&settings, mac), OK);
    assert_memory_equal(settings.lun, "\0\3\0\0\0\0\0\0", 8);
}

static void isid_of(uint8_t isid[6], const uint8_t card[6])
{
    struct iscsi_settings iscsi;

    assert_int_equal(settings_begin(&settings, "root=iscsi:h::::iqn.2001-04.com.example:x"), OK);
    settings_for_iscsi(&settings, card, &iscsi);
    memcpy(isid, iscsi.isid, 6);
}

struct isid_case {
    uint8_t card[6], isid[6];
};

/* RFC 7143 section 11.12.5: the OUI format for cards that have an OUI, the random one for the others. */
static void the_isid_is_the_cards(void **state)
{
    static const struct isid_case cases[] = {
        {{0x00, 0x1B, 0x21, 0xAB, 0xCD, 0xEF}, {0x00, 0x1B, 0x21, 0xAB, 0xCD, 0xEF}},
        {{0xFC, 0x1B, 0x21, 0xAB, 0xCD, 0xEF}, {0x3F, 0x1B, 0x21, 0xAB, 0xCD, 0xEF}},
        {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}, {0x80, 0x06, 0x00, 0x12, 0x34, 0x56}},
        {{0x52, 0x54, 0x00, 0x12, 0x34, 0x57}, {0x80, 0x06, 0x00, 0x12, 0x34, 0x57}},
        {{0x56, 0x54, 0x00, 0x12, 0x34, 0x56}, {0x80, 0x02, 0x00, 0x12, 0x34, 0x56}},
        {{0x02, 0x1B, 0x21, 0xAB, 0xCD, 0xEF}, {0x80, 0x19, 0x21, 0xAB, 0xCD, 0xEF}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t isid[6];

        isid_of(isid, cases[i].card);
        assert_memory_equal(isid, cases[i].isid, 6);
        isid_of(isid, cases[i].card);
        assert_memory_equal(isid, cases[i].isid, 6);
    }
}

/* Names that somebody once typed into a target are sent as they stand, and said to be odd. */
static void odd_names_are_taken_with_a_warning(void **state)
{
    (void)state;
    host_log_clear();
    assert_int_equal(settings_begin(&settings, "root=iscsi:h::::iqn.2003-1.org.linux-iscsi.my_host:x initiator=my_client"), OK);
    assert_int_equal(settings_finish(&settings, mac), OK);
    assert_string_equal(settings.root.target, "iqn.2003-1.org.linux-iscsi.my_host:x");
    assert_string_equal(settings.initiator, "my_client");
    assert_non_null(strstr(host_log_text(), "Target name iqn.2003-1.org.linux-iscsi.my_host:x, character 11: "));
    assert_non_null(strstr(host_log_text(), "Initiator name my_client, character 1: "));

    host_log_clear();
    assert_int_equal(settings_begin(&settings, "root=iscsi:h::::iqn.2003-01.org.example:x_y"), OK);
    assert_int_equal(settings_finish(&settings, mac), OK);
    assert_string_equal(host_log_text(), "");
}

static void made_initiator_names_are_valid(void **state)
{
    (void)state;
    char name[ISCSI_NAME_MAX + 1], long_host[400];
    initiator_name_make(name, "Büro_PC 7.example.com", mac);
    assert_string_equal(name, "iqn.2026-11.invalid.sanstrap:b--ro-pc-7.example.com");
    memset(long_host, 'x', sizeof long_host - 1);
    long_host[sizeof long_host - 1] = '\0';
    initiator_name_make(name, long_host, mac);
    assert_int_equal(strlen(name), ISCSI_NAME_MAX);
    size_t wrong;
    assert_null(iscsi_name_oddity(name, strlen(name), &wrong));
    initiator_name_make(name, "", mac);
    assert_null(iscsi_name_oddity(name, strlen(name), &wrong));
}

static enum boot_choice boot_as_the_home_reads(const struct dhcp_builder *ack, const struct dhcp_builder *reply,
                                               const struct dhcp_builder *proxy)
{
    struct machine machine = {.command_line = "", .cached_ack = ack->bytes, .cached_ack_length = ack->length};
    if (reply)
        machine.cached_reply = reply->bytes, machine.cached_reply_length = reply->length;
    if (proxy)
        machine.cached_proxy = proxy->bytes, machine.cached_proxy_length = proxy->length;

    struct home_options home;
    loader_home_options(&machine, &home);
    return home.boot;
}

static void ipxes_switches(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint8_t length;
        enum boot_choice boot;
    } cases[] = {
        {"\010\001\001", 3, BOOT_AUTO}, {"\011\001\001", 3, BOOT_NO}, {"\010\001\001\011\001\001", 6, BOOT_NO},
        {"\010\001\000", 3, BOOT_YES},  {"\010\000", 2, BOOT_YES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dhcp_builder ack;
        dhcp_ack(&ack);
        dhcp_option(&ack, DHCP_IPXE, cases[i].bytes, cases[i].length);
        assert_int_equal(from_dhcp("", &ack), OK);
        assert_int_equal(settings.home.boot, cases[i].boot);
        assert_int_equal(boot_as_the_home_reads(&ack, NULL, NULL), cases[i].boot);
        assert_int_equal(from_dhcp("boot=yes", &ack), OK);
        assert_int_equal(settings.home.boot, BOOT_YES);
    }

    struct dhcp_builder ack;
    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_ROOT_PATH, "192.0.2.1:/export"); /* the one that counts may come from another server */
    dhcp_option(&ack, DHCP_IPXE, "\011\001\001", 3);
    assert_int_equal(boot_as_the_home_reads(&ack, NULL, NULL), BOOT_NO);

    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_IPXE, "\274\012\\EFI\\x.efi", 12);
    assert_int_equal(from_dhcp("", &ack), OK);
    assert_string_equal(settings.boot.files, "\\EFI\\x.efi");
    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_IPXE, "\274\005x.efi", 7);
    assert_int_equal(from_dhcp("", &ack), E_SETTING_VALUE);
}

static bool boot_is_open(const char *line, const struct dhcp_builder *ack)
{
    struct machine machine = {.command_line = line, .cached_ack = ack->bytes, .cached_ack_length = ack->length};
    struct home_options home;
    loader_home_options(&machine, &home);
    return home.boot_open;
}

/* Whether a DHCP server has still to be asked, and counts. */
static void what_the_home_cannot_know(void **state)
{
    (void)state;
    struct dhcp_builder none = {.length = 0}, ack;
    dhcp_ack(&ack);
    assert_true(boot_is_open("", &none));
    assert_true(boot_is_open("", &ack));
    assert_false(boot_is_open("boot=yes", &none));
    assert_false(boot_is_open("ip=192.0.2.10/24", &none));
    dhcp_text(&ack, DHCP_ROOT_PATH, "iscsi:192.0.2.1::::iqn.2001-04.com.example:x");
    assert_false(boot_is_open("", &ack));
}

/* Before the card is taken, too, all that the firmware was told counts. */
static void what_others_than_the_leases_server_say_to_the_home(void **state)
{
    (void)state;
    static const char root[] = "iscsi:192.0.2.1::::iqn.2001-04.com.example:x";
    struct dhcp_builder ack, skip, keep, words;
    dhcp_ack(&ack);
    dhcp_build(&skip);
    dhcp_build(&keep);
    dhcp_build(&words);
    dhcp_text(&ack, DHCP_ROOT_PATH, root);
    dhcp_option(&skip, DHCP_IPXE, "\011\001\001", 3);
    dhcp_option(&keep, DHCP_IPXE, "\010\001\001", 3);
    dhcp_text(&keep, DHCP_ROOT_PATH, root);
    dhcp_text(&words, DHCP_SETTINGS, "boot=no");

    struct dhcp_builder nfs = skip;
    dhcp_text(&nfs, DHCP_ROOT_PATH, "192.0.2.1:/export");

    assert_int_equal(boot_as_the_home_reads(&ack, &skip, NULL), BOOT_NO);
    assert_int_equal(boot_as_the_home_reads(&ack, NULL, &skip), BOOT_NO);
    assert_int_equal(boot_as_the_home_reads(&ack, NULL, &words), BOOT_NO);
    assert_int_equal(boot_as_the_home_reads(&ack, &skip, &keep), BOOT_AUTO); /* the one with the root path */
    assert_int_equal(boot_as_the_home_reads(&ack, &nfs, NULL), BOOT_YES);    /* for somebody else */
    skip.bytes[DHCP_AT_CHADDR + 5] ^= 1;
    assert_int_equal(boot_as_the_home_reads(&ack, &skip, NULL), BOOT_YES);
    assert_int_equal(boot_as_the_home_reads(&ack, &skip, &words), BOOT_NO);
}

static void settings_as_text(void **state)
{
    (void)state;
    struct dhcp_builder ack;
    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_INITIATOR_IQN, "iqn.2001-04.com.example:option");
    dhcp_text(&ack, DHCP_HOST_NAME, "option");
    dhcp_text(&ack, DHCP_SETTINGS,
              "root=" ROOT " hostname=text chap=\"u:a b\" boot=auto mtu=9000 nic=00:03.0 log=debug unknwn=1");
    assert_int_equal(from_dhcp("", &ack), OK);
    assert_string_equal(settings.root.target, "iqn.2001-04.com.example:storage");
    assert_string_equal(settings.hostname, "text");
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:option");
    assert_string_equal(settings.chap.secret, "a b");
    assert_int_equal(settings.home.boot, BOOT_AUTO);
    assert_int_equal(settings.origin[SETTING_ROOT], FROM_DHCP_TEXT);
    assert_int_equal(settings.mtu, 1500); /* these are obeyed before an answer is read */
    assert_int_equal(settings.nic_choice, NIC_ANY);
    assert_int_equal(settings.home.log, LOG_WARNING);
    assert_int_equal(settings.unknown_count, 0);
    struct dhcp_message message;
    assert_null(dhcp_message_open(&message, ack.bytes, ack.length));
    assert_true(settings_dhcp_has_root(&message));
    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_SETTINGS, "initiator=iqn.2001-04.com.iscsi:x netroot=\"" ROOT "\"");
    assert_null(dhcp_message_open(&message, ack.bytes, ack.length));
    assert_true(settings_dhcp_has_root(&message));
    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_SETTINGS, "initiator=iqn.2001-04.com.iscsi:x =");
    assert_null(dhcp_message_open(&message, ack.bytes, ack.length));
    assert_false(settings_dhcp_has_root(&message));

    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_SETTINGS, "hostname=text");
    assert_int_equal(from_dhcp("hostname=mine", &ack), OK);
    assert_string_equal(settings.hostname, "mine");

    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_SETTINGS, "retry=x");
    assert_int_equal(from_dhcp("", &ack), E_SETTING_VALUE);

    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_SETTINGS, "retry=1\0\1", 9);
    assert_int_equal(from_dhcp("", &ack), OK);
    assert_int_equal(settings.retries, 5);
    dhcp_ack(&ack);
    dhcp_option(&ack, DHCP_SETTINGS, "retry=1\0", 8);
    assert_int_equal(from_dhcp("", &ack), OK);
    assert_int_equal(settings.retries, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_dhcp_sets),
        cmocka_unit_test(ipxes_switches),
        cmocka_unit_test(what_the_home_cannot_know),
        cmocka_unit_test(what_others_than_the_leases_server_say_to_the_home),
        cmocka_unit_test(settings_as_text),
        cmocka_unit_test(what_the_command_line_set_dhcp_leaves_alone),
        cmocka_unit_test(strings_padded_by_the_server),
        cmocka_unit_test(a_host_name_that_is_no_text),
        cmocka_unit_test(bad_values_of_dhcp),
        cmocka_unit_test(chap_is_complete_or_refused),
        cmocka_unit_test(what_the_session_is_told),
        cmocka_unit_test(the_isid_is_the_cards),
        cmocka_unit_test(odd_names_are_taken_with_a_warning),
        cmocka_unit_test(made_initiator_names_are_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
