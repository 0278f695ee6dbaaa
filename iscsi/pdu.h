/* SPDX-License-Identifier: BSD-2-Clause */
/* The basic header segment of iSCSI PDUs, byte by byte (RFC 7143 section 11). Everything on the wire is big-endian. */
#ifndef SANSTRAP_ISCSI_PDU_H
#define SANSTRAP_ISCSI_PDU_H

#include <string.h>

#include "platform/bytes.h"

#define BHS_LENGTH    48
#define DIGEST_LENGTH 4           /* of a header, with its AHS, and of data with its padding: section 13.1 */
#define RESERVED_TAG  0xFFFFFFFFu /* no task: ITT and TTT, section 11.2.1.8 */

/* Initiator opcodes, section 11.2.1.2. */
#define OP_NOP_OUT       0x00
#define OP_SCSI_COMMAND  0x01
#define OP_TASK_REQUEST  0x02 /* task management */
#define OP_LOGIN_REQUEST 0x03
#define OP_DATA_OUT      0x05
#define OP_LOGOUT        0x06
#define OP_IMMEDIATE     0x40

/* Target opcodes. */
#define OP_NOP_IN          0x20
#define OP_SCSI_RESPONSE   0x21
#define OP_TASK_RESPONSE   0x22
#define OP_LOGIN_RESPONSE  0x23
#define OP_DATA_IN         0x25
#define OP_LOGOUT_RESPONSE 0x26
#define OP_R2T             0x31
#define OP_ASYNC           0x32
#define OP_REJECT          0x3F
#define OP_MASK            0x3F

/* Fields common to all. */
#define BHS_OPCODE      0
#define BHS_FLAGS       1
#define BHS_RESPONSE    2 /* SCSI, logout: response; Reject: reason */
#define BHS_SCSI_STATUS 3
#define BHS_AHS_LENGTH  4 /* in four-byte words */
#define BHS_DATA_LENGTH 5 /* 24 bits */
#define BHS_LUN         8
#define BHS_ITT         16
#define BHS_TTT         20
#define BHS_CMDSN       24 /* from us */
#define BHS_EXPSTATSN   28
#define BHS_STATSN      24 /* from the target */
#define BHS_EXPCMDSN    28
#define BHS_MAXCMDSN    32
#define BHS_DATASN      36 /* Data-Out, Data-In; R2TSN in R2T */
#define BHS_OFFSET      40
#define BHS_RESIDUAL    44 /* Desired Data Transfer Length in R2T */

#define BHS_EDTL 20 /* SCSI Command, section 11.3 */
#define BHS_CDB  32

#define CDB_OPERATION_CODE 0 /* in a CDB, SAM-5 section 5.2 */

#define BHS_ACTIVE_VERSION 3 /* Login, sections 11.12 and 11.13 */
#define BHS_ISID           8
#define BHS_ISID_LENGTH    6
#define BHS_TSIH           14
#define BHS_LOGIN_CLASS    36
#define BHS_LOGIN_DETAIL   37

#define BHS_REFERENCED_TAG   20 /* Task Management Function Request, section 11.5 */
#define BHS_REFERENCED_CMDSN 32
#define ABORT_TASK           1 /* functions, in BHS_FLAGS */
#define LOGICAL_UNIT_RESET   5
#define FUNCTION_COMPLETE    0 /* responses, section 11.6.1 */
#define TASK_DOES_NOT_EXIST  1

#define BHS_ASYNC_EVENT      36 /* Asynchronous Message, section 11.9 */
#define BHS_ASYNC_PARAMETER2 40
#define BHS_ASYNC_PARAMETER3 42

#define BHS_LOGOUT_TIME2WAIT 40 /* Logout Response, section 11.15: seconds */

#define FLAG_FINAL       0x80
#define FLAG_READ        0x40 /* SCSI Command */
#define FLAG_WRITE       0x20
#define ATTRIBUTE_SIMPLE 0x01
#define FLAG_OVERFLOW    0x04 /* SCSI Response, Data-In */
#define FLAG_UNDERFLOW   0x02
#define FLAG_STATUS      0x01 /* Data-In: phase collapse */
#define FLAG_TRANSIT     0x80 /* Login */
#define FLAG_CONTINUE    0x40
#define LOGIN_CSG_SHIFT  2 /* current stage, in BHS_FLAGS */
#define LOGIN_STAGE_MASK 3 /* of it shifted, and of the next stage (NSG) */

#define RESPONSE_COMPLETED 0x00 /* SCSI Response: "Command Completed at Target", section 11.4.3 */

/* a > b in serial number arithmetic (RFC 1982, RFC 7143 section 4.2.2.1). */
static inline bool serial_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

#endif
