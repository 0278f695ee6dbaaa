/* SPDX-License-Identifier: BSD-2-Clause */
/* BootOrder, BootCurrent and Boot####. */
#include "efi/boot_order.h"

#define OPTION_SIZE_MAX 4096
#define NUMBER_DIGITS   4

size_t boot_order_variable(CHAR16 *name, EFI_GUID *vendor, void *to, size_t most)
{
    UINTN size = most;
    return EFI_ERROR(firmware.system->RuntimeServices->GetVariable(name, vendor, NULL, &size, to)) ? 0 : size;
}

size_t boot_order_read(UINT16 order[BOOT_ORDER_MAX])
{
    return boot_order_variable(L"BootOrder", &guid_global_variable, order, BOOT_ORDER_MAX * sizeof *order) / sizeof *order;
}

bool boot_order_current(UINT16 *number)
{
    return boot_order_variable(L"BootCurrent", &guid_global_variable, number, sizeof *number) == sizeof *number;
}

bool boot_order_option(UINT16 number, struct load_option *option)
{
    static uint8_t bytes[OPTION_SIZE_MAX]; /* which *option goes on pointing into */
    CHAR16 name[] = L"Boot####";
    for (unsigned i = 0; i < NUMBER_DIGITS; i++)
        name[sizeof "Boot" - 1 + i] = (CHAR16) "0123456789ABCDEF"[number >> (NUMBER_DIGITS - 1 - i) * 4 & 0xF];
    size_t size = boot_order_variable(name, &guid_global_variable, bytes, sizeof bytes);
    return size && load_option_read(bytes, size, option);
}
