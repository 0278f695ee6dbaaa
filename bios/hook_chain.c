/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a real-mode handler passes an interrupt on to, read from its code. */
#include "bios/hook_chain.h"

#include <stdbool.h>
#include <string.h>

#include "platform/bytes.h"

#define HEADER_NEXT      2
#define HEADER_SIGNATURE 6
#define CALL_FAR_CS      "\x2E\xFF\x1E" /* call far [cs:disp16] */
#define JUMP_FAR_CS      "\x2E\xFF\x2E"
#define OPCODE_SIZE      3
#define PUSH_CALL_FAR    "\x9C\x9A" /* pushf; call far imm, written when the hook was set */
#define JUMP_FAR         0xEA
#define ROM_SEGMENT      0xC000u

static struct far_pointer pointer_at(const uint8_t *bytes)
{
    return (struct far_pointer){get_le16(bytes), get_le16(bytes + 2)};
}

struct far_pointer hook_next(const uint8_t *memory, struct far_pointer handler)
{
    const uint8_t *segment = memory + handler.segment * PARAGRAPH, *code = segment + handler.offset;
    if (!memcmp(code, "\xEB\x10", 2) && !memcmp(code + HEADER_SIGNATURE, "KB", 2))
        return pointer_at(code + HEADER_NEXT);

    for (unsigned at = 0; at + OPCODE_SIZE + 2 <= HOOK_LOOK; at++)
        if (!memcmp(code + at, CALL_FAR_CS, OPCODE_SIZE) || !memcmp(code + at, JUMP_FAR_CS, OPCODE_SIZE))
            return pointer_at(segment + get_le16(code + at + OPCODE_SIZE));

    /* A byte more may be an opcode by chance: what it leads to has to be a ROM. */
    for (unsigned at = 0; at + OPCODE_SIZE + 3 <= HOOK_LOOK; at++) {
        bool call = !memcmp(code + at, PUSH_CALL_FAR, 2);
        struct far_pointer next = pointer_at(code + at + 1 + call);
        if ((call || code[at] == JUMP_FAR) && next.segment >= ROM_SEGMENT)
            return next;
    }
    return (struct far_pointer){0, 0};
}
