/* SPDX-License-Identifier: BSD-2-Clause */
/* LoadImage() and StartImage(), and what their answers mean. */
#include "efi/start_file.h"

#include "efi/boot.h"
#include "platform/format.h"

#define WATCHDOG_SECONDS 300 /* UEFI 2.10, 3.1.2: what a boot manager arms for the image that it starts */

EFI_STATUS efi_load_image(EFI_DEVICE_PATH *path, void *bytes, size_t size, EFI_HANDLE *image)
{
    *image = NULL;
    EFI_STATUS status = firmware.boot->LoadImage(FALSE, firmware.image, path, bytes, size, image);
    firmware.boot->FreePool(path);
    if (status == EFI_SECURITY_VIOLATION && *image)
        firmware.boot->UnloadImage(*image);
    if (status != EFI_SUCCESS)
        *image = NULL;
    return status;
}

static bool is_refusal_by_secure_boot(EFI_STATUS status)
{
    return status == EFI_SECURITY_VIOLATION || status == EFI_ACCESS_DENIED;
}

static enum status fail_refused(EFI_STATUS status, const char *name)
{
    enum status which = is_refusal_by_secure_boot(status) ? E_BOOT_SECURE : E_BOOT_LOAD;
    return fail(which, "%s: the firmware answers %llxh", name, (unsigned long long)status);
}

static void set_options(EFI_HANDLE image, const struct start_file *file)
{
    EFI_LOADED_IMAGE *loaded;
    if (!file->options_size || EFI_ERROR(firmware.boot->HandleProtocol(image, &guid_loaded_image, (void **)&loaded)))
        return;
    loaded->LoadOptions = (void *)file->options;
    loaded->LoadOptionsSize = (UINT32)file->options_size;
}

/* Comes back when the image does. */
static enum status start_image(EFI_HANDLE image, const char *name)
{
    log_printf(LOG_INFO, "starting %s", name);
    firmware.boot->SetWatchdogTimer(WATCHDOG_SECONDS, 0, 0, NULL);
    console_leave_screen();

    UINTN text_size = 0;
    CHAR16 *text = NULL;
    EFI_STATUS status = firmware.boot->StartImage(image, &text_size, &text);
    console_take_screen();
    firmware.boot->SetWatchdogTimer(0, 0, 0, NULL);
    if (text)
        firmware.boot->FreePool(text);

    if (status == EFI_SECURITY_VIOLATION) {
        firmware.boot->UnloadImage(image);
        return fail_refused(status, name);
    }
    return fail(E_BOOT_RETURNED, "%s returned %llxh", name, (unsigned long long)status);
}

enum status start_file(const struct start_file *file)
{
    if (!file->path)
        return fail(E_BOOT_LOAD, "%s: no memory for its device path", file->name);

    EFI_HANDLE image;
    EFI_STATUS status = efi_load_image(file->path, NULL, 0, &image);
    if (status == EFI_NOT_FOUND)
        return fail(E_BOOT_FILE, "%s is not on the disk", file->name);
    if (status != EFI_SUCCESS)
        return fail_refused(status, file->name);
    set_options(image, file);
    return start_image(image, file->name);
}
