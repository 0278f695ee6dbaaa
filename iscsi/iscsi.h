/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The public face of iscsi/: a session with a target (RFC 7143) and the SCSI disk on it. Other rooms also use disk.h, name.h and
 * lun.h; everything else in the folder is private.
 *
 * A lost connection is opened again by iscsi_session_pump(), step by step and within the settings' bounds, and the tasks in
 * flight are issued again, so that whoever waits for a task sees a delay and not an error.
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

/* CRC32C of headers and data (RFC 7143 section 13.1): as the target prefers, or on these, or on none. */
enum iscsi_digests { ISCSI_DIGESTS_AUTO, ISCSI_DIGESTS_NONE, ISCSI_DIGESTS_HEADER, ISCSI_DIGESTS_DATA, ISCSI_DIGESTS_BOTH };

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
    enum iscsi_digests digests;
    uint32_t login_timeout_ms;    /* one attempt: connection and login; 0: 15,000 */
    uint32_t command_timeout_ms;  /* of silence, a ping of ours unanswered or unsent: the connection is dead; 0: 15,000 */
    uint32_t stall_ms;            /* a task without progress is aborted; none of our bytes taken: dead; 0: 4 times the above */
    uint32_t recovery_timeout_ms; /* how long a lost connection is tried to be re-opened; 0: 120,000 */
    uint32_t recovery_backoff_ms; /* first pause between attempts, doubled up to 8,000; 0: 250 */
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

    bool probing; /* asks who the disk is: it is issued even while that is in doubt, see iscsi_session_guard() */

    bool done;
    enum status status;    /* OK: a SCSI response arrived, look at scsi_status; else why there is none */
    uint8_t scsi_status;   /* SAM: 00h GOOD, 02h CHECK CONDITION, 08h BUSY … */
    bool overflow;         /* by the target's word there were more bytes than `length` */
    uint32_t transferred;  /* bytes that really moved (residuals taken off) */
    uint16_t sense_length; /* bytes of sense data kept; 0: none came */
    uint8_t sense[ISCSI_SENSE_MAX];

    /* The session's own, until `done`. */
    struct iscsi_task *next; /* in the order of submission */
    uint8_t state, slot;
    uint8_t failures; /* in a row, with `failure` */
    enum status failure;
};

/*
 * How much a session and its disk do at one time, and so what memory they take. With the smaller one less is under way; login
 * text that does not fit is E_LOGIN_TEXT.
 */
struct iscsi_profile {
    uint16_t commands; /* of a disk that are under way at one time: 1..ISCSI_COMMANDS_MAX */
    uint16_t text_in;  /* bytes of a login answer of the target's, in all of its PDUs: ISCSI_TEXT_IN_MIN..ISCSI_TEXT_IN_MAX */
    uint16_t text_out; /* … of a login request of ours: ISCSI_TEXT_OUT_MIN..ISCSI_TEXT_OUT_MAX */
};
#define ISCSI_COMMANDS_MAX 64
#define ISCSI_TEXT_IN_MIN  2560 /* the longest CHAP challenge in hexadecimal, or all keys there are with their longest values */
#define ISCSI_TEXT_IN_MAX  8192 /* the default MaxRecvDataSegmentLength, which holds while logging in */
#define ISCSI_TEXT_OUT_MIN 1024
#define ISCSI_TEXT_OUT_MAX 2048
extern const struct iscsi_profile iscsi_profile_large; /* a loader's */
extern const struct iscsi_profile iscsi_profile_small; /* a crash dump's */

struct iscsi_session;

/* How many bytes of an arena a session takes, and what alignment to 16 costs. */
size_t iscsi_session_size(const struct iscsi_profile *profile);

/*
 * Takes a session from the arena; NULL, with E_ISCSI_MEMORY recorded, when it does not fit, or E_INVALID_ARGUMENT for a profile
 * out of its limits. The stream is the session's now.
 */
struct iscsi_session *iscsi_session_new(struct arena *arena, struct stream *stream, const struct iscsi_profile *profile);

