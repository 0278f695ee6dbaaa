/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of a session share: its structure, and their calls. Who does what in iscsi/:
 *
 *   the session (iscsi.h, session.h, pdu.h)       logging in (login.h)
 *     session.c   the public calls, the pump        login.c           connection, stages, redirections
 *     pdu_rx.c    receiving                         login_keys.c      operational keys
 *     pdu_tx.c    sending                           chap.c            authentication
 *     task.c      what comes for SCSI commands      target_address.c  TargetAddress
 *     task_send.c commands and their data           key_text.[ch]     key=value pairs
 *     bounds.c    how long a connection may stand still
 *     abort.c     ABORT TASK, LOGICAL UNIT RESET
 *     control.c   NOP, Async, Reject, Logout
 *     recovery.c  lost connections                  sha3.[ch]         SHA3-256
 *
 *   the disk (disk.h, scsi.h, scsi_disk.h)        text that other rooms read, too
 *     disk.c           any disk: checks, waits      name.[ch]         iSCSI names
 *     scsi_disk.c      requests as SCSI commands    lun.[ch]          LUNs
 *     scsi_probe.c     what a LUN is
 *     scsi_identity.c  whether it still is that
 *     scsi_capacity.c  how large it is, for both
 *     scsi_cdb.c       commands as bytes
 *     scsi_sense.c, scsi_sense_text.c  status and sense data
 */
#ifndef SANSTRAP_ISCSI_SESSION_H
#define SANSTRAP_ISCSI_SESSION_H

#include "iscsi/iscsi.h"
#include "iscsi/pdu.h"

#define NOP_ANSWERS          4   /* pings of the target's that wait for their answer */
#define ANSWER_MAX           128 /* of the data of PDUs that are neither login text nor Data-In */
#define TASK_FAILURES_MAX    4   /* of one command in a row, for the same reason … */
#define TASK_DIGESTS_MAX     32  /* … or for bad digests: a bad line damages one attempt and not the next */
#define CHALLENGE_LENGTH     16  /* of the challenges we send, RFC 7143 section 9.2.1 */
#define OUR_MAX_RECV_SEGMENT (256 * KIB)
#define OUR_MAX_BURST        MIB
#define OUR_FIRST_BURST      (256 * KIB)

/* ITTs that are no SCSI command's. Those of commands have their slot, which is smaller, in the low byte. */
#define ITT_LOGIN           0xF0u
#define ITT_NOP             0xF1u
#define ITT_LOGOUT          0xF2u
#define ITT_TASK_MANAGEMENT 0xF3u /* in the low byte; above it a number as commands have */

enum session_state {
    SESSION_CLOSED,     /* not open, or closed by the caller */
    SESSION_CONNECTING, /* login.c has it: the stream is being opened */
    SESSION_LOGIN,      /* login.c has it: requests and their answers */
    SESSION_FULL,       /* full feature phase */
    SESSION_LOGOUT,     /* our Logout is under way, on the target's request or the caller's */
    SESSION_BROKEN,     /* connection lost, to be re-opened when a task wants it */
    SESSION_LOST,       /* given up; the next submission tries anew */
};

/* Of an iscsi_task: waits for its turn; has a slot; done. */
enum task_state { TASK_QUEUED, TASK_ACTIVE, TASK_DONE };

/* Of a slot. The last two wait until the stream no longer reads the command's data; then the task is done, or queued again. */
enum slot_state { SLOT_FREE, SLOT_ACTIVE, SLOT_ANSWERED, SLOT_ABORTED };

enum abort_step { ABORT_NONE, ABORT_WANTED, RESET_WANTED, ABORT_SENT };

#define NO_SLOT 0xFF

/* iscsi_session_reset_unit(). */
enum unit_reset { UNIT_RESET_NONE, UNIT_RESET_WANTED, UNIT_RESET_SENT, UNIT_RESET_DONE, UNIT_RESET_FAILED };

