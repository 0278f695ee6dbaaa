/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as what a UEFI firmware or a disk hands over: a Boot#### variable, a device path, load options, the table
 * of shim's fallback, a DHCPv6 answer. What is found lies within them, and texts are texts.
 */
#include <stdlib.h>
#include <string.h>

#include "efi/boot_csv.h"
#include "efi/boot_path.h"
#include "efi/boot_url.h"
#include "efi/device_path.h"
#include "efi/load_option.h"
#include "efi/settings_text.h"
#include "loader/dhcp6_boot_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_always)
{
    if (!true_always)
        abort();
}

static void must_be_text(const char *text, size_t room)
{
    size_t length = strnlen(text, room);
    must(length < room);
    for (size_t i = 0; i < length; i++)
        must((uint8_t)text[i] >= ' ' && (uint8_t)text[i] < 0x7F);
}

static void read_path(const uint8_t *path)
{
    struct handoff_address address;
    if (boot_path_read(path, &address))
        must(address.vlan <= 4094 && address.prefix <= 128);

    char folder[BOOT_URL_MAX];
    if (boot_url_folder(path, folder)) {
        size_t used = strnlen(folder, sizeof folder);
        must(used && used < sizeof folder && folder[used - 1] == '/');
    }

    size_t length = device_path_length(path, DEVICE_PATH_MAX);
    must(length + NODE_HEADER <= DEVICE_PATH_MAX);
    must(device_path_begins(path, path) == (length != 0));
    const uint8_t *disk = device_path_node(path, NODE_TYPE_MEDIA, NODE_MEDIA_HARD_DRIVE);
    must(!device_path_same_partition(path, path) || disk);
}

static void read_option(const uint8_t *bytes, size_t size)
{
    struct load_option option;
    if (!load_option_read(bytes, size, &option))
        return;
    const uint8_t *path = option.path, *more = option.data;
    must_be_text(option.name, sizeof option.name);
    must(path >= bytes && more > path && more + option.data_size == bytes + size);
    must(device_path_length(path, (size_t)(more - path)) != 0);
}

static void read_options(const uint8_t *bytes, size_t size)
{
    char room[256];
    struct settings_text line = {.text = room, .size = size % sizeof room + 1};
    room[0] = '\0';
    settings_text_add_options(&line, bytes, size);
    must(line.length < line.size && strlen(line.text) == line.length);
}

static void read_table(const uint8_t *bytes, size_t size)
{
    char name[64];
    struct boot_csv line;
    if (!boot_csv_read(bytes, size, &line, name, sizeof name))
        return;
    const uint8_t *options = line.options;
    must_be_text(name, sizeof name);
    must(name[0] && !strpbrk(name, "\\/"));
    must(!line.options_size || (options > bytes && line.options_size <= size - (size_t)(options - bytes)));
}

static void read_boot_file(const uint8_t *bytes, size_t size)
{
    uint8_t server[16];
    char path[64];
    if (dhcp6_boot_file(bytes, size, server, path, sizeof path))
        must(strnlen(path, sizeof path) < sizeof path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size + 1), *path = calloc(1, DEVICE_PATH_MAX);
    if (!exact || !path)
        abort();
    uint8_t *bytes = exact + 1; /* so that what wants an even address is seen */
    memcpy(bytes, data, size);
    memcpy(path, data, size < DEVICE_PATH_MAX ? size : DEVICE_PATH_MAX);

    read_path(path);
    read_option(bytes, size);
    read_options(bytes, size);
    read_table(bytes, size);
    read_boot_file(bytes, size);
    free(path);
    free(exact);
    return 0;
}
