; SPDX-License-Identifier: BSD-2-Clause
; What C cannot say: calling an interrupt with every register chosen and seen, and memory above 1 MiB.
; The program is one 64 KiB segment; in real mode its code segment can be written to as well.

%include "tests/exerciser/registers.inc"

bits 16
section .text.start
extern exerciser_main
global start, call_interrupt, flat_copy, flat_fill, flat_differs

start:
    cli
    mov ax, cs
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, 0xFFF0
    sti
    cld
    call dword exerciser_main
.stop:
    cli
    hlt
    jmp .stop

; struct registers of exerciser.h
struc regs
.eax resd 1
.ebx resd 1
.ecx resd 1
.edx resd 1
.esi resd 1
.edi resd 1
.ebp resd 1
.ds resw 1
.es resw 1
.fs resw 1
.gs resw 1
.eflags resd 1
.ss resw 1
.sp resw 1
endstruc

; void call_interrupt(uint8_t number, const struct registers *in, struct registers *out)
call_interrupt:
    save_registers
    mov al, [ARGUMENT(1)]
    cmp [cs:.number], al ; an emulated CPU translates code that is written to anew
    je .is_it
    mov [cs:.number], al
.is_it:
    mov ebx, [ARGUMENT(2)]
    mov eax, [ARGUMENT(3)]
    mov [cs:out_at], eax
    mov [cs:own_esp], esp
    mov [cs:own_ss], ss
    cli
    mov ss, [bx + regs.ss]
    movzx esp, word [bx + regs.sp]
    push dword [bx + regs.eflags]
    mov es, [bx + regs.es]
    mov fs, [bx + regs.fs]
    mov gs, [bx + regs.gs]
    mov eax, [bx + regs.eax]
    mov ecx, [bx + regs.ecx]
    mov edx, [bx + regs.edx]
    mov esi, [bx + regs.esi]
    mov edi, [bx + regs.edi]
    mov ebp, [bx + regs.ebp]
    push dword [bx + regs.ebx]
    mov ds, [bx + regs.ds]
    pop ebx
    popfd
    db 0xCD
.number db 0x13
    mov [cs:result + regs.eax], eax
    mov [cs:result + regs.sp], sp
    mov [cs:result + regs.ss], ss
    pushfd
    pop dword [cs:result + regs.eflags]
    cli
    mov ss, [cs:own_ss]
    mov esp, [cs:own_esp]
    cld
    mov [cs:result + regs.ds], ds
    push cs
    pop ds
    mov [result + regs.ebx], ebx
    mov [result + regs.ecx], ecx
    mov [result + regs.edx], edx
    mov [result + regs.esi], esi
    mov [result + regs.edi], edi
    mov [result + regs.ebp], ebp
    mov [result + regs.es], es
    mov [result + regs.fs], fs
    mov [result + regs.gs], gs
    push cs
    pop es
    mov esi, result
    mov edi, [out_at]
    mov ecx, regs_size
    a32 rep movsb
    restore_registers
    o32 ret

; Gives FS 4 GiB of reach, leaving GDTR as it was; interrupts must be off.
unreal:
    o32 sgdt [old_gdt]
    o32 lgdt [flat_gdt]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp .protected
.protected:
    mov bx, 8
    mov fs, bx
    and al, 0xFE
    mov cr0, eax
    jmp .real
.real:
    o32 lgdt [old_gdt]
    xor bx, bx
    mov fs, bx
    ret

; Around code that reaches all memory by FS.
%macro enter_flat 0
    pushfd
    cli
    push ebx
    push esi
    push edi
    push fs
    call unreal
%endmacro

%macro leave_flat 0
    pop fs
    pop edi
    pop esi
    pop ebx
    popfd
    o32 ret
%endmacro

%define FLAT_ARGUMENT(number) esp + 18 + 4 * number

; For (uint32_t at, uint32_t length, uint32_t seed): EDI = at, ECX = dwords, EDX = seed.
%macro enter_flat_pattern 0
    enter_flat
    mov edi, [FLAT_ARGUMENT(1)]
    mov ecx, [FLAT_ARGUMENT(2)]
    mov edx, [FLAT_ARGUMENT(3)]
    shr ecx, 2
%endmacro

; void flat_copy(uint32_t to, uint32_t from, uint32_t length), length a multiple of 4
flat_copy:
    enter_flat
    mov edi, [FLAT_ARGUMENT(1)]
    mov esi, [FLAT_ARGUMENT(2)]
    mov ecx, [FLAT_ARGUMENT(3)]
    shr ecx, 2
.next:
    jecxz .done
    mov eax, [fs:esi]
    mov [fs:edi], eax
    add esi, 4
    add edi, 4
    dec ecx
    jmp .next
.done:
    leave_flat

; void flat_fill(uint32_t to, uint32_t length, uint32_t seed): dword at address a is a ^ seed
flat_fill:
    enter_flat_pattern
.next:
    jecxz .done
    mov eax, edi
    xor eax, edx
    mov [fs:edi], eax
    add edi, 4
    dec ecx
    jmp .next
.done:
    leave_flat

; uint32_t flat_differs(uint32_t at, uint32_t length, uint32_t seed): address of the first dword that is not a ^ seed, or 0
flat_differs:
    enter_flat_pattern
.next:
    jecxz .same
    mov eax, edi
    xor eax, edx
    cmp eax, [fs:edi]
    jne .differs
    add edi, 4
    dec ecx
    jmp .next
.same:
    xor edi, edi
.differs:
    mov eax, edi
    leave_flat

align 8
gdt dq 0, 0x00CF92000000FFFF
flat_gdt dw 15
    dd 0x10000 + gdt_offset
old_gdt dw 0
    dd 0
gdt_offset equ gdt - start

section .data
align 4
out_at dd 0
own_esp dd 0
own_ss dw 0
align 4
result times regs_size db 0
