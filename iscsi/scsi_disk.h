/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SCSI disk's own structure, shared by its two files: finding out what it is (scsi_probe.c), and working with it
 * (scsi_disk.c).
 */
#ifndef SANSTRAP_ISCSI_SCSI_DISK_H
#define SANSTRAP_ISCSI_SCSI_DISK_H

#include "iscsi/scsi.h"

#define SCSI_DISK_TASKS   16
#define SCSI_TRANSFER_MAX MIB   /* bytes of one command */
#define SCSI_PAUSE_MS     100   /* before a busy LUN is asked again */
#define SCSI_TRIES_MAX    8     /* attempts without a pause between */
#define SCSI_PATIENCE_MS  60000 /* how long a busy LUN is asked again */

/* A request that has a command. */
struct scsi_slot {
    struct iscsi_task task;
    struct disk_request *request; /* NULL: free */
    bool pausing;                 /* the task is not under way: it is submitted anew at again_at */
    uint8_t tries;                /* attempts without a pause so far */
    deadline_t again_at;
    deadline_t patience; /* after that a LUN that is busy or gone has failed the request */
};

struct scsi_disk {
    struct disk disk; /* first, so that a struct disk * is this */
    struct iscsi_session *session;
    uint8_t lun[8];                              /* as in the BHS */
    struct disk_request *waiting, *waiting_last; /* requests without a slot, by link[0] */
    struct scsi_slot slots[SCSI_DISK_TASKS];
    uint8_t scratch[1024]; /* the answer of a command while probing */
};

/* scsi_probe.c: fills in disk->disk but its ops; waits. Fails as scsi_disk_open() does. */
enum status scsi_probe(struct scsi_disk *disk, deadline_t deadline);

#endif
