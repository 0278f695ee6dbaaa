; SPDX-License-Identifier: BSD-2-Clause
;
; The real-mode block: everything of sanstrap that stays in base memory. It runs at any segment (offsets count from the block's
; first byte), first where the entry code left it, at last under the top of base memory. bios/block.h is the C side of its header.
;
; Two ways through it:
;   call_real       32-bit code calls real mode (a BIOS interrupt, the PXE ROM, a boot sector) and comes back
;   int13_hook      real mode calls 32-bit code, on our stack, every register of the caller in hook.*
; They nest: a BIOS call made on behalf of a hook lies below it on the same stacks.
;
; The block has no stack frame of its own in use while it changes modes; continuations are handed on in BX.

DEFAULT_SEGMENT equ 0800h               ; where the NBP and the 32-bit entry of the bzImage put it
STACK_SIZE      equ 768
HOOK_STATUS_V86  equ 01h
HOOK_STATUS_BUSY equ 0AAh
NO_DRIVE        equ 7Fh                 ; a number that no program calls
SMAP            equ 534D4150h
RESULT_FLAGS    equ 08D5h               ; CF PF AF ZF SF OF
SELECTOR_CODE32 equ 08h
SELECTOR_DATA32 equ 10h
SELECTOR_CODE16 equ 18h
SELECTOR_DATA16 equ 20h

struc registers
.edi    resd 1
.esi    resd 1
.ebp    resd 1
.ebx    resd 1
.edx    resd 1
.ecx    resd 1
.eax    resd 1
.gs     resw 1
.fs     resw 1
.es     resw 1
.ds     resw 1
.eflags resd 1
.a20    resb 4
endstruc

        cpu 686
        org 0
        bits 16

; ---- header: struct realmode_block ----
block_base      dd DEFAULT_SEGMENT * 16
own_segment     dw DEFAULT_SEGMENT
start_kind      dw 0
scratch         dd 0
command_line    dd 0
payload         dd 0
entry_ss        dw 0
entry_sp        dw 0
entry_es        dw 0
entry_bx        dw 0
protected_entry dd 0
saved_esp       dd 0
idtr32          dw 0
                dd 0
own_sp          dw stack_top
                dw call_real
                dw init
                dw pxe_exit
                dw idle_window
                dw int13_hook
                dw int15_hook
                dw enter_first
                dw gdtr
                dw block_end
old_int13       dd 0
old_int15       dd 0
drive           db NO_DRIVE
bios_drive      db NO_DRIVE
drive_count     db 0
busy            db 0
e820_count      dw 0
e820_offset     dw block_end
e820_entry_size dw 20
e801_low        dw 0
e801_high       dw 0
int15_88        dw 0
                dw 0
call_registers  times registers_size db 0
call_ss         dw 0
call_sp         dw 0
call_target     dd 0
call_pushes     dw 0
call_push       dw 0, 0, 0
hook            times registers_size db 0
tables          times 64 db 0           ; what INT 13h points its callers to
; ---- end of the header ----

caller_esp      dd 0
caller_ss       dw 0
caller_gdtr     dw 0
                dd 0
caller_idtr     dw 0
                dd 0
ivt_idtr        dw 3FFh
                dd 0
a20_probe       dd 0
a20_found       db 0                    ; 1: A20 was on at the last change to protected mode
a20_method      db 0                    ; what switched it on: 1 port 92h, 2 keyboard controller

        align 8
gdt             dq 0
                dq 00CF9B000000FFFFh    ; code32: flat
                dq 00CF93000000FFFFh    ; data32: flat
gdt_code16      dw 0FFFFh, DEFAULT_SEGMENT * 16
                db 0, 9Bh, 0, 0
; A limit of 4 GiB stays behind in real mode: callers that live in "unreal" mode find their segments as large as before.
gdt_data16      dw 0FFFFh, DEFAULT_SEGMENT * 16
                db 0, 93h, 8Fh, 0
gdt_end:
gdtr            dw gdt_end - gdt - 1
                dd DEFAULT_SEGMENT * 16 + gdt

