/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap.conf from the server that the firmware's HTTP boot loaded us from: its URL is in our device's path (UEFI 2.10, 24.7).
 */
#include <string.h>

#include "efi/boot_url.h"
#include "efi/device_path.h"
#include "efi/home.h"
#include "efi/http.h"
#include "net/dhcp_options.h"
#include "platform/characters.h"

#define EXCHANGE_MS   10000
#define IPV4_LOCAL_AT NODE_HEADER /* in its node: our address, */
#define IPV4_MASK_AT  23          /* and behind the gateway the netmask, of newer nodes */

static struct http_protocol *http;
static EFI_EVENT event;
static char folder[BOOT_URL_MAX]; /* "": none */
static struct http_access_point access_point;

/* ---- an exchange ---- */

/* Carries out a request or takes a piece of a response. False when it fails, or takes too long. */
static bool exchange(EFI_STATUS(EFIAPI *call)(struct http_protocol *http, struct http_token *token), struct http_message *message)
{
    struct http_token token = {.event = event, .status = EFI_NOT_READY, .message = message};
    deadline_t deadline = deadline_after_ms(EXCHANGE_MS);
    if (EFI_ERROR(call(http, &token)))
        return false;

    while (firmware.boot->CheckEvent(event) == EFI_NOT_READY) {
        if (deadline_passed(deadline)) {
            http->cancel(http, &token);
            return false;
        }
        http->poll(http);
    }
    return !EFI_ERROR(token.status);
}

static bool ask(const char *url)
{
    static CHAR16 wide[BOOT_URL_MAX];
    static char host[BOOT_URL_MAX];
    size_t length = strlen(url);
    for (size_t i = 0; i <= length; i++)
        wide[i] = (UINT8)url[i];

    const char *name = strchr(url, ':') + strlen("://"), *end = strchr(name, '/'); /* boot_url_folder() has seen both */
    memset(host, 0, sizeof host);
    memcpy(host, name, (size_t)(end - name));
    struct http_header header = {(CHAR8 *)"Host", (CHAR8 *)host};
    struct http_request request = {HTTP_METHOD_GET, wide};
    struct http_message message = {.data = &request, .header_count = 1, .headers = &header};
    return exchange(http->request, &message);
}

static bool is_content_length(const CHAR8 *name)
{
    static const char wanted[] = "content-length";
    for (size_t i = 0; i < sizeof wanted; i++)
        if (lower_case((char)name[i]) != wanted[i])
            return false;
    return true;
}

/* A decimal number; -1 when it is none, or absurd. */
static int number_in(const CHAR8 *text)
{
    int number = *text ? 0 : -1;
    for (; *text; text++) {
        if (!is_digit((char)*text) || number > INT32_MAX / 10 - 1)
            return -1;
        number = number * 10 + (*text - '0');
    }
    return number;
}

/* What a response's headers say of its length, -1 when nothing; they are given back. */
static int take_headers(struct http_message *message)
{
    int length = -1;
    for (UINTN i = 0; i < message->header_count; i++) {
        struct http_header *header = &message->headers[i];
        if (is_content_length(header->name))
            length = number_in(header->value);
        firmware.boot->FreePool(header->name);
        firmware.boot->FreePool(header->value);
    }
    if (message->headers)
        firmware.boot->FreePool(message->headers);
    return length;
}

static int take_response(uint8_t *to, size_t size)
{
    UINT32 status = 0;
    struct http_message message = {.data = &status, .body_length = size, .body = to};
    bool found = exchange(http->response, &message);
    int whole = take_headers(&message);
    if (!found || status != HTTP_STATUS_200)
        return SETTINGS_FILE_NONE;
    if (whole < 0)
        return SETTINGS_FILE_BROKEN;

    size_t wanted = (size_t)whole < size ? (size_t)whole : size, length = message.body_length;
    while (length < wanted) {
        message = (struct http_message){.body_length = wanted - length, .body = to + length};
        if (!exchange(http->response, &message) || !message.body_length)
            return SETTINGS_FILE_BROKEN;
        length += message.body_length;
    }
    return (int)wanted;
}

