/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as sanstrap.conf, the first of which says how a server's answer is changed by them: which options name
 * files. Names fit, lines lie within the file, and a failure is told whole.
 */
#include <stdlib.h>
#include <string.h>

#include "loader/settings.h"
#include "loader/settings_file.h"
#include "platform/bytes.h"
#include "tests/unit/dhcp_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *bytes;
static size_t count;

/* The first name of several that are asked for is there; which, the bytes say. */
static int reader(const char *name, void *to, size_t size)
{
    if (!name[0] || strlen(name) >= SETTINGS_FILE_NAME_MAX)
        abort();
    if (count && bytes[0] % 4 == strlen(name) % 4)
        return SETTINGS_FILE_NONE;
    size_t length = count < size ? count : size;
    if (length)
        memcpy(to, bytes, length);
    return (int)length;
}

static void check(struct settings_file *file)
{
    if (file->length > SETTINGS_FILE_MAX || (!file->wrong && file->bytes[file->length]) || !file->lines)
        abort();

    static struct settings settings;
    if (settings_begin(&settings, "") != OK)
        abort();
    if (settings_from_file(&settings, file) == OK) {
        if (settings.boot.drive < DRIVE_MIN || !nic_mtu_is_valid(settings.mtu) || settings.home.boot > BOOT_AUTO)
            abort();
    } else if (!strstr(failure_detail(E_SETTINGS_FILE), ", line ")) {
        abort();
    }
    struct home_options home;
    loader_home_options(&(struct machine){.command_line = "", .file = file}, &home);
    if (home.memory < 1 * MIB || home.serial_port > 4)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings_file file;
    bytes = data;
    count = size;
    strcpy(file.name, "sanstrap.conf");
    settings_file_open(&file, reader(file.name, file.bytes, sizeof file.bytes));
    if (file.lines)
        check(&file);

    struct dhcp_builder lease;
    dhcp_ack(&lease);
    if (size > 1)
        dhcp_option(&lease, DHCP_PATH_PREFIX, data, (uint8_t)(size & 0x7F));
    if (size > 0x7F)
        dhcp_option(&lease, DHCP_CONFIG_FILE, data, data[0] & 0x7F);
    struct settings_file_owner owner = {.lease = lease.bytes, .lease_length = lease.length};
    memset(&file, 0, sizeof file);
    settings_file_find(&file, &owner, reader);
    if (file.name[0])
        check(&file);
    return 0;
}
