/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: its words, every setting's values, what is refused and how it is told. */
#include <stddef.h>

#include "tests/unit/unit.h"

#include "loader/command_line.h"
#include "loader/setting.h"
#include "platform/bytes.h"

#define IQN "iqn.2001-04.com.example:storage"

static struct settings settings;

static void parsed(const char *line)
{
    assert_int_equal(settings_begin(&settings, line), OK);
}

struct words {
    const char *clause, *line;
    const char *expected; /* "name[=value]" with '|' behind each; '!' for an error */
};

static const struct words words[] = {
    {"empty", "", ""},
    {"blanks alone", " \t  ", ""},
    {"words between blanks", " a=1  b=2\tc ", "a=1|b=2|c|"},
    {"only the first = divides", "a=b=c", "a=b=c|"},
    {"an empty value", "a= b=1", "a=|b=1|"},
    {"quotes keep blanks", "a=\"x y\" b=1", "a=x y|b=1|"},
    {"quotes around the whole word", "\"a=x y\"", "a=x y|"},
    {"\\\" and \\\\ within quotes", "a=\"x\\\"y\\\\z\"", "a=x\"y\\z|"},
    {"a backslash outside quotes is itself", "a=x\\y", "a=x\\y|"},
    {"a quote that is not closed", "a=\"x y", "!"},
};

static void the_words_of_a_line(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char got[256] = "";
        const char *line = words[i].line;
        struct word word;
        print_message("  %s\n", words[i].clause);
        while (command_line_next(&line, &word)) {
            if (word.error) {
                strcat(got, "!");
                continue;
            }
            strcat(got, word.name);
            if (word.has_value) {
                strcat(got, "=");
                strcat(got, word.value);
            }
            strcat(got, "|");
        }
        assert_string_equal(got, words[i].expected);
    }
}

struct refused {
    const char *line;
    enum status status;
    const char *detail; /* a part of it */
    const char *mark;
};

