/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's boot options, in and beside its order, among variables of the test's own. */
#include "efi/boot_order.h"
#include "tests/unit/efi_fake.h"

#define VARIABLES 16
#define LONG      300

static struct variable {
    CHAR16 *name;
    EFI_GUID *vendor;
    const void *bytes;
    UINTN size;
} variables[VARIABLES];
static unsigned count, asked;
static bool repeats_itself;
static EFI_RUNTIME_SERVICES runtime;
static EFI_SYSTEM_TABLE system_table;
static EFI_LOADED_IMAGE ours;
static UINT16 *order;

static size_t bytes_in(const CHAR16 *name)
{
    size_t length = 0;
    while (name[length])
        length++;
    return (length + 1) * sizeof *name;
}

static bool is_called(const struct variable *variable, const CHAR16 *name, const EFI_GUID *vendor)
{
    return bytes_in(variable->name) == bytes_in(name) && !memcmp(variable->name, name, bytes_in(name)) &&
           !memcmp(variable->vendor, vendor, sizeof *vendor);
}

static EFI_STATUS EFIAPI get_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes, UINTN *size, void *to)
{
    assert_null(attributes);
    for (unsigned i = 0; i < count; i++) {
        if (!is_called(&variables[i], name, vendor))
            continue;
        UINTN room = *size;
        *size = variables[i].size;
        if (room < *size)
            return EFI_BUFFER_TOO_SMALL;
        memcpy(to, variables[i].bytes, *size);
        return EFI_SUCCESS;
    }
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI next_name(UINTN *size, CHAR16 *name, EFI_GUID *vendor)
{
    unsigned next = 0;
    asked++;
    if (name[0])
        while (!is_called(&variables[next++], name, vendor))
            assert_true(next < count);
    if (next >= count) {
        if (!repeats_itself)
            return EFI_NOT_FOUND;
        next = 0;
    }

    size_t wanted = bytes_in(variables[next].name);
    bool fits = wanted <= *size;
    *size = wanted;
    if (!fits)
        return EFI_BUFFER_TOO_SMALL;
    memcpy(name, variables[next].name, wanted);
    *vendor = *variables[next].vendor;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, void **memory)
{
    assert_int_equal(type, EfiBootServicesData);
    *memory = malloc(size);
    return EFI_SUCCESS;
}

static void has(CHAR16 *name, EFI_GUID *vendor, const void *bytes, UINTN size)
{
    assert_true(count < VARIABLES);
    variables[count++] = (struct variable){name, vendor, bytes, size};
}

static int set_up(void **state)
{
    (void)state;
    fake_firmware_start(&ours);
    fake_boot.AllocatePool = allocate_pool;
    runtime.GetVariable = get_variable;
    runtime.GetNextVariableName = next_name;
    system_table.RuntimeServices = &runtime;
    firmware.system = &system_table;
    count = asked = 0;
    repeats_itself = false;
    order = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(order);
    return 0;
}

static void the_order_and_then_the_others(void **state)
{
    (void)state;
    static const UINT16 in_order[] = {2, 7, 1};
    has(L"Boot00AF", &guid_global_variable, "", 1);
    has(L"Boot0001", &guid_global_variable, "", 1);
    has(L"BootOrder", &guid_global_variable, in_order, sizeof in_order);
    has(L"Boot0003", &guid_sanstrap, "", 1);
    has(L"Boot000G", &guid_global_variable, "", 1);
    has(L"Boot00001", &guid_global_variable, "", 1);
    has(L"Boot00a1", &guid_global_variable, "", 1);
    has(L"Boot", &guid_global_variable, "", 1);
    has(L"Boot0002", &guid_global_variable, "", 1);
    has(L"BootFFFF", &guid_global_variable, "", 1);
    has(L"Boot0000", &guid_global_variable, "", 1);

    static const UINT16 expected[] = {2, 7, 1, 0, 0xAF, 0xFFFF};
    assert_int_equal(boot_order_read_all(&order), 6);
    assert_memory_equal(order, expected, sizeof expected);

    free(order);
    assert_int_equal(boot_order_read(&order), 3);
    assert_memory_equal(order, in_order, sizeof in_order);
}

static void options_without_an_order(void **state)
{
    (void)state;
    assert_int_equal(boot_order_read_all(&order), 0);
    assert_null(order);
    has(L"Boot0009", &guid_global_variable, "", 1);
    has(L"Boot0003", &guid_global_variable, "", 1);
    assert_int_equal(boot_order_read(&order), 0);
    assert_null(order);
    assert_int_equal(boot_order_read_all(&order), 2);
    assert_int_equal(order[0], 3);
    assert_int_equal(order[1], 9);
}

static void a_long_order(void **state)
{
    (void)state;
    UINT16 numbers[LONG];
    for (unsigned i = 0; i < LONG; i++)
        numbers[i] = (UINT16)(LONG - i);
    has(L"BootOrder", &guid_global_variable, numbers, sizeof numbers);
    has(L"Boot1000", &guid_global_variable, "", 1);
    assert_int_equal(boot_order_read(&order), LONG);
    assert_memory_equal(order, numbers, sizeof numbers);
    free(order);
    assert_int_equal(boot_order_read_all(&order), LONG + 1);
    assert_int_equal(order[LONG], 0x1000);
}

static void a_firmware_that_begins_anew(void **state)
{
    (void)state;
    has(L"Boot0009", &guid_global_variable, "", 1);
    has(L"Boot0003", &guid_global_variable, "", 1);
    repeats_itself = true;
    assert_int_equal(boot_order_read_all(&order), 2);
    assert_true(asked < 100000);
}

/* A name without an end for us: what came before it counts. */
static void a_name_that_is_too_long(void **state)
{
    (void)state;
    static CHAR16 name[5000];
    for (unsigned i = 0; i + 1 < sizeof name / sizeof *name; i++)
        name[i] = 'x';
    has(L"Boot0003", &guid_global_variable, "", 1);
    has(name, &guid_global_variable, "", 1);
    assert_int_equal(boot_order_read_all(&order), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_order_and_then_the_others), TEST(options_without_an_order), TEST(a_long_order),
        TEST(a_firmware_that_begins_anew),   TEST(a_name_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
