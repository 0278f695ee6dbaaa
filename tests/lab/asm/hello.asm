; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that tells on COM1 how it was entered, lists the memory map, then rests with interrupts off: from REST on it
; writes nothing.
;   BOOT dl=80 cs=0000 ip=7c00 sssp=0000:7c00 if=1 int12=027f
;   E820 <base> <length> <type>
;   REST
; The registers are looked at before anything else is done; `int12` is in KiB, every number in hex. With READS it reads so many
; times 32 KiB of its disk in between, one after the other.
        bits 16
        org 0x7c00
start:
        pushf
        push sp
        push ss
        call near .here
.here:
        pop bp                  ; IP + 9 or so: start's offset is recovered below
        sub bp, .here - start
        mov ax, cs
        mov ds, word [cs:zero]
        pop word [at_ss]
        pop word [at_sp]
        pop word [at_flags]
        mov [at_ip], bp
        mov [at_cs], ax
        mov [at_dl], dl
        push word [zero]
        pop es
        cld
        mov si, t_boot
        call text
        mov al, [at_dl]
        call hex8
        mov si, t_cs
        call text
        mov ax, [at_cs]
        call hex16
        mov si, t_ip
        call text
        mov ax, [at_ip]
        call hex16
        mov si, t_stack
        call text
        mov ax, [at_ss]
        call hex16
        mov al, ':'
        call char
        mov ax, [at_sp]
        add ax, 2               ; as it was before pushf
        call hex16
        mov si, t_if
        call text
        mov al, [at_flags + 1]
        shr al, 1
        and al, 1
        add al, '0'
        call char
        mov si, t_int12
        call text
        int 0x12
        call hex16
        call newline
        xor ebx, ebx
.next:
        mov eax, 0xe820
        mov edx, 0x534d4150
        mov ecx, 20
        mov di, entry
        int 0x15
        jc .done
        push ebx
        mov si, t_e820
        call text
        mov si, entry + 4
        call hex64
        mov si, entry + 12
        call hex64
        mov ax, [entry + 16]
        call hex16
        call newline
        pop ebx
        test ebx, ebx
        jnz .next
.done:
%ifdef READS
        %include "reads.inc"
%endif
        cli
        mov si, t_rest
        call text
.rest:
        hlt
        jmp .rest

hex64:                          ; the quadword whose upper half SI points to, and a space
        mov eax, [si]
        call hex32
        mov eax, [si - 4]
        call hex32
        mov al, ' '
        jmp char

%include "serial.inc"

zero:    dw 0
t_boot:  db 10, "BOOT dl=", 0
t_cs:    db " cs=", 0
t_ip:    db " ip=", 0
t_stack: db " sssp=", 0
t_if:    db " if=", 0
t_int12: db " int12=", 0
t_e820:  db "E820 ", 0
t_rest:  db "REST", 10, 0
        times 446 - ($ - $$) db 0
        times 64 db 0
        dw 0xaa55

at_ss    equ 0x7e00
at_sp    equ 0x7e02
at_flags equ 0x7e04
at_ip    equ 0x7e06
at_cs    equ 0x7e08
at_dl    equ 0x7e0a
entry    equ 0x7e10
