/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SCSI disk's own structure, shared by its files: finding out what it is (scsi_probe.c), whether it still is that
 * (scsi_identity.c), and working with it (scsi_disk.c).
 */
#ifndef SANSTRAP_ISCSI_SCSI_DISK_H
#define SANSTRAP_ISCSI_SCSI_DISK_H

#include "iscsi/scsi.h"

#define SCSI_TRANSFER_MAX MIB   /* bytes of one command */
#define SCSI_PAUSE_MS     100   /* before a busy LUN is asked again */
#define SCSI_TRIES_MAX    8     /* attempts without a pause between */
#define SCSI_PATIENCE_MS  60000 /* how long a busy LUN is asked again, from its first BUSY on; with each login anew */
#define SCSI_ABSENCE_MS   500   /* a pause between two pumps longer than this is the caller's, and no patience is spent in it */
#define SCSI_NAME_TEXT    64    /* of a disk's name as it is shown, with its NUL */

/* A request that has a command; before there are any, a question of scsi_probe.c's. */
struct scsi_slot {
    struct iscsi_task task;
    struct disk_request *request; /* NULL: free */
    bool pausing;                 /* the task is not under way: it is submitted anew at again_at */
    uint8_t tries;                /* attempts without a pause so far */
    deadline_t again_at;
    deadline_t patience; /* after that a LUN that is busy or gone has failed the request; 0: it has been neither yet */
};

enum identity_step { IDENTITY_IDLE, IDENTITY_READY, IDENTITY_NAME, IDENTITY_CAPACITY, IDENTITY_LONG_CAPACITY };

/* The question whether this is the disk that was opened. */
struct scsi_identity {
    enum identity_step step;
    uint32_t doubt; /* the session's, that the answers so far belong to */
    uint8_t tries;
    bool pausing; /* the step is asked again at again_at */
    deadline_t again_at, patience;
    bool same_name;
    char found[SCSI_NAME_TEXT];
    uint64_t told_size; /* the block count that was logged last */
};

struct scsi_disk {
    struct disk disk; /* first, so that a struct disk * is this */
    struct iscsi_session *session;
    uint8_t lun[8];            /* as in the BHS */
    struct disk_queue waiting; /* requests without a slot */
    struct iscsi_task probe;   /* asks whether the LUN is the same, and which LUNs there are */
    uint8_t *scratch;          /* its answer, or those to all questions: ISCSI_SCRATCH bytes of the session's */
    struct scsi_identity identity;
    uint64_t pumped_at;  /* ticks: of the last pump */
    uint32_t reconnects; /* of the session, at that time */
    char other[160];     /* not "": another disk has taken its place, and what is known of both */
    unsigned slot_count; /* as the session's profile has it */
    unsigned slot_end;   /* from here on none has a request */
    struct scsi_slot slots[];
};

/* scsi_probe.c: fills in disk->disk but its ops; waits. Fails as scsi_disk_open() does. */
enum status scsi_probe(struct scsi_disk *disk, deadline_t deadline);

/*
 * scsi_identity.c: a turn of the check while the session is in doubt; never waits. It ends with the session trusted; with
 * disk->other set; or, when the LUN does not answer as it should for SCSI_PATIENCE_MS, with a failure. In the latter two cases
 * all requests are done with it.
 */
void scsi_identity_turn(struct scsi_disk *disk);

/* scsi_disk.c: all requests are done, with `status`, whose detail stays. */
void scsi_disk_fail_all(struct scsi_disk *disk, enum status status);

#endif
