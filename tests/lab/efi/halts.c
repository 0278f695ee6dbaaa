/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operating system does first, and then nothing: ends boot services, turns interrupts off, says HALTS on COM1 and halts
 * the CPU. Whatever changes in memory after that was written by a device. With KEEP_BOOT_SERVICES it does not end them: what is
 * then left running shows that a test would see it.
 */
#include <efi.h>

#define COM1             0x3F8
#define LINE_STATUS      5
#define TRANSMITTER_FREE 0x20

static UINT8 port_read(UINT16 port)
{
    UINT8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void serial_write(const char *text)
{
    for (; *text; text++) {
        while (!(port_read(COM1 + LINE_STATUS) & TRANSMITTER_FREE))
            ;
        __asm__ volatile("outb %0, %1" : : "a"(*text), "Nd"((UINT16)COM1));
    }
}

#ifdef KEEP_BOOT_SERVICES
static EFI_STATUS end_boot_services(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    (void)image;
    (void)system;
    return EFI_SUCCESS;
}
#else
static EFI_STATUS end_boot_services(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    static UINT8 map[65536];
    EFI_BOOT_SERVICES *boot = system->BootServices;
    EFI_STATUS status = EFI_NOT_STARTED;
    for (int attempt = 0; attempt < 2 && status != EFI_SUCCESS; attempt++) { /* the first may change the map, as the spec says */
        UINTN key, entry, size = sizeof map;
        UINT32 version;
        status = boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &entry, &version);
        if (status == EFI_SUCCESS)
            status = boot->ExitBootServices(image, key);
    }
    return status;
}
#endif

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_STATUS status = end_boot_services(image, system);
    if (status != EFI_SUCCESS)
        return status;
    __asm__ volatile("cli");
    serial_write("\r\nHALTS\r\n");
    for (;;)
        __asm__ volatile("hlt");
}
