/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens while an OS loader has the CPU: a timer answers the target's NOP-Ins and TCP's keepalives and goes on with what
 * BlockIo2 was asked for, and when boot services end the card stops, as the memory it writes to is the OS's from then on.
 *
 * The timer comes at TPL_NOTIFY: who waits for his event may do so at the TPL_CALLBACK that BlockIo2 allows him.
 */
#include "efi/block_io.h"
#include "efi/block_queue.h"

#define PUMP_MS      50u
#define HURRY_MS     1u     /* most firmware's clocks tick every 10 ms … */
#define TICK_MS      2u     /* … of which what is under way may have so many */
#define MS_IN_100_NS 10000u /* SetTimer()'s unit */

static struct disk *pumped;
static struct nic *running; /* NULL: events are off, or the card has stopped */
static EFI_EVENT timer, end_of_services;
static bool hurries;

static void set_timer(bool hurry)
{
    if (hurry != hurries)
        firmware.boot->SetTimer(timer, TimerPeriodic, (hurry ? HURRY_MS : PUMP_MS) * MS_IN_100_NS);
    hurries = hurry;
}

void events_hurry(void)
{
    if (!timer)
        return;
    EFI_TPL old = firmware.boot->RaiseTPL(TPL_NOTIFY); /* not while the timer slows itself down */
    set_timer(true);
    firmware.boot->RestoreTPL(old);
}

static void EFIAPI pump_disk(EFI_EVENT event, void *context)
{
    (void)event, (void)context;
    EFI_TPL old;
    if (!running || !gate_enter(&old))
        return;

    deadline_t until = deadline_after_ms(TICK_MS);
    do {
        pumped->ops->pump(pumped);
    } while (block_io_turn() && !deadline_passed(until));
    set_timer(block_queue_is_busy());
    gate_leave(old);
    block_queue_signal();
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
    block_queue_abandon();
}

enum status events_start(struct disk *disk, struct nic *nic)
{
    EFI_BOOT_SERVICES *boot = firmware.boot;
    gate_open();
    pumped = disk;
    running = nic;

    EFI_STATUS status = boot->CreateEvent(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, stop_card, NULL, &end_of_services);
    if (!EFI_ERROR(status))
        status = boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_NOTIFY, pump_disk, NULL, &timer);
    hurries = false;
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
