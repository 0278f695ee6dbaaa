/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens while an OS loader has the CPU: a timer answers the target's NOP-Ins and TCP's keepalives, and when boot services
 * end the card stops, as the memory it writes to is the OS's from then on.
 */
#include "efi/home.h"

#define PUMP_PERIOD_100NS (50u * 10000u)

static struct disk *pumped;
static struct nic *running;
static EFI_EVENT timer, end_of_services;

static void EFIAPI pump(EFI_EVENT event, void *context)
{
    EFI_TPL old;
    (void)event;
    (void)context;
    if (!running || !stack_enter(&old))
        return;
    pumped->ops->pump(pumped);
    stack_leave(old);
}

/*
 * No gate: nobody inside comes back. ExitBootServices() may fail and be called again; the specification leaves a loader nothing
 * else to call in between, so the card need not start anew. Who calls the disk all the same, as another's event may, is refused.
 */
static void EFIAPI silence(EFI_EVENT event, void *context)
{
    (void)event;
    (void)context;
    if (running)
        nic_close(running);
    running = NULL;
    stack_shut(true);
}

enum status events_start(struct disk *disk, struct nic *nic)
{
    EFI_BOOT_SERVICES *boot = firmware.boot;
    stack_shut(false);
    pumped = disk;
    running = nic;
    EFI_STATUS status = boot->CreateEvent(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, silence, NULL, &end_of_services);
    if (!EFI_ERROR(status))
        status = boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, pump, NULL, &timer);
    if (!EFI_ERROR(status))
        status = boot->SetTimer(timer, TimerPeriodic, PUMP_PERIOD_100NS);
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