/* A command that the target has: all that the session needs of it, as the caller may have taken his task back. */
struct active_task {
    enum slot_state state;
    struct iscsi_task *task; /* NULL: given up; data and answer are passed over */
    enum abort_step abort;
    bool write;
    uint8_t lun[8];
    uint32_t itt; /* generation << 8 | slot */
    uint32_t cmdsn;
    uint32_t progress;            /* read: bytes received, in order; write: bytes sent, in order */
    uint32_t datasn;              /* the DataSN or R2TSN expected next */
    uint32_t out_offset, out_end; /* the burst being sent: from here to there in the buffer */
    uint32_t out_ttt, out_datasn; /* its TTT, and the DataSN of its next PDU */
    uint32_t next_end, next_ttt;  /* the burst behind it, from out_end on; next_end 0: none */
    uint64_t out_mark;            /* position in the sent stream behind the last data byte */
    deadline_t stalled_at;        /* when it has stood still for too long */
};

/* The task management function under way: one at a time. */
struct task_management {
    bool busy;
    uint8_t function;    /* ABORT_TASK or LOGICAL_UNIT_RESET */
    uint8_t slot;        /* for the sake of this one, or of NO_SLOT … */
    uint32_t referenced; /* … as long as it has this ITT */
    uint32_t itt;
    uint8_t lun[8];
    deadline_t until;
    enum unit_reset unit_reset; /* that somebody wants, of … */
    uint8_t unit[8];            /* … this LUN */
};

/* What a login has agreed on. */
struct negotiated {
    uint32_t seen;             /* a bit per operational key that the target has answered */
    uint32_t max_send_segment; /* the target's MaxRecvDataSegmentLength */
    uint32_t max_burst, first_burst;
    uint32_t initial_r2t, immediate_data; /* 1: Yes, 0: No */
    uint32_t header_digest, data_digest;  /* 1: CRC32C, 0: None; in force after the login */
    uint32_t time2wait, time2retain;      /* seconds: how long the target keeps what a lost connection leaves behind */
};

enum rx_stage { RX_HEADER, RX_AHS, RX_HEADER_DIGEST, RX_DATA, RX_TAIL, RX_DATA_DIGEST };

/* The PDU being received. Its data goes to `to`; what does not fit there is passed over. */
struct receiver {
    enum rx_stage stage;
    uint8_t header[BHS_LENGTH];
    uint32_t crc; /* of what has come of header and AHS, or of data and padding */
    uint8_t digest[DIGEST_LENGTH];
    uint32_t have;        /* bytes of the stage so far, passed over or kept */
    uint32_t data_length; /* of the segment, without padding */
    uint32_t room;        /* bytes of it that are kept */
    uint8_t *to;
    struct active_task *task; /* Data-In: whose it is */
};

/* The PDU being sent. */
struct transmitter {
    bool busy;
    bool stable; /* data is a task's buffer and needs no copy */
    bool sealed; /* header and trailer are whole */
    uint8_t header[BHS_LENGTH + DIGEST_LENGTH];
    const uint8_t *data;
    uint32_t data_length;
    uint8_t trailer[3 + DIGEST_LENGTH]; /* padding and digest of the data */
    uint32_t header_length, trailer_length;
    uint32_t sent;            /* of header, data and trailer */
    struct active_task *task; /* whose data it is */
};

/* A ping of the target's (a NOP-In with a TTT) to be answered. */
struct nop_answer {
    uint8_t lun[8];
    uint32_t ttt;
};

struct iscsi_session {
    struct stream *stream;
    struct login *login;             /* login.h; in use in SESSION_CONNECTING and SESSION_LOGIN alone */
    struct active_task *slots;       /* of the commands that the target has, those given up counted */
    uint16_t slot_count, commands;   /* commands: that of the profile */
    uint16_t slot_end;               /* from here on all slots are free: a turn need not look at them */
    struct iscsi_settings *settings; /* the caller's; NULL before iscsi_session_open() */
    enum session_state state;

    char portal_host[ISCSI_HOST_SIZE]; /* connected to */
    char home_host[ISCSI_HOST_SIZE];   /* where a login starts */
    uint16_t portal_port, home_port;
    uint16_t tsih;
    uint16_t portal_group; /* that the target says we are in; ISCSI_PORTAL_GROUP_UNKNOWN: it did not */
    uint32_t cmdsn;        /* of the next command */
    uint32_t expstatsn, expcmdsn, maxcmdsn;
    uint32_t generation; /* upper 24 bits of the next ITT */
    struct negotiated agreed;
    char target_alias[256];
    uint32_t reconnects;
    bool md5_only, chap_alone; /* a list of CHAP algorithms, or of methods, is not for this target */
    bool lists_taken;          /* a login has come to its end: what goes wrong in a later one has another cause */

