/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap.conf: its lines, what is refused and how it is told, and where it is looked for. */
#include "loader/settings.h"
#include "loader/settings_file.h"
#include "net/dhcp_options.h"
#include "tests/host/host.h"
#include "tests/unit/dhcp_builder.h"
#include "tests/unit/unit.h"

#define BYTES(literal) literal, sizeof literal - 1

static struct settings settings;
static struct settings_file file;

static enum status read_as(const char *command_line, const char *bytes, size_t size)
{
    memset(&file, 0, sizeof file);
    strcpy(file.name, "sanstrap.conf");
    memcpy(file.bytes, bytes, size);
    settings_file_open(&file, (int)size);
    assert_int_equal(settings_begin(&settings, command_line), OK);
    return settings_from_file(&settings, &file);
}

/* ---- lines ---- */

static const struct lines {
    const char *clause, *bytes;
    size_t size;
    const char *hostname, *secret;
} lines[] = {
    {"empty", BYTES(""), "", ""},
    {"lines of Unix", BYTES("hostname=a\nchap=u:s\n"), "a", "s"},
    {"lines of Windows, no newline at the end", BYTES("hostname=a\r\nchap=u:s"), "a", "s"},
    {"several words on one", BYTES("  hostname=a\tchap=u:s  \n"), "a", "s"},
    {"comments", BYTES("# hostname=x\n  #hostname=y\nhostname=a # chap=x:y\n"), "a", ""},
    {"a # inside a word is the word's", BYTES("chap=u:s#cret"), "", "s#cret"},
    {"a # between quotes, too", BYTES("chap=\"u:s #c\\\" #d\" #e \"\nhostname=a"), "a", "s #c\" #d"},
    {"an open quote in a comment", BYTES("hostname=a # don\"t\nchap=u:s"), "a", "s"},
    {"the later of two counts", BYTES("hostname=b\nhostname=a"), "a", ""},
    {"UTF-8's byte order mark",
     BYTES("\xEF\xBB\xBF"
           "hostname=a"),
     "a", ""},
    {"UTF-8 in a comment",
     BYTES("# Gr\xC3\xBC\xC3\x9F"
           "e\nhostname=a"),
     "a", ""},
    {"UTF-16, as the UEFI shell writes it",
     BYTES("\xFF\xFEh\0o\0s\0t\0n\0a\0m\0e\0=\0a\0 \0#\0\x31\x04\r\0\n\0c\0h\0a\0p\0=\0u\0:\0s\0x"), "a", "s"},
    {"a byte order mark alone", BYTES("\xFF\xFE"), "", ""},
};

static void the_lines_of_a_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        print_message("  %s\n", lines[i].clause);
        assert_int_equal(read_as("", lines[i].bytes, lines[i].size), OK);
        assert_string_equal(settings.hostname, lines[i].hostname);
        assert_string_equal(settings.chap.secret, lines[i].secret);
    }
}

static const struct refused {
    const char *bytes;
    size_t size;
    const char *detail, *mark;
} refused[] = {
    {BYTES("hostname=a\nmtu=575"), "sanstrap.conf, line 2: mtu= takes a number", "575"},
    {BYTES("\n\nmtv=1500 # x"), "sanstrap.conf, line 3: mtv= is no setting", ""},
    {BYTES("root iscsi:x"), "sanstrap.conf, line 1: root is not <name>=<value>", ""},
    {BYTES("<html>\n"), "sanstrap.conf, line 1: <html> is not", ""},
    {BYTES("root=iscsi:h:7:::iqn.2001-04.com.example:x"), "line 1: character 9", "iscsi:h:7:::iqn.2001-04.com.example:x"},
    {BYTES("hostname=\"a b\nmtu=1500\""), "line 1: hostname=: a quote", ""},
    {BYTES("\n\0"), "line 2: this is no text", ""},
    {BYTES("\x7F"
           "ELF"),
     "line 1: this is no text", ""},
    {BYTES("chap=\x1B"), "line 1: this is no text", ""},
};

static void a_wrong_file_is_told_with_line_and_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_int_equal(read_as("", refused[i].bytes, refused[i].size), E_SETTINGS_FILE);
        print_message("  %s\n", failure_detail(E_SETTINGS_FILE));
        assert_non_null(strstr(failure_detail(E_SETTINGS_FILE), refused[i].detail));
        assert_string_equal(settings.mark.text, refused[i].mark);
    }
}