/* ---- a file ---- */

static EFI_SERVICE_BINDING *find_service(void)
{
    EFI_DEVICE_PATH *path = firmware_path_of(firmware.loaded->DeviceHandle);
    EFI_HANDLE handle;
    void *service = NULL;
    if (EFI_ERROR(firmware.boot->LocateDevicePath(&guid_http_service_binding, &path, &handle)) ||
        EFI_ERROR(firmware.boot->HandleProtocol(handle, &guid_http_service_binding, &service)))
        return NULL;
    return service;
}

static int read_with(const char *url, void *to, size_t size)
{
    struct http_configuration configuration = {
        .version = HTTP_VERSION_11, .timeout_ms = EXCHANGE_MS, .access_point = &access_point};
    if (EFI_ERROR(http->configure(http, &configuration)) ||
        EFI_ERROR(firmware.boot->CreateEvent(0, TPL_CALLBACK, NULL, NULL, &event)))
        return SETTINGS_FILE_NONE;
    int length = ask(url) ? take_response(to, size) : SETTINGS_FILE_NONE;
    http->configure(http, NULL);
    firmware.boot->CloseEvent(event);
    return length;
}

static int read_file(const char *name, void *to, size_t size)
{
    static char url[BOOT_URL_MAX];
    EFI_SERVICE_BINDING *service = find_service();
    EFI_HANDLE child = NULL;
    int length = SETTINGS_FILE_NONE;

    if (!service || !boot_url_of(folder, name, url) || EFI_ERROR(service->CreateChild(service, &child)))
        return length;
    if (!EFI_ERROR(firmware.boot->HandleProtocol(child, &guid_http, (void **)&http)))
        length = read_with(url, to, size);
    service->DestroyChild(service, child);
    return length;
}

/* ---- who we are ---- */

/* The folder's URL, and as much of a DHCP answer as the path has: the two addresses that files go by. */
static void read_path(uint8_t lease[DHCP_OPTIONS_START])
{
    const uint8_t *node = (const uint8_t *)firmware_path_of(firmware.loaded->DeviceHandle);
    const uint8_t *end = node + (node ? device_path_length(node, DEVICE_PATH_MAX) : 0);
    sources_begin_lease(lease);
    if (!boot_url_folder(node, folder))
        folder[0] = '\0';

    for (; node < end; node += device_path_node_length(node)) {
        size_t length = device_path_node_length(node);
        if (node[NODE_TYPE] == NODE_TYPE_MESSAGING && node[NODE_SUBTYPE] == NODE_MESSAGING_IPV4 && length >= IPV4_MASK_AT + 4) {
            memcpy(lease + DHCP_AT_YIADDR, node + IPV4_LOCAL_AT, 4);
            memcpy(access_point.address, node + IPV4_LOCAL_AT, 4);
            memcpy(access_point.subnet, node + IPV4_MASK_AT, 4);
        }
    }
}

static bool came_by_http(uint8_t lease[DHCP_OPTIONS_START])
{
    read_path(lease);
    return folder[0] && !bytes_are_zero(lease + DHCP_AT_YIADDR, 4);
}

void http_find_file(struct settings_file *file)
{
    static uint8_t lease[DHCP_OPTIONS_START];
    if (!came_by_http(lease))
        return;
    struct settings_file_owner owner = {.lease = lease, .lease_length = sizeof lease, .relative = true};
    sources_uuid(owner.uuid);
    settings_file_find(file, &owner, read_file);
}

size_t http_read_beside(const char *name, void *to, size_t size)
{
    uint8_t lease[DHCP_OPTIONS_START] = {0};
    int found = came_by_http(lease) ? read_file(name, to, size) : 0;
    return found > 0 ? (size_t)found : 0;
}
