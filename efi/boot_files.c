/* SPDX-License-Identifier: BSD-2-Clause */
/* Where boot loaders lie on a disk, and in which order they are tried. */
#include "efi/boot_files.h"

#include <string.h>

#include "efi/block_io.h"
#include "efi/boot_csv.h"
#include "efi/boot_order.h"
#include "efi/device_path.h"
#include "efi/start_file.h"
#include "platform/format.h"

#define WINDOWS_FILE  "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"
#define COMMON_FILE   "\\EFI\\BOOT\\BOOTX64.EFI"
#define FALLBACK_FILE "\\EFI\\BOOT\\fbx64.efi" /* what shim starts when it is COMMON_FILE */

#define VOLUMES_MAX 16
#define FOLDERS_MAX 16
#define NAME_ROOM   64 /* of a folder below \EFI and of a program in it, with the NUL */
#define FAT_NAME    255
#define TABLE_BYTES 512 /* of a table's beginning; its first line is read */

/* The file systems on our disk, and what came of the files that were tried. */
struct search {
    EFI_HANDLE volumes[VOLUMES_MAX];
    unsigned volume_count;
    enum status status; /* OK: none yet */
    char detail[192];
};

static bool is_over(const struct search *search)
{
    return search->status == E_BOOT_RETURNED;
}

/* ---- file systems on our disk ---- */

/* The firmware marks a system partition by a protocol without functions (UEFI 2.10, 13.3.3). */
static bool is_system_partition(EFI_HANDLE handle)
{
    void *nothing;
    return !EFI_ERROR(firmware.boot->HandleProtocol(handle, &guid_system_partition, &nothing));
}

/* The system partitions go first. */
static enum status find_volumes(struct search *search)
{
    EFI_HANDLE *handles;
    UINTN count;
    if (firmware.boot->LocateHandleBuffer(ByProtocol, &guid_simple_file_system, NULL, &count, &handles) == EFI_SUCCESS) {
        for (int others = 0; others <= 1; others++)
            for (UINTN i = 0; i < count && search->volume_count < VOLUMES_MAX; i++)
                if (is_system_partition(handles[i]) != others &&
                    device_path_begins(firmware_path_of(handles[i]), block_io_path()))
                    search->volumes[search->volume_count++] = handles[i];
        firmware.boot->FreePool(handles);
    }
    return search->volume_count ? OK : fail(E_BOOT_ESP, "the firmware finds no file system on the disk");
}

/* NULL when the volume has no such file or folder. */
static EFI_FILE_HANDLE open_on(EFI_HANDLE volume, CHAR16 *name)
{
    EFI_FILE_IO_INTERFACE *system;
    EFI_FILE_HANDLE root, file;
    if (EFI_ERROR(firmware.boot->HandleProtocol(volume, &guid_simple_file_system, (void **)&system)) ||
        EFI_ERROR(system->OpenVolume(system, &root)))
        return NULL;
    EFI_STATUS status = root->Open(root, &file, name, EFI_FILE_MODE_READ, 0);
    root->Close(root);
    return EFI_ERROR(status) ? NULL : file;
}

static bool has_fallback(const struct search *search)
{
    bool found = false;
    for (unsigned i = 0; i < search->volume_count && !found; i++) {
        EFI_FILE_HANDLE file = open_on(search->volumes[i], L"" FALLBACK_FILE);
        found = file != NULL;
        if (file)
            file->Close(file);
    }
    return found;
}

/* ---- one file ---- */

/* The device path of a file that is named in ASCII, from the pool. */
static EFI_DEVICE_PATH *path_of_name(EFI_HANDLE volume, const char *name)
{
    CHAR16 wide[FILE_PATH_MAX];
    size_t length = strlen(name);
    if (length >= FILE_PATH_MAX)
        return NULL;
    for (size_t i = 0; i <= length; i++)
        wide[i] = name[i] == '/' ? '\\' : (uint8_t)name[i];
    return firmware_path_of_file(volume, wide);
}

/* That a file is not there says less than what is wrong with one that is. */
static void note_outcome(struct search *search, enum status status)
{
    if (status == E_BOOT_FILE && search->status != OK)
        return;
    search->status = status;
    format_text(search->detail, sizeof search->detail, "%s", failure_detail(status));
}

static enum status try_with(struct search *search, EFI_HANDLE volume, const char *name, const void *options, size_t options_size)
{
    enum status status = start_file(&(struct start_file){path_of_name(volume, name), name, options, options_size});
    note_outcome(search, status);
    return status;
}

static enum status try_on_volume(struct search *search, EFI_HANDLE volume, const char *name)
{
    return try_with(search, volume, name, NULL, 0);
}

/* The first volume that has it counts. */
static void try_name(struct search *search, const char *name)
{
    for (unsigned i = 0; i < search->volume_count && !is_over(search); i++)
        if (try_on_volume(search, search->volumes[i], name) != E_BOOT_FILE)
            return;
}

static void try_names(struct search *search, const char *names)
{
    for (const char *at = names, *end; !is_over(search); at = end + 1) {
        char name[FILE_PATH_MAX];
        end = strchr(at, ',');
        size_t length = end ? (size_t)(end - at) : strlen(at);
        format_text(name, sizeof name, "%.*s", (int)length, at);
        try_name(search, name);
        if (!end)
            return;
    }
}

/* ---- the firmware's boot options ---- */