static void a_secret_is_not_shown(void **state)
{
    (void)state;
    char text[400] = "chap=u:";
    memset(text + 7, 'S', 300);
    assert_int_equal(read_as("", text, 307), E_SETTINGS_FILE);
    assert_null(strstr(failure_detail(E_SETTINGS_FILE), "SS"));
    assert_string_equal(settings.mark.text, "");
}

static void what_did_not_come_whole(void **state)
{
    (void)state;
    strcpy(file.name, "sanstrap.conf");
    settings_file_open(&file, SETTINGS_FILE_BROKEN);
    assert_int_equal(settings_from_file(&settings, &file), E_SETTINGS_FILE);
    memset(file.bytes, ' ', sizeof file.bytes);
    settings_file_open(&file, SETTINGS_FILE_MAX);
    assert_int_equal(settings_from_file(&settings, &file), OK);
    settings_file_open(&file, SETTINGS_FILE_MAX + 1);
    assert_int_equal(settings_from_file(&settings, &file), E_SETTINGS_FILE);
    assert_non_null(strstr(failure_detail(E_SETTINGS_FILE), "8192"));
}

static void the_command_line_goes_before(void **state)
{
    (void)state;
    assert_int_equal(read_as("hostname=mine password=p", BYTES("hostname=theirs mtu=9000 username=u\nlog=debug")), OK);
    assert_string_equal(settings.hostname, "mine");
    assert_int_equal(settings.mtu, 9000);
    assert_int_equal(settings.origin[SETTING_HOSTNAME], FROM_COMMAND_LINE);
    assert_int_equal(settings.origin[SETTING_MTU], FROM_FILE);
    assert_string_equal(settings.chap.name, "");
    assert_string_equal(settings_origin_text(FROM_FILE), "sanstrap.conf");

    struct home_options home;
    loader_home_options(&(struct machine){.command_line = "log=info", .file = &file}, &home);
    assert_int_equal(home.log, LOG_INFO);
    loader_home_options(&(struct machine){.command_line = "", .file = &file}, &home);
    assert_int_equal(home.log, LOG_DEBUG);
}

static void has_gateway(const char *command_line, const char *line, uint8_t last, enum origin origin)
{
    print_message("  %s, and in the file %s\n", command_line, line);
    assert_int_equal(read_as(command_line, line, strlen(line)), OK);
    assert_memory_equal(settings.static_ipv4.gateway, ((uint8_t[]){192, 0, 2, last}), 4);
    assert_int_equal(settings.origin[SETTING_GATEWAY], origin);
}

/* What stands in ip= has its origin, as if it stood by itself. */
static void what_ip_sets_beside_the_address(void **state)
{
    (void)state;
    has_gateway("ip=192.0.2.10::192.0.2.1:24::eth0:none", "gateway=192.0.2.9", 1, FROM_COMMAND_LINE);
    has_gateway("gateway=192.0.2.9", "ip=192.0.2.10::192.0.2.1:24::eth0:none", 9, FROM_COMMAND_LINE);
    has_gateway("ip=192.0.2.10/24", "gateway=192.0.2.9", 9, FROM_FILE);
    has_gateway("", "ip=192.0.2.10::192.0.2.1:24::eth0:none", 1, FROM_FILE);
    has_gateway("gateway=192.0.2.9 ip=192.0.2.10::192.0.2.1:24::eth0:none", "", 9, FROM_COMMAND_LINE);
    has_gateway("ip=192.0.2.8::192.0.2.2:24::eth0:none ip=192.0.2.10::192.0.2.1:24::eth0:none", "", 1, FROM_COMMAND_LINE);

    const char *dns = "ip=192.0.2.11:::24:theirs:eth0:none:192.0.2.6";
    assert_int_equal(read_as("dns=192.0.2.5 hostname=ours", dns, strlen(dns)), OK);
    assert_memory_equal(settings.static_ipv4.dns[0], "\300\0\2\5", 4);
    assert_string_equal(settings.hostname, "ours");
    assert_int_equal(read_as("ip=192.0.2.10:::24:ours:eth0:none:192.0.2.5", BYTES("dns=192.0.2.6 hostname=theirs")), OK);
    assert_memory_equal(settings.static_ipv4.dns[0], "\300\0\2\5", 4);
    assert_string_equal(settings.hostname, "ours");
}

