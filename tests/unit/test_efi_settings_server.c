/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sanstrap.conf and the driver from a boot server, by two PXE clients of the test's own: one that takes names of files on the
 * server that it is told, as EDK2's and older iPXEs, and a newer iPXE, which says by a URI node where our image came from and
 * takes URLs as well.
 */
#include "efi/device_path.h"
#include "efi/settings_server.c"
#include "tests/unit/dhcp_builder.h"
#include "tests/unit/efi_fake.h"

static EFI_PXE_BASE_CODE_MODE mode;
static EFI_LOADED_IMAGE ours;
static uint8_t path[256];
static char asked[2048]; /* with a blank behind each */
static const char *there, *content;
static bool says_no_length; /* iPXE's habit */
static struct settings_file file;

EFI_PXE_BASE_CODE_PROTOCOL *sources_pxe(bool ipv6);
static EFI_STATUS EFIAPI mtftp(EFI_PXE_BASE_CODE_PROTOCOL *self, EFI_PXE_BASE_CODE_TFTP_OPCODE what, void *to, BOOLEAN overwrite,
                               UINT64 *size, UINTN *block, EFI_IP_ADDRESS *from, UINT8 *name, EFI_PXE_BASE_CODE_MTFTP_INFO *info,
                               BOOLEAN no_buffer)
{
    (void)self, (void)block, (void)info;
    assert_int_equal(what, EFI_PXE_BASE_CODE_TFTP_READ_FILE);
    assert_false(overwrite);
    assert_false(no_buffer);
    assert_memory_equal(from->v4.Addr, "\300\0\2\1", 4);
    if (!strstr(asked, (const char *)name)) {
        strcat(asked, (const char *)name);
        strcat(asked, " ");
    }
    if (!there || strcmp(there, (const char *)name) != 0)
        return EFI_TIMEOUT;

    size_t length = strlen(content);
    assert_true(length <= *size);
    memcpy(to, content, length);
    if (!says_no_length)
        *size = length;
    return EFI_SUCCESS;
}

static EFI_PXE_BASE_CODE_PROTOCOL client = {.Mtftp = mtftp, .Mode = &mode};

EFI_PXE_BASE_CODE_PROTOCOL *sources_pxe(bool ipv6)
{
    return ipv6 ? NULL : &client;
}

void sources_uuid(uint8_t uuid[16])
{
    (void)uuid;
}

void sources_begin_lease(uint8_t *lease)
{
    (void)lease;
}

static void put_path(const char *url)
{
    uint8_t *data = device_path_put_header(path, NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC, NODE_HEADER + 2) + 2;
    if (url) {
        data = device_path_put_header(data, NODE_TYPE_MESSAGING, NODE_MESSAGING_URI, NODE_HEADER + strlen(url) + 1);
        memcpy(data, url, strlen(url) + 1);
        data += strlen(url) + 1;
    }
    device_path_put_end(data);
}

static int set_up(void **state)
{
    (void)state;
    fake_firmware_start(&ours);
    fake_handles[1] = (struct fake_handle){"card", {{.guid = &guid_device_path, .interface = path}}};
    ours.DeviceHandle = &fake_handles[1];
    asked[0] = '\0';
    there = NULL;
    says_no_length = false;
    memset(&file, 0, sizeof file);

    struct dhcp_builder ack;
    dhcp_ack(&ack);
    memcpy(ack.bytes + DHCP_AT_SIADDR, "\300\0\2\1", 4);
    strcpy((char *)ack.bytes + DHCP_AT_FILE, "boot/script.ipxe");
    memset(&mode, 0, sizeof mode);
    mode.DhcpAckReceived = TRUE;
    memcpy(mode.DhcpAck.Raw, ack.bytes, ack.length);
    return 0;
}

static void the_folder_is_the_boot_files(void **state)
{
    (void)state;
    put_path(NULL);
    there = "boot/sanstrap.conf";
    content = "log=debug";
    assert_true(server_find_file(&file));
    assert_string_equal(file.name, there);
    assert_string_equal(file.bytes, content);

    uint8_t driver[64];
    there = "boot/driver.efi";
    content = "MZ";
    assert_int_equal(server_read_beside("driver.efi", driver, sizeof driver), 2);
    there = NULL;
    assert_int_equal(server_read_beside("driver.efi", driver, sizeof driver), 0);
}

static void the_folder_is_the_urls(void **state)
{
    (void)state;
    put_path("http://192.0.2.7/images/sanstrap.efi");
    says_no_length = true;
    there = "http://192.0.2.7/images/sanstrap.conf";
    content = "log=debug";
    assert_true(server_find_file(&file));
    assert_string_equal(file.name, "sanstrap.conf");
    assert_string_equal(file.bytes, content);
    assert_non_null(strstr(asked, "http://192.0.2.7/images/sanstrap.cfg/default "));
    assert_null(strstr(asked, "boot/"));

    uint8_t driver[64];
    there = "http://192.0.2.7/images/driver.efi";
    content = "MZ";
    assert_int_equal(server_read_beside("driver.efi", driver, sizeof driver), 2);
}

/* An image that is no download of a URL's, as one that a script has made. */
static void a_url_without_a_folder(void **state)
{
    (void)state;
    put_path("");
    there = "boot/sanstrap.conf";
    content = "log=debug";
    assert_true(server_find_file(&file));
    assert_string_equal(file.name, there);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(the_folder_is_the_boot_files),
        TEST(the_folder_is_the_urls),
        TEST(a_url_without_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
