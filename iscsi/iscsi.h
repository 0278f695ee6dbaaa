/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The public face of iscsi/: a session with a target (RFC 7143) and the SCSI disk on it. Other rooms also use disk.h, name.h and
 * lun.h; everything else in the folder is private.
 *
 * A lost connection is opened again by iscsi_session_pump() itself, within the settings' bounds, and the tasks in flight are
 * issued again, so that whoever waits for a task sees a delay and not an error.
 */
#ifndef SANSTRAP_ISCSI_H
#define SANSTRAP_ISCSI_H

#include "iscsi/disk.h"
#include "platform/stream.h"

#define ISCSI_NAME_MAX     223 /* RFC 7143 section 4.2.7.1 */
#define ISCSI_SECRET_MAX   255 /* bytes of a CHAP secret or name that we accept */
#define ISCSI_HOST_SIZE    256 /* of an address or a DNS name, with its NUL */
#define ISCSI_DEFAULT_PORT 3260

#define ISCSI_PORTAL_GROUP_UNKNOWN 0xFFFF

/* One-way CHAP wants name and secret; mutual CHAP the target's too. An empty name switches the direction off. */
struct iscsi_chap {
    char name[ISCSI_SECRET_MAX + 1];
    char secret[ISCSI_SECRET_MAX + 1];
};

struct iscsi_settings {
    char initiator_name[ISCSI_NAME_MAX + 1];
    char target_name[ISCSI_NAME_MAX + 1];
    char host[ISCSI_HOST_SIZE];    /* address literal (no brackets) or DNS name */
    uint16_t port;                 /* 0: ISCSI_DEFAULT_PORT */
    uint16_t portal_group;         /* ISCSI_PORTAL_GROUP_UNKNOWN: not told */
    uint8_t lun[8];                /* RFC 7143 / SAM form, as in the BHS */
    uint8_t isid[6];               /* all zero: made from random bytes, type 80h */
    struct iscsi_chap chap;        /* what we prove to the target */
    struct iscsi_chap mutual_chap; /* what the target proves to us */
    uint32_t login_timeout_ms;     /* one attempt: connection and login; 0: 15,000 */
    uint32_t command_timeout_ms;   /* no progress on a task for so long: the connection is taken for dead; 0: 15,000 */
    uint32_t recovery_timeout_ms;  /* how long a lost connection is tried to be re-opened; 0: 120,000 */
    uint32_t recovery_backoff_ms;  /* first pause between attempts, doubled up to 8,000; 0: 250 */
};

enum iscsi_direction { ISCSI_NO_DATA, ISCSI_READ, ISCSI_WRITE };

#define ISCSI_CDB_MAX   16
#define ISCSI_SENSE_MAX 96 /* bytes of sense data that are kept */

/*
 * One SCSI command. The caller's to place and to fill in, from zero, up to `length`; it and its buffer must stay until `done`.
 * The session writes the rest.
 */
struct iscsi_task {
    uint8_t lun[8]; /* as in the BHS */
    uint8_t cdb[ISCSI_CDB_MAX];
    enum iscsi_direction direction;
    void *buffer;    /* read into or written from; NULL with ISCSI_NO_DATA */
    uint32_t length; /* expected data transfer length, bytes */

    bool done;
    enum status status;    /* OK: a SCSI response arrived, look at scsi_status; else why there is none */
    uint8_t scsi_status;   /* SAM: 00h GOOD, 02h CHECK CONDITION, 08h BUSY … */
    uint32_t transferred;  /* bytes that really moved (residuals taken off) */
    uint16_t sense_length; /* bytes of sense data kept; 0: none came */
    uint8_t sense[ISCSI_SENSE_MAX];

    /* From here on private to the session: nobody else reads or writes it. */
    struct iscsi_task *next;      /* in the order of submission */
    uint8_t state;                /* enum task_state, session.h */
    uint32_t itt;                 /* generation << 8 | slot; RESERVED_TAG before it is sent */
    uint32_t progress;            /* read: bytes received, in order; write: highest offset sent */
    uint32_t datasn;              /* the DataSN or R2TSN expected next */
    uint32_t out_offset, out_end; /* the burst being sent: from here to there in the buffer */
    uint32_t out_ttt, out_datasn; /* its TTT, and the DataSN of its next PDU */
    uint64_t out_mark;            /* position in the sent stream behind the task's last data byte */
    deadline_t stalled_at;        /* without progress until then the connection is given up */
};

