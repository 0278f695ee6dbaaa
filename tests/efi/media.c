/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_BLOCK_IO_MEDIA, the partition that the firmware made of the disk, and the device path. */
#include <string.h>

#include "efi/device_path.h"
#include "platform/format.h"
#include "tests/efi/conformance.h"

#define PATH_PIECE 32 /* bytes of the path on a line */

static bool is_power(uint32_t value)
{
    return value && !(value & (value - 1));
}

static void test_block_sizes(void)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    check(media->MediaPresent, "media/present", "it is not");
    check(!media->LogicalPartition, "media/whole-disk", "a partition");
    check(is_power(media->BlockSize) && media->BlockSize >= SECTOR, "media/block-size", "%u", media->BlockSize);
    check(media->IoAlign == 0 || is_power(media->IoAlign), "media/io-align", "%u", media->IoAlign);
    uint64_t end = subject.config.data_start + subject.config.data_bytes;
    check((media->LastBlock + 1) * media->BlockSize >= end, "media/last-block", "%llu", (unsigned long long)media->LastBlock);
}

/* What revisions 2 and 3 have added. */
static void test_physical_blocks(void)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    if (subject.config.strict)
        check(subject.io->Revision == EFI_BLOCK_IO_PROTOCOL_REVISION3, "media/revision-3", "%llx",
              (unsigned long long)subject.io->Revision);
    if (subject.io->Revision < EFI_BLOCK_IO_PROTOCOL_REVISION2)
        return;

    uint32_t ratio = media->LogicalBlocksPerPhysicalBlock;
    check(ratio == 0 || is_power(ratio), "media/physical-block", "%u", ratio);
    say("info: %u blocks in a physical one, aligned at %llu\n", ratio, (unsigned long long)media->LowestAlignedLba);
    /* OVMF's NVMe driver says 1 of a disk whose physical blocks are the logical ones. */
    if (subject.config.strict)
        check(media->LowestAlignedLba < (ratio ? ratio : 1), "media/lowest-aligned", "%llu",
              (unsigned long long)media->LowestAlignedLba);
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

    status = part->ReadBlocks(part, part->Media->MediaId, 0, 64 * KIB, subject.buffer);
    check_status(status, EFI_SUCCESS, "partition/read");
    status = read_bytes(PARTITION_OFFSET, 64 * KIB, subject.second);
    check(status == EFI_SUCCESS && !memcmp(subject.buffer, subject.second, 64 * KIB), "partition/same-bytes", "they differ");
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

/* Network disks are named by card, portal and target: in this order, whatever stands between. */
static void test_path(void)
{
    const uint8_t *node = (const uint8_t *)subject.path;
    bool mac = false, ip = false, iscsi = false;

    for (; node[NODE_TYPE] != NODE_TYPE_END && device_path_node_length(node) >= NODE_HEADER;
         node += device_path_node_length(node)) {
        if (node[NODE_TYPE] != NODE_TYPE_MESSAGING)
            continue;
        uint8_t subtype = node[NODE_SUBTYPE];
        mac |= subtype == NODE_MESSAGING_MAC;
        ip |= mac && (subtype == NODE_MESSAGING_IPV4 || subtype == NODE_MESSAGING_IPV6);
        iscsi |= ip && subtype == NODE_MESSAGING_ISCSI;
    }

    check(node[NODE_TYPE] == NODE_TYPE_END, "path/ends", "a node without length");
    if (subject.config.strict) {
        check(iscsi, "path/mac-ip-iscsi", "MAC %d, IP behind it %d, iSCSI behind that %d", mac, ip, iscsi);
        show_path(node);
    }
}

void test_media(void)
{
    test_block_sizes();
    test_physical_blocks();
    test_partition();
    test_path();
}
