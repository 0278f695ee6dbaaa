; SPDX-License-Identifier: BSD-2-Clause
; A boot sector whose timer interrupt wants USED bytes of whatever stack it comes on, and that reads its disk without end.
%include "start.inc"
        mov [drive], dl
        cli
        mov eax, [8 * 4]
        mov [chain], eax
        mov word [8 * 4], tick
        mov [8 * 4 + 2], ds
        sti
        mov al, 'B'
        call char
.next:
        mov si, packet
        mov dl, [drive]
        mov ah, 0x42
        int 0x13
        jmp .next

tick:
        pusha
        mov cx, USED / 2
.push:
        push cx
        loop .push
        add sp, USED
        popa
        jmp far [cs:chain]

%include "serial.inc"

        align 4
packet: dw 16, 8, 0, 0x1000
        dq 0
chain:  dd 0
drive:  db 0
        times 446 - ($ - $$) db 0
        times 64 db 0
        dw 0xaa55
