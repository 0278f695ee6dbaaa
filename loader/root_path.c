/* SPDX-License-Identifier: BSD-2-Clause */
/* The iSCSI root path, field by field; what is wrong is named with its place. */
#include "loader/root_path.h"

#include <string.h>

#include "iscsi/lun.h"
#include "iscsi/name.h"
#include "loader/text.h"
#include "net/net.h"
#include "platform/format.h"

#define PREFIX "iscsi:"

/* The path as it is read: `at` is the first character not read yet. */
struct reader {
    const char *text;
    size_t length, at;
    size_t *wrong;
};

static enum status wrong_at(const struct reader *reader, size_t offset, const char *why)
{
    *reader->wrong = offset;
    fail(E_ROOT_PATH_SYNTAX, "character %u: %s", (unsigned)offset + 1, why);
    return E_ROOT_PATH_SYNTAX; /* GCC 14 must see that this is not OK, or it takes `field` for unset */
}

/* Reads a field and the colon after it. */
static enum status read_field(struct reader *reader, const char *missing, const char **field, size_t *length)
{
    const char *start = reader->text + reader->at;
    const char *colon = memchr(start, ':', reader->length - reader->at);
    if (!colon)
        return wrong_at(reader, reader->length, missing);
    *field = start;
    *length = (size_t)(colon - start);
    reader->at += *length + 1;
    return OK;
}

static enum status read_ipv6_server(struct root_path *path, struct reader *reader)
{
    const char *start = reader->text + reader->at + 1;
    const char *end = memchr(start, ']', reader->length - reader->at - 1);
    if (!end)
        return wrong_at(reader, reader->at, "this bracket is not closed");

    size_t length = (size_t)(end - start);
    struct net_address address;
    if (length > 45 || !text_copy(path->server, sizeof path->server, start, length) ||
        !net_parse_address(path->server, &address) || address.family != 6)
        return wrong_at(reader, reader->at + 1, "not an IPv6 address");

    reader->at += length + 2;
    if (reader->at >= reader->length || reader->text[reader->at] != ':')
        return wrong_at(reader, reader->at, "a colon is due after the server");
    reader->at++;
    path->server_is_ipv6 = true;
    return OK;
}

static bool is_host_character(char character)
{
    char lower = lower_case(character);
    return (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '-' || lower == '.' || lower == '_';
}

static enum status read_server(struct root_path *path, struct reader *reader)
{
    size_t start = reader->at, length;
    const char *field;
    if (start < reader->length && reader->text[start] == '[')
        return read_ipv6_server(path, reader);
    enum status status = read_field(reader, "the path ends within its server", &field, &length);
    if (status != OK)
        return status;

    if (!length)
        return wrong_at(reader, start, "the server is missing");
    for (size_t i = 0; i < length; i++)
        if (!is_host_character(field[i]))
            return wrong_at(reader, start + i, "a server has letters, digits, dots and dashes; IPv6 goes in brackets");
    if (!text_copy(path->server, sizeof path->server, field, length))
        return wrong_at(reader, start + sizeof path->server - 1, "the server is too long");
    return OK;
}

static enum status read_protocol(struct reader *reader)
{
    size_t start = reader->at, length;
    const char *field;
    enum status status = read_field(reader, "the path ends within its protocol", &field, &length);
    if (status != OK)
        return status;
    if (length && !text_is(field, length, "6") && !text_is(field, length, "tcp"))
        return wrong_at(reader, start, "the protocol is 6 (TCP) or empty");
    return OK;
}

static enum status read_port(struct root_path *path, struct reader *reader)
{
    size_t start = reader->at, length;
    const char *field;
    uint32_t port = ISCSI_DEFAULT_PORT;
    enum status status = read_field(reader, "the path ends within its port", &field, &length);
    if (status != OK)
        return status;
    if (length && (!text_parse_decimal(field, length, 65535, &port) || !port))
        return wrong_at(reader, start, "the port is a number of 1 to 65535, or empty");
    path->port = (uint16_t)port;
    return OK;
}

static enum status read_lun(struct root_path *path, struct reader *reader)
{
    size_t start = reader->at, length, wrong;
    const char *field;
    enum status status = read_field(reader, "the path ends within its LUN", &field, &length);
    if (status != OK)
        return status;
    if (!lun_parse(field, length, path->lun, &wrong))
        return wrong_at(reader, start + wrong, "a LUN is at most four groups of one to four hexadecimal digits between dashes");
    return OK;
}

static enum status read_target(struct root_path *path, struct reader *reader)
{
    size_t start = reader->at, length = reader->length - start, wrong = 0;
    if (!length)
        return wrong_at(reader, start, "the target name is missing");
    const char *why = iscsi_name_error(reader->text + start, length, &wrong);
    if (why)
        return wrong_at(reader, start + wrong, why);
    if (!text_copy(path->target, sizeof path->target, reader->text + start, length))
        return wrong_at(reader, start, "the target name is too long");
    return OK;
}

bool root_path_is_iscsi(const char *text, size_t length)
{
    return length >= strlen(PREFIX) && text_is(text, strlen(PREFIX), PREFIX);
}

enum status root_path_parse(struct root_path *path, const char *text, size_t length, size_t *wrong)
{
    struct reader reader = {.text = text, .length = length, .at = strlen(PREFIX), .wrong = wrong};
    memset(path, 0, sizeof *path);
    *wrong = 0;
    if (!root_path_is_iscsi(text, length))
        return wrong_at(&reader, 0, "a root path begins with iscsi:");

    enum status status = read_server(path, &reader);
    if (status == OK)
        status = read_protocol(&reader);
    if (status == OK)
        status = read_port(path, &reader);
    if (status == OK)
        status = read_lun(path, &reader);
    if (status == OK)
        status = read_target(path, &reader);
    return status;
}
