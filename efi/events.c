/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens while an OS loader has the CPU: a timer answers the target's NOP-Ins and TCP's keepalives, and when boot services
 * end the card stops, as the memory it writes to is the OS's from then on.
 */
#include "efi/home.h"

#define PUMP_MS      50u
#define MS_IN_100_NS 10000u /* SetTimer()'s unit */

static struct disk *pumped;
static struct nic *running; /* NULL: events are off, or the card has stopped */
static EFI_EVENT timer, end_of_services;

static void EFIAPI pump_disk(EFI_EVENT event, void *context)
{
    (void)event, (void)context;
    EFI_TPL old;
    if (!running || !gate_enter(&old))
        return;
    pumped->ops->pump(pumped);
    gate_leave(old);
}

/*
 * No gate: nobody inside comes back. ExitBootServices() may fail and be called again; the specification (UEFI 2.10, 7.4.6) leaves
 * a loader nothing else to call in between, so the card need not start anew. Who calls the disk all the same, as another's event
 * may, is refused at the gate.
 */
static void EFIAPI stop_card(EFI_EVENT event, void *context)
{
    (void)event, (void)context;
    if (running)
        nic_close(running);
    running = NULL;
    gate_shut();
}

enum status events_start(struct disk *disk, struct nic *nic)
{
    EFI_BOOT_SERVICES *boot = firmware.boot;
    gate_open();
    pumped = disk;
    running = nic;

    EFI_STATUS status = boot->CreateEvent(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, stop_card, NULL, &end_of_services);
    if (!EFI_ERROR(status))
        status = boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, pump_disk, NULL, &timer);
    if (!EFI_ERROR(status))
        status = boot->SetTimer(timer, TimerPeriodic, PUMP_MS * MS_IN_100_NS);
    if (!EFI_ERROR(status))
        return OK;
    events_stop();
    return fail(E_INTERNAL, "the firmware creates no event: status %x", (unsigned)status);
}

void events_stop(void)
{
    if (timer)
        firmware.boot->CloseEvent(timer);
    if (end_of_services)
        firmware.boot->CloseEvent(end_of_services);
    timer = end_of_services = NULL;
    running = NULL;
}