; ---- position ----
; Far routine: makes the copy that it runs in aware of its own segment.
init:
        push ds
        push eax
        push ebx
        mov ax, cs
        mov ds, ax
        mov [own_segment], ax
        mov [real_segment], ax
        movzx eax, ax
        shl eax, 4
        mov [block_base], eax
        lea ebx, [eax + gdt]
        mov [gdtr + 2], ebx
        lea ebx, [eax + protected32]
        mov [protected32_address], ebx
        mov [gdt_code16 + 2], ax
        mov [gdt_data16 + 2], ax
        shr eax, 16
        mov [gdt_code16 + 4], al
        mov [gdt_data16 + 4], al
        pop ebx
        pop eax
        pop ds
        retf

; ---- to protected mode ----
; BX = offset of the 32-bit continuation. It finds EBP = base, flat segments, interrupts off, A20 on, and no stack yet.
enter_protected:
        cli
        cld
        mov ax, cs
        mov ds, ax
        o32 lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp SELECTOR_CODE16:.protected16
.protected16:
        mov ax, SELECTOR_DATA16
        mov ss, ax
        mov esp, a20_stack_top
        mov ax, SELECTOR_DATA32
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov edi, [cs:block_base]        ; not EBP, which would go by SS
        call a20_test
        setne [edi + a20_found]
        jne .on
        mov byte [edi + a20_method], 1
        in al, 92h
        or al, 2
        and al, 0FEh                    ; bit 0 would reset the machine
        out 92h, al
        call a20_wait
        jne .on
        mov byte [edi + a20_method], 2
        mov ah, 0DFh
        call keyboard_a20
        call a20_wait
        je a20_failed
.on:
        mov ax, SELECTOR_DATA32
        mov ss, ax
        db 66h, 0EAh                    ; jmp dword SELECTOR_CODE32:protected32
protected32_address:
        dd DEFAULT_SEGMENT * 16 + protected32
        dw SELECTOR_CODE32

; ZF=0: A20 is on. A dword of ours changes and the one a MiB above it does not follow. Changes EAX.
a20_test:
        inc dword [edi + a20_probe]
        mov eax, [edi + a20_probe]
        cmp eax, [edi + a20_probe + 100000h]
        jne .done
        inc dword [edi + a20_probe]
        mov eax, [edi + a20_probe]
        cmp eax, [edi + a20_probe + 100000h]
.done:
        ret

; The gate may take a while to open. ZF as a20_test. Changes EAX, CX.
a20_wait:
        mov cx, 2000h
.again:
        call a20_test
        jne .done
        in al, 80h
        loop .again
        cmp al, al
.done:
        ret

; Writes AH to the keyboard controller's output port: DFh A20 on, DDh off. Changes AL, CX.
keyboard_a20:
        call keyboard_ready
        mov al, 0D1h
        out 64h, al
        call keyboard_ready
        mov al, ah
        out 60h, al
        call keyboard_ready
        mov al, 0FFh                    ; pulses no line; some controllers act only upon the next command
        out 64h, al
keyboard_ready:
        mov cx, 0FFFFh
.again:
        in al, 64h
        test al, 2
        loopnz .again
        ret

; A program's call gets an error; without A20 there is no way back to 32-bit code otherwise.
a20_failed:
        mov bx, .hook
        cmp byte [edi + busy], 0
        jne enter_real
        mov bx, .halt
        jmp enter_real
.hook:
        or byte [hook + registers.eflags], 1
        mov byte [hook + registers.eax + 1], HOOK_STATUS_BUSY
        mov byte [hook + registers.a20], 1
        jmp hook_leave
.halt:
        mov ss, ax
        mov sp, stack_top
        mov si, .text
.next:
        lodsb
        test al, al
.stop:
        jz .stop
        mov ah, 0Eh
        mov bx, 7
        int 10h
        jmp .next
.text   db "sanstrap: A20 cannot be enabled", 0

