/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The iSCSI root path of RFC 4173 section 5:
 *   iscsi:<server>:<protocol>:<port>:<LUN>:<target name>
 * Server: an IPv4 address, a DNS name or an IPv6 address in brackets. Protocol: 6 (TCP; also "tcp") or empty. Port: decimal;
 * empty for 3260. LUN: up to four groups of up to four hexadecimal digits between dashes, trailing zero groups left out; empty
 * for LUN 0.
 */
#ifndef SANSTRAP_ROOT_PATH_H
#define SANSTRAP_ROOT_PATH_H

#include "iscsi/iscsi.h"

struct root_path {
    char server[256]; /* IPv6 addresses without their brackets */
    bool server_is_ipv6;
    uint16_t port;
    uint8_t lun[8]; /* as in the BHS */
    char target[ISCSI_NAME_MAX + 1];
};

/* True when the text claims to be an iSCSI root path, right or wrong (option 17 also carries those of NFS). */
bool root_path_is_iscsi(const char *text, size_t length);

/*
 * Parses. On E_ROOT_PATH_SYNTAX the detail says what is wrong at which character (counted from 1), and *wrong is that character's
 * offset, at most `length`. `path` is then undefined.
 */
enum status root_path_parse(struct root_path *path, const char *text, size_t length, size_t *wrong);

#endif
