/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits for an event in steps in which the firmware's timer gets its turn. */
#include "tests/efi/conformance.h"

#define TURNS   20000u
#define STEP_US 1000u

bool event_comes(EFI_EVENT event)
{
    for (unsigned turn = 0; turn < TURNS; turn++) {
        if (subject.boot->CheckEvent(event) == EFI_SUCCESS)
            return true;
        subject.boot->Stall(STEP_US);
    }
    return false;
}
