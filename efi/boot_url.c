/* SPDX-License-Identifier: BSD-2-Clause */
/* URLs (RFC 3986), as far as a boot file's folder wants them. */
#include "efi/boot_url.h"

#include <string.h>

#include "efi/device_path.h"
#include "platform/format.h"

static const uint8_t *last_uri_node(const void *path)
{
    const uint8_t *node = path, *end = node + device_path_length(path, DEVICE_PATH_MAX), *found = NULL;
    for (; node < end; node += device_path_node_length(node))
        if (node[NODE_TYPE] == NODE_TYPE_MESSAGING && node[NODE_SUBTYPE] == NODE_MESSAGING_URI)
            found = node;
    return found;
}

/* Where the path begins, with its slash; NULL when there is none, or no host before it. */
static const char *path_in(const char *url)
{
    const char *scheme = strchr(url, ':');
    return scheme && !strncmp(scheme, "://", 3) && scheme[3] != '/' ? strchr(scheme + 3, '/') : NULL;
}

/* A query is none of the path, and may have slashes. */
static size_t length_without_query(const char *url, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!url[i] || url[i] == '?' || url[i] == '#')
            return i;
    return length;
}

bool boot_url_folder(const void *path, char folder[BOOT_URL_MAX])
{
    const uint8_t *node = path ? last_uri_node(path) : NULL;
    if (!node)
        return false;

    const char *url = (const char *)node + NODE_HEADER;
    size_t length = length_without_query(url, device_path_node_length(node) - NODE_HEADER);
    while (length && url[length - 1] != '/')
        length--;
    if (length >= BOOT_URL_MAX)
        return false;
    memcpy(folder, url, length);
    folder[length] = '\0';
    return path_in(folder) != NULL;
}

bool boot_url_of(const char *folder, const char *name, char url[BOOT_URL_MAX])
{
    const char *path = path_in(folder);
    size_t kept = path_in(name) ? 0 : name[0] == '/' && path ? (size_t)(path - folder) : strlen(folder);
    return kept + strlen(name) < BOOT_URL_MAX && format_text(url, BOOT_URL_MAX, "%.*s%s", (int)kept, folder, name) > 0;
}
