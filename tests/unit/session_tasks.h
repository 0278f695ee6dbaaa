/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands in full feature phase against a target that answers pings and task management by itself, and says of commands what
 * the case makes it say.
 */
#ifndef SANSTRAP_TESTS_SESSION_TASKS_H
#define SANSTRAP_TESTS_SESSION_TASKS_H

#include "tests/unit/session_world.h"

#define LENGTH 12288
#define TASKS  3

static struct iscsi_task tasks[TASKS];
static uint8_t buffers[TASKS][LENGTH], data[LENGTH];
static size_t heard; /* bytes of fake.out that serve() has read */
static unsigned pings, function_count;
static uint8_t functions[16]; /* task management functions heard */
static uint8_t last_request[BHS_LENGTH];
static int function_response; /* to them; -1: none */
static bool pongs;

static inline void answer(const uint8_t *request, uint8_t opcode, uint8_t response)
{
    uint8_t header[BHS_LENGTH] = {opcode, FLAG_FINAL, response};

    memcpy(header + BHS_ITT, request + BHS_ITT, 4);
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->maxcmdsn);
    fake_say(&fake, header, NULL, 0);
}

/* The target's side of pings and task management. */
static void serve(struct stream *stream)
{
    (void)stream;
    while (heard + BHS_LENGTH <= fake.out_length) {
        const uint8_t *header = fake.out + heard;
        uint8_t opcode = header[BHS_OPCODE] & OP_MASK;

        heard += BHS_LENGTH + ((get_be24(header + BHS_DATA_LENGTH) + 3) & ~3u);
        if (opcode == OP_NOP_OUT) {
            pings++;
            if (pongs)
                answer(header, OP_NOP_IN, 0);
        } else if (opcode == OP_TASK_REQUEST) {
            memcpy(last_request, header, BHS_LENGTH);
            functions[function_count++ % sizeof functions] = header[BHS_FLAGS] & 0x7F;
            if (function_response >= 0)
                answer(header, OP_TASK_RESPONSE, (uint8_t)function_response);
        }
    }
}

static inline int set_up(void **state)
{
    static struct stream_ops operations;

    set_up_session(state);
    operations = *fake.stream.ops;
    operations.pump = serve;
    fake.stream.ops = &operations;
    open_whole_session();

    heard = 0;
    pings = function_count = 0;
    function_response = FUNCTION_COMPLETE;
    pongs = true;
    for (unsigned i = 0; i < LENGTH; i++)
        data[i] = (uint8_t)(i * 5 + 1);
    return 0;
}

static inline void turns(unsigned count)
{
    while (count--) {
        tick();
        iscsi_session_pump(session);
    }
}

static inline void submit(unsigned which, enum iscsi_direction direction)
{
    struct iscsi_task *task = &tasks[which];

    memset(task, 0, sizeof *task);
    task->direction = direction;
    task->buffer = direction == ISCSI_NO_DATA ? NULL : buffers[which];
    task->length = direction == ISCSI_NO_DATA ? 0 : LENGTH;
    memset(buffers[which], 0xEE, LENGTH);
    iscsi_session_submit(session, task);
    iscsi_session_pump(session);
}

static inline uint32_t itt_of(unsigned which)
{
    return session->slots[tasks[which].slot].itt;
}

/* A PDU of the target's, about the command with this tag. */
static inline void say(uint8_t opcode, uint8_t flags, uint32_t itt, uint32_t sn, uint32_t offset, uint32_t length)
{
    uint8_t header[BHS_LENGTH] = {opcode, flags};

    put_be32(header + BHS_ITT, itt);
    put_be32(header + BHS_TTT, opcode == OP_R2T ? 5 : RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 32);
    put_be32(header + BHS_DATASN, sn);
    put_be32(header + BHS_OFFSET, offset);
    put_be32(header + BHS_RESIDUAL, opcode == OP_R2T ? length : 0);
    fake_say(&fake, header, data + (opcode == OP_R2T ? 0 : offset), opcode == OP_R2T ? 0 : length);
}

static inline void finish_read(unsigned which)
{
    say(OP_DATA_IN, 0x81, itt_of(which), 0, 0, LENGTH);
    turns(1);
    assert_true(tasks[which].done);
    assert_int_equal(tasks[which].status, OK);
    assert_memory_equal(buffers[which], data, LENGTH);
}

#endif