    struct iscsi_task *first, *last; /* all tasks that are not done, in the order of submission */
    struct task_management management;
    bool guarded;   /* iscsi_session_guard() */
    uint32_t doubt; /* its number while the disk is in doubt, else 0 */
    uint32_t last_doubt;

    struct receiver rx;
    struct transmitter tx;
    uint64_t bytes_sent;    /* taken by this connection's stream */
    uint64_t acknowledged;  /* of them, by the peer, when last asked … */
    deadline_t taken_until; /* … and until when it is to be more; 0: nothing is under way */
    struct nop_answer nop_answers[NOP_ANSWERS];
    unsigned nop_count; /* of nop_answers */
    bool nop_waiting;   /* our own ping is on its way */
    bool nudged;        /* one was sent early, and nothing else has come since */
    bool statsn_told;   /* a jump of StatSN was logged; one is enough */
    bool logout_wanted;
    deadline_t logout_until;

    uint64_t heard_at, pumped_at;    /* ticks: of the last byte received, of the last pump */
    deadline_t window_until;         /* a task waits for the command window, until then; 0: none does */
    bool recovering;                 /* no task but probing ones has completed since the first loss */
    enum status lost_for;            /* why there is no connection, or was none; OK: there is one … */
    bool lost_in_login;              /* … and it was a login that failed, not the connection that was lost */
    deadline_t retry_at, give_up_at; /* the next attempt, and the end of all */
    uint32_t backoff_ms;             /* the pause after the next failure */
    uint32_t time2wait_ms;           /* what the target wants the next pause to be at least; 0: nothing */
    bool writes_unsettled;           /* the connection that was lost had writes in flight, at … */
    uint16_t writes_group;           /* … this portal group, whose target … */
    uint32_t writes_ms;              /* … may take so long to end them */
    deadline_t quiet_until;          /* nothing is issued before */

    uint8_t last_challenge[CHALLENGE_LENGTH]; /* the CHAP challenge that we sent last */
    uint8_t answer[ANSWER_MAX];               /* data of what is no Data-In: sense data, a rejected header */
};

/*
 * session.c. ExpCmdSN and MaxCmdSN of the PDU received move the command window (RFC 7143 section 4.2.2.1); the StatSN of one that
 * carries status makes our ExpStatSN.
 */
void session_update_window(struct iscsi_session *session, const uint8_t *header);
void session_update_expstatsn(struct iscsi_session *session, const uint8_t *header);
/* The disk may be another from now on, if somebody guards it: iscsi_session_guard(). */
void session_raise_doubt(struct iscsi_session *session);
/* Aborts the stream. Tasks without an answer are queued again, to be sent on the next connection. The caller sets the state. */
void session_drop_connection(struct iscsi_session *session);

/*
 * pdu_rx.c: receives until a PDU is whole (*complete) or nothing more is there. Its data is where session->rx.to says. With
 * digests agreed on, a header is acted on once its digest was right, and no PDU is whole before that of its data was; else it is
 * E_ISCSI_HEADER_DIGEST or E_ISCSI_DATA_DIGEST. Bytes of a Data-In may lie in their task's buffer by then.
 */
enum status pdu_receive(struct iscsi_session *session, bool *complete);
void pdu_receive_reset(struct iscsi_session *session);

/* control.c: an immediate PDU with its ITT, numbers and what stands at BHS_TTT; returns its header. */
uint8_t *control_build(struct iscsi_session *session, uint8_t opcode, uint8_t flags, uint32_t itt, uint32_t ttt);

/* pdu_tx.c: starts a PDU in session->tx with opcode and flags, everything else zero; returns its header. */
uint8_t *pdu_start(struct iscsi_session *session, uint8_t opcode, uint8_t flags);
/* Its data segment. That of a task is not copied and must stay until the stream has sent it; any other, until the PDU is out. */
void pdu_set_data(struct iscsi_session *session, const void *data, uint32_t length, struct active_task *task);
/* Adds the digests agreed on and hands what is left of the PDU to the stream; session->tx.busy says whether some is left still.
 */
enum status pdu_flush(struct iscsi_session *session);

/*
 * login.c. Begins a login at the home portal, in SESSION_CONNECTING; a failure is told by the first turn. Each turn goes on with
 * it, never waits, and follows redirections. OK with *done true: the state is SESSION_FULL; else with *done false: under way. Any
 * other status: it has failed, the stream is aborted, and the caller sets the state.
 */
