/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_BLOCK_IO_MEDIA, the partition that the firmware made of the disk, and the device path. */
#include <string.h>

#include "platform/format.h"
#include "tests/efi/conformance.h"

#define PATH_PIECE     32
#define TYPE_MESSAGING 3
#define SUBTYPE_MAC    11
#define SUBTYPE_IPV4   12
#define SUBTYPE_IPV6   13
#define SUBTYPE_ISCSI  19

static bool is_power(uint32_t value)
{
    return value && !(value & (value - 1));
}

static void test_numbers(void)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    check(media->MediaPresent, "media/present", "it is not");
    check(!media->LogicalPartition, "media/whole-disk", "a partition");
    check(is_power(media->BlockSize) && media->BlockSize >= 512, "media/block-size", "%u", media->BlockSize);
    check(media->IoAlign == 0 || is_power(media->IoAlign), "media/io-align", "%u", media->IoAlign);
    uint64_t end = subject.config.data_start + subject.config.data_bytes;
    check((media->LastBlock + 1) * media->BlockSize >= end, "media/last-block", "%llu", (unsigned long long)media->LastBlock);
    if (subject.config.strict)
        check(subject.io->Revision == EFI_BLOCK_IO_PROTOCOL_REVISION3, "media/revision-3", "%llx",
              (unsigned long long)subject.io->Revision);
    if (subject.io->Revision >= EFI_BLOCK_IO_PROTOCOL_REVISION2) {
        uint32_t ratio = media->LogicalBlocksPerPhysicalBlock;
        check(ratio == 0 || is_power(ratio), "media/physical-block", "%u", ratio);
        say("info: %u blocks in a physical one, aligned at %llu\n", ratio, (unsigned long long)media->LowestAlignedLba);
        /* OVMF's NVMe driver says 1 of a disk whose physical blocks are the logical ones. */
        if (subject.config.strict)
            check(media->LowestAlignedLba < (ratio ? ratio : 1), "media/lowest-aligned", "%llu",
                  (unsigned long long)media->LowestAlignedLba);
    }
}

/* The firmware's partition driver reads through the disk's BlockIo: both must see the same bytes. */
static void test_partition(void)
{
    void *interface;
    EFI_STATUS status = subject.boot->HandleProtocol(subject.volume, &guid_block_io, &interface);
    check_status(status, EFI_SUCCESS, "partition/block-io");
    if (status != EFI_SUCCESS)
        return;
    EFI_BLOCK_IO_PROTOCOL *part = interface;
    check(part->Media->LogicalPartition, "partition/logical", "it is not");
    check(part->Media->BlockSize == subject.media->BlockSize, "partition/block-size", "%u", part->Media->BlockSize);
    status = part->ReadBlocks(part, part->Media->MediaId, 0, 1u << 16, subject.buffer);
    check_status(status, EFI_SUCCESS, "partition/read");
    status = read_bytes(1u << 20, 1u << 16, subject.second);
    check(status == EFI_SUCCESS && !memcmp(subject.buffer, subject.second, 1u << 16), "partition/same-bytes", "they differ");
}

/* The path's bytes up to its end node, for the host to compare. */
static void show_path(const uint8_t *end)
{
    char text[2 * PATH_PIECE + 1];
    for (const uint8_t *at = (const uint8_t *)subject.path; at < end;) {
        size_t length = 0;
        for (; at < end && length < 2 * PATH_PIECE; at++, length += 2)
            format_text(text + length, sizeof text - length, "%02x", *at);
        say("path %s\n", text);
    }
}

/* Network disks are named by card, portal and target. */
static void test_path(void)
{
    const uint8_t *node = (const uint8_t *)subject.path;
    bool mac = false, ip = false, iscsi = false;
    while (node[0] != END_DEVICE_PATH_TYPE && (node[2] | node[3] << 8) >= 4) {
        if (node[0] == TYPE_MESSAGING) {
            mac |= node[1] == SUBTYPE_MAC;
            ip |= mac && (node[1] == SUBTYPE_IPV4 || node[1] == SUBTYPE_IPV6);
            iscsi |= ip && node[1] == SUBTYPE_ISCSI;
        }
        node += node[2] | node[3] << 8;
    }
    check(node[0] == END_DEVICE_PATH_TYPE, "path/ends", "a node without length");
    if (subject.config.strict) {
        check(iscsi, "path/mac-ip-iscsi", "MAC %d, IP behind it %d, iSCSI behind that %d", mac, ip, iscsi);
        show_path(node);
    }
}

void test_media(void)
{
    test_numbers();
    test_partition();
    test_path();
}
