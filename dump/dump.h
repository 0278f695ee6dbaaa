/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dump core: reaches the boot disk when nothing of the operating system lives. The face of dump/ for its homes: dump/linux/,
 * and whoever ports it (docs/porting-dump.md). It is made of the loader's own layers and wants of its home what they want
 * (platform/platform.h) and nothing else.
 *
 *   while the OS lives    dump_arm(), as often as one likes
 *   when it has died      dump_open → dump_write … dump_flush → dump_close
 *
 * dump_arm() may be called at leisure, in a context that may sleep. The rest runs on one CPU with interrupts off, waits by
 * polling, allocates nothing, takes no lock, and returns: every function within its own bound, all of them together within
 * dump_config.timeout_ms from dump_open() on. They use at most DUMP_STACK bytes of stack. Whoever comes while another call is
 * under way, or comes to dump_open() a second time, gets E_DUMP_BUSY and nothing happens.
 */
#ifndef SANSTRAP_DUMP_H
#define SANSTRAP_DUMP_H

#include "iscsi/iscsi.h"
#include "nicdrv/nic.h"

#define DUMP_STACK   4096u /* bytes */
#define DUMP_EXTENTS 32

/* How much memory there is; every figure may be larger than the small one's, and makes the dump faster. */
struct dump_profile {
    uint16_t rx_buffers, tx_buffers; /* of the card */
    uint32_t window;                 /* TCP's, bytes; at most what 3/4 of the receive buffers but two hold in full segments */
    uint32_t request_bytes;          /* of one write command, a power of two, 4096 and above */
    unsigned requests;               /* write commands in flight, each with staging memory of request_bytes */
};

/* 28 KiB that the card reaches, 32 KiB of plain memory: what Windows grants. And one for those who have a MiB or two. */
extern const struct dump_profile dump_profile_small, dump_profile_large;

/* Bytes of either piece that dump_arm() wants at most. */
size_t dump_dma_size(const struct dump_profile *profile, const struct pci_device *card);
size_t dump_plain_size(const struct dump_profile *profile);

struct dump_extent {
    uint64_t lba, blocks; /* of the disk's block size */
};

/* What a disk is known by. The iBFT tells nothing of it. */
struct dump_disk {
    uint8_t wwid_type, wwid_length; /* enum isdh_wwid_type; bytes, 0: the serial number counts */
    uint8_t wwid[64];
    char serial[65];     /* of VPD page 80h, without blanks at either end */
    uint32_t block_size; /* bytes */
    uint64_t block_count;
};

/* What the tables do not tell, or what goes before them. A NULL: as the table has it. */
struct dump_parameters {
    const char *initiator_name, *target_name;
    const struct iscsi_chap *chap, *mutual_chap;
    const uint8_t *isid; /* six bytes: of the operating system's own session, so that it is replaced; NULL: the table's */
    const struct dump_disk *disk;
    enum iscsi_digests digests;
    bool digests_given;
};

/* What a home arms the core with. Nothing of it is referred to afterwards. */
struct dump_config {
    const struct dump_profile *profile;
    struct arena *dma;    /* reached by the card, below 4 GiB, for ever the core's */
    struct arena *plain;  /* likewise, of any place */
    const uint8_t *table; /* an ISDH or an iBFT, of which table_size bytes can be read */
    size_t table_size;
    uint64_t table_self; /* physical address where it was found; 0: by ACPI; ISDH_ANYWHERE */
    struct dump_parameters parameters;
    /* Where may be written: blocks of the disk. None: the ISDH's dump area, and without one E_DUMP_NO_EXTENT. */
    unsigned extent_count;
    struct dump_extent extents[DUMP_EXTENTS];
    uint32_t timeout_ms; /* of everything from dump_open() on; 0: 600,000 */
};

struct dump;

/*
 * Reads the table, checks it and the rest of *config, and keeps a deep copy under a checksum; of the card it reads configuration
 * space alone, and the disk is not asked. *dump lies in the plain piece, where what was armed there before has gone, whatever is
 * returned. Of several targets those count that show the same disk over the same card. E_DUMP_BUSY while a dump is open, and
 * *dump stays. Errors name the member that cannot be used: E_DUMP_TABLE, E_DUMP_NIC (no driver, another card at its place),
 * E_DUMP_SECRET (CHAP without a secret), E_DUMP_NO_EXTENT, E_DUMP_EXTENT (beyond the disk, overlapping, none of whole blocks),
 * E_DUMP_IDENTITY (neither WWID nor serial number to know the disk by), E_DUMP_MEMORY.
 */
enum status dump_arm(struct dump **dump, const struct dump_config *config);

/* What was armed, for the home's own checks and its log: it lives as long as the dump. */
struct dump_target {
    struct pci_device card;
    uint64_t registers; /* BAR 0's physical address by the table; 0: unknown */
    uint8_t mac[NIC_MAC_LENGTH];
    char address[48], portal[64]; /* texts */
    char target_name[ISCSI_NAME_MAX + 1];
    uint8_t boot_id[16];
    uint32_t block_size;
    uint64_t block_count;
    unsigned extent_count;
    struct dump_extent extents[DUMP_EXTENTS];
};
const struct dump_target *dump_target(const struct dump *dump);

/*
 * Checks the copy (E_DUMP_CHANGED: nothing is sent), takes the card whatever state it is in, claims the address, connects, logs
 * in in place of the dead session, and compares the disk (E_DISK_OTHER, before anything is written). Where the dead session's
 * ISID is not known, the logical unit is reset then, so that nothing of it is carried out any more; the log says so if the target
 * does not do it, and the disk is used all the same. The targets are tried in turn, again and again, until one answers as it
 * should, none can any more, or the time is over. Whatever the layers fail with. The card has stopped again when it fails.
 */
enum status dump_open(struct dump *dump);

/* A piece of memory to write; of any length and alignment. */
struct dump_span {
    const void *bytes;
    uint32_t length;
};

/*
 * Writes whole blocks, inside the extents (E_DUMP_EXTENT otherwise, and nothing of it is written): the spans together have blocks
 * * block_size bytes. They are copied before this returns, so that they may change at once; the write itself may still be under
 * way, and its failure is then told by a later call, once. A lost session is opened again, and what was not confirmed is written
 * again. Whatever is told, blocks of this call or of one before may be missing: it is the dump's failure, and repeating this one
 * call does not mend it. E_DUMP_TIMEOUT an eighth of the time before its end, 20 s at most, which is kept for whoever wants to
 * write how it ended.
 */
enum status dump_write(struct dump *dump, uint64_t lba, uint32_t blocks, const struct dump_span *spans, unsigned count);

/* Reads whole blocks inside the extents, once the writes before are done. */
enum status dump_read(struct dump *dump, uint64_t lba, uint32_t blocks, void *to);

/* Waits for every write, then, unless one has failed, has the disk bring its cache to the medium. */
enum status dump_flush(struct dump *dump);

/* Flushes, logs out, stops the card. The card does no DMA afterwards, whatever is returned. */
enum status dump_close(struct dump *dump);

/* How it went so far. */
struct dump_progress {
    uint64_t bytes;        /* confirmed by the target */
    uint32_t milliseconds; /* since dump_open() */
    uint32_t reconnects;
};
void dump_progress(const struct dump *dump, struct dump_progress *progress);

#endif