; ---- to real mode ----
; In the 16-bit code segment. BX = offset of the real-mode continuation. It finds AX = DS = CS and no stack yet.
enter_real:
        mov ax, SELECTOR_DATA16
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        lidt [ivt_idtr]
        mov eax, cr0
        and al, 0FEh
        mov cr0, eax
        db 0EAh                         ; jmp real_segment:.real
        dw real16
real_segment:
        dw DEFAULT_SEGMENT
real16:
        mov ax, cs
        mov ds, ax
        jmp bx

; ---- 32-bit side ----
        bits 32
protected32:
        mov ebp, edi
        lidt [ebp + idtr32]
        mov esp, [ebp + saved_esp]
        movzx ebx, bx
        add ebx, ebp
        jmp ebx

; The first change of all: [protected_entry](block), which does not return.
first32:
        push ebp
        push ebp
        jmp [ebp + protected_entry]

; void call_real(void): does what call_* says, from flat 32-bit code. Preserves every register.
call_real:
        pushad
        call .here
.here:
        pop ebp
        sub ebp, .here
        push dword [ebp + saved_esp]
        mov [ebp + saved_esp], esp
        lgdt [ebp + gdtr]               ; after a move the one in use is the old copy's
        mov bx, call16
        jmp SELECTOR_CODE16:enter_real

call_returned:
        pop dword [ebp + saved_esp]
        popad
        ret

; A hooked interrupt: [protected_entry](&hook) below whatever lies on the 32-bit stack.
hook32:
        mov al, [ebp + a20_found]
        mov [ebp + hook + registers.a20], al
        lea eax, [ebp + hook]
        push eax
        call [ebp + protected_entry]
        mov bx, hook_leave
        jmp SELECTOR_CODE16:enter_real
        bits 16

; ---- calls into real mode ----
; From the entry code: DS = CS, saved_esp and protected_entry set.
enter_first:
        mov bx, first32
        jmp enter_protected

call16:
        mov ax, [call_ss]
        mov dx, [call_sp]
        mov cx, ax
        or cx, dx
        jnz .stack
        mov ax, cs
        mov dx, [own_sp]
.stack:
        mov ss, ax
        movzx esp, dx
        mov cx, [call_pushes]
        mov si, call_push
        jcxz .pushed
.push:
        push word [si]
        add si, 2
        loop .push
.pushed:
        push dword [call_registers + registers.eflags]
        mov edi, [call_registers + registers.edi]
        mov esi, [call_registers + registers.esi]
        mov ebp, [call_registers + registers.ebp]
        mov ebx, [call_registers + registers.ebx]
        mov edx, [call_registers + registers.edx]
        mov ecx, [call_registers + registers.ecx]
        mov eax, [call_registers + registers.eax]
        mov gs, [call_registers + registers.gs]
        mov fs, [call_registers + registers.fs]
        mov es, [call_registers + registers.es]
        mov ds, [call_registers + registers.ds]
        popfd
        call far [cs:call_target]
        mov [cs:call_registers + registers.ds], ds
        push cs
        pop ds
        mov [call_registers + registers.es], es
        mov [call_registers + registers.fs], fs
        mov [call_registers + registers.gs], gs
        mov [call_registers + registers.eax], eax
        pushfd
        pop dword [call_registers + registers.eflags]
        cli
        mov [call_registers + registers.ecx], ecx
        mov [call_registers + registers.edx], edx
        mov [call_registers + registers.ebx], ebx
        mov [call_registers + registers.ebp], ebp
        mov [call_registers + registers.esi], esi
        mov [call_registers + registers.edi], edi
        mov bx, call_returned
        jmp enter_protected

; As a call target on the ROM's stack: returns from the NBP. AX is the ROM's status.
pxe_exit:
        add sp, 4
        retf

; As a call target: lets pending interrupts in.
idle_window:
        sti
        nop
        nop
        nop
        cli
        retf

%include "bios/realmode_int13.inc"
%include "bios/realmode_int15.inc"

        align 4
        times 32 db 0
a20_stack_top:
        times STACK_SIZE db 0
        align 16, db 0
stack_top:
block_end:                              ; the sealed E820 list follows