void login_start(struct iscsi_session *session, deadline_t deadline);
enum status login_turn(struct iscsi_session *session, bool *done);
/* Where the text of the PDU goes whose header is whole: behind what came before, when that was continued (C bit). */
enum status login_place_text(struct iscsi_session *session);

/*
 * task.c: what the target says of commands. The header of a Data-In says where its data goes, before that is received; the rest
 * is told when the PDU is whole. What breaks the protocol is returned as E_ISCSI_*, and ends the connection.
 */
enum status task_data_in_begin(struct iscsi_session *session);
enum status task_data_in_end(struct iscsi_session *session);
enum status task_response(struct iscsi_session *session);
enum status task_r2t(struct iscsi_session *session);
/* The PDU being received, whose header is right, ends the connection for `status`; counted against its command, if it has one. */
enum status task_blame_pdu(struct iscsi_session *session, enum status status);
/* Bytes of this command have moved: the target has all its time again. */
void task_restart_timeout(struct iscsi_session *session, struct active_task *active);
/* Takes the task out of the session's list and sets `done`. Its slot is released, or stays for what the target still says. */
void task_finish(struct iscsi_session *session, struct iscsi_task *task, enum status status);
/* May the stream still read from the command's buffer, or does the target still want some of it? */
bool task_is_being_sent(const struct iscsi_session *session, const struct active_task *active);
/* Nobody waits for the command any more: what comes for it is passed over. */
void task_orphan(struct iscsi_session *session, struct active_task *active);
/* It was aborted for its own sake: counted against it, as E_ISCSI_TIMEOUT, which is returned. Enough in a row are its end. */
enum status task_stood_still(const struct active_task *active, const char *function, const char *outcome);
/* The target has ended the command without an answer: its task is queued again, as soon as the stream is done with its data. */
void task_aborted(struct active_task *active);
/* Ends the slots that waited for the stream, which has been acknowledged since. */
void task_settle(struct iscsi_session *session);
/* The target has commands of ours. */
bool task_any_active(const struct iscsi_session *session);
/* The connection is gone: nothing is in flight any more, and everything unanswered is to be issued again. */
void task_requeue_all(struct iscsi_session *session);
/* All are done: those with an answer with OK, the others with `status`. */
void task_finish_all(struct iscsi_session *session, enum status status);

/* task_send.c: of a write of `length` bytes those that the target need not ask for; *immediate of them go within the command. */
uint32_t task_unasked_data(const struct iscsi_session *session, uint32_t length, uint32_t *immediate);
/* Starts the next Data-Out or SCSI Command that may be sent; false: there is none. */
bool task_next_pdu(struct iscsi_session *session);
/* A task could be issued but for the command window. */
bool task_waits_for_window(const struct iscsi_session *session);

/*
 * bounds.c: once a turn. Between calls of a firmware service nobody pumps, and that time is nobody's fault: deadlines move with
 * it. Any status of bounds_check() but OK ends the connection.
 */
void bounds_forgive_pause(struct iscsi_session *session);
enum status bounds_check(struct iscsi_session *session);

/*
 * abort.c: commands that the target is to forget, because they stand still or were given up. ABORT TASK, else LOGICAL UNIT
 * RESET, each with command_timeout_ms for its answer; else any status but OK, which ends the connection.
 */
enum status abort_check(struct iscsi_session *session);
bool abort_next_pdu(struct iscsi_session *session);
enum status abort_response(struct iscsi_session *session);

/* control.c: PDUs that are no command's. Any status but OK ends the connection, also that of an orderly logout. */
enum status control_receive(struct iscsi_session *session);
/* Starts the next NOP-Out or Logout; false: there is none. */
bool control_next_pdu(struct iscsi_session *session);
/* Forgets pings and logouts of a connection that is gone. */
void control_reset(struct iscsi_session *session);

/* recovery.c: the connection is lost, for `status`; a new one is due after the pause. */
void recovery_begin(struct iscsi_session *session, enum status status);
/* In SESSION_BROKEN: begins a login when it is time and a task wants it; or gives up and finishes all tasks. */
void recovery_attempt(struct iscsi_session *session);
/* A turn of that login. */
void recovery_login(struct iscsi_session *session);
/* A task that does not probe has completed, or a login of the caller's: the next outage has all its time again. */
void recovery_end(struct iscsi_session *session);

#endif
