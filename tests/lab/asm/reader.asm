; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that reads the disk from its start in calls of CALL_SECTORS, TOTAL_CALLS of them, over and over with a pause of PAUSE_LOOPS
; port reads between the calls, and tells on COM1: 'B' when it begins, 'E' and the last status when a call fails, 'D' when it is done.
        bits 16
        org 0x7c00
        jmp 0:start
start:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        sti
        cld
        mov [drive], dl
        call newline
        mov al, 'B'
        call char
        call newline
        mov ebp, TOTAL_CALLS
.next:
        mov si, packet
        mov byte [si + 2], CALL_SECTORS
        mov dl, [drive]
        mov ah, 0x42
        int 0x13
        jc .failed
        add dword [packet + 8], CALL_SECTORS
        adc dword [packet + 12], 0
%if PAUSE_LOOPS
        mov ecx, PAUSE_LOOPS
.pause:
        in al, 0x80
        dec ecx
        jnz .pause
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
        dec ebp
        jnz .next
        call newline
        mov al, 'D'
        call char
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

drive:  db 0
        align 4
packet: db 16, 0
        dw CALL_SECTORS
        dw 0, 0x1000
        dq 0
        times 446 - ($ - $$) db 0
        times 64 db 0
        dw 0xaa55
