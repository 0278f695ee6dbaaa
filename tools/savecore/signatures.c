/* SPDX-License-Identifier: BSD-2-Clause */
/* Signatures by their bytes and places, of what is met on disks of Linux and of its neighbours. */
#include "tools/savecore/signatures.h"

#include <stdlib.h>
#include <string.h>

#include "platform/bytes.h"

#define SWAP_SIGNATURE 10 /* bytes before the end of its first page */

struct signature {
    const char *name;
    uint32_t offset;
    const char *bytes;
    uint8_t length;
};

#define TEXT(text) text, sizeof text - 1

/* clang-format off */
static const struct signature signatures[] = {
    {"an ext2, ext3 or ext4 file system", 0x438, TEXT("\x53\xEF")},
    {"an XFS file system", 0, TEXT("XFSB")},
    {"a Btrfs file system", 0x10040, TEXT("_BHRfS_M")},
    {"an F2FS file system", 0x400, TEXT("\x10\x20\xF5\xF2")},
    {"a ReiserFS file system", 0x10034, TEXT("ReIsEr")},
    {"a JFS file system", 0x8000, TEXT("JFS1")},
    {"a bcachefs file system", 0x1018, TEXT("\xC6\x85\x73\xF6\x66\xCE\x90\xA9")},
    {"an EROFS file system", 0x400, TEXT("\xE2\xE1\xF5\xE0")},
    {"a SquashFS file system", 0, TEXT("hsqs")},
    {"an ISO 9660 file system", 0x8001, TEXT("CD001")},
    {"a FAT file system", 0x36, TEXT("FAT")},
    {"a FAT file system", 0x52, TEXT("FAT32")},
    {"an exFAT file system", 3, TEXT("EXFAT   ")},
    {"an NTFS file system", 3, TEXT("NTFS    ")},
    {"a ReFS file system", 3, TEXT("ReFS\0\0\0\0")},
    {"a BitLocker volume", 3, TEXT("-FVE-FS-")},
    {"an encrypted volume (LUKS)", 0, TEXT("LUKS\xBA\xBE")},
    {"a volume of LVM", 0x018, TEXT("LVM2 001")},
    {"a volume of LVM", 0x218, TEXT("LVM2 001")},
    {"a volume of LVM", 0x418, TEXT("LVM2 001")},
    {"a volume of LVM", 0x618, TEXT("LVM2 001")},
    {"a member of a RAID (md)", 0, TEXT("\xFC\x4E\x2B\xA9")},
    {"a member of a RAID (md)", 0x1000, TEXT("\xFC\x4E\x2B\xA9")},
    {"a bcache device", 0x1018, TEXT("\xC6\x85\x73\xF6\x4E\x1A\x45\xCA")},
    {"a partition table (GPT)", 0x200, TEXT("EFI PART")},
    {"a partition table (GPT)", 0x1000, TEXT("EFI PART")},
};
/* clang-format on */

static bool is_at(const uint8_t *bytes, size_t size, size_t offset, const char *text, size_t length)
{
    return offset <= size && length <= size - offset && memcmp(bytes + offset, text, length) == 0;
}

static bool is_swap(const uint8_t *first, size_t reach)
{
    for (size_t page = 4 * KIB; page <= 64 * KIB; page *= 2)
        if (is_at(first, reach, page - SWAP_SIGNATURE, TEXT("SWAPSPACE2")) ||
            is_at(first, reach, page - SWAP_SIGNATURE, TEXT("SWAP-SPACE")))
            return true;
    return false;
}

/* md's formats 0.90 and 1.0 stand in the last 128 KiB, at multiples of 4 KiB from the beginning, which the end need not be. */
static bool is_raid_by_its_end(const uint8_t *last, size_t reach)
{
    for (size_t back = 512; back <= reach; back += 512)
        if (is_at(last, reach, reach - back, TEXT("\xFC\x4E\x2B\xA9")))
            return true;
    return false;
}

/* ZFS's labels of 256 KiB hold 128 uberblocks from their second half on; one is enough. Two labels stand at either end. */
static bool is_zfs(const uint8_t *bytes, size_t reach)
{
    for (size_t back = KIB; back <= reach; back += KIB)
        if (is_at(bytes, reach, reach - back, TEXT("\x0C\xB1\xBA\0\0\0\0\0")))
            return true;
    return false;
}

/* A GPT's second header is a disk's last block. */
static bool is_gpt_by_its_end(const uint8_t *last, size_t reach)
{
    for (size_t block = DEVICE_BLOCK_LEAST; block <= DEVICE_BLOCK_MOST && block <= reach; block *= 2)
        if (is_at(last, reach, reach - block, TEXT("EFI PART")))
            return true;
    return false;
}

const char *signatures_name(const uint8_t *first, const uint8_t *last, size_t reach)
{
    for (const struct signature *at = signatures; at < signatures + sizeof signatures / sizeof *signatures; at++)
        if (is_at(first, reach, at->offset, at->bytes, at->length))
            return at->name;

    if (is_swap(first, reach))
        return "swap";
    if (is_raid_by_its_end(last, reach))
        return "a member of a RAID (md)";
    if (is_zfs(first, reach) || is_zfs(last, reach))
        return "a member of a ZFS pool";
    return is_gpt_by_its_end(last, reach) ? "a partition table (GPT)" : NULL;
}

bool signatures_look(const struct device *disk, uint64_t lba, uint64_t blocks, const char **name)
{
    uint64_t most = SIGNATURES_REACH / disk->block_size, count = blocks < most ? blocks : most;
    size_t reach = (size_t)count * disk->block_size;
    uint8_t *first = device_buffer(reach), *last = device_buffer(reach);
    bool good = device_read(disk, lba, first, reach) && device_read(disk, lba + blocks - count, last, reach);
    *name = good ? signatures_name(first, last, reach) : NULL;
    free(first);
    free(last);
    return good;
}