struct iscsi_session;

/* How many bytes a session wants of the arena. */
size_t iscsi_session_size(void);

/* Takes a session from the arena; NULL, with E_ISCSI_MEMORY recorded, when it does not fit. The stream is the session's now. */
struct iscsi_session *iscsi_session_new(struct arena *arena, struct stream *stream);

/*
 * Connects and logs in, following redirections, until full feature phase; waits, until `deadline` or login_timeout_ms at most.
 * The settings are copied. A session that is open loses its connection and its tasks (E_ISCSI_CLOSED) first. Fails with a status
 * of the stream's, E_LOGIN_*, E_CHAP_* or E_ISCSI_SEGMENT; the stream is then aborted and the session closed.
 */
enum status iscsi_session_open(struct iscsi_session *session, const struct iscsi_settings *settings, deadline_t deadline);

/*
 * Queues a task; it is sent by a later pump, as soon as the CmdSN window and the stream have room. Never waits. On a session that
 * is closed the task is done at once, with E_ISCSI_CLOSED.
 */
void iscsi_session_submit(struct iscsi_session *session, struct iscsi_task *task);

/*
 * One turn of everything: receives, gives answers to their tasks, sends, times out. Does not wait, but for one case: when the
 * connection is lost, a task wants it and its pause is over, it logs in again, which may take up to login_timeout_ms.
 */
void iscsi_session_pump(struct iscsi_session *session);

/*
 * Pumps until the task is done or `deadline` passes (then it is given up with E_ISCSI_TIMEOUT); a login on the way ends with the
 * deadline, too. Returns task->status: OK, or E_ISCSI_TIMEOUT, E_ISCSI_CLOSED, or why the connection cannot be had again.
 */
enum status iscsi_session_wait(struct iscsi_session *session, struct iscsi_task *task, deadline_t deadline);

/*
 * Gives a task up: when it returns, the task is done with E_ISCSI_TIMEOUT and its buffer is touched no more. A task in
 * flight costs the connection for that; the other tasks are issued again on the next.
 */
void iscsi_session_cancel(struct iscsi_session *session, struct iscsi_task *task);

/*
 * Logs out and closes the connection; waits for the target, until `deadline` at most. With tasks in flight there is no logout:
 * the connection is aborted, and they are done with E_ISCSI_CLOSED.
 */
void iscsi_session_close(struct iscsi_session *session, deadline_t deadline);

/* What was negotiated and is worth telling: for the screen and the handoff. */
struct iscsi_session_info {
    const struct iscsi_settings *settings;
    char portal[300]; /* where it is connected now, after redirects: host:port */
    uint16_t portal_port;
    uint16_t portal_group; /* the target's word, else the settings', else ISCSI_PORTAL_GROUP_UNKNOWN */
    uint16_t tsih;
    uint8_t isid[6];
    uint32_t max_burst, first_burst, max_send_segment, max_receive_segment;
    bool immediate_data, initial_r2t;
    char target_alias[256];
    uint32_t reconnects; /* since open */
};
void iscsi_session_info(const struct iscsi_session *session, struct iscsi_session_info *info);

/* ---- the SCSI disk on a session ---- */

struct scsi_disk;

/* How many bytes the caller places for one, aligned to 16. */
size_t scsi_disk_size(void);

/*
 * Finds out what the LUN is: REPORT LUNS, INQUIRY with VPD 80h, 83h and B0h, TEST UNIT READY, READ CAPACITY, MODE SENSE. Waits,
 * for the target's answers and for a LUN that becomes ready, until `deadline` at most. Fails with E_LUN_MISSING (the detail lists
 * the LUNs there are, as lun= takes them), E_LUN_TYPE, E_LUN_NOT_READY, E_LUN_SIZE, E_SCSI_* or what iscsi_session_wait()
 * returns.
 */
enum status scsi_disk_open(struct scsi_disk *disk, struct iscsi_session *session, const uint8_t lun[8], deadline_t deadline);

/* The contract to work with (iscsi/disk.h). Its numbers are filled in once scsi_disk_open() has succeeded. */
struct disk *scsi_disk_contract(struct scsi_disk *disk);

#endif
