/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware of the test's own: handles with protocols, who has them open, and the boot services that efi/ takes a card with. What
 * is done to the card is kept in fake_story as words in the order in which it happened.
 */
#ifndef SANSTRAP_TESTS_EFI_FAKE_H
#define SANSTRAP_TESTS_EFI_FAKE_H

#include "efi/home.h"
#include "platform/format.h"
#include "tests/unit/unit.h"

#define FAKE_HANDLES   8
#define FAKE_PROTOCOLS 4

struct fake_open {
    EFI_HANDLE agent;
    UINT32 attributes;
};

struct fake_handle {
    const char *name;
    struct {
        EFI_GUID *guid;
        void *interface;
        struct fake_open opens[2];
    } protocols[FAKE_PROTOCOLS];
};

struct firmware firmware;
static EFI_BOOT_SERVICES fake_boot;
static struct fake_handle fake_handles[FAKE_HANDLES];
static char fake_story[512];

static void note_word(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note_word(const char *format, ...)
{
    size_t used = strlen(fake_story);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake_story + used, sizeof fake_story - used, format, arguments);
    va_end(arguments);
}

static int fake_index(struct fake_handle *handle, const EFI_GUID *guid)
{
    for (int i = 0; i < FAKE_PROTOCOLS; i++)
        if (handle->protocols[i].guid && !memcmp(handle->protocols[i].guid, guid, sizeof *guid))
            return i;
    return -1;
}

static EFI_STATUS EFIAPI fake_handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
    int at = fake_index(handle, guid);
    if (at < 0)
        return EFI_UNSUPPORTED;
    *interface = ((struct fake_handle *)handle)->protocols[at].interface;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_locate(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, void *key, UINTN *count, EFI_HANDLE **handles)
{
    assert_int_equal(type, ByProtocol);
    assert_null(key);
    *handles = calloc(FAKE_HANDLES, sizeof **handles);
    *count = 0;
    for (int i = 0; i < FAKE_HANDLES; i++)
        if (fake_index(&fake_handles[i], guid) >= 0)
            (*handles)[(*count)++] = &fake_handles[i];
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_protocols(EFI_HANDLE handle, EFI_GUID ***protocols, UINTN *count)
{
    *protocols = calloc(FAKE_PROTOCOLS, sizeof **protocols);
    *count = 0;
    for (int i = 0; i < FAKE_PROTOCOLS; i++)
        if (((struct fake_handle *)handle)->protocols[i].guid)
            (*protocols)[(*count)++] = ((struct fake_handle *)handle)->protocols[i].guid;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_opens(EFI_HANDLE handle, EFI_GUID *guid, EFI_OPEN_PROTOCOL_INFORMATION_ENTRY **entries,
                                    UINTN *count)
{
    const struct fake_open *opens = ((struct fake_handle *)handle)->protocols[fake_index(handle, guid)].opens;
    *entries = calloc(2, sizeof **entries);
    *count = 0;
    for (int i = 0; i < 2; i++)
        if (opens[i].agent)
            (*entries)[(*count)++] = (EFI_OPEN_PROTOCOL_INFORMATION_ENTRY){opens[i].agent, handle, opens[i].attributes, 1};
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_free_pool(void *memory)
{
    free(memory);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_connect(EFI_HANDLE handle, EFI_HANDLE *driver, EFI_DEVICE_PATH *rest, BOOLEAN recursive)
{
    assert_null(driver);
    assert_null(rest);
    assert_true(recursive);
    note_word("connect-%s ", ((struct fake_handle *)handle)->name);
    return EFI_SUCCESS;
}

/* iPXE's ROM answers so although it has let go. */
static EFI_STATUS EFIAPI fake_disconnect(EFI_HANDLE handle, EFI_HANDLE driver, EFI_HANDLE child)
{
    assert_null(driver);
    assert_null(child);
    note_word("disconnect-%s ", ((struct fake_handle *)handle)->name);
    return EFI_NOT_FOUND;
}

static void fake_firmware_start(EFI_LOADED_IMAGE *loaded)
{
    memset(fake_handles, 0, sizeof fake_handles);
    fake_story[0] = '\0';
    fake_boot = (EFI_BOOT_SERVICES){.HandleProtocol = fake_handle_protocol,
                                    .LocateHandleBuffer = fake_locate,
                                    .ProtocolsPerHandle = fake_protocols,
                                    .OpenProtocolInformation = fake_opens,
                                    .FreePool = fake_free_pool,
                                    .ConnectController = fake_connect,
                                    .DisconnectController = fake_disconnect};
    firmware = (struct firmware){.image = &fake_handles[0], .boot = &fake_boot, .loaded = loaded};
}

#endif
