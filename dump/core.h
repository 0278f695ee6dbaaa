/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the dump core share: its structure, and their calls. Private to dump/.
 *
 *   arm.c       the calls of dump.h, in order and one at a time; arming: memory, extents, the checksum
 *   arm_path.c  what of a table is kept
 *   open.c      from a dead machine to a disk that is known
 *   write.c     blocks to it and from it
 *   file.c      a dump in an area (file.h), on the calls alone
 */
#ifndef SANSTRAP_DUMP_CORE_H
#define SANSTRAP_DUMP_CORE_H

#include "dump/dump.h"
#include "handoff/handoff.h"
#include "net/net.h"

#define DUMP_TEXTS_MAX 1664u /* bytes of all texts: names, addresses, secrets; of one target they are 1,520 at most */

/* One way to the disk. Texts are offsets into the dump's; "" lies at 0. */
struct dump_path {
    struct net_address address; /* of ours */
    uint8_t prefix, vlan_priority;
    uint16_t vlan, mtu;
    uint64_t lease_end;  /* ticks of the table's clock; 0: there is none */
    uint8_t gateway[16]; /* of the address's family; zeros: none */
    uint16_t host, port, portal_group;
    uint16_t target_name;
    uint16_t chap_name, chap_secret, mutual_name, mutual_secret;
    uint8_t lun[8], isid[6];
    bool replaces; /* the ISID is the operating system's: logging in ends its session */
    enum iscsi_digests digests;
};

/* Everything that was armed, under a checksum. */
struct dump_armed {
    struct dump_target target;
    struct dump_disk disk;
    struct dump_profile profile;
    struct arena dma, plain; /* what is left of them */
    uint8_t *staging;        /* requests * request_bytes */
    struct dump_slot *slots; /* requests */
    uint32_t timeout_ms;
    uint16_t initiator_name;
    unsigned path_count;
    struct dump_path paths[HANDOFF_TARGETS];
    uint32_t text_size, text_crc;
    char *texts;
};

/* A write command. */
struct dump_slot {
    struct disk_request request;
    uint8_t *memory; /* request_bytes of staging */
    bool in_flight;
};

/* What there is from dump_open() on. */
struct dump_run {
    struct pci_device card;
    struct nic nic;
    struct arena plain;
    struct network *network;
    struct stream *stream;
    struct iscsi_settings *settings; /* the session's */
    struct iscsi_session *session;
    struct scsi_disk *scsi;
    struct disk *disk; /* NULL: there is none */
    uint64_t began;    /* ticks */
    deadline_t until;  /* for what is written … */
    deadline_t end;    /* … and for how it ended */
    uint64_t bytes;
    uint32_t milliseconds, reconnects; /* once it is closed */
    uint32_t slot_blocks;              /* of a request at most */
    struct dump_slot *filling;         /* has blocks, and room for those behind them */
    enum status failure;               /* not told yet */
    char detail[160];
};

enum dump_state { DUMP_ARMED = 1, DUMP_OPEN, DUMP_OVER };

struct dump {
    struct dump_armed armed;
    uint32_t crc;
    enum dump_state state;
    struct dump_run run;
};

/*
 * arm_path.c: reads the table of *config, checks what arming wants of it, and fills in all of `armed` that comes from it. Texts
 * go to armed->texts, of which DUMP_TEXTS_MAX bytes are free. `scratch` has DUMP_SCRATCH bytes that nobody else uses.
 */
#define DUMP_SCRATCH 4096u
enum status dump_read_table(struct dump_armed *armed, const struct dump_config *config, void *scratch);
void dump_path_ipv4(const struct dump_path *path, struct net_ipv4 *ipv4); /* of a path with such an address */

/* arm.c: of the layers, for a dump profile. */
struct iscsi_profile dump_iscsi_profile(const struct dump_profile *profile);

/* arm.c: it is what was armed. No pointer in it is followed before. */
bool dump_is_unchanged(const struct dump *dump);

/* Whether the blocks lie in one of the extents, whole. */
bool dump_is_inside(const struct dump_target *target, uint64_t lba, uint64_t blocks);

/* open.c: as dump_open() and dump_close(), for whoever is the only one to call. */
enum status dump_reach_disk(struct dump *dump);
enum status dump_leave_disk(struct dump *dump);

/* write.c: nothing is in flight, whatever was in them before. */
void dump_empty_slots(struct dump *dump);

/* write.c: as the calls of dump.h, likewise. */
enum status dump_put(struct dump *dump, uint64_t lba, uint32_t blocks, const struct dump_span *spans, unsigned count);
enum status dump_get(struct dump *dump, uint64_t lba, uint32_t blocks, void *to);
enum status dump_settle(struct dump *dump);

static inline const char *dump_text(const struct dump *dump, uint16_t offset)
{
    return dump->armed.texts + offset;
}

#endif