/*
 * For the disk on it: how many commands its profile allows; and ISCSI_SCRATCH bytes for the answers to its probing tasks, which
 * the next login overwrites, in a pump after the one in which a task is done. Nobody but a task writes there: a login may be
 * under way.
 */
unsigned iscsi_session_commands(const struct iscsi_session *session);
#define ISCSI_SCRATCH 2048
uint8_t *iscsi_session_scratch(struct iscsi_session *session);

/*
 * Connects and logs in, following redirections, until full feature phase; waits, until `deadline` or login_timeout_ms at most.
 * The settings are the session's until it is closed, and stay where they are: what is 0 in them gets its default, the ISID is
 * made up when there is none, and closing wipes the secrets. A session that is open loses its connection and its tasks
 * (E_ISCSI_CLOSED) first. Fails with a status of the stream's, E_LOGIN_*, E_CHAP_* or E_ISCSI_SEGMENT; the stream is then aborted
 * and the session closed.
 */
enum status iscsi_session_open(struct iscsi_session *session, struct iscsi_settings *settings, deadline_t deadline);

/*
 * Queues a task; it is sent by a later pump, as soon as the CmdSN window and the stream have room. Never waits. On a session that
 * is closed the task is done at once, with E_ISCSI_CLOSED. Commands are SIMPLE tasks: the target may carry those out that it has
 * at one time in any order, and one that was issued again may have been carried out twice.
 */
void iscsi_session_submit(struct iscsi_session *session, struct iscsi_task *task);

/*
 * One turn of everything: receives, gives answers to their tasks, sends, times out. When the connection is lost and a task wants
 * it, connecting and each exchange of the login are steps of later turns. Never waits.
 */
void iscsi_session_pump(struct iscsi_session *session);

/*
 * Pumps until the task is done or `deadline` passes (then it is given up with E_ISCSI_TIMEOUT). Returns task->status: OK, or
 * E_ISCSI_TIMEOUT, E_ISCSI_CLOSED, why the connection cannot be had again, or with what the target has failed this one task
 * several times in a row: E_ISCSI_TARGET_FAILURE, E_ISCSI_R2T, E_ISCSI_DATA_IN, E_ISCSI_SEQUENCE, E_ISCSI_RESPONSE,
 * E_ISCSI_DATA_DIGEST, and E_ISCSI_TIMEOUT when it was aborted as often.
 */
enum status iscsi_session_wait(struct iscsi_session *session, struct iscsi_task *task, deadline_t deadline);

/*
 * Gives a task up: when it returns, the task is done with E_ISCSI_TIMEOUT and its buffer is touched no more. Never waits. The
 * target is asked to abort it; until that is answered, writes wait, for the one given up may still be carried out. A write whose
 * data the stream still holds costs the connection; the other tasks are issued again on the next.
 */
void iscsi_session_cancel(struct iscsi_session *session, struct iscsi_task *task);

/*
 * LOGICAL UNIT RESET (RFC 7143 section 11.5): what other sessions have in flight at the logical unit is ended, or it is too late
 * for it. Waits for the answer, until `deadline` or command_timeout_ms at most. E_ISCSI_TIMEOUT when the target does not answer
 * or refuses; E_ISCSI_CLOSED without a connection, or when it is lost meanwhile. A unit attention is likely to follow. As long as
 * it is not answered nothing is issued, until command_timeout_ms are over: some targets end what comes behind it, too.
 */
enum status iscsi_session_reset_unit(struct iscsi_session *session, const uint8_t lun[8], deadline_t deadline);

/*
 * Logs out and closes the connection; waits for the target, until `deadline` at most. With tasks in flight there is no logout:
 * the connection is aborted, and they are done with E_ISCSI_CLOSED. The secrets in the settings are wiped.
 */
void iscsi_session_close(struct iscsi_session *session, deadline_t deadline);

/* Why there is no connection just now, for what is said to whoever has given up waiting; OK: there is one. */
enum status iscsi_session_trouble(const struct iscsi_session *session);