static const struct refused refused[] = {
    {"root=iscsi:h::x::" IQN, E_ROOT_PATH_SYNTAX, "character 10", "iscsi:h::x::" IQN},
    {"initiator=client\0011", E_INITIATOR_NAME, "control", "client?1"},
    {"lun=12345", E_SETTING_VALUE, "lun= takes", "12345"},
    {"ip=192.0.2.10", E_SETTING_VALUE, "prefix", "192.0.2.10"},
    {"ip=192.0.2.10/33", E_SETTING_VALUE, "ip=", "192.0.2.10/33"},
    {"ip=192.0.2.10/0", E_SETTING_VALUE, "ip=", "192.0.2.10/0"},
    {"ip=192.0.2.10/255.0.255.0", E_SETTING_VALUE, "netmask", "192.0.2.10/255.0.255.0"},
    {"ip=192.0.2.10/0.0.0.0", E_SETTING_VALUE, "netmask", "192.0.2.10/0.0.0.0"},
    {"ip=192.0.2.10::192.0.2.1", E_SETTING_VALUE, "netmask", "192.0.2.10::192.0.2.1"},
    {"ip=192.0.2.10::router:24", E_SETTING_VALUE, "ip=", "192.0.2.10::router:24"},
    {"ip=eth0:auto7", E_SETTING_VALUE, "ip=", "eth0:auto7"},
    {"ip=2001:db8::1/64", E_SETTING_VALUE, "ip=", "2001:db8::1/64"},
    {"ip6=192.0.2.10/24", E_SETTING_VALUE, "ip6=", "192.0.2.10/24"},
    {"ip6=2001:db8::1/129", E_SETTING_VALUE, "ip6=", "2001:db8::1/129"},
    {"gateway=router", E_SETTING_VALUE, "gateway=", "router"},
    {"gateway=192.0.2.1,", E_SETTING_VALUE, "gateway=", "192.0.2.1,"},
    {"dns=192.0.2.1,192.0.2.2,192.0.2.3", E_SETTING_VALUE, "at most two", "192.0.2.1,192.0.2.2,192.0.2.3"},
    {"hostname=", E_SETTING_VALUE, "hostname=", ""},
    {"hostname=a\177b", E_SETTING_VALUE, "printable", "a?b"},
    {"drive=0x7F", E_SETTING_VALUE, "0x80 to 0xFF", "0x7F"},
    {"drive=256", E_SETTING_VALUE, "0x80 to 0xFF", "256"},
    {"drive=80h", E_SETTING_VALUE, "0x80 to 0xFF", "80h"},
    {"boot=maybe", E_SETTING_VALUE, "yes, no or auto", "maybe"},
    {"san-drive=1", E_SETTING_VALUE, "drive= takes", "1"},
    {"nic=eth0", E_SETTING_VALUE, "PCI address", "eth0"},
    {"nic=02:20.0", E_SETTING_VALUE, "PCI address", "02:20.0"},
    {"nic=0x:00.1", E_SETTING_VALUE, "PCI address", "0x:00.1"},
    {"nic=02:00.8", E_SETTING_VALUE, "PCI address", "02:00.8"},
    {"mac=01:00:5e:00:00:01", E_SETTING_VALUE, "single card", "01:00:5e:00:00:01"},
    {"mac=00:00:00:00:00:00", E_SETTING_VALUE, "single card", "00:00:00:00:00:00"},
    {"mac=52:54:00:12:34", E_SETTING_VALUE, "single card", "52:54:00:12:34"},
    {"mac=52:54:00:12:34:5g", E_SETTING_VALUE, "single card", "52:54:00:12:34:5g"},
    {"mac=52:54:00.12:34:56", E_SETTING_VALUE, "single card", "52:54:00.12:34:56"},
    {"digests=some", E_SETTING_VALUE, "digests=", "some"},
    {"mtu=575", E_SETTING_VALUE, "576 to 9000", "575"},
    {"mtu=9001", E_SETTING_VALUE, "576 to 9000", "9001"},
    {"vlan=0", E_SETTING_VALUE, "1 to 4094", "0"},
    {"vlan=4095", E_SETTING_VALUE, "1 to 4094", "4095"},
    {"vlan=5,8", E_SETTING_VALUE, "0 to 7", "5,8"},
    {"vlan=5,", E_SETTING_VALUE, "0 to 7", "5,"},
    {"vlan=,3", E_SETTING_VALUE, "1 to 4094", ",3"},
    {"vlan=5:3", E_SETTING_VALUE, "1 to 4094", "5:3"},
    {"rings=100", E_SETTING_VALUE, "power of two", "100"},
    {"memory=512k", E_SETTING_VALUE, "1M to 64M", "512k"},
    {"read-ahead=255K", E_SETTING_VALUE, "off, or 256K to 32M", "255K"},
    {"read-ahead=33M", E_SETTING_VALUE, "off, or 256K to 32M", "33M"},
    {"read-ahead=no", E_SETTING_VALUE, "off, or 256K to 32M", "no"},
    {"memory=4097M", E_SETTING_VALUE, "1M to 64M", "4097M"},
    {"memory=M", E_SETTING_VALUE, "1M to 64M", "M"},
    {"file=", E_SETTING_VALUE, "paths", ""},
    {"file=EFI/x.efi", E_SETTING_VALUE, "paths", "EFI/x.efi"},
    {"file=/a.efi,", E_SETTING_VALUE, "paths", "/a.efi,"},
    {"file=/a.efi,,/b.efi", E_SETTING_VALUE, "paths", "/a.efi,,/b.efi"},
    {"file=/", E_SETTING_VALUE, "paths", "/"},
    {"file=/\xC3\xA4.efi", E_SETTING_VALUE, "paths", "/?\?.efi"},
    {"serial=5", E_SETTING_VALUE, "1 to 4", "5"},
    {"serial=1,12345", E_SETTING_VALUE, "divides 115200", "1,12345"},
    {"serial=1,1", E_SETTING_VALUE, "300 to 115200", "1,1"},
    {"log=loud", E_SETTING_VALUE, "error, warning", "loud"},
    {"timeout=0", E_SETTING_VALUE, "1 to 3600", "0"},
    {"timeout=15s", E_SETTING_VALUE, "1 to 3600", "15s"},
    {"retry=x", E_SETTING_VALUE, "retry=", "x"},
    {"retry=3,0", E_SETTING_VALUE, "retry=", "3,0"},
    {"handoff=maybe", E_SETTING_VALUE, "secrets", "maybe"},
    {"ibft-gateway=yes", E_SETTING_VALUE, "auto", "yes"},
    {"firmware-ibft=1", E_SETTING_VALUE, "yes or no", "1"},
    {"hostname=\"a b", E_SETTING_VALUE, "quote", ""},
};

static void refused_values_are_named_and_marked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        print_message("  %s: ", refused[i].line);
        assert_int_equal(settings_begin(&settings, refused[i].line), refused[i].status);
        print_message("%s\n", failure_detail(refused[i].status));
        assert_non_null(strstr(failure_detail(refused[i].status), refused[i].detail));
        assert_string_equal(settings.mark.text, refused[i].mark);
    }
}

