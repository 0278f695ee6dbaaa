/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot files by DHCPv6: which server, and where on it. */
#include "loader/dhcp6_boot_file.h"
#include "tests/unit/unit.h"

#define ROOM 16

static const uint8_t address[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 0x05};

struct url_case {
    const char *url;
    const char *path; /* NULL: of no use */
};

static const struct url_case cases[] = {
    {"tftp://[2001:db8::5]/sanstrap.efi", "sanstrap.efi"},
    {"tftp://[2001:db8::5]/a/sanstrap.efi", "a/sanstrap.efi"},
    {"TFTP://[2001:DB8::5]/x;mode=octet", "x"},
    {"tftp://[2001:db8::5]:69/x", "x"},
    {"tftp://[2001:db8::5]/", ""},
    {"tftp://[2001:db8::5]/123456789012345", "123456789012345"},
    {"tftp://[2001:db8::5]/1234567890123456", NULL},
    {"tftp://[2001:db8::5]", NULL},
    {"tftp://[2001:db8::5/x", NULL},
    {"tftp://[192.0.2.1]/x", NULL},
    {"tftp://[]/x", NULL},
    {"tftp://server/x", NULL},
    {"http://[2001:db8::5]/x", NULL},
    {"tftp:", NULL},
    {"", NULL},
};

/* A reply with an identifier before the URL. From memory of exactly its size, so that the sanitizer sees a byte too many. */
static uint8_t *message_of(const char *url, size_t *size)
{
    static const uint8_t before[] = {7, 1, 2, 3, 0, 1, 0, 2, 0xAA, 0xBB, 0, 59, 0, 0};
    *size = sizeof before + strlen(url);
    uint8_t *message = malloc(*size);
    memcpy(message, before, sizeof before);
    message[sizeof before - 1] = (uint8_t)strlen(url);
    memcpy(message + sizeof before, url, strlen(url));
    return message;
}

static void each_url(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size;
        uint8_t *message = message_of(cases[i].url, &size), server[16];
        char path[ROOM];
        print_message("  %s\n", cases[i].url);
        assert_int_equal(dhcp6_boot_file(message, size, server, path, sizeof path), cases[i].path != NULL);
        if (cases[i].path) {
            assert_string_equal(path, cases[i].path);
            assert_memory_equal(server, address, sizeof address);
        }
        free(message);
    }
}

/* Cut anywhere there is no URL. */
static void each_cut(void **state)
{
    (void)state;
    size_t size;
    uint8_t *message = message_of(cases[0].url, &size), server[16];
    char path[ROOM];
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, message, cut);
        assert_false(dhcp6_boot_file(exact, cut, server, path, sizeof path));
        free(exact);
    }
    free(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_url), cmocka_unit_test(each_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
