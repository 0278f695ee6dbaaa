/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap.conf from the server that we came from, by the ROM's TFTP, or by iPXE's files, which may come by HTTP, too. */
#include "loader/settings_file.h"

#include <string.h>

#include "bios/home.h"
#include "bios/pxe.h"
#include "platform/bytes.h"

#define TFTP_PORT   0x4500 /* 69 */
#define BLOCK_SIZE  512
#define READ_MS     10000 /* for data of an open file; ROMs have bounds of their own */
#define BUFFER_AT   256   /* in the scratch buffer, behind any parameters; what is read is there, or a name */
#define BUFFER_SIZE (SCRATCH_BUFFER_SIZE - BUFFER_AT)

struct tftp_open {
    uint16_t status;
    uint8_t server[4], gateway[4];
    char name[SETTINGS_FILE_NAME_MAX + 1];
    uint16_t port, packet_size;
} __attribute__((packed));

struct file_open {
    uint16_t status, handle;
    struct far_pointer name;
    uint32_t reserved;
} __attribute__((packed));

/* TFTP_READ and FILE_READ differ in nothing but who fills in `number`, the packet's or the file's. */
struct read {
    uint16_t status, number, size;
    struct far_pointer buffer;
} __attribute__((packed));

_Static_assert(sizeof(struct tftp_open) <= BUFFER_AT, "parameters before the buffer");

static struct settings_file file;
static uint8_t server[4];
static bool by_ipxe; /* else by TFTP */

static bool call(uint16_t opcode, void *parameters)
{
    return pxe_found.alive && pxe_call(&pxe_found.rom, opcode, parameters);
}

static bool open_by_tftp(const char *name, uint16_t *packet_size)
{
    struct tftp_open *open = memset(realmode_scratch(), 0, sizeof *open);
    memcpy(open->server, server, sizeof server);
    memcpy(open->name, name, strlen(name));
    open->port = TFTP_PORT;
    open->packet_size = BLOCK_SIZE;
    if (!call(PXENV_TFTP_OPEN, open) || open->packet_size > BUFFER_SIZE)
        return false;
    *packet_size = open->packet_size ? open->packet_size : BLOCK_SIZE; /* some do not say */
    return true;
}

static bool open_by_ipxe(const char *name, uint16_t *handle)
{
    uint8_t *scratch = realmode_scratch();
    struct file_open *open = memset(scratch, 0, sizeof *open);
    memcpy(scratch + BUFFER_AT, name, strlen(name) + 1);
    open->name = realmode_far(scratch + BUFFER_AT);
    if (!call(PXENV_FILE_OPEN, open))
        return false;
    *handle = open->handle;
    return true;
}

/* True when there is something to read, or the end. */
static bool wait_for_ipxe(uint16_t handle)
{
    struct pxe_file_select *select = (struct pxe_file_select *)realmode_scratch();
    deadline_t deadline = deadline_after_ms(READ_MS);
    do {
        *select = (struct pxe_file_select){.handle = handle};
        if (!call(PXENV_FILE_SELECT, select))
            return false;
        if (select->ready)
            return true;
    } while (!deadline_passed(deadline));
    return false;
}

/* One piece, to the buffer. Returns its length, 0 at the end; negative when it broke off. */
static int read_piece(uint16_t handle)
{
    struct read *read = (struct read *)realmode_scratch();
    if (by_ipxe && !wait_for_ipxe(handle))
        return SETTINGS_FILE_BROKEN;
    *read = (struct read){.number = handle, .size = BUFFER_SIZE, .buffer = realmode_far(realmode_scratch() + BUFFER_AT)};
    if (!call(by_ipxe ? PXENV_FILE_READ : PXENV_TFTP_READ, read) || read->size > BUFFER_SIZE)
        return SETTINGS_FILE_BROKEN;
    return read->size;
}

static int read_file(const char *name, void *to, size_t size)
{
    uint16_t handle; /* by TFTP the least size of all packets but the last: one file is open at a time */
    if (!(by_ipxe ? open_by_ipxe(name, &handle) : open_by_tftp(name, &handle)))
        return SETTINGS_FILE_NONE;

    size_t length = 0;
    int piece;
    do {
        piece = read_piece(handle);
        size_t used = piece > 0 ? smaller_of((uint32_t)piece, (uint32_t)(size - length)) : 0;
        memcpy((uint8_t *)to + length, realmode_scratch() + BUFFER_AT, used);
        length += used;
    } while (length < size && (by_ipxe ? piece > 0 : piece >= handle));

    struct pxe_file_select *close = (struct pxe_file_select *)realmode_scratch();
    *close = (struct pxe_file_select){.handle = handle};
    call(by_ipxe ? PXENV_FILE_CLOSE : PXENV_TFTP_CLOSE, close);
    return piece < 0 ? piece : (int)length;
}

const struct settings_file *settings_file_from_server(void)
{
    struct settings_file_owner owner = {0};
    if (realmode_block()->start_kind != START_NBP)
        return &file;

    owner.relative = by_ipxe = pxe_found.alive && pxe_offers(&pxe_found.rom, PXENV_FILE_READ);
    owner.lease = pxe_cached(PXE_ACK, &owner.lease_length);
    owner.named = pxe_cached(PXE_REPLY, &owner.named_length);
    settings_file_server(&owner, server);
    bios_uuid(owner.uuid);
    settings_file_find(&file, &owner, read_file);
    return &file;
}
