/* SPDX-License-Identifier: BSD-2-Clause */
/* BootOrder, BootCurrent and Boot####. */
#include "efi/boot_order.h"

#include <string.h>

#define OPTION_SIZE_MAX 4096
#define NAME_LENGTH     8 /* Boot#### */
#define NAME_DIGITS     4 /* where they begin */
#define NUMBERS         0x10000
#define VARIABLES_MAX   4096 /* more than any firmware has: some repeat themselves for ever */
#define NAME_ROOM       512  /* characters, with the NUL; a longer name ends the search */

size_t boot_order_variable(CHAR16 *name, EFI_GUID *vendor, void *to, size_t most)
{
    UINTN size = most;
    return EFI_ERROR(firmware.system->RuntimeServices->GetVariable(name, vendor, NULL, &size, to)) ? 0 : size;
}

/* ---- those of the order ---- */

/* With room for `more` behind it. */
static size_t read_order(UINT16 **order, size_t more)
{
    UINTN size = 0;
    void *memory;
    EFI_STATUS status = firmware.system->RuntimeServices->GetVariable(L"BootOrder", &guid_global_variable, NULL, &size, NULL);
    size = status == EFI_BUFFER_TOO_SMALL ? size : 0;
    *order = NULL;
    if ((!size && !more) || EFI_ERROR(firmware.boot->AllocatePool(EfiBootServicesData, size + more * sizeof **order, &memory)))
        return 0;

    *order = memory;
    return boot_order_variable(L"BootOrder", &guid_global_variable, memory, size) / sizeof **order;
}

size_t boot_order_read(UINT16 **order)
{
    return read_order(order, 0);
}

/* ---- and those beside it ---- */

static bool is_marked(const uint8_t *marks, unsigned number)
{
    return marks[number / 8] >> number % 8 & 1;
}

static void mark(uint8_t *marks, unsigned number, bool on)
{
    uint8_t bit = (uint8_t)(1u << number % 8);
    marks[number / 8] = (uint8_t)(on ? marks[number / 8] | bit : marks[number / 8] & ~bit);
}

/* False when it is no option's; its digits are upper case (UEFI 2.10, 3.1.3). */
static bool read_number(const CHAR16 *name, const EFI_GUID *vendor, unsigned *number)
{
    *number = 0;
    if (memcmp(vendor, &guid_global_variable, sizeof *vendor) != 0 || memcmp(name, L"Boot", NAME_DIGITS * sizeof *name) != 0)
        return false;
    for (unsigned i = NAME_DIGITS; i < NAME_LENGTH; i++) {
        bool is_decimal = name[i] >= '0' && name[i] <= '9';
        if (!is_decimal && (name[i] < 'A' || name[i] > 'F'))
            return false;
        *number = *number << 4 | (unsigned)(is_decimal ? name[i] - '0' : name[i] - 'A' + 10);
    }
    return !name[NAME_LENGTH];
}

/* Marks every option that there is, and returns how many. */
static size_t find_options(uint8_t *marks)
{
    static CHAR16 name[NAME_ROOM];
    EFI_GUID vendor = {0};
    size_t count = 0;
    name[0] = 0;

    for (unsigned i = 0; i < VARIABLES_MAX; i++) {
        UINTN size = sizeof name;
        unsigned number;
        if (EFI_ERROR(firmware.system->RuntimeServices->GetNextVariableName(&size, name, &vendor)))
            break;
        if (!read_number(name, &vendor, &number) || is_marked(marks, number))
            continue;
        mark(marks, number, true);
        count++;
    }
    return count;
}

size_t boot_order_read_all(UINT16 **order)
{
    static uint8_t marks[NUMBERS / 8];
    memset(marks, 0, sizeof marks);
    size_t count = read_order(order, find_options(marks));
    for (size_t i = 0; i < count; i++)
        mark(marks, (*order)[i], false);
    for (unsigned number = 0; number < NUMBERS && *order; number++)
        if (is_marked(marks, number))
            (*order)[count++] = (UINT16)number;
    return count;
}

/* ---- one ---- */

bool boot_order_current(UINT16 *number)
{
    return boot_order_variable(L"BootCurrent", &guid_global_variable, number, sizeof *number) == sizeof *number;
}

bool boot_order_option(UINT16 number, struct load_option *option)
{
    static uint8_t bytes[OPTION_SIZE_MAX]; /* which *option goes on pointing into */
    CHAR16 name[] = L"Boot####";
    for (unsigned i = NAME_DIGITS; i < NAME_LENGTH; i++)
        name[i] = (CHAR16) "0123456789ABCDEF"[number >> (NAME_LENGTH - 1 - i) * 4 & 0xF];
    size_t size = boot_order_variable(name, &guid_global_variable, bytes, sizeof bytes);
    return size && load_option_read(bytes, size, option);
}
