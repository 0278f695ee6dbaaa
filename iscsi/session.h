/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of iscsi/ share: the session's own structure, and who does what.
 *
 *   session.c   the public calls              login.c     connection and login stages
 *   pdu_rx.c    receiving                     login_keys.c operational keys
 *   pdu_tx.c    sending                       chap.c      authentication
 *   task.c      SCSI commands and their data  redirect.c  TargetAddress
 *   async.c     NOP, Async, Reject, Logout    recovery.c  lost connections
 */
#ifndef SANSTRAP_ISCSI_SESSION_H
#define SANSTRAP_ISCSI_SESSION_H

#include "iscsi/iscsi.h"
#include "iscsi/pdu.h"

#define SESSION_SLOTS        32 /* commands that the target has at one time */
#define NOP_ANSWERS          4
#define TEXT_IN_MAX          8192 /* the default MaxRecvDataSegmentLength, which holds while logging in */
#define TEXT_OUT_MAX         2048
#define CHALLENGE_LENGTH     16 /* of the challenges we send, RFC 7143 section 9.2.1 */
#define OUR_MAX_RECV_SEGMENT 262144u
#define OUR_MAX_BURST        1048576u
#define OUR_FIRST_BURST      262144u

/* Low byte of the ITTs that are no SCSI command's; slots are smaller. */
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

enum task_state { TASK_QUEUED, TASK_ACTIVE, TASK_ANSWERED, TASK_DONE };

/* What a login has agreed on. */
struct negotiated {
    uint32_t seen;             /* a bit per operational key that the target has answered */
    uint32_t max_send_segment; /* the target's MaxRecvDataSegmentLength */
    uint32_t max_burst, first_burst;
    bool initial_r2t, immediate_data;
};

enum rx_stage { RX_HEADER, RX_AHS, RX_DATA, RX_TAIL };

/* The PDU being received. Its data goes to `to`; what does not fit there is passed over. */
struct receiver {
    enum rx_stage stage;
    uint8_t header[BHS_LENGTH];
    uint32_t have;        /* bytes of the stage so far */
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

struct nop_answer {
    uint8_t lun[8];
    uint32_t ttt;
};

struct iscsi_session {
    struct stream *stream;
    struct iscsi_settings settings;
    enum session_state state;

    char portal_host[256], home_host[256]; /* connected to; where a login starts */
    uint16_t portal_port, home_port;
    uint16_t tsih;
    uint16_t portal_group; /* that the target says we are in; 0xFFFF: it did not */
    uint32_t cmdsn, expstatsn, expcmdsn, maxcmdsn;
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
    unsigned nop_count;
    bool nop_waiting; /* our own ping is on its way */
    bool logout_wanted;
    deadline_t logout_until;

    uint64_t heard_at, pumped_at; /* ticks */
    bool recovering;              /* no task has completed since the first loss */
    deadline_t retry_at, give_up_at;
    uint32_t backoff_ms;
    deadline_t caller_deadline; /* a reconnect in a wait ends with the wait */

    uint8_t last_challenge[CHALLENGE_LENGTH];
    uint8_t text_in[TEXT_IN_MAX + 1]; /* login text; data of answers that are no Data-In */
    uint32_t text_in_length;
    uint8_t text_out[TEXT_OUT_MAX];
};

/* pdu_rx.c: receives until a PDU is whole (*complete) or nothing more is there. */
enum status pdu_receive(struct iscsi_session *session, bool *complete);
void pdu_receive_reset(struct iscsi_session *session);

/* pdu_tx.c: starts a PDU in session->tx with opcode and flags, everything else zero; returns its header. */
uint8_t *pdu_start(struct iscsi_session *session, uint8_t opcode, uint8_t flags);
void pdu_data(struct iscsi_session *session, const void *data, uint32_t length, struct iscsi_task *task);
/* Hands what is left of the PDU to the stream; session->tx.busy says whether some is left still. */
enum status pdu_flush(struct iscsi_session *session);

/* login.c: connects and logs in, at most until `deadline`. The state is SESSION_FULL afterwards, or SESSION_CLOSED with the
 * stream aborted. */
enum status login(struct iscsi_session *session, deadline_t deadline);

/* task.c */
enum status task_data_in_begin(struct iscsi_session *session);
enum status task_data_in_end(struct iscsi_session *session);
enum status task_response(struct iscsi_session *session);
enum status task_r2t(struct iscsi_session *session);
/* Starts the next Data-Out or SCSI Command that may be sent. */
bool task_next_pdu(struct iscsi_session *session);
void task_finish(struct iscsi_session *session, struct iscsi_task *task, enum status status);
/* Tasks whose answer is here but whose data the stream still held. */
void task_settle_answered(struct iscsi_session *session);
/* The connection is gone: nothing is in flight any more, and everything unanswered is to be issued again. */
void task_requeue_all(struct iscsi_session *session);
void task_finish_all(struct iscsi_session *session, enum status status);

/* async.c: control PDUs. */
enum status control_receive(struct iscsi_session *session);
bool control_next_pdu(struct iscsi_session *session);
void control_reset(struct iscsi_session *session);

/* recovery.c */
void recovery_begin(struct iscsi_session *session, enum status status);
void recovery_turn(struct iscsi_session *session);
void connection_drop(struct iscsi_session *session);
/* What an outage has cost is forgotten once a task completes. */
void recovery_success(struct iscsi_session *session);

/* ExpCmdSN and MaxCmdSN of the PDU received, RFC 7143 section 4.2.2.1. */
void session_take_window(struct iscsi_session *session, const uint8_t *header);
/* Its StatSN, for a PDU that carries status. */
void session_take_statsn(struct iscsi_session *session, const uint8_t *header);

#endif
