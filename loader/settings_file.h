/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sanstrap.conf: settings on any number of lines, words as on the command line, `#` before comments; ASCII, UTF-8 or little
 * endian UTF-16 with its byte order mark. It lies beside the image, or on the server that the image came from. There it is looked
 * for as pxelinux does with its own (and by RFC 5071's options 209 and 210), the first that is there is taken:
 *
 *   what option 209 names
 *   sanstrap.cfg/<UUID, as dmidecode shows it>
 *   sanstrap.cfg/01-<MAC address, with dashes>
 *   sanstrap.cfg/<IPv4 address in hexadecimal>, then without its last digit, and so on, where there is one
 *   sanstrap.cfg/default
 *   sanstrap.conf
 *
 * each in the folder that option 210 names, else in that of the boot file.
 */
#ifndef SANSTRAP_SETTINGS_FILE_H
#define SANSTRAP_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_FILE_MAX      8192 /* bytes */
#define SETTINGS_FILE_NAME_MAX 127  /* what PXE has room for */

struct settings_file {
    char name[SETTINGS_FILE_NAME_MAX + 1]; /* "": there is none */
    char bytes[SETTINGS_FILE_MAX + 1];     /* as they came; once it is open its lines, a NUL behind each */
    size_t length;                         /* of the lines */
    unsigned lines;
    const char *wrong; /* why none of it can be used, in line number `lines`; NULL when it can */
    bool unanswered;   /* the search was broken off */
};

/* What a reader says beside the number of bytes. */
#define SETTINGS_FILE_NONE   (-1) /* there is no such file, or the server does not give it */
#define SETTINGS_FILE_BROKEN (-2) /* it is there, and did not come to its end */

/*
 * Reads file `name` of the server that the image came from, at most `size` bytes of it to `to`. Returns how many; or one of the
 * above. How long it takes is the firmware's affair.
 */
typedef int settings_file_reader(const char *name, void *to, size_t size);

/* Makes lines of `size` bytes at file->bytes, or of a reader's answer; what cannot be a text is `wrong`. */
void settings_file_open(struct settings_file *file, int size);

/* What of a machine its files go by. */
struct settings_file_owner {
    uint8_t uuid[16];             /* as in SMBIOS; all zero: none */
    const uint8_t *lease, *named; /* DHCP answers, from `op` on: with our address, and with the boot file's name; or NULL */
    size_t lease_length, named_length;
    bool relative; /* the reader looks in the boot file's folder by itself */
};

/*
 * The boot server that the answers name: siaddr, else option 54, as ROMs and EDK2 have it, since Kea and dhcpd leave siaddr zero
 * when they are told nothing. All zero when no answer can be read.
 */
void settings_file_server(const struct settings_file_owner *owner, uint8_t server[4]);

/* The folder that the answers' boot file lies in, with its last separator; "" when it has none. */
void settings_file_folder(const struct settings_file_owner *owner, char folder[SETTINGS_FILE_NAME_MAX + 1]);

/*
 * Looks for the file and opens it. No request is made once SETTINGS_SEARCH_MS have gone: a server that does not answer for what
 * it has not costs the firmware's patience with one request, and `unanswered` tells. Wants the clock.
 */
#define SETTINGS_SEARCH_MS 10000
void settings_file_find(struct settings_file *file, const struct settings_file_owner *owner, settings_file_reader *read);

#endif
