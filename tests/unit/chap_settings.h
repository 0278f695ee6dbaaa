/* SPDX-License-Identifier: BSD-2-Clause */
/* The names and secrets that the programs which test CHAP have in common. */
#ifndef SANSTRAP_TESTS_CHAP_SETTINGS_H
#define SANSTRAP_TESTS_CHAP_SETTINGS_H

#include "tests/unit/iscsi_fake.h"

static inline struct iscsi_settings chap_settings(bool mutual)
{
    struct iscsi_settings settings = fake_settings();

    strcpy(settings.chap.name, "joe");
    strcpy(settings.chap.secret, "secret-of-joe-1");
    if (mutual) {
        strcpy(settings.mutual_chap.name, "disk");
        strcpy(settings.mutual_chap.secret, "secret-of-disk-2");
    }
    return settings;
}

#endif