static void secrets_are_never_repeated(void **state)
{
    (void)state;
    char line[700] = "chap=";
    memset(line + 5, 'S', 300);
    assert_int_equal(settings_begin(&settings, line), E_SETTING_VALUE);
    assert_null(strstr(failure_detail(E_SETTING_VALUE), "SS"));
    assert_string_equal(settings.mark.text, "");
    parsed("chpa=user:topsecret");
    assert_int_equal(settings.unknown_count, 1);
    assert_string_equal(settings.unknown[0], "chpa");
    assert_int_equal(settings_begin(&settings, "chap=\"user:topsecret"), E_SETTING_VALUE);
    assert_null(strstr(failure_detail(E_SETTING_VALUE), "topsecret"));
    assert_string_equal(settings.mark.text, "");
}

static void target_settings(void **state)
{
    (void)state;
    parsed("root=iscsi:192.0.2.1:::1:" IQN " initiator=iqn.2001-04.com.example:Client lun=0-5");
    assert_string_equal(settings.root.server, "192.0.2.1");
    assert_string_equal(settings.root.target, IQN);
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:Client");
    assert_memory_equal(settings.lun, "\0\0\0\5\0\0\0\0", 8);
    assert_int_equal(settings.origin[SETTING_ROOT], FROM_COMMAND_LINE);
    assert_int_equal(settings.origin[SETTING_LUN], FROM_COMMAND_LINE);
    assert_int_equal(settings.origin[SETTING_CHAP], FROM_DEFAULT);
}

static void chap_divides_at_the_last_colon(void **state)
{
    (void)state;
    parsed("chap=iqn.2001-04.com.example:host:secret mutual=\"a b:c d\"");
    assert_string_equal(settings.chap.name, "iqn.2001-04.com.example:host");
    assert_string_equal(settings.chap.secret, "secret");
    assert_string_equal(settings.mutual.name, "a b");
    assert_string_equal(settings.mutual.secret, "c d");
    parsed("chap=user");
    assert_string_equal(settings.chap.name, "user");
    assert_string_equal(settings.chap.secret, "");
    parsed("chap=user:");
    assert_string_equal(settings.chap.name, "user");
    assert_string_equal(settings.chap.secret, "");
}

