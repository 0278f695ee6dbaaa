/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_HTTP_PROTOCOL (UEFI 2.10, 29.6), as far as a GET wants it: gnu-efi has no header of it. */
#ifndef SANSTRAP_EFI_HTTP_H
#define SANSTRAP_EFI_HTTP_H

#include "efi/efi.h"

#define HTTP_VERSION_11 1
#define HTTP_METHOD_GET 0
#define HTTP_STATUS_200 3 /* "OK" in the list of EFI_HTTP_STATUS_CODE */

struct http_access_point {
    BOOLEAN use_default_address;
    UINT8 address[4], subnet[4];
    UINT16 port;
};

struct http_configuration {
    UINT32 version, timeout_ms;
    BOOLEAN is_ipv6;
    struct http_access_point *access_point;
};

struct http_request {
    UINT32 method;
    CHAR16 *url;
};

struct http_header {
    CHAR8 *name, *value;
};

struct http_message {
    void *data; /* struct http_request; of a response a UINT32 for its status, NULL for more of its body */
    UINTN header_count;
    struct http_header *headers; /* of a response from the pool: names, values, and their list */
    UINTN body_length;
    void *body;
};

struct http_token {
    EFI_EVENT event;
    EFI_STATUS status;
    struct http_message *message;
};

struct http_protocol {
    EFI_STATUS(EFIAPI *get_mode)(struct http_protocol *http, struct http_configuration *configuration);
    EFI_STATUS(EFIAPI *configure)(struct http_protocol *http, struct http_configuration *configuration);
    EFI_STATUS(EFIAPI *request)(struct http_protocol *http, struct http_token *token);
    EFI_STATUS(EFIAPI *cancel)(struct http_protocol *http, struct http_token *token);
    EFI_STATUS(EFIAPI *response)(struct http_protocol *http, struct http_token *token);
    EFI_STATUS(EFIAPI *poll)(struct http_protocol *http);
};

#endif
