; SPDX-License-Identifier: BSD-2-Clause
;
; The real-mode block: everything of sanstrap that stays in base memory. It runs at any segment (offsets count from the block's
; first byte), first where the entry code left it, at last under the top of base memory. bios/block.h is the C side of its header.
;
; Two ways through it:
;   call_real       32-bit code calls real mode (a BIOS interrupt, the PXE ROM, a boot sector) and comes back
;   int13_hook      real mode calls 32-bit code, on our stack, every register of the caller in hook.*
; They nest: a BIOS call made on behalf of a hook lies below it on the same stacks. Out of it lead leave_real, for good, and
; int18_hook, by which a boot sector comes back that gives up.
;
; The block has no stack frame of its own in use while it changes modes; continuations are handed on in BX. Routines change no
; registers but those that their comments name.

DEFAULT_SEGMENT equ 0800h               ; where the 32-bit entry of the bzImage puts it: that one does not call init
STACK_SIZE      equ 768
STACK_CANARY    equ 59524E43h           ; bios/block.h
BOOT_SECTOR     equ 7C00h
HOOK_STATUS_V86  equ 01h
HOOK_STATUS_BUSY equ 0AAh
NO_DRIVE        equ 7Fh                 ; a number that no program calls
SMAP            equ 534D4150h
E820_ENTRY      equ 24                  ; bytes from one entry of the sealed list to the next
E820_ENTRY_MINIMUM equ 20
INT13_PARAMETERS equ 08h
INT13_TYPE      equ 15h
BDA_SEGMENT     equ 40h
BDA_DISK_COUNT  equ 75h
FLAG_CARRY      equ 0001h
FLAG_INTERRUPT  equ 0200h
RESULT_FLAGS    equ 08D5h               ; CF PF AF ZF SF OF
SELECTOR_CODE32 equ 08h
SELECTOR_DATA32 equ 10h
SELECTOR_CODE16 equ 18h
SELECTOR_DATA16 equ 20h
CR0_PE          equ 1
PORT_92         equ 92h                 ; system control port A
PORT_92_RESET   equ 1                   ; would reset the machine
PORT_92_A20     equ 2
KEYBOARD_DATA   equ 60h
KEYBOARD_PORT   equ 64h                 ; status; commands
KEYBOARD_FULL   equ 2                   ; status: the last byte is not taken yet
KEYBOARD_WRITE_OUTPUT equ 0D1h
KEYBOARD_PULSE_NONE equ 0FFh
KEYBOARD_A20_ON equ 0DFh                ; of the output port
KEYBOARD_A20_OFF equ 0DDh
A20_BY_PORT_92  equ 1                   ; a20_method
A20_BY_KEYBOARD equ 2

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

; What a struct registers at %1 holds of the caller's registers; DS is the block's, ESP and flags are others' business.
%macro store_general 1
        mov [%1 + registers.eax], eax
        mov [%1 + registers.ecx], ecx
        mov [%1 + registers.edx], edx
        mov [%1 + registers.ebx], ebx
        mov [%1 + registers.ebp], ebp
        mov [%1 + registers.esi], esi
        mov [%1 + registers.edi], edi
%endmacro

%macro load_general 1
        mov edi, [%1 + registers.edi]
        mov esi, [%1 + registers.esi]
        mov ebp, [%1 + registers.ebp]
        mov ebx, [%1 + registers.ebx]
        mov edx, [%1 + registers.edx]
        mov ecx, [%1 + registers.ecx]
        mov eax, [%1 + registers.eax]
%endmacro

%macro store_segments 1
        mov [%1 + registers.es], es
        mov [%1 + registers.fs], fs
        mov [%1 + registers.gs], gs
%endmacro

%macro load_segments 1
        mov gs, [%1 + registers.gs]
        mov fs, [%1 + registers.fs]
        mov es, [%1 + registers.es]
%endmacro

        cpu 686
        org 0
        bits 16

; ---- header: struct realmode_block ----
signature       db "SNSTBLK1"
block_base      dd DEFAULT_SEGMENT * 16
own_segment     dw DEFAULT_SEGMENT
bios_base_memory dw 0
first_page      dd 0
drive           db NO_DRIVE
bios_drive      db NO_DRIVE
drive_count     db 0
bios_disks      db 0
vector13        dw 13h, int13_hook
old_int13       dd 0
vector15        dw 15h, int15_hook
old_int15       dd 0
vector18        dw 18h, int18_hook
old_int18       dd 0
vector19        dw 19h, int19_hook
old_int19       dd 0
start_kind      dw 0
own_ss          dw 0
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
own_top         dw stack_top
                dw call_real
                dw leave_real
                dw init
                dw pxe_exit
                dw idle_window
                dw enter_first
                dw gdtr
                dw block_end
                dw canary
image           dd 0
image_words     dd 0
image_sum       dd 0
kept_from       dd 0
kept_to         dd 0
kept_words      dd 0
busy            db 0
gave_up         db 0
e820_count      dw 0
e820_offset     dw block_end
e820_entry_size dw E820_ENTRY_MINIMUM
e801_low        dw 0
e801_high       dw 0
int15_88        dw 0
                dw say_text
call_registers  times registers_size db 0
call_ss         dw 0
call_sp         dw 0
call_target     dd 0
call_pushes     dw 0
call_push       dw 0, 0, 0
hook            times registers_size db 0
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
a20_method      db 0                    ; what switched it on
        align 4, db 0
leaving         dd 0                    ; leave_real made the call that is under way: there is no 32-bit code to come back to

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

; What is written at every call ends here, and the code begins.
        align 16, db 0