static void addresses(void **state)
{
    (void)state;
    parsed("ip=192.0.2.10/22 gateway=192.0.2.1,fe80::1 dns=192.0.2.2,2001:db8::53,192.0.2.3 ip6=2001:db8::10/64");
    assert_int_equal(settings.ipv4, IPV4_STATIC);
    assert_memory_equal(settings.static_ipv4.address, "\300\000\002\012", 4);
    assert_memory_equal(settings.static_ipv4.netmask, "\377\377\374\000", 4);
    assert_memory_equal(settings.static_ipv4.gateway, "\300\000\002\001", 4);
    assert_memory_equal(settings.static_ipv4.dns, "\300\000\002\002\300\000\002\003", 8);
    assert_int_equal(settings.ipv6, IPV6_STATIC);
    assert_int_equal(settings.static_ipv6.prefix_length, 64);
    assert_memory_equal(settings.static_ipv6.gateway, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    assert_memory_equal(settings.static_ipv6.dns[0], "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x53", 16);

    parsed("ip=off ip6=auto");
    assert_int_equal(settings.ipv4, IPV4_OFF);
    assert_int_equal(settings.ipv6, IPV6_AUTO);

    parsed("ip=192.0.2.10/32");
    assert_memory_equal(settings.static_ipv4.netmask, "\377\377\377\377", 4);
}

static void card_and_boot(void **state)
{
    (void)state;
    parsed("nic=02:1f.7 mac=52-54-00-AB-cd-ef mtu=9000 rings=1024 drive=0x81 boot=no "
           "file=\\EFI\\debian\\grubx64.efi,/b.efi");
    assert_int_equal(settings.nic_choice, NIC_BY_PCI);
    assert_int_equal(settings.nic_bus, 2);
    assert_int_equal(settings.nic_device, 0x1f);
    assert_int_equal(settings.nic_function, 7);
    assert_memory_equal(settings.mac, "\x52\x54\x00\xab\xcd\xef", 6);
    assert_int_equal(settings.mtu, NIC_MTU_MAX);
    assert_int_equal(settings.rings, 1024);
    assert_int_equal(settings.boot.drive, 0x81);
    assert_int_equal(settings.home.boot, BOOT_NO);
    assert_string_equal(settings.boot.files, "\\EFI\\debian\\grubx64.efi,/b.efi");

    parsed("nic=0000:00:03.0 drive=129");
    assert_int_equal(settings.nic_device, 3);
    assert_int_equal(settings.boot.drive, 0x81);

    parsed("nic=52:54:00:12:34:56");
    assert_int_equal(settings.nic_choice, NIC_BY_MAC);
    assert_memory_equal(settings.nic_mac, "\x52\x54\x00\x12\x34\x56", 6);
}

static void vlan(void **state)
{
    (void)state;
    parsed("");
    assert_int_equal(settings.vlan, 0);
    assert_int_equal(settings.vlan_priority, 0);
    assert_int_equal(settings.origin[SETTING_VLAN], FROM_DEFAULT);

    parsed("vlan=4094");
    assert_int_equal(settings.vlan, 4094);
    assert_int_equal(settings.vlan_priority, 0);
    assert_int_equal(settings.origin[SETTING_VLAN], FROM_COMMAND_LINE);

    parsed("vlan=5,7");
    assert_int_equal(settings.vlan, 5);
    assert_int_equal(settings.vlan_priority, 7);

    parsed("vlan=5,7 vlan=6");
    assert_int_equal(settings.vlan, 6);
    assert_int_equal(settings.vlan_priority, 0);
}

static void what_the_operating_system_is_told(void **state)
{
    (void)state;
    parsed("");
    assert_int_equal(settings.handoff, HANDOFF_YES);
    assert_int_equal(settings.ibft_gateway, IBFT_GATEWAY_AUTO);
    assert_false(settings.firmware_ibft);

    parsed("handoff=secrets ibft-gateway=always firmware-ibft=yes");
    assert_int_equal(settings.handoff, HANDOFF_WITH_SECRETS);
    assert_int_equal(settings.ibft_gateway, IBFT_GATEWAY_ALWAYS);
    assert_true(settings.firmware_ibft);

    parsed("handoff=NO ibft-gateway=never firmware-ibft=no");
    assert_int_equal(settings.handoff, HANDOFF_NO);
    assert_int_equal(settings.ibft_gateway, IBFT_GATEWAY_NEVER);
    assert_false(settings.firmware_ibft);
}

static void times(void **state)
{
    (void)state;
    parsed("timeout=20 link-timeout=5 dhcp-timeout=7 recovery=300 retry=3,4");
    assert_int_equal(settings.login_timeout_ms, 20000);
    assert_int_equal(settings.link_timeout_ms, 5000);
    assert_int_equal(settings.dhcp_timeout_ms, 7000);
    assert_int_equal(settings.recovery_ms, 300000);
    assert_int_equal(settings.retries, 3);
    assert_int_equal(settings.retry_delay_ms, 4000);
    parsed("retry=0");
    assert_int_equal(settings.retries, 0);
    assert_int_equal(settings.retry_delay_ms, 10000);
}

static void what_boot_loaders_add(void **state)
{
    (void)state;
    parsed("BOOT_IMAGE=/sanstrap.lkrn initrd=x.img vga=normal quiet ro BOOTIF=01-52-54-00-12-34-56");
    assert_int_equal(settings.unknown_count, 0);
    assert_int_equal(settings.nic_choice, NIC_BY_MAC);
    assert_memory_equal(settings.nic_mac, "\x52\x54\x00\x12\x34\x56", 6);
    parsed("nic=00:03.0 BOOTIF=01-52-54-00-12-34-56");
    assert_int_equal(settings.nic_choice, NIC_BY_PCI);
    parsed("BOOTIF=01-52-54-00-12-34-56 nic=00:03.0");
    assert_int_equal(settings.nic_choice, NIC_BY_PCI);
    parsed("BOOTIF=06-nonsense");
    assert_int_equal(settings.nic_choice, NIC_ANY);
}

static void unknown_settings_are_counted_up_to_a_limit(void **state)
{
    (void)state;
    parsed("a=1 b=2 c=3 d=4 e=5 averyveryverylongnamethatdoesnotfit=6");
    assert_int_equal(settings.unknown_count, UNKNOWN_MAX);
    assert_string_equal(settings.unknown[3], "d");
    parsed("averyveryverylongnamethatdoesnotfit=6");
    assert_int_equal(strlen(settings.unknown[0]), UNKNOWN_LENGTH);
    parsed("=x");
    assert_int_equal(settings.unknown_count, 1);
}

static void a_long_value_is_marked_around_the_fault(void **state)
{
    (void)state;
    char line[400];
    snprintf(line, sizeof line, "root=iscsi:%0200d::x::" IQN, 1);
    assert_int_equal(settings_begin(&settings, line), E_ROOT_PATH_SYNTAX);
    assert_true(strlen(settings.mark.text) <= MARK_LENGTH);
    assert_int_equal(settings.mark.text[settings.mark.offset], 'x');
}

/* Defaults stand in loader/settings.def as they would be typed. */
static void defaults(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        const struct setting_row *row = &setting_rows[i];
        memset(&settings, 0, sizeof settings);
        if (row->preset[0])
            assert_int_equal(setting_store(&settings, row, row->preset, strlen(row->preset)), OK);
        if (row->where >= offsetof(struct settings, home) && row->where < offsetof(struct settings, home) + sizeof settings.home)
            assert_string_not_equal(row->preset, "");
    }
    parsed("");
    assert_int_equal(settings.ipv4, IPV4_DHCP);
    assert_int_equal(settings.ipv6, IPV6_WHEN_NEEDED);
    assert_int_equal(settings.mtu, NIC_MTU_DEFAULT);
    assert_int_equal(settings.rings, 512);
    assert_int_equal(settings.boot.drive, 0x80);
    assert_int_equal(settings.retries, 5);
    assert_int_equal(settings.retry_delay_ms, 10000);
    assert_int_equal(settings.link_timeout_ms, 15000);
    assert_int_equal(settings.dhcp_timeout_ms, 30000);
    assert_int_equal(settings.login_timeout_ms, 15000);
    assert_int_equal(settings.recovery_ms, 120000);
    assert_int_equal(settings.home.memory, 4 * MIB);

    for (unsigned i = 0; i < SETTING_COUNT; i++)
        assert_int_equal(settings.origin[i], FROM_DEFAULT);
}

