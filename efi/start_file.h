/* SPDX-License-Identifier: BSD-2-Clause */
/* One boot loader is loaded and started. At TPL_APPLICATION, outside the gate. */
#ifndef SANSTRAP_EFI_START_FILE_H
#define SANSTRAP_EFI_START_FILE_H

#include "efi/home.h"

/* What is to be started. */
struct start_file {
    EFI_DEVICE_PATH *path; /* from the pool; start_file() gives it back. NULL: there was no memory for it */
    const char *name;      /* for messages */
    const void *options;   /* the image's load options, `options_size` bytes */
    size_t options_size;
};

/* E_BOOT_FILE when there is no such file; E_BOOT_LOAD, E_BOOT_SECURE; E_BOOT_RETURNED when the program came back. Never OK. */
enum status start_file(const struct start_file *file);

#endif
