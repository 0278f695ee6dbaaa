/* SPDX-License-Identifier: BSD-2-Clause */
/* The story with sanstrap.conf, and with boot=auto. */
#include "tests/unit/loader_doubles.h"

#define UP   "nic0 net_open dhcp login disk boot"
#define DOWN " logout net_close nic_close"

static struct settings_file file;

static void given(const char *text)
{
    memset(&file, 0, sizeof file);
    strcpy(file.name, "sanstrap.cfg/default");
    strcpy(file.bytes, text);
    settings_file_open(&file, (int)strlen(text));
    machine.file = &file;
}

static void the_file_is_shown_and_obeyed(void **state)
{
    (void)state;
    given("# this machine's\nroot=iscsi:192.0.2.9::::iqn.2001-04.com.example:other\nretry=0\n");
    told("", UP DOWN);
    shown("Settings  sanstrap.cfg/default\n");
    shown("Target    iqn.2001-04.com.example:other (sanstrap.conf)\n");
}

static void a_wrong_file_stops_the_boot(void **state)
{
    (void)state;
    given("root=" ROOT "\nmtu=12\n");
    told("", "");
    shown("S713 ");
    shown("sanstrap.cfg/default, line 2: mtu= takes");
    shown("     12\n     ^\n");
}

static void a_search_that_was_broken_off_is_told(void **state)
{
    (void)state;
    memset(&file, 0, sizeof file);
    file.unanswered = true;
    machine.file = &file;
    told("retry=0", UP DOWN);
    shown("Warning   the boot server is slow");
}

static void auto_keeps_what_does_not_boot(void **state)
{
    (void)state;
    script.boot = E_BOOT_SIGNATURE;
    told("boot=auto", UP " publish");
    shown("Boot      The disk has no boot sector (S801): the disk is kept (boot=auto)\n");
    shown("disk published as drive 80h\n");
    assert_null(strstr(seen.screen, "\nS"));
    no_line_is_too_long();
    loader_close();
}

static void ipxes_keep_san_is_auto(void **state)
{
    (void)state;
    script.boot = E_BOOT_SIGNATURE;
    dhcp_option(&script.ack, DHCP_IPXE, "\010\001\001", 3);
    told("", UP " publish");
    loader_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_file_is_shown_and_obeyed),  TEST(a_wrong_file_stops_the_boot), TEST(a_search_that_was_broken_off_is_told),
        TEST(auto_keeps_what_does_not_boot), TEST(ipxes_keep_san_is_auto),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