static void the_word_help(void **state)
{
    (void)state;
    assert_true(command_line_asks_for_help("help"));
    assert_true(command_line_asks_for_help("BOOT_IMAGE=/x ip=off help"));
    assert_false(command_line_asks_for_help(""));
    assert_false(command_line_asks_for_help("help=yes hostname=\"please help\" helpful"));
    parsed("help");
    assert_int_equal(settings.unknown_count, 0);
}

static void home_options(const char *line, struct home_options *home)
{
    loader_home_options(&(struct machine){.command_line = line}, home);
}

static void what_the_home_is_told(void **state)
{
    (void)state;
    struct home_options home;

    home_options("", &home);
    assert_int_equal(home.memory, 4 * MIB);
    assert_int_equal(home.serial_port, 1);
    assert_false(home.serial_asked);
    assert_int_equal(home.serial_baud, 0);
    assert_int_equal(home.log, LOG_WARNING);

    home_options("memory=8M serial=2,9600 log=debug", &home);
    assert_int_equal(home.memory, 8 * MIB);
    assert_int_equal(home.serial_port, 2);
    assert_true(home.serial_asked);
    assert_int_equal(home.serial_baud, 9600);
    assert_int_equal(home.log, LOG_DEBUG);
    assert_int_equal(home.boot, BOOT_YES);

    home_options("boot=no boot=never", &home);
    assert_int_equal(home.boot, BOOT_NO);

    home_options("memory=64M serial=off log=\"open", &home);
    assert_int_equal(home.memory, 64 * MIB);
    assert_int_equal(home.serial_port, 0);
    assert_false(home.serial_asked);

    home_options("serial=1", &home);
    assert_true(home.serial_asked);
    assert_int_equal(home.serial_baud, 0);

    home_options("memory=2048k memory=1", &home);
    assert_int_equal(home.memory, 2 * MIB);

    home_options("root=wrong boot=auto", &home);
    assert_int_equal(home.boot, BOOT_AUTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_of_a_line),
        cmocka_unit_test(refused_values_are_named_and_marked),
        cmocka_unit_test(secrets_are_never_repeated),
        cmocka_unit_test(target_settings),
        cmocka_unit_test(chap_divides_at_the_last_colon),
        cmocka_unit_test(addresses),
        cmocka_unit_test(card_and_boot),
        cmocka_unit_test(vlan),
        cmocka_unit_test(what_the_operating_system_is_told),
        cmocka_unit_test(times),
        cmocka_unit_test(what_boot_loaders_add),
        cmocka_unit_test(unknown_settings_are_counted_up_to_a_limit),
        cmocka_unit_test(a_long_value_is_marked_around_the_fault),
        cmocka_unit_test(defaults),
        cmocka_unit_test(the_word_help),
        cmocka_unit_test(what_the_home_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
