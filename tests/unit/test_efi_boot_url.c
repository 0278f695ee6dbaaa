/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder that a device path's URI node names, and the URLs of files there. */
#include "efi/boot_url.h"
#include "efi/device_path.h"
#include "tests/unit/unit.h"

static uint8_t path[1024];

static void has_uri(const char *url, size_t length)
{
    uint8_t *data = device_path_put_header(path, NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC, NODE_HEADER + 2);
    data = device_path_put_header(data + 2, NODE_TYPE_MESSAGING, NODE_MESSAGING_URI, NODE_HEADER + length);
    memcpy(data, url, length);
    device_path_put_end(data + length);
}

static void folders(void **state)
{
    (void)state;
    static const struct {
        const char *url, *folder; /* NULL: none */
    } cases[] = {
        {"http://192.0.2.1/sanstrap.efi", "http://192.0.2.1/"},
        {"https://boot.example:8080/a/b/sanstrap.efi", "https://boot.example:8080/a/b/"},
        {"tftp://[2001:db8::1]/efi/", "tftp://[2001:db8::1]/efi/"},
        {"http://h/a/sanstrap.efi?from=/x/y", "http://h/a/"},
        {"http://h/a/sanstrap.efi#/y", "http://h/a/"},
        {"http://h", NULL},
        {"http:///sanstrap.efi", NULL},
        {"/sanstrap.efi", NULL},
        {"file:sanstrap.efi", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[BOOT_URL_MAX];
        print_message("  %s\n", cases[i].url);
        for (unsigned nul = 0; nul <= 1; nul++) { /* iPXE counts it */
            has_uri(cases[i].url, strlen(cases[i].url) + nul);
            assert_int_equal(boot_url_folder(path, folder), cases[i].folder != NULL);
            if (cases[i].folder)
                assert_string_equal(folder, cases[i].folder);
        }
    }
}

static void paths_without(void **state)
{
    (void)state;
    char folder[BOOT_URL_MAX], long_url[600] = "http://h/";
    assert_false(boot_url_folder(NULL, folder));
    device_path_put_end(path);
    assert_false(boot_url_folder(path, folder));

    memset(long_url + 9, 'x', sizeof long_url - 9);
    has_uri(long_url, sizeof long_url);
    assert_true(boot_url_folder(path, folder));
    long_url[BOOT_URL_MAX - 2] = '/';
    has_uri(long_url, sizeof long_url);
    assert_true(boot_url_folder(path, folder));
    long_url[BOOT_URL_MAX - 1] = '/';
    has_uri(long_url, sizeof long_url);
    assert_false(boot_url_folder(path, folder));
}

static void files(void **state)
{
    (void)state;
    static const struct {
        const char *name, *url;
    } cases[] = {
        {"sanstrap.conf", "http://h:81/a/sanstrap.conf"},
        {"sanstrap.cfg/default", "http://h:81/a/sanstrap.cfg/default"},
        {"/b/sanstrap.conf", "http://h:81/b/sanstrap.conf"},
        {"tftp://192.0.2.1/x", "tftp://192.0.2.1/x"},
        {"C:x", "http://h:81/a/C:x"},
    };
    char url[BOOT_URL_MAX], name[BOOT_URL_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(boot_url_of("http://h:81/a/", cases[i].name, url));
        assert_string_equal(url, cases[i].url);
    }

    memset(name, 'x', sizeof name);
    name[BOOT_URL_MAX - sizeof "http://h/"] = '\0';
    assert_true(boot_url_of("http://h/", name, url));
    assert_int_equal(strlen(url), BOOT_URL_MAX - 1);
    assert_false(boot_url_of("http://hh/", name, url));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders),
        cmocka_unit_test(paths_without),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
