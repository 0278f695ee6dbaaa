/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where our image came from, when the device path says so by a URI node: UEFI's HTTP boot writes one (UEFI 2.10, 24.7), and iPXE
 * since 2021. Pure: knows bytes, no firmware.
 */
#ifndef SANSTRAP_EFI_BOOT_URL_H
#define SANSTRAP_EFI_BOOT_URL_H

#include <stdbool.h>
#include <stddef.h>

#define BOOT_URL_MAX 512 /* bytes of a URL, with its NUL */

/*
 * Writes the URL of the folder that the path's last URI node has its file in: <scheme>://<host>/, perhaps folders, with its last
 * slash and a NUL. False, and `folder` of no use, when `path` is NULL or has none, or its URL is another, or too long.
 */
bool boot_url_folder(const void *path, char folder[BOOT_URL_MAX]);

/*
 * Writes the URL of a file there: `name` is relative to the folder, or to the host when it begins with a slash, or a URL itself.
 * False when it is too long.
 */
bool boot_url_of(const char *folder, const char *name, char url[BOOT_URL_MAX]);

#endif
