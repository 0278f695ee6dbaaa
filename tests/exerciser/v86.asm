; SPDX-License-Identifier: BSD-2-Clause
; A V86 monitor as small as can be: one INT 13h in V86 mode with IOPL 3 and all ports open, other INTs reflected through the
; real-mode vectors. It ends at the HLT after the INT, or at the first instruction that V86 mode refuses.

%include "tests/exerciser/registers.inc"

bits 16
section .text

global v86_call

TSS_AT    equ 0x70000          ; linear; 68h bytes, then the port bitmap
IDT_AT    equ 0x73000
V86_STACK equ 0x7FF0           ; in the exerciser's test stack segment
CODE32    equ 0x08
DATA32    equ 0x10
FLAT      equ 0x18
TSS_SEL   equ 0x20
CODE16    equ 0x28

; uint32_t v86_call(uint32_t eax, uint32_t edx, uint32_t esi, uint32_t *eflags): AX afterwards; bit 31 = it made a forbidden
; instruction.
v86_call:
    save_registers
    cli
    cld
    mov eax, [ARGUMENT(1)]
    mov [in_eax], eax
    mov eax, [ARGUMENT(2)]
    mov [in_edx], eax
    mov eax, [ARGUMENT(3)]
    mov [in_esi], eax
    mov [own_esp], esp
    in al, 0x21
    mov [pic1], al
    in al, 0xA1
    mov [pic2], al
    mov al, 0xFF
    out 0x21, al
    out 0xA1, al

    mov ax, TSS_AT >> 4
    mov es, ax
    xor di, di
    xor eax, eax
    mov cx, 0x2100 / 4
    rep stosd
    mov dword [es:4], monitor_stack_end
    mov word [es:8], DATA32
    mov word [es:0x66], 0x68
    mov byte [es:0x2068], 0xFF
    mov ax, IDT_AT >> 4
    mov es, ax
    xor di, di
    mov cx, 256
.gate:
    mov word [es:di], interrupt
    mov word [es:di + 2], CODE32
    mov word [es:di + 4], 0xEE00
    mov word [es:di + 6], 0
    add di, 8
    loop .gate
    mov word [es:13 * 8], refused

    o32 sgdt [old_gdt]
    o32 lgdt [new_gdt]
    o32 lidt [new_idt]
    mov byte [gdt.tss + 5], 0x89
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword CODE32:protected

bits 32
protected:
    mov ax, DATA32
    mov ds, ax
    mov ss, ax
    mov esp, monitor_stack_end
    mov ax, TSS_SEL
    ltr ax
    push dword 0               ; GS FS
    push dword 0
    push dword 0x1000          ; DS
    push dword 0x2000          ; ES: the buffer
    push dword 0x6000          ; SS
    push dword V86_STACK
    push dword 0x00023002      ; VM, IOPL 3
    push dword 0x1000
    push dword v86_code
    mov eax, [in_eax]
    mov edx, [in_edx]
    mov esi, [in_esi]
    xor ebx, ebx
    mov ecx, 1
    iretd

; Frame, from ESP: EIP CS EFLAGS ESP SS ES DS FS GS.
interrupt:
    push eax
    push ebx
    push ecx
    push ds
    mov ax, FLAT
    mov ds, ax
    movzx eax, word [ss:esp + 16 + 4]
    shl eax, 4
    movzx ebx, word [ss:esp + 16]
    cmp byte [eax + ebx - 2], 0xCD
    jne fault
    movzx ecx, byte [eax + ebx - 1]
    sub word [ss:esp + 16 + 12], 6
    movzx eax, word [ss:esp + 16 + 16]
    shl eax, 4
    movzx ebx, word [ss:esp + 16 + 12]
    add eax, ebx
    mov bx, [ss:esp + 16]
    mov [eax], bx
    mov bx, [ss:esp + 16 + 4]
    mov [eax + 2], bx
    mov bx, [ss:esp + 16 + 8]
    mov [eax + 4], bx
    movzx ebx, word [ecx * 4]
    mov [ss:esp + 16], ebx
    movzx ebx, word [ecx * 4 + 2]
    mov [ss:esp + 16 + 4], ebx
    and dword [ss:esp + 16 + 8], ~0x300
    pop ds
    pop ecx
    pop ebx
    pop eax
    iretd

; General protection, an error code on top: the HLT that ends the call, or what V86 mode refuses.
refused:
    cmp word [ss:esp + 8], 0x1000
    jne fault
    cmp word [ss:esp + 4], v86_code.end
    jne fault
    mov edx, [ss:esp + 12]
    movzx eax, ax
    jmp leave_v86
fault:
    mov eax, 0x80000000
    mov edx, 1
leave_v86:
    mov bx, DATA32
    mov ds, bx
    mov [out_eax], eax
    mov [out_flags], edx
    jmp CODE16:.sixteen
bits 16
.sixteen:
    mov bx, DATA16
    mov ds, bx
    mov es, bx
    mov fs, bx
    mov gs, bx
    mov ss, bx
    mov eax, cr0
    and al, 0xFE
    mov cr0, eax
    jmp 0x1000:.real
.real:
    mov ax, cs
    mov ds, ax
    mov ss, ax
    mov esp, [own_esp]
    o32 lgdt [old_gdt]
    o32 lidt [real_idt]
    mov al, [pic1]
    out 0x21, al
    mov al, [pic2]
    out 0xA1, al
    mov ebx, [ARGUMENT(4)]
    mov eax, [out_flags]
    mov [bx], eax
    restore_registers
    mov eax, [cs:out_eax]
    o32 ret

v86_code:
    int 0x13
.end:
    hlt

DATA16 equ 0x30
align 8
gdt:
    dq 0
    dq 0x00409A010000FFFF      ; CODE32, base 10000h
    dq 0x004092010000FFFF      ; DATA32, base 10000h
    dq 0x00CF92000000FFFF      ; FLAT
.tss:
    dq 0x0000890700002068      ; TSS_SEL, base 70000h
    dq 0x00009A010000FFFF      ; CODE16
    dq 0x000092010000FFFF      ; DATA16
gdt_end:
new_gdt dw gdt_end - gdt - 1
    dw gdt, 1                  ; linear 10000h + gdt
new_idt dw 256 * 8 - 1
    dd IDT_AT
real_idt dw 0x3FF
    dd 0
old_gdt dw 0
    dd 0
in_eax dd 0
in_edx dd 0
in_esi dd 0
out_eax dd 0
out_flags dd 0
own_esp dd 0
pic1 db 0
pic2 db 0
align 16
times 1024 db 0
monitor_stack_end:
