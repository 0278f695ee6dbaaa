/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one gate into the stack. Whether somebody is inside is looked up and noted at TPL_HIGH_LEVEL, where no event of the
 * firmware's comes in between; and behind TPL_CALLBACK, so that no event of that level finds the gate held by who it interrupts.
 */
#include "efi/home.h"

static bool occupied, shut;

bool gate_enter(EFI_TPL *old)
{
    EFI_TPL now = firmware.boot->RaiseTPL(TPL_HIGH_LEVEL);
    firmware.boot->RestoreTPL(now);
    if (now < TPL_CALLBACK)
        firmware.boot->RaiseTPL(TPL_CALLBACK);

    EFI_TPL here = firmware.boot->RaiseTPL(TPL_HIGH_LEVEL);
    bool may_enter = !occupied && !shut;
    occupied = occupied || may_enter;
    firmware.boot->RestoreTPL(here);
    if (!may_enter)
        firmware.boot->RestoreTPL(now);
    *old = now;
    return may_enter;
}

void gate_leave(EFI_TPL old)
{
    occupied = false;
    firmware.boot->RestoreTPL(old);
}

bool gate_is_shut(void)
{
    return shut;
}

void gate_shut(void)
{
    shut = true;
}

void gate_open(void)
{
    shut = false;
}
