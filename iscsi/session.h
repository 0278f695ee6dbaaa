/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of a session share: its structure, and their calls. Who does what in iscsi/:
 *
 *   the session (iscsi.h, session.h, pdu.h)       logging in (login.h)
 *     session.c   the public calls, the pump        login.c           connection, stages, redirections
 *     pdu_rx.c    receiving                         login_keys.c      operational keys
 *     pdu_tx.c    sending                           chap.c            authentication
 *     task.c      SCSI commands and their data      target_address.c  TargetAddress
 *     control.c   NOP, Async, Reject, Logout        key_text.[ch]     key=value pairs
 *     recovery.c  lost connections
 *
 *   the disk (disk.h, scsi.h, scsi_disk.h)        text that other rooms read, too
 *     disk.c        any disk: checks, waits         name.[ch]         iSCSI names
 *     scsi_disk.c   requests as SCSI commands       lun.[ch]          LUNs
 *     scsi_probe.c  what a LUN is
 *     scsi_cdb.c    commands as bytes
 *     scsi_sense.c  status and sense data
 */
#ifndef SANSTRAP_ISCSI_SESSION_H
#define SANSTRAP_ISCSI_SESSION_H

#include "iscsi/iscsi.h"
#include "iscsi/pdu.h"

#define SESSION_SLOTS        32   /* commands that the target has at one time */
#define NOP_ANSWERS          4    /* pings of the target's that wait for their answer */
#define TEXT_IN_MAX          8192 /* the default MaxRecvDataSegmentLength, which holds while logging in */
#define TEXT_OUT_MAX         2048 /* login text of one request */
#define CHALLENGE_LENGTH     16   /* of the challenges we send, RFC 7143 section 9.2.1 */
#define OUR_MAX_RECV_SEGMENT (256 * KIB)
#define OUR_MAX_BURST        MIB
#define OUR_FIRST_BURST      (256 * KIB)

/* ITTs that are no SCSI command's. Those of commands have their slot, which is smaller, in the low byte. */
#define ITT_LOGIN  0xF0u
#define ITT_NOP    0xF1u
#define ITT_LOGOUT 0xF2u

enum session_state {
    SESSION_CLOSED, /* not open, or closed by the caller */
    SESSION_LOGIN,
    SESSION_FULL,   /* full feature phase */
    SESSION_LOGOUT, /* our Logout is under way, on the target's request or the caller's */
    SESSION_BROKEN, /* connection lost, to be re-opened when a task wants it */
    SESSION_LOST,   /* given up; the next submission tries anew */
};

/* Of an iscsi_task: waits for its turn; has a slot; its answer is here, but the stream may still read its buffer; done. */
enum task_state { TASK_QUEUED, TASK_ACTIVE, TASK_ANSWERED, TASK_DONE };

/* What a login has agreed on. */
struct negotiated {
    uint32_t seen;             /* a bit per operational key that the target has answered */
    uint32_t max_send_segment; /* the target's MaxRecvDataSegmentLength */
    uint32_t max_burst, first_burst;
    uint32_t initial_r2t, immediate_data; /* 1: Yes, 0: No */
};

enum rx_stage { RX_HEADER, RX_AHS, RX_DATA, RX_TAIL };

/* The PDU being received. Its data goes to `to`; what does not fit there is passed over. */
struct receiver {
    enum rx_stage stage;
    uint8_t header[BHS_LENGTH];
    uint32_t have;        /* bytes of the stage so far, passed over or kept */
    uint32_t data_length; /* of the segment, without padding */
    uint32_t room;        /* bytes of it that are kept */
    uint8_t *to;
    struct iscsi_task *task; /* Data-In: whose buffer `to` is */
};

/* The PDU being sent. */
struct transmitter {
    bool busy;
    bool stable; /* data is a task's buffer and needs no copy */
    uint8_t header[BHS_LENGTH];
    const uint8_t *data;
    uint32_t data_length;
    uint32_t sent;           /* of header, data and padding */
    struct iscsi_task *task; /* whose data it is */
};

/* A ping of the target's (a NOP-In with a TTT) to be answered. */
struct nop_answer {
    uint8_t lun[8];
    uint32_t ttt;
};

struct iscsi_session {
    struct stream *stream;
    struct iscsi_settings settings;
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
    bool md5_only; /* the target means something else by CHAP_A=7 */

    struct iscsi_task *first, *last; /* all tasks that are not done, in the order of submission */
    struct iscsi_task *slots[SESSION_SLOTS];