/*
 * From now on another login, or a UNIT ATTENTION, puts the disk in doubt: no task but a probing one is issued, and answers are
 * not to be believed, until whoever called this has found out that it is the same disk and says so.
 *   iscsi_session_doubt()  0: there is none; else its number, a new one for each reason
 *   iscsi_session_trust()  ends the doubt with this number; not one that has come up since
 *   iscsi_session_suspect() raises one for a reason of the caller's
 *   iscsi_session_doubts()  the number of the last one, whether it is ended or not
 */
void iscsi_session_guard(struct iscsi_session *session);
uint32_t iscsi_session_doubt(const struct iscsi_session *session);
void iscsi_session_trust(struct iscsi_session *session, uint32_t doubt);
void iscsi_session_suspect(struct iscsi_session *session);
uint32_t iscsi_session_doubts(const struct iscsi_session *session);

/* What was negotiated and is worth telling: for the screen and the handoff. */
struct iscsi_session_info {
    const struct iscsi_settings *settings;
    char portal[300]; /* where it is connected now, after redirects: host:port */
    uint16_t portal_port;
    uint16_t portal_group; /* the target's word, else the settings', else ISCSI_PORTAL_GROUP_UNKNOWN */
    uint16_t tsih;
    uint8_t isid[6];
    uint32_t max_burst, first_burst, max_send_segment, max_receive_segment;
    bool immediate_data, initial_r2t, header_digest, data_digest;
    char target_alias[256];
    uint32_t reconnects; /* since open */
};
uint32_t iscsi_session_reconnects(const struct iscsi_session *session); /* that of them alone */
/*
 * For the disk on it, of this connection: bytes of a write that are sent before the target asks for them, bytes that it may ask
 * for at a time, and how many commands it takes, with none in flight.
 */
struct iscsi_session_reach {
    uint32_t unasked, burst, window;
};
struct iscsi_session_reach iscsi_session_reach(const struct iscsi_session *session);
void iscsi_session_info(const struct iscsi_session *session, struct iscsi_session_info *info);

/*
 * ---- the SCSI disk on a session ----
 *
 * The disk guards its session: after every login but the first and every UNIT ATTENTION it compares WWID (else serial number,
 * else vendor and product), block size and capacity before anything is issued. A grown disk goes on with the block count that it
 * had; another one, or a smaller, ends this and every later request with E_DISK_OTHER, and nothing is written to it.
 */

struct scsi_disk;

/* How many bytes the caller places for one on a session of this profile, aligned to 16. */
size_t scsi_disk_size(const struct iscsi_profile *profile);

/*
 * Finds out what the LUN is: INQUIRY with VPD 80h, 83h and B0h, TEST UNIT READY, READ CAPACITY, MODE SENSE, in one round trip,
 * and in another after a UNIT ATTENTION. Waits, for the target's answers and for a LUN that becomes ready, until `deadline` at
 * most; a question that the disk can be opened without is given up after a part of that time. Fails with E_LUN_MISSING (the
 * detail lists the LUNs there are, as lun= takes them, by REPORT LUNS), E_LUN_TYPE, E_LUN_NOT_READY, E_LUN_SIZE, E_SCSI_* or what
 * iscsi_session_wait() returns.
 */
enum status scsi_disk_open(struct scsi_disk *disk, struct iscsi_session *session, const uint8_t lun[8], deadline_t deadline);

/*
 * From now on the disk has to be the one that `known` tells of: its WWID (one of its designators has that type and bytes), else
 * its serial number, its block size, and at least its number of blocks. It is asked before the next request is issued; another
 * one ends that and all later ones with E_DISK_OTHER.
 */
void scsi_disk_expect(struct scsi_disk *disk, const struct disk *known);

/* The contract to work with (iscsi/disk.h). Its numbers are filled in once scsi_disk_open() has succeeded. */
struct disk *scsi_disk_contract(struct scsi_disk *disk);

#endif
