/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap.conf by the ROM's TFTP, from ROMs that say what they like of their packets. */
#include "tests/unit/unit.h"

#include "bios/settings_file.c"

#define FILE_MAX 3000

static uint8_t scratch[SCRATCH_BUFFER_SIZE];
static struct realmode_block block;
static uint8_t content[FILE_MAX];

static struct {
    uint16_t says; /* its packet size */
    size_t piece;  /* what it hands out at once */
    size_t length, given;
    unsigned reads, opened;
} rom;

struct pxe_found pxe_found;

uint8_t *realmode_scratch(void)
{
    return scratch;
}

struct realmode_block *realmode_block(void)
{
    return &block;
}

/* The scratch buffer is at 1000:0. */
struct far_pointer realmode_far(const void *low)
{
    return (struct far_pointer){(uint16_t)((const uint8_t *)low - scratch), 0x1000};
}

static bool give_piece(struct read *piece)
{
    assert_int_equal(piece->buffer.segment, 0x1000);
    assert_true(piece->buffer.offset + rom.piece <= sizeof scratch);
    assert_true(++rom.reads <= FILE_MAX);
    size_t left = rom.length - rom.given;
    piece->size = (uint16_t)(left < rom.piece ? left : rom.piece);
    memcpy(scratch + piece->buffer.offset, content + rom.given, piece->size);
    rom.given += piece->size;
    return true;
}

bool pxe_call(const struct pxe_rom *asked, uint16_t opcode, void *parameters)
{
    assert_ptr_equal(asked, &pxe_found.rom);
    assert_ptr_equal(parameters, scratch);
    switch (opcode) {
    case PXENV_TFTP_OPEN:
        assert_int_equal(((struct tftp_open *)parameters)->packet_size, 512);
        ((struct tftp_open *)parameters)->packet_size = rom.says;
        rom.opened++;
        return true;
    case PXENV_TFTP_READ:
        assert_int_equal(rom.opened, 1);
        return give_piece(parameters);
    case PXENV_TFTP_CLOSE:
        rom.opened--;
        return true;
    default:
        return false;
    }
}

bool pxe_offers(const struct pxe_rom *asked, uint16_t opcode)
{
    (void)asked, (void)opcode;
    return false;
}

const uint8_t *pxe_cached(enum pxe_packet packet, size_t *length)
{
    (void)packet;
    *length = 0;
    return NULL;
}

void bios_uuid(uint8_t uuid[16])
{
    memset(uuid, 0, 16);
}

/* What comes of a file of `length` bytes from a ROM that says that packets have `says` bytes, and gives `piece` at once. */
static int got(uint16_t says, size_t piece, size_t length, uint8_t *to)
{
    memset(&rom, 0, sizeof rom);
    rom.says = says;
    rom.piece = piece;
    rom.length = length;
    pxe_found.alive = true;
    return read_file("sanstrap.conf", to, FILE_MAX);
}

static void comes_whole(uint16_t says, size_t piece, size_t length)
{
    uint8_t bytes[FILE_MAX] = {0};
    for (size_t i = 0; i < FILE_MAX; i++)
        content[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(got(says, piece, length, bytes), length);
    assert_memory_equal(bytes, content, length);
    assert_int_equal(rom.opened, 0);
}

static void files_come_whole(void **state)
{
    static const size_t lengths[] = {0, 1, 511, 512, 513, 1024, 2999, FILE_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        comes_whole(512, 512, lengths[i]);
        comes_whole(1456, 1456, lengths[i]);
    }
}

/* It left the field at zero, or as it was asked: a packet has 512 bytes then, or more, and the file does not end at the first. */
static void a_rom_that_does_not_say_its_packets_size(void **state)
{
    (void)state;
    comes_whole(0, 512, 0);
    comes_whole(0, 512, 512);
    comes_whole(0, 512, 1300);
    comes_whole(0, 1456, 2999);
    comes_whole(512, 1456, 2999);
}

/* They come to no end, whatever was said of them. */
static void empty_packets_are_the_end(void **state)
{
    uint8_t bytes[FILE_MAX];
    (void)state;
    assert_int_equal(got(0, 0, 100, bytes), 0);
    assert_int_equal(rom.reads, 1);
    assert_int_equal(got(512, 0, 100, bytes), 0);
    assert_int_equal(rom.reads, 1);
}

static void packets_that_the_buffer_does_not_hold(void **state)
{
    uint8_t bytes[FILE_MAX];
    (void)state;
    assert_int_equal(got(BUFFER_SIZE + 1, 512, 100, bytes), SETTINGS_FILE_NONE);
    assert_int_equal(rom.reads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_whole),
        cmocka_unit_test(a_rom_that_does_not_say_its_packets_size),
        cmocka_unit_test(empty_packets_are_the_end),
        cmocka_unit_test(packets_that_the_buffer_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
