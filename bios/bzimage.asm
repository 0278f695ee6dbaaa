; SPDX-License-Identifier: BSD-2-Clause
;
; sanstrap.lkrn: a Linux kernel as far as boot loaders can tell (Documentation/x86/boot.rst, protocol 2.07). They put the
; setup sectors anywhere below 1 MiB (at X:0000) and the rest to 1 MiB, and enter at X+20h:0000 in real mode, or, GRUB's
; `linux`, at 1 MiB in 32-bit mode.

%include "bios/block.inc"
SETUP_SECTORS   equ (setup_end - $$ - 512) / 512
PAYLOAD         equ 100000h
BLOCK32         equ 8000h               ; where the 32-bit entry puts the block: its segment is the block's default
SCRATCH16       equ 3000h               ; from X:0000, inside what the protocol gives us as heap
SCRATCH32       equ 10000h

        cpu 686
        bits 16
        org 0

        times 1F1h db 0
        db SETUP_SECTORS
        dw 1                            ; root_flags
        dd (file_end - payload + 15) / 16
        dw 0, 0FFFFh, 0                 ; ram_size, vid_mode, root_dev
        dw 0AA55h
        jmp short setup                 ; at 200h: entered at X+20h:0000
        db "HdrS"
        dw 0207h
        dd 0                            ; realmode_swtch
        dw 0                            ; start_sys_seg
        dw version - 200h
type_of_loader:
        db 0
        db 81h                          ; loadflags: loaded high, heap_end_ptr valid
        dw 8000h                        ; setup_move_size
        dd PAYLOAD                      ; code32_start
        dd 0, 0                         ; ramdisk_image, ramdisk_size
        dd 0                            ; bootsect_kludge
        dw 6000h                        ; heap_end_ptr
        dw 0
cmd_line_ptr:
        dd 0
        dd 37FFFFFFh                    ; initrd_addr_max
        dd 0                            ; kernel_alignment
        db 0, 0                         ; relocatable_kernel, min_alignment
        dw 0
        dd 2047                         ; cmdline_size
        dd 0                            ; hardware_subarch
        dq 0

setup:
        cli
        cld
        mov ax, cs
        sub ax, 20h
        mov ds, ax
        mov ebx, [cmd_line_ptr]
        mov cl, [type_of_loader]
        movzx edx, ax
        shl edx, 4                      ; X:0000 as a linear address
        add ax, (block16 - $$) / 16
        mov ds, ax
        mov byte [block.start_kind], START_BZIMAGE
        mov [block.loader_type], cl
        mov [block.command_line], ebx
        mov dword [block.payload], PAYLOAD + core - payload
        mov dword [block.protected_entry], PAYLOAD + core - payload + CORE_STUB
        add edx, SCRATCH16
        mov [block.scratch], edx
        add edx, SCRATCH_ESP
        mov [block.saved_esp], edx
        mov ss, ax
        mov sp, [block.own_sp]
        push cs
        push .ready - 200h
        push ds
        push word [block.init]
        retf
.ready:
        push ds
        push word [block.enter_first]
        retf

version db "sanstrap", 0
        align 16, db 0
block16:
        incbin REALMODE
        align 512, db 0
setup_end:

; ---- at 1 MiB; ESI = boot_params ----
        bits 32
payload:
        cli
        cld
        mov ebp, esi
        mov esi, PAYLOAD + block32 - payload
        mov edi, BLOCK32
        mov ecx, block32_end - block32
        rep movsb
        mov ebx, BLOCK32
        mov eax, [ebp + 228h]           ; boot_params.hdr.cmd_line_ptr
        mov [ebx + block.command_line], eax
        mov byte [ebx + block.start_kind], START_BZIMAGE
        mov al, [ebp + 210h]            ; and its type_of_loader
        mov [ebx + block.loader_type], al
        mov dword [ebx + block.payload], PAYLOAD + core - payload
        mov dword [ebx + block.scratch], SCRATCH32
        mov esp, SCRATCH32 + SCRATCH_ESP
        mov [ebx + block.saved_esp], esp
        ; The block's own GDT: the loader's may have other selectors, or be gone.
        movzx eax, word [ebx + block.gdtr]
        lgdt [ebx + eax]
        jmp 08h:PAYLOAD + .flat - payload
.flat:
        mov ax, 10h
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov ecx, PAYLOAD + core - payload + CORE_STUB
        mov eax, ebx                    ; the argument
        jmp ecx

        align 16, db 0
block32:
        incbin REALMODE
block32_end:
        align 16, db 0
core:   incbin CORE
        align 16, db 0
file_end:
