/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings in the words of others: iPXE's names, dracut's and pxelinux's words. */
#include "loader/setting.h"
#include "tests/unit/unit.h"

#define IQN       "iqn.2001-04.com.example:storage"
#define ROOT_REST "192.0.2.1::::" IQN
#define ROOT      "iscsi:" ROOT_REST

static struct settings settings;

static void parsed(const char *line)
{
    assert_int_equal(settings_begin(&settings, line), OK);
    assert_int_equal(settings_from_file(&settings, NULL), OK);
    assert_int_equal(settings.unknown_count, 0);
}

static void ipxes_names(void **state)
{
    (void)state;
    parsed("root-path=" ROOT " initiator-iqn=iqn.2001-04.com.example:me san-drive=0x81 san-filename=\\EFI\\x.efi "
           "username=u password=s:e:c reverse-username=ru reverse-password=rs");
    assert_string_equal(settings.root.target, IQN);
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:me");
    assert_int_equal(settings.boot.drive, 0x81);
    assert_string_equal(settings.boot.files, "\\EFI\\x.efi");
    assert_string_equal(settings.chap.name, "u");
    assert_string_equal(settings.chap.secret, "s:e:c");
    assert_string_equal(settings.mutual.name, "ru");
    assert_string_equal(settings.mutual.secret, "rs");
    assert_int_equal(settings.origin[SETTING_CHAP], FROM_COMMAND_LINE);
    assert_int_equal(settings.origin[SETTING_MUTUAL], FROM_COMMAND_LINE);

    char line[400] = "password=";
    memset(line + 9, 'S', 300);
    assert_int_equal(settings_begin(&settings, line), E_SETTING_VALUE);
    assert_null(strstr(failure_detail(E_SETTING_VALUE), "SS"));
    assert_string_equal(settings.mark.text, "");
}

static void dracuts_names(void **state)
{
    (void)state;
    parsed("netroot=" ROOT " rd.iscsi.initiator=iqn.2001-04.com.example:me ip=ibft");
    assert_string_equal(settings.root.target, IQN);
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:me");
    assert_int_equal(settings.origin[SETTING_IP], FROM_DEFAULT);
    assert_int_equal(settings.ipv4, IPV4_DHCP);

    parsed("netroot=dhcp netroot=nbd:192.0.2.1:10809");
    assert_int_equal(settings.origin[SETTING_ROOT], FROM_DEFAULT);
    assert_int_equal(settings_begin(&settings, "netroot=iscsi:x"), E_ROOT_PATH_SYNTAX);
}

static void dracuts_accounts(void **state)
{
    (void)state;
    parsed("netroot=iscsi:me:s@cret:it:its@" ROOT_REST);
    assert_string_equal(settings.root.target, IQN);
    assert_string_equal(settings.root.server, "192.0.2.1");
    assert_string_equal(settings.chap.name, "me");
    assert_string_equal(settings.chap.secret, "s@cret");
    assert_string_equal(settings.mutual.name, "it");
    assert_string_equal(settings.mutual.secret, "its");

    parsed("root=iscsi:me:mine@" ROOT_REST);
    assert_string_equal(settings.chap.secret, "mine");
    assert_string_equal(settings.mutual.name, "");
    parsed("root=iscsi:@" ROOT_REST);
    assert_string_equal(settings.chap.name, "");
    assert_string_equal(settings.root.target, IQN);

    parsed("root=" ROOT " netroot=iscsi:me:mine@" ROOT_REST);
    assert_string_equal(settings.chap.secret, "mine");
    assert_int_equal(settings_begin(&settings, "root=iscsi:me:secret@server"), E_ROOT_PATH_SYNTAX);
    assert_null(strstr(settings.mark.text, "secret"));
    assert_null(strstr(failure_detail(E_ROOT_PATH_SYNTAX), "secret"));
}

/* A server of DHCP's has options of its own for them; there it is an error that shows no secret. */
static void accounts_in_option_17(void **state)
{
    (void)state;
    static const char path[] = "iscsi:me:secret@" ROOT_REST;
    memset(&settings, 0, sizeof settings);
    assert_int_equal(setting_store(&settings, setting_named("root"), path, strlen(path)), E_ROOT_PATH_SYNTAX);
    assert_string_equal(settings.mark.text, "");
}

