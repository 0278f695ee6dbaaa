/* SPDX-License-Identifier: BSD-2-Clause */
/* The console on a firmware of the test's own: none at all, and a serial port that is free, or another's. */
#include "efi/device_path.h"
#include "tests/unit/efi_fake.h"

#define PORT     (&fake_handles[1])
#define TERMINAL (&fake_handles[2])
#define SCREEN   (&fake_handles[3])

static EFI_SYSTEM_TABLE firmware_table_of_test;
static EFI_LOADED_IMAGE ours;
static EFI_STATUS driver_answer;

static EFI_STATUS EFIAPI open_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface, EFI_HANDLE agent,
                                       EFI_HANDLE controller, UINT32 how)
{
    assert_ptr_equal(agent, firmware.image);
    if (how == EFI_OPEN_PROTOCOL_BY_DRIVER) {
        assert_ptr_equal(controller, handle);
        if (EFI_ERROR(driver_answer))
            return driver_answer;
        note_word("drive ");
    } else {
        assert_int_equal(how, EFI_OPEN_PROTOCOL_GET_PROTOCOL);
        note_word("get ");
    }
    return fake_handle_protocol(handle, guid, interface);
}

static EFI_STATUS EFIAPI set_attributes(SERIAL_IO_INTERFACE *self, UINT64 baud, UINT32 fifo, UINT32 timeout,
                                        EFI_PARITY_TYPE parity, UINT8 bits, EFI_STOP_BITS_TYPE stop)
{
    (void)self;
    assert_int_equal(fifo, 0);
    assert_int_equal(timeout, 0);
    assert_int_equal(parity, DefaultParity);
    assert_int_equal(bits, 8);
    assert_int_equal(stop, OneStopBit);
    note_word("speed-%u ", (unsigned)baud);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI write_port(SERIAL_IO_INTERFACE *self, UINTN *size, void *bytes)
{
    (void)self;
    note_word("%.*s ", (int)*size, (const char *)bytes);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI output(SIMPLE_TEXT_OUTPUT_INTERFACE *self, CHAR16 *text)
{
    (void)self;
    note_word("screen-%c ", text[0]);
    return EFI_SUCCESS;
}

static SIMPLE_TEXT_OUTPUT_INTERFACE screen = {.OutputString = output};
static SERIAL_IO_INTERFACE port = {.SetAttributes = set_attributes, .Write = write_port};

static int set_up(void **state)
{
    (void)state;
    fake_firmware_start(&ours);
    fake_boot.OpenProtocol = open_protocol;
    firmware_table_of_test.ConOut = NULL;
    firmware.system = &firmware_table_of_test; /* without ConIn and ConOut, as a machine without a console has it */
    *PORT = (struct fake_handle){"port", {{&guid_serial_io, &port, {}}}};
    driver_answer = EFI_SUCCESS;
    return 0;
}

static void a_port_that_is_free(void **state)
{
    (void)state;
    console_start(&(struct home_options){.serial_port = 1, .serial_baud = 9600});
    console_write("text");
    assert_string_equal(fake_story, "drive speed-9600 text ");
}

static void its_speed_is_left_alone(void **state)
{
    (void)state;
    console_start(&(struct home_options){.serial_port = 1});
    console_write("text");
    assert_string_equal(fake_story, "drive text ");
}

static void a_port_that_another_drives(void **state)
{
    (void)state;
    driver_answer = EFI_ACCESS_DENIED;
    console_start(&(struct home_options){.serial_port = 1, .serial_baud = 9600});
    console_write("text");
    assert_string_equal(fake_story, "get text ");
}

#define END_NODE NODE_TYPE_END, NODE_END_ENTIRE, NODE_HEADER, 0
static uint8_t port_path[] = {1, 1, 6, 0, 0, 3, END_NODE}, screen_path[] = {1, 1, 6, 0, 0, 4, END_NODE};
static uint8_t terminal_path[] = {1, 1, 6, 0, 0, 3, NODE_TYPE_MESSAGING, 14, 5, 0, 0, END_NODE};

/* The port has a terminal that another drives; the console is on a screen, and `marked`, or not at all, on the terminal. */
static void starts_with_a_terminal(SIMPLE_TEXT_OUTPUT_INTERFACE *console, struct fake_handle *marked)
{
    driver_answer = EFI_ACCESS_DENIED;
    firmware_table_of_test.ConOut = console;
    PORT->protocols[1].guid = &guid_device_path, PORT->protocols[1].interface = port_path;
    *TERMINAL = (struct fake_handle){"terminal", {{&guid_text_output, NULL, {}}, {&guid_device_path, terminal_path, {}}}};
    *SCREEN = (struct fake_handle){"screen", {{&guid_text_output, NULL, {}}, {&guid_device_path, screen_path, {}}}};
    if (marked)
        marked->protocols[2].guid = &guid_console_out_device;
    console_start(&(struct home_options){.serial_port = 1});
    console_write("text");
}

static void a_console_on_the_port_is_not_written_twice(void **state)
{
    (void)state;
    starts_with_a_terminal(&screen, TERMINAL);
    assert_string_equal(fake_story, "get screen-t ");
}

static void firmware_without_marks(void **state)
{
    (void)state;
    starts_with_a_terminal(&screen, NULL);
    assert_string_equal(fake_story, "get screen-t ");
}

/* EDK2 makes a terminal on every port, also where the console is a screen alone. */
static void a_terminal_that_is_no_console(void **state)
{
    (void)state;
    starts_with_a_terminal(&screen, SCREEN);
    assert_string_equal(fake_story, "get screen-t text ");
}

static void a_terminal_without_a_console(void **state)
{
    (void)state;
    starts_with_a_terminal(NULL, NULL);
    assert_string_equal(fake_story, "get text ");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_port_that_is_free),          TEST(its_speed_is_left_alone),
        TEST(a_port_that_another_drives),   TEST(a_console_on_the_port_is_not_written_twice),
        TEST(firmware_without_marks),       TEST(a_terminal_that_is_no_console),
        TEST(a_terminal_without_a_console),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