/* pxelinux's lease counts when the target is set: by the file as well. */
static void a_target_for_pxelinuxs_lease(void **state)
{
    (void)state;
    assert_int_equal(read_as("ip=192.0.2.10:192.0.2.1::24", BYTES("root=iscsi:192.0.2.1::::iqn.2001-04.com.example:x")), OK);
    assert_int_equal(settings.ipv4, IPV4_STATIC);
    assert_int_equal(read_as("ip=192.0.2.10:192.0.2.1:192.0.2.1:24", BYTES("gateway=192.0.2.9")), OK);
    assert_int_equal(settings.ipv4, IPV4_DHCP);
}

/* ---- the search ---- */

static struct {
    char asked[2048]; /* with a blank behind each */
    const char *there, *text;
    uint32_t each_ms;
} server;

static int reader(const char *name, void *to, size_t size)
{
    strcat(server.asked, name);
    strcat(server.asked, " ");
    host_clock_advance_us((uint64_t)server.each_ms * 1000);
    if (!server.there || strcmp(server.there, name))
        return SETTINGS_FILE_NONE;
    assert_int_equal(size, SETTINGS_FILE_MAX + 1);
    memcpy(to, server.text, strlen(server.text));
    return (int)strlen(server.text);
}

#define BY_MACHINE                                                                                                               \
    "sanstrap.cfg/03020100-0504-0706-0809-0a0b0c0d0e0f sanstrap.cfg/01-52-54-00-12-34-56 sanstrap.cfg/C000020A "                 \
    "sanstrap.cfg/C000020 sanstrap.cfg/C00002 sanstrap.cfg/C0000 sanstrap.cfg/C000 sanstrap.cfg/C00 sanstrap.cfg/C0 "            \
    "sanstrap.cfg/C sanstrap.cfg/default sanstrap.conf "

static struct settings_file_owner owner_of(const struct dhcp_builder *lease)
{
    struct settings_file_owner owner = {.lease = lease->bytes, .lease_length = lease->length};
    for (uint8_t i = 0; i < 16; i++)
        owner.uuid[i] = i;
    return owner;
}

static void find(const struct settings_file_owner *owner)
{
    host_clock_use_virtual();
    server.asked[0] = '\0';
    memset(&file, 0, sizeof file);
    settings_file_find(&file, owner, reader);
}

static void the_names_in_their_order(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    struct dhcp_builder lease;
    dhcp_ack(&lease);
    struct settings_file_owner owner = owner_of(&lease);
    find(&owner);
    assert_string_equal(server.asked, BY_MACHINE);
    assert_string_equal(file.name, "");
    assert_false(file.unanswered);
    assert_int_equal(settings_begin(&settings, ""), OK);
    assert_int_equal(settings_from_file(&settings, &file), OK);

    server.there = "sanstrap.cfg/C000020";
    server.text = "hostname=a";
    find(&owner);
    assert_non_null(strstr(server.asked, "C000020A sanstrap.cfg/C000020 "));
    assert_null(strstr(server.asked, "C00002 "));
    assert_string_equal(file.name, "sanstrap.cfg/C000020");
    assert_int_equal(settings_from_file(&settings, &file), OK);
    assert_string_equal(settings.hostname, "a");

    memset(owner.uuid, 0, 16);
    find(&owner);
    assert_non_null(strstr(server.asked, "sanstrap.cfg/01-52"));
    assert_ptr_equal(strstr(server.asked, "sanstrap.cfg/01-52"), server.asked);
}

static void the_folder_is_the_boot_files(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    struct dhcp_builder lease;
    dhcp_ack(&lease);
    strcpy((char *)lease.bytes + DHCP_AT_FILE, "/boot/pxe/sanstrap.pxe");
    struct settings_file_owner owner = owner_of(&lease);
    find(&owner);
    assert_non_null(strstr(server.asked, " /boot/pxe/sanstrap.conf "));

    struct dhcp_builder proxy;
    dhcp_build(&proxy);
    dhcp_text(&proxy, DHCP_BOOT_FILE, "boot\\x64\\sanstrap.pxe");
    owner.named = proxy.bytes;
    owner.named_length = proxy.length;
    find(&owner);
    assert_non_null(strstr(server.asked, " boot\\x64\\sanstrap.conf "));

    owner.relative = true;
    find(&owner);
    assert_non_null(strstr(server.asked, " sanstrap.conf "));
}