; ---- position ----
; Far routine: makes the copy that it runs in aware of its own segment. Changes flags.
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
; In:   CS = the block, BX = offset of the 32-bit continuation; interrupts and stack as they may be.
; Out:  the continuation finds EBP = base, flat segments, our IDT, ESP = saved_esp, interrupts off, A20 on. EAX, EBX, ECX and EDI
;       are lost.
enter_protected:
        cli
        cld
        mov ax, cs
        mov ds, ax
        o32 lgdt [gdtr]
        mov eax, cr0
        or al, CR0_PE
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
        mov byte [edi + a20_method], A20_BY_PORT_92
        in al, PORT_92
        or al, PORT_92_A20
        and al, ~PORT_92_RESET & 0FFh
        out PORT_92, al
        call a20_wait
        jne .on
        mov byte [edi + a20_method], A20_BY_KEYBOARD
        mov ah, KEYBOARD_A20_ON
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

%include "bios/realmode_a20.inc"

; ---- to real mode ----
; In:   in the 16-bit code segment, interrupts off, BX = offset of the real-mode continuation.
; Out:  the continuation finds AX = DS = CS, real mode's IDT, interrupts off and no stack yet. The other segment registers and the
;       upper half of EAX are lost.
enter_real:
        mov ax, SELECTOR_DATA16
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        lidt [ivt_idtr]
        mov eax, cr0
        and al, ~CR0_PE & 0FFh
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
; The end of enter_protected. In: EDI = base, BX = offset of the continuation.
protected32:
        mov ebp, edi
        lidt [ebp + idtr32]
        mov esp, [ebp + saved_esp]
        movzx ebx, bx
        add ebx, ebp
        jmp ebx

; The first change of all: [protected_entry](block), which does not return. In: EBP = base.
first32:
        mov eax, ebp                    ; the argument
        jmp [ebp + protected_entry]

; void call_real(void): does what call_* says, from flat 32-bit code (block_call() in bios/block.h). Preserves every register.
; saved_esp is this stack's while real mode runs, so that a hooked call goes on below it.
call_real:
        pushad
        call .here
.here:
        pop ebp
        sub ebp, .here
        push dword [ebp + saved_esp]
        push dword [ebp + leaving]
        mov dword [ebp + leaving], 0
        mov [ebp + saved_esp], esp
        lgdt [ebp + gdtr]               ; after a move the one in use is the old copy's
        mov bx, call16
        jmp SELECTOR_CODE16:enter_real

; In: EBP = base, ESP = what call_real left in saved_esp.
call_returned:
        pop dword [ebp + leaving]
        pop dword [ebp + saved_esp]
        popad
        ret

; void leave_real(void): does what call_* says as the last thing that 32-bit code does. What lay where the image is comes back
; first; should real mode come back, too, that is told, and the machine stops. With a disk that stays published there is nothing
; to bring back, and calls of INT 13h go on below this stack.
leave_real:
        call .here
.here:
        pop ebp
        sub ebp, .here
        mov [ebp + saved_esp], esp
        lgdt [ebp + gdtr]
        mov esi, [ebp + kept_from]
        mov edi, [ebp + kept_to]
        mov ecx, [ebp + kept_words]
        cld
        rep movsd
        mov byte [ebp + leaving], 1
        mov bx, call16
        jmp SELECTOR_CODE16:enter_real

; A hooked interrupt: [protected_entry](&hook) below whatever lies on the 32-bit stack. In: EBP = base.
hook32:
        mov al, [ebp + a20_found]
        mov [ebp + hook + registers.a20], al
        lea eax, [ebp + hook]           ; the argument
        call [ebp + protected_entry]
        mov bx, hook_leave
        jmp SELECTOR_CODE16:enter_real
        bits 16

; ---- calls into real mode ----
; From the entry code, in real mode. In: CS = the block, saved_esp and protected_entry set. Does not return.
enter_first:
        mov bx, first32
        jmp enter_protected

; Calls the target of call_*: its stack, its pushes, then registers and flags, the far call, and all of them back.
; In:   AX = DS = CS, interrupts off, no stack. Goes on at call_returned.
call16:
        mov ax, [call_ss]
        mov dx, [call_sp]
        mov cx, ax
        or cx, dx
        jnz .stack
        mov ax, [own_ss]
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
        load_general call_registers
        load_segments call_registers
        mov ds, [call_registers + registers.ds]
        popfd
        call far [cs:call_target]
        mov [cs:call_registers + registers.ds], ds
        push cs
        pop ds
        pushfd
        pop dword [call_registers + registers.eflags]
        cli
        store_general call_registers
        store_segments call_registers
        cmp byte [leaving], 0
        jne no_next_device
        mov bx, call_returned
        jmp enter_protected

; In: DS = CS.
no_next_device:
        mov ax, cs
        mov si, no_device_text
        jmp say_and_stop

; As a call target on the ROM's stack: returns from the NBP. In: AX = the status for the ROM.
pxe_exit:
        add sp, 4
        retf

; As a call target: lets pending interrupts in, for three instructions after the one that STI delays.
idle_window:
        sti
        nop
        nop
        nop
        cli
        retf

; As a call target: writes the text at ES:SI, which a zero ends, to the screen. Some BIOSes keep no more registers than they must.
say_text:
        es lodsb
        test al, al
        jz .done
        push es
        push si
        mov ah, 0Eh
        mov bx, 7
        int 10h
        cld
        pop si
        pop es
        jmp say_text
.done:
        retf

%include "bios/realmode_int13.inc"
%include "bios/realmode_int15.inc"
%include "bios/realmode_int18.inc"

        align 4
        times 32 db 0
a20_stack_top:                          ; for calls of two levels while there is no other stack
canary          dd STACK_CANARY         ; 32-bit code looks whether it is still there
        times STACK_SIZE db 0
        align 16, db 0
stack_top:
block_end:                              ; the sealed E820 list follows
