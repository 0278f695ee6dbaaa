/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk is published, the firmware finds its file systems, and the first boot loader on them that there is starts. */
#include "efi/boot.h"

#include <string.h>

#include "efi/block_io.h"
#include "efi/device_path.h"
#include "platform/format.h"

#define USUAL_FILES      "\\EFI\\Microsoft\\Boot\\bootmgfw.efi,\\EFI\\BOOT\\BOOTX64.EFI"
#define WATCHDOG_SECONDS 300 /* UEFI 2.10, 3.1.2: what a boot manager arms for the image that it starts */

#define VOLUMES_MAX 16

/* The file systems on our disk. */
struct volumes {
    EFI_HANDLE handles[VOLUMES_MAX];
    unsigned count;
};

/* ---- file systems on our disk ---- */

/* The firmware marks a system partition by a protocol without functions (UEFI 2.10, 13.3.3). */
static bool is_system_partition(EFI_HANDLE handle)
{
    void *nothing;
    return !EFI_ERROR(firmware.boot->HandleProtocol(handle, &guid_system_partition, &nothing));
}

/* The system partitions go first. */
static enum status find_volumes(struct volumes *volumes)
{
    EFI_HANDLE *handles;
    UINTN count;

    volumes->count = 0;
    if (firmware.boot->LocateHandleBuffer(ByProtocol, &guid_simple_file_system, NULL, &count, &handles) == EFI_SUCCESS) {
        for (int others = 0; others <= 1; others++)
            for (UINTN i = 0; i < count && volumes->count < VOLUMES_MAX; i++)
                if (is_system_partition(handles[i]) != others &&
                    device_path_begins(firmware_path_of(handles[i]), block_io_path()))
                    volumes->handles[volumes->count++] = handles[i];
        firmware.boot->FreePool(handles);
    }
    return volumes->count ? OK : fail(E_BOOT_ESP, "the firmware finds no file system on the disk");
}

/* ---- one file ---- */

EFI_STATUS efi_load_image(EFI_DEVICE_PATH *path, EFI_HANDLE *image)
{
    *image = NULL;
    EFI_STATUS status = firmware.boot->LoadImage(FALSE, firmware.image, path, NULL, 0, image);
    firmware.boot->FreePool(path);
    if (status == EFI_SECURITY_VIOLATION && *image)
        firmware.boot->UnloadImage(*image);
    if (status != EFI_SUCCESS)
        *image = NULL;
    return status;
}

/* The device path of a file that a setting names, from pool memory. */
static EFI_DEVICE_PATH *path_of_setting(EFI_HANDLE volume, const char *name, size_t length)
{
    CHAR16 wide[FILE_PATH_MAX];
    if (length >= FILE_PATH_MAX)
        return NULL;
    for (size_t i = 0; i < length; i++)
        wide[i] = name[i] == '/' ? '\\' : (uint8_t)name[i];
    wide[length] = 0;
    return firmware_path_of_file(volume, wide);
}

static bool is_refusal_by_secure_boot(EFI_STATUS status)
{
    return status == EFI_SECURITY_VIOLATION || status == EFI_ACCESS_DENIED;
}

static enum status fail_refused(EFI_STATUS status, const char *name, size_t length)
{
    enum status which = is_refusal_by_secure_boot(status) ? E_BOOT_SECURE : E_BOOT_LOAD;
    return fail(which, "%.*s: the firmware answers %llxh", (int)length, name, (unsigned long long)status);
}

/* OK with *image, or E_BOOT_FILE when the volume has no such file. */
static enum status load_file(EFI_HANDLE volume, const char *name, size_t length, EFI_HANDLE *image)
{
    EFI_DEVICE_PATH *path = path_of_setting(volume, name, length);
    if (!path)
        return fail(E_BOOT_LOAD, "%.*s: no memory for its device path", (int)length, name);

    EFI_STATUS status = efi_load_image(path, image);
    if (status == EFI_SUCCESS)
        return OK;
    if (status == EFI_NOT_FOUND)
        return fail(E_BOOT_FILE, "%.*s is not on the disk", (int)length, name);
    return fail_refused(status, name, length);
}

/* Comes back when the image does. */
static enum status start_image(EFI_HANDLE image, const char *name, size_t length)
{
    log_printf(LOG_INFO, "starting %.*s", (int)length, name);
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
        return fail_refused(status, name, length);
    }
    return fail(E_BOOT_RETURNED, "%.*s returned %llxh", (int)length, name, (unsigned long long)status);
}

static enum status try_file_on_volumes(const struct volumes *volumes, const char *name, size_t length)
{
    enum status status = E_BOOT_FILE;
    for (unsigned i = 0; i < volumes->count && status == E_BOOT_FILE; i++) {
        EFI_HANDLE image;
        status = load_file(volumes->handles[i], name, length, &image);
        if (status == OK)
            status = start_image(image, name, length);
    }
    return status;
}

/* The first of the files that there is. One that the firmware refuses does not keep a later one from being tried. */
static enum status start_first_file(const struct volumes *volumes, const char *files)
{
    enum status status = OK;
    char detail[192] = "";

    for (const char *at = files, *end; status != E_BOOT_RETURNED; at = end + 1) {
        end = strchr(at, ',');
        size_t length = end ? (size_t)(end - at) : strlen(at);
        enum status one = try_file_on_volumes(volumes, at, length);
        if (one != E_BOOT_FILE || status == OK) {
            status = one;
            format_text(detail, sizeof detail, "%s", failure_detail(one));
        }
        if (!end)
            break;
    }

    return status == E_BOOT_FILE ? fail(E_BOOT_FILE, "looked for %s", files) : fail(status, "%s", detail);
}

/* ---- the disk ---- */

static enum status start_from_disk(const struct boot_options *options)
{
    struct volumes volumes;
    enum status status = find_volumes(&volumes);
    return status == OK ? start_first_file(&volumes, options->files[0] ? options->files : USUAL_FILES) : status;
}

enum status efi_boot_disk(struct disk *disk, const struct boot_options *options)
{
    enum status status = tables_publish(&options->tables);
    if (status != OK)
        return status;
    status = block_io_publish(disk, options);
    if (status != OK) {
        tables_withdraw();
        return status;
    }

    status = events_start(disk, options->nic);
    if (status == OK) {
        /* Its answer for a disk without partitions is Not Found: whether it found any shows in the file systems. */
        firmware.boot->ConnectController(block_io_handle(), NULL, NULL, TRUE);
        if (options->hook_only)
            return OK;
        status = block_io_verdict(start_from_disk(options));
        events_stop();
    }

    if (!block_io_withdraw())
        block_io_empty();
    tables_withdraw();
    return status;
}

bool efi_withdraw_disk(void)
{
    if (!block_io_withdraw()) {
        firmware.boot->ConnectController(block_io_handle(), NULL, NULL, TRUE);
        return false;
    }
    events_stop();
    tables_withdraw();
    return true;
}