static void what_rfc_5071_names(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    struct dhcp_builder lease;
    dhcp_ack(&lease);
    strcpy((char *)lease.bytes + DHCP_AT_FILE, "/boot/sanstrap.pxe");
    dhcp_text(&lease, DHCP_CONFIG_FILE, "this");
    dhcp_text(&lease, DHCP_PATH_PREFIX, "there/");
    struct settings_file_owner owner = owner_of(&lease);
    find(&owner);
    assert_ptr_equal(strstr(server.asked, "there/this there/sanstrap.cfg/03020100"), server.asked);
    assert_non_null(strstr(server.asked, " there/sanstrap.conf "));

    dhcp_ack(&lease);
    dhcp_text(&lease, DHCP_CONFIG_FILE, "/etc/this");
    dhcp_text(&lease, DHCP_PATH_PREFIX, "there/");
    owner = owner_of(&lease);
    find(&owner);
    assert_ptr_equal(strstr(server.asked, "/etc/this there/sanstrap.cfg/"), server.asked);
}

/* A name that is cut would be another file's. */
static void a_name_that_is_too_long_is_not_asked_for(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    struct dhcp_builder lease;
    char folder[110];
    memset(folder, 'd', sizeof folder);
    folder[108] = '/';
    folder[109] = '\0';

    dhcp_ack(&lease);
    dhcp_text(&lease, DHCP_PATH_PREFIX, folder);
    struct settings_file_owner owner = owner_of(&lease);
    find(&owner);
    assert_null(strstr(server.asked, "-"));
    assert_non_null(strstr(server.asked, "/sanstrap.conf "));
}

static void a_server_that_does_not_answer(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    struct dhcp_builder lease;
    dhcp_ack(&lease);
    struct settings_file_owner owner = owner_of(&lease);
    server.each_ms = 16000; /* iPXE's patience */
    find(&owner);
    assert_string_equal(server.asked, "sanstrap.cfg/03020100-0504-0706-0809-0a0b0c0d0e0f ");
    assert_true(file.unanswered);
    assert_string_equal(file.name, "");

    server.each_ms = 100;
    find(&owner);
    assert_string_equal(server.asked, BY_MACHINE);
    assert_false(file.unanswered);
}

static void without_a_lease_there_is_nobody_to_ask(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    struct dhcp_builder lease;
    dhcp_ack(&lease);
    struct settings_file_owner owner = owner_of(&lease);
    owner.lease = NULL;
    find(&owner);
    assert_string_equal(server.asked, "");
    owner = owner_of(&lease);
    owner.lease_length = 239;
    find(&owner);
    assert_string_equal(server.asked, "");
}

static void server_is(const struct settings_file_owner *owner, const char *address)
{
    uint8_t bytes[4];
    settings_file_server(owner, bytes);
    assert_memory_equal(bytes, address, 4);
}

static void the_boot_server(void **state)
{
    (void)state;
    struct dhcp_builder lease;
    dhcp_ack(&lease);
    struct settings_file_owner owner = owner_of(&lease);
    memset(lease.bytes + DHCP_AT_SIADDR, 0, 4);
    uint8_t id[4];
    struct dhcp_message message;
    assert_null(dhcp_message_open(&message, lease.bytes, lease.length));
    assert_int_equal(dhcp_option_get(&message, DHCP_SERVER_ID, id, 4), 4);
    server_is(&owner, (const char *)id);

    memcpy(lease.bytes + DHCP_AT_SIADDR, "\xC0\x00\x02\x07", 4);
    server_is(&owner, "\xC0\x00\x02\x07");

    struct dhcp_builder proxy;
    dhcp_build(&proxy);
    memcpy(proxy.bytes + DHCP_AT_SIADDR, "\xC0\x00\x02\x08", 4);
    owner.named = proxy.bytes;
    owner.named_length = proxy.length;
    server_is(&owner, "\xC0\x00\x02\x08");

    owner.named_length = owner.lease_length = 12;
    server_is(&owner, "\0\0\0\0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lines_of_a_file),
        cmocka_unit_test(a_wrong_file_is_told_with_line_and_word),
        cmocka_unit_test(a_secret_is_not_shown),
        cmocka_unit_test(what_did_not_come_whole),
        cmocka_unit_test(the_command_line_goes_before),
        cmocka_unit_test(what_ip_sets_beside_the_address),
        cmocka_unit_test(a_target_for_pxelinuxs_lease),
        cmocka_unit_test(the_names_in_their_order),
        cmocka_unit_test(the_folder_is_the_boot_files),
        cmocka_unit_test(what_rfc_5071_names),
        cmocka_unit_test(a_name_that_is_too_long_is_not_asked_for),
        cmocka_unit_test(a_server_that_does_not_answer),
        cmocka_unit_test(the_boot_server),
        cmocka_unit_test(without_a_lease_there_is_nobody_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