static void what_pxelinux_appends(void **state)
{
    (void)state;
    parsed("SYSUUID=564d1f83 CPU=6PVXL SYSVENDOR=x SYSFF=1 MBSERIAL=y BIOSVERSION=z BOOTIF=01-52-54-00-12-34-56");
    assert_int_equal(settings.nic_choice, NIC_BY_MAC);
}

struct form {
    const char *value;
    enum ipv4_mode mode;
    const char *address, *netmask, *gateway, *dns, *hostname; /* four bytes each, but the last */
};

#define NONE "\0\0\0\0"

static const struct form forms[] = {
    {"192.0.2.10/255.255.255.0", IPV4_STATIC, "\300\0\2\12", "\377\377\377\0", NONE, NONE, ""},
    {"192.0.2.10/255.255.255.255", IPV4_STATIC, "\300\0\2\12", "\377\377\377\377", NONE, NONE, ""},
    {"192.0.2.10:192.0.2.1:192.0.2.254:255.255.255.0", IPV4_STATIC, "\300\0\2\12", "\377\377\377\0", "\300\0\2\376", NONE, ""},
    {"192.0.2.10::192.0.2.254:24:client:eth0:none", IPV4_STATIC, "\300\0\2\12", "\377\377\377\0", "\300\0\2\376", NONE, "client"},
    {"192.0.2.10:::255.255.255.0::eth0:off:192.0.2.53:192.0.2.54", IPV4_STATIC, "\300\0\2\12", "\377\377\377\0", NONE,
     "\300\0\2\65", ""},
    {"192.0.2.10:::24::eth0:none:1400:52:54:00:12:34:56", IPV4_STATIC, "\300\0\2\12", "\377\377\377\0", NONE, NONE, ""},
    {"dhcp", IPV4_DHCP, NONE, NONE, NONE, NONE, ""},
    {"on", IPV4_DHCP, NONE, NONE, NONE, NONE, ""},
    {"any", IPV4_DHCP, NONE, NONE, NONE, NONE, ""},
    {"single-dhcp", IPV4_DHCP, NONE, NONE, NONE, NONE, ""},
    {"eth0:either6", IPV4_DHCP, NONE, NONE, NONE, NONE, ""},
    {"eth0:dhcp", IPV4_DHCP, NONE, NONE, NONE, NONE, ""},
    {"::::client:eth0:dhcp", IPV4_DHCP, NONE, NONE, NONE, NONE, "client"},
    {"none", IPV4_OFF, NONE, NONE, NONE, NONE, ""},
};

static void forms_of_ip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *form = &forms[i];
        char line[256];
        print_message("  ip=%s\n", form->value);
        snprintf(line, sizeof line, "root=" ROOT " ip=%s", form->value);
        parsed(line);
        assert_int_equal(settings.ipv4, form->mode);
        assert_memory_equal(settings.static_ipv4.address, form->address, 4);
        assert_memory_equal(settings.static_ipv4.netmask, form->netmask, 4);
        assert_memory_equal(settings.static_ipv4.gateway, form->gateway, 4);
        assert_memory_equal(settings.static_ipv4.dns[0], form->dns, 4);
        assert_string_equal(settings.hostname, form->hostname);
    }
}

