; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that reads the disk from its start in TOTAL_CALLS calls of CALL_SECTORS, with a pause of PAUSE_TICKS (of the
; BIOS's, 55 ms) after each, and tells on COM1: 'B' when it begins, a dot for every DOT_EVERY calls (0: none), 'E' and the last
; status when a call fails, 'D' when it is done, and with SUM that of all dwords (each time turned left by a bit first). With
; UNTIL_TOLD it is never done by itself: it starts at the disk's start again, until something comes in on COM1. With WRITES it
; writes what lies in memory, from sector 256 on; with SCATTERED (a power of 2 less 1) each call goes to a place of its own among
; so many sectors.
%include "start.inc"
        mov es, ax
        sti
        cld
        mov [drive], dl
        call newline
        mov al, 'B'
        call char
        call newline
.from_start:
        xor eax, eax
%if WRITES
        mov eax, FIRST_WRITTEN
%endif
        mov [packet + 8], eax
        mov ebp, TOTAL_CALLS
.next:
        mov si, packet
        mov byte [si + 2], CALL_SECTORS
        mov dl, [drive]
        mov ax, FUNCTION
        int 0x13
        jc .failed
%if SUM
        push ds
        push 0x1000
        pop ds
        xor si, si
        mov cx, CALL_SECTORS * 128
.dword:
        lodsd
        rol dword [cs:sum], 1
        add [cs:sum], eax
        loop .dword
        pop ds
%endif
%if SCATTERED
        imul edi, edi, 1664525  ; Numerical Recipes' generator: its high bits are the better ones
        add edi, 1013904223
        mov eax, edi
        shr eax, 8
        and eax, SCATTERED
        mov [packet + 8], eax
%else
        add dword [packet + 8], CALL_SECTORS
%endif
%if PAUSE_TICKS
        mov cx, PAUSE_TICKS
.pause:
        mov al, [TICK]
.same:
        hlt
        cmp al, [TICK]
        je .same
        loop .pause
%endif
%if DOT_EVERY
        mov eax, ebp
        xor edx, edx
        mov ecx, DOT_EVERY
        div ecx
        test edx, edx
        jnz .quiet
        mov al, '.'
        call char
.quiet:
%endif
%if UNTIL_TOLD
        mov dx, LINE_STATUS
        in al, dx
        test al, RECEIVED
        jnz .done
%endif
        dec ebp
        jnz .next
%if UNTIL_TOLD
        jmp .from_start
.done:
%endif
        call newline
        mov al, 'D'
        call char
%if SUM
        mov eax, [sum]
        call hex32
%endif
        jmp .end
.failed:
        push ax
        call newline
        mov al, 'E'
        call char
        pop ax
        mov al, ah
        call hex8
.end:
        call newline
        cli
.rest:
        hlt
        jmp .rest

%include "serial.inc"

%if WRITES
FUNCTION equ 0x4300             ; without verification
%else
FUNCTION equ 0x4200
%endif
FIRST_WRITTEN equ 256
LINE_STATUS equ 0x3fd
RECEIVED    equ 1
TICK        equ 0x46c           ; the lowest byte of the BIOS's count

drive:  db 0
        align 4
sum:    dd 0
packet: db 16, 0
        dw CALL_SECTORS
        dw 0, 0x1000
        dq 0
        times 446 - ($ - $$) db 0
        times 64 db 0
        dw 0xaa55