/* An option's path may begin at its partition, or be one of another time: what leads to the volume is the volume's own. */
static void try_option_on(struct search *search, EFI_HANDLE volume, const struct load_option *option)
{
    const uint8_t *node = device_path_node(option->path, NODE_TYPE_MEDIA, NODE_MEDIA_HARD_DRIVE);
    const uint8_t *file = node + device_path_node_length(node);
    if (!device_path_length(file, DEVICE_PATH_MAX))
        return; /* the partition alone: COMMON_FILE is meant */

    EFI_DEVICE_PATH *path = firmware_path_join(firmware_path_of(volume), (const EFI_DEVICE_PATH *)file);
    note_outcome(search, start_file(&(struct start_file){path, option->name, option->data, option->data_size}));
}

/*
 * Of each option that leads to a partition of the disk; but not ours, which might have been copied there. Firmware takes options
 * out of its order when their disk is not there, as a LUN is not before us: those beside the order follow.
 */
static void try_options(struct search *search)
{
    UINT16 *order;
    size_t count = boot_order_read_all(&order);
    UINT16 current;
    bool knows_current = boot_order_current(&current);

    for (size_t at = 0; at < count && !is_over(search); at++) {
        struct load_option option;
        if ((knows_current && order[at] == current) || !boot_order_option(order[at], &option) || !option.bootable)
            continue;
        for (unsigned i = 0; i < search->volume_count && !is_over(search); i++)
            if (device_path_same_partition(option.path, firmware_path_of(search->volumes[i])))
                try_option_on(search, search->volumes[i], &option);
    }
    if (order)
        firmware.boot->FreePool(order);
}

/* ---- the systems' folders ---- */

/* False when it is no folder with a name in ASCII that is short enough, or one of the two that every folder has. */
static bool take_folder(const EFI_FILE_INFO *info, char name[NAME_ROOM])
{
    if (!(info->Attribute & EFI_FILE_DIRECTORY) || info->FileName[0] == '.')
        return false;
    for (unsigned i = 0; i < NAME_ROOM; i++) {
        if (info->FileName[i] >= 0x7F)
            return false;
        name[i] = (char)info->FileName[i];
        if (!name[i])
            return true;
    }
    return false;
}

static unsigned list_folders(EFI_HANDLE volume, char names[FOLDERS_MAX][NAME_ROOM])
{
    EFI_FILE_HANDLE folder = open_on(volume, L"\\EFI");
    unsigned count = 0;
    if (!folder)
        return 0;

    union {
        EFI_FILE_INFO info;
        uint8_t bytes[sizeof(EFI_FILE_INFO) + (FAT_NAME + 1) * sizeof(CHAR16)];
    } entry;
    while (count < FOLDERS_MAX) {
        UINTN size = sizeof entry;
        if (EFI_ERROR(folder->Read(folder, &size, &entry)) || !size)
            break;
        count += take_folder(&entry.info, names[count]);
    }
    folder->Close(folder);
    return count;
}

static void try_in_folder(struct search *search, EFI_HANDLE volume, const char *folder, const char *program,
                          const struct boot_csv *line)
{
    char name[2 * NAME_ROOM + sizeof "\\EFI\\\\"];
    format_text(name, sizeof name, "\\EFI\\%s\\%s", folder, program);
    if (!is_over(search))
        try_with(search, volume, name, line->options, line->options_size);
}

/* What shim's fallback would make a boot option of. */
static void try_table(struct search *search, EFI_HANDLE volume, const char *folder, const char *table)
{
    char path[NAME_ROOM + 32] = "", program[NAME_ROOM];
    CHAR16 wide[sizeof path];
    format_text(path, sizeof path, "\\EFI\\%s\\%s", folder, table);
    for (size_t i = 0; i < sizeof path; i++)
        wide[i] = (uint8_t)path[i];
    EFI_FILE_HANDLE file = open_on(volume, wide);
    if (!file)
        return;

    uint8_t bytes[TABLE_BYTES];
    UINTN size = sizeof bytes;
    struct boot_csv line;
    bool named = !EFI_ERROR(file->Read(file, &size, bytes)) && boot_csv_read(bytes, size, &line, program, sizeof program);
    file->Close(file);
    if (named)
        try_in_folder(search, volume, folder, program, &line);
}

static void try_folders(struct search *search, EFI_HANDLE volume)
{
    static const char *const programs[] = {"shimx64.efi", "grubx64.efi", "bootmgfw.efi"};
    static char folders[FOLDERS_MAX][NAME_ROOM];
    unsigned count = list_folders(volume, folders);

    for (unsigned i = 0; i < count && !is_over(search); i++) {
        try_table(search, volume, folders[i], "BOOTX64.CSV");
        if (!is_over(search))
            try_table(search, volume, folders[i], "BOOT.CSV");
        for (unsigned j = 0; j < sizeof programs / sizeof programs[0]; j++)
            try_in_folder(search, volume, folders[i], programs[j], &(struct boot_csv){NULL, 0});
    }
}

/* ---- all of them ---- */

static void try_usual_files(struct search *search)
{
    bool fallback = has_fallback(search);
    try_names(search, fallback ? WINDOWS_FILE : WINDOWS_FILE "," COMMON_FILE);
    if (!is_over(search))
        try_options(search);
    for (unsigned i = 0; i < search->volume_count && !is_over(search); i++)
        try_folders(search, search->volumes[i]);
    if (fallback && !is_over(search))
        try_name(search, COMMON_FILE);
}

enum status boot_files_start(const char *files)
{
    struct search search = {.status = OK};
    enum status status = find_volumes(&search);
    if (status != OK)
        return status;

    if (files[0])
        try_names(&search, files);
    else
        try_usual_files(&search);
    if (search.status == E_BOOT_FILE)
        return fail(E_BOOT_FILE, "looked for %s", files[0] ? files : WINDOWS_FILE "," COMMON_FILE ", and below \\EFI");
    return fail(search.status, "%s", search.detail);
}
