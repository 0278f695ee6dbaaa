/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's next boot device by a restart (UEFI 2.10, 3.1.2 and 3.3): the option after ours in BootOrder becomes BootNext.
 * When it fails, too, the firmware begins its order anew and comes to us again; the option after that one is then due. When there
 * is none, a restart would boot the same network again and again by itself, so a key is waited for.
 */
#include "efi/boot_order.h"
#include "platform/format.h"

#define KEY_POLL_US 50000
#define STORED      (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

/*
 * What we restarted into last, in a variable of ours. The high half of the monotonic count tells how often the machine has been
 * reset (UEFI 2.10, 8.5.2): one reset after ours nothing but the firmware has had the machine, so that option has failed. An OS
 * that was booted makes it more than one.
 */
struct last_try {
    UINT32 resets;
    UINT32 option;
};
#define LAST_TRY        L"SanstrapLastTry"
#define LAST_TRY_STORED (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS)

static UINT32 resets_so_far(void)
{
    UINT64 count;
    return EFI_ERROR(firmware.boot->GetNextMonotonicCount(&count)) ? 0 : (UINT32)(count >> 32);
}

/* The option that the order goes on after: the one that we restarted into and that has failed, else the one that we came by. */
static bool find_current_option(UINT32 *current)
{
    struct last_try last;
    UINT16 number;
    if (boot_order_variable(LAST_TRY, &guid_sanstrap, &last, sizeof last) == sizeof last && last.resets + 1 == resets_so_far()) {
        *current = last.option;
        return true;
    }
    if (!boot_order_current(&number))
        return false;
    *current = number;
    return true;
}

/* A card that we took is no other device, by whatever protocol it would be booted from. */
static bool find_next_option(UINT16 *number, struct load_option *option)
{
    UINT16 *order;
    UINT32 current;
    if (!find_current_option(&current))
        return false;

    size_t count = boot_order_read(&order), at = 0;
    while (at < count && order[at] != current)
        at++;
    /* An option that was picked from a menu may be in no order; what comes next is the order's first then. */
    bool found = false;
    for (at = at < count ? at + 1 : 0; at < count && !found; at++) {
        *number = order[at];
        found = boot_order_option(*number, option) && option->bootable && !takeover_holds_path(option->path);
    }
    if (order)
        firmware.boot->FreePool(order);
    return found;
}

void next_boot_by_restart(const char *why)
{
    struct load_option option;
    UINT16 number;
    EFI_RUNTIME_SERVICES *runtime = firmware.system->RuntimeServices;
    bool found = find_next_option(&number, &option) &&
                 !EFI_ERROR(runtime->SetVariable(L"BootNext", &guid_global_variable, STORED, sizeof number, &number));

    char text[128];
    if (found) {
        struct last_try this = {.resets = resets_so_far(), .option = number};
        runtime->SetVariable(LAST_TRY, &guid_sanstrap, LAST_TRY_STORED, sizeof this, &this);
        format_text(text, sizeof text, "          %s: restarting into \"%s\".\n", why, option.name);
        console_write(text);
    } else {
        format_text(text, sizeof text, "          %s, and no boot device is left. Press a key to restart.\n", why);
        console_write(text);
        while (!console_read_key())
            platform_stall_us(KEY_POLL_US);
        runtime->SetVariable(LAST_TRY, &guid_sanstrap, LAST_TRY_STORED, 0, NULL);
    }
    runtime->ResetSystem(EfiResetCold, EFI_SUCCESS, 0, NULL);
}
