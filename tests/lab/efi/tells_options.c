/* SPDX-License-Identifier: BSD-2-Clause */
/* Says THIS-IS and the first word of its load options on the console, which are as long as the firmware says; then it waits. */
#include <efi.h>

#define WORD_MAX 32

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    static EFI_GUID guid_loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *loaded;
    EFI_STATUS status = system->BootServices->HandleProtocol(image, &guid_loaded_image, (void **)&loaded);
    if (status != EFI_SUCCESS)
        return status;

    CHAR16 word[WORD_MAX + 1];
    const CHAR16 *options = loaded->LoadOptions;
    UINT32 length = 0;
    while (length < WORD_MAX && length < loaded->LoadOptionsSize / sizeof *options && options[length] > ' ') {
        word[length] = options[length];
        length++;
    }
    word[length] = 0;

    system->ConOut->OutputString(system->ConOut, L"\r\nTHIS-IS ");
    system->ConOut->OutputString(system->ConOut, word);
    system->ConOut->OutputString(system->ConOut, L".\r\n");
    for (;;)
        system->BootServices->Stall(1000000);
}