    struct receiver rx;
    struct transmitter tx;
    uint64_t bytes_sent; /* taken by this connection's stream */
    struct nop_answer nop_answers[NOP_ANSWERS];
    unsigned nop_count; /* of nop_answers */
    bool nop_waiting;   /* our own ping is on its way */
    bool logout_wanted;
    deadline_t logout_until;

    uint64_t heard_at, pumped_at;    /* ticks: of the last byte received, of the last pump */
    bool recovering;                 /* no task has completed since the first loss */
    deadline_t retry_at, give_up_at; /* the next attempt, and the end of all */
    uint32_t backoff_ms;             /* the pause after the next failure */
    deadline_t caller_deadline;      /* a reconnect in a wait ends with the wait; 0: nobody waits */

    uint8_t last_challenge[CHALLENGE_LENGTH]; /* the CHAP challenge that we sent last */
    uint8_t text_in[TEXT_IN_MAX + 1];         /* login text; data of answers that are no Data-In */
    uint32_t text_in_length;
    uint8_t text_out[TEXT_OUT_MAX];
};

/*
 * session.c. ExpCmdSN and MaxCmdSN of the PDU received move the command window (RFC 7143 section 4.2.2.1); the StatSN of one that
 * carries status makes our ExpStatSN.
 */
void session_update_window(struct iscsi_session *session, const uint8_t *header);
void session_update_expstatsn(struct iscsi_session *session, const uint8_t *header);
/* Aborts the stream. Tasks without an answer are queued again, to be sent on the next connection. The caller sets the state. */
void session_drop_connection(struct iscsi_session *session);

/* pdu_rx.c: receives until a PDU is whole (*complete) or nothing more is there. Its data is where session->rx.to says. */
enum status pdu_receive(struct iscsi_session *session, bool *complete);
void pdu_receive_reset(struct iscsi_session *session);

/* pdu_tx.c: starts a PDU in session->tx with opcode and flags, everything else zero; returns its header. */
uint8_t *pdu_start(struct iscsi_session *session, uint8_t opcode, uint8_t flags);
/* Its data segment. That of a task is not copied and must stay until the stream has sent it; any other, until the PDU is out. */
void pdu_set_data(struct iscsi_session *session, const void *data, uint32_t length, struct iscsi_task *task);
/* Hands what is left of the PDU to the stream; session->tx.busy says whether some is left still. */
enum status pdu_flush(struct iscsi_session *session);

/*
 * login.c: connects and logs in, following redirections; waits, at most until `deadline`. Afterwards the state is SESSION_FULL,
 * or SESSION_CLOSED with the stream aborted.
 */
enum status login_run(struct iscsi_session *session, deadline_t deadline);

/*
 * task.c: what the target says of commands. The header of a Data-In says where its data goes, before that is received; the rest
 * is told when the PDU is whole. What breaks the protocol is returned as E_ISCSI_*, and ends the connection.
 */
enum status task_data_in_begin(struct iscsi_session *session);
enum status task_data_in_end(struct iscsi_session *session);
enum status task_response(struct iscsi_session *session);
enum status task_r2t(struct iscsi_session *session);
/* Starts the next Data-Out or SCSI Command that may be sent; false: there is none. */
bool task_next_pdu(struct iscsi_session *session);
/* Bytes of this task have moved: the target has the whole command timeout again. */
void task_restart_timeout(struct iscsi_session *session, struct iscsi_task *task);
/* Takes the task out of the session's list and sets `done`. */
void task_finish(struct iscsi_session *session, struct iscsi_task *task, enum status status);
/* Finishes the tasks whose answer came while the stream still held data of theirs, which has been acknowledged since. */
void task_finish_acknowledged(struct iscsi_session *session);
/* The connection is gone: nothing is in flight any more, and everything unanswered is to be issued again. */
void task_requeue_all(struct iscsi_session *session);
/* All are done: those with an answer with OK, the others with `status`. */
void task_finish_all(struct iscsi_session *session, enum status status);

/* control.c: PDUs that are no command's. Any status but OK ends the connection, also that of an orderly logout. */
enum status control_receive(struct iscsi_session *session);
/* Starts the next NOP-Out or Logout; false: there is none. */
bool control_next_pdu(struct iscsi_session *session);
/* Forgets pings and logouts of a connection that is gone. */
void control_reset(struct iscsi_session *session);

/* recovery.c: the connection is lost, for `status`; a new one is due after the pause. */
void recovery_begin(struct iscsi_session *session, enum status status);
/* In SESSION_BROKEN: logs in again, which waits, when it is time and a task wants it; or gives up and finishes all tasks. */
void recovery_attempt(struct iscsi_session *session);
/* A task has completed, or a login of the caller's: the next outage has all its time again. */
void recovery_end(struct iscsi_session *session);

#endif
