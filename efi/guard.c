/* SPDX-License-Identifier: BSD-2-Clause */
/* The one gate into the stack. */
#include "efi/home.h"

static bool inside, shut;

bool stack_enter(EFI_TPL *old)
{
    EFI_TPL now = firmware.boot->RaiseTPL(TPL_HIGH_LEVEL);
    bool free = !inside && !shut;
    inside = inside || free;
    firmware.boot->RestoreTPL(now);
    if (!free)
        return false;
    if (now < TPL_CALLBACK)
        firmware.boot->RaiseTPL(TPL_CALLBACK);
    *old = now;
    return true;
}

void stack_leave(EFI_TPL old)
{
    inside = false;
    firmware.boot->RestoreTPL(old);
}

void stack_shut(bool is_shut)
{
    shut = is_shut;
}