/* dracut's ways to IPv6 say nothing: it is begun when the target needs it. Its static address is ip6= and gateway=. */
static void ipv6_in_ip(void **state)
{
    (void)state;
    parsed("ip=auto6 ip=dhcp6 ip=link6 ip=eth0:auto6 ip=eth0:dhcp6:1400 ip=::::client:eth0:dhcp6");
    assert_int_equal(settings.origin[SETTING_IP], FROM_DEFAULT);
    assert_int_equal(settings.ipv4, IPV4_DHCP);
    assert_int_equal(settings.origin[SETTING_IP6], FROM_DEFAULT);

    static const uint8_t client[16] = {0x20, 1, 0x0D, 0xB8, [15] = 0x10}, router[16] = {0x20, 1, 0x0D, 0xB8, [15] = 1};
    parsed("ip=[2001:db8::10]::[2001:db8::1]:64:client:eth0:none");
    assert_int_equal(settings.ipv6, IPV6_STATIC);
    assert_memory_equal(settings.static_ipv6.address, client, 16);
    assert_int_equal(settings.static_ipv6.prefix_length, 64);
    assert_memory_equal(settings.static_ipv6.gateway, router, 16);
    assert_int_equal(settings.origin[SETTING_GATEWAY], FROM_COMMAND_LINE);
    assert_int_equal(settings.origin[SETTING_IP], FROM_DEFAULT);
    parsed("gateway=2001:db8::1 ip=[2001:db8::10]:[2001:db8::9]:[2001:db8::7]:64");
    assert_memory_equal(settings.static_ipv6.gateway, router, 16);
    parsed("ip=[2001:db8::10]:::64");
    assert_int_equal(settings.origin[SETTING_GATEWAY], FROM_DEFAULT);

    static const char *const both[] = {"ip=192.0.2.10::192.0.2.1:24::eth0:none ip=[2001:db8::10]::[2001:db8::1]:64::eth0:none",
                                       "ip=[2001:db8::10]::[2001:db8::1]:64::eth0:none ip=192.0.2.10::192.0.2.1:24::eth0:none",
                                       "gateway=192.0.2.1 ip=192.0.2.10/24 ip=[2001:db8::10]::[2001:db8::1]:64",
                                       "gateway=2001:db8::1 ip=192.0.2.10::192.0.2.1:24::eth0:none"};
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        parsed(both[i]);
        assert_memory_equal(settings.static_ipv4.gateway, "\300\0\2\1", 4);
        assert_memory_equal(settings.static_ipv6.gateway, router, 16);
    }

    static const char *const bad[] = {"ip=[2001:db8::10]",         "ip=[2001:db8::10",     "ip=[]",
                                      "ip=[2001:db8::10]::[x]:64", "ip=[192.0.2.10]:::24", "ip=[2001:db8::10]:::129"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(settings_begin(&settings, bad[i]), E_SETTING_VALUE);

    char text[200] = "ip=[";
    memset(text + 4, '2', 150);
    memcpy(text + 154, "]:::64", 7);
    assert_int_equal(settings_begin(&settings, text), E_SETTING_VALUE);
}

/* IPAPPEND 1 beside a root path that DHCP is to give: the exchange is made. */
static void pxelinuxs_lease_without_a_target(void **state)
{
    (void)state;
    parsed("ip=192.0.2.10:192.0.2.1:192.0.2.254:255.255.255.0");
    assert_int_equal(settings.ipv4, IPV4_DHCP);
    assert_int_equal(settings.origin[SETTING_IP], FROM_DEFAULT);
    assert_int_equal(settings.origin[SETTING_GATEWAY], FROM_DEFAULT);
    parsed("gateway=192.0.2.7 dns=192.0.2.8 ip=192.0.2.10:192.0.2.1::255.255.255.0");
    assert_memory_equal(settings.static_ipv4.gateway, "\300\0\2\7", 4);
    assert_memory_equal(settings.static_ipv4.dns[0], "\300\0\2\10", 4);

    parsed("ip=192.0.2.10/24");
    assert_int_equal(settings.ipv4, IPV4_STATIC);
    parsed("ip=192.0.2.10:::24:client:eth0:none");
    assert_int_equal(settings.ipv4, IPV4_STATIC);
    parsed("ip=192.0.2.10:::24::eth0:none");
    assert_int_equal(settings.ipv4, IPV4_STATIC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipxes_names),
        cmocka_unit_test(dracuts_names),
        cmocka_unit_test(dracuts_accounts),
        cmocka_unit_test(accounts_in_option_17),
        cmocka_unit_test(what_pxelinux_appends),
        cmocka_unit_test(forms_of_ip),
        cmocka_unit_test(ipv6_in_ip),
        cmocka_unit_test(pxelinuxs_lease_without_a_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
