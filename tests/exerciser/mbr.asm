; SPDX-License-Identifier: BSD-2-Clause
; The exerciser's boot sector: notes the state that the firmware left, loads the program from LBA 2 on and jumps to it.
; The partition table and the signature are put in by image.py.

%define NOTES      0x600       ; NOTE_... of exerciser.h
%define PROGRAM    0x1000      ; segment
%define SECTORS    80          ; of the program; image.py checks that it fits

bits 16
org 0x7C00

start:
    pushf
    mov [cs:saved_sp], sp      ; points to the flags just pushed
    pop word [cs:saved_flags]
    call here
here:
    pop word [cs:saved_ip]
    mov [cs:saved_ds], ds
    mov [cs:saved_ax], ax
    push cs
    pop ds
    sub word [saved_ip], here - start
    add word [saved_sp], 2
    mov ax, ss
    mov [saved_ss], ax
    mov [saved_cs], cs
    mov [saved_es], es
    mov [saved_di], di
    mov [saved_dx], dx

    xor ax, ax
    mov ds, ax
    mov es, ax
    mov si, saved
    mov di, NOTES
    mov cx, saved_end - saved
    cld
    rep movsb
    cli
    mov ss, ax
    mov sp, 0x7C00
    sti

    mov dx, [saved_dx]
    mov word [packet.left], SECTORS
.next:
    mov ah, 0x42
    mov si, packet
    int 0x13
    jc failed
    add word [packet.segment], 16 * 32
    add word [packet.lba], 16
    sub word [packet.left], 16
    ja .next
    jmp PROGRAM:0

failed:
    mov si, message
    call text
.stop:
    cli
    hlt
    jmp .stop

%include "tests/lab/asm/serial.inc"

message db "FAIL boot sector cannot read the program", 10, 0

align 4
packet:
    db 0x10, 0
    dw 16
    dw 0
.segment dw PROGRAM
.lba dd 2, 0
.left dw 0

saved:
saved_cs dw 0
saved_ip dw 0
saved_ss dw 0
saved_sp dw 0
saved_ds dw 0
saved_es dw 0
saved_di dw 0
saved_ax dw 0
saved_dx dw 0
saved_flags dw 0
saved_end:

times 0x1B8 - ($ - $$) db 0
