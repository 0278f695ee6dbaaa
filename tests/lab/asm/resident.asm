; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that puts itself under the top of base memory, behind INT 18h, and goes on to the BIOS's next boot device. Whoever
; calls INT 18h then has his stack told on COM1: INT18 sssp=0000:7c00. With VIDEO_STACK every INT 10h wants so many bytes of its
; caller's, as console redirection does.
%include "start.inc"
        cld
        dec word [0x413]
        mov ax, [0x413]
        shl ax, 6
        mov es, ax
        mov si, start - 5
        xor di, di
        mov cx, 256
        rep movsw
        sub ax, 0x7c0           ; so that offsets stay as they are
        mov ebx, [0x18 * 4]
        mov word [0x18 * 4], told
        mov [0x18 * 4 + 2], ax
%ifdef VIDEO_STACK
        mov edx, [0x10 * 4]
        mov [es:video - 0x7c00], edx
        mov word [0x10 * 4], redirected
        mov [0x10 * 4 + 2], ax
%endif
        pushf
        push ebx
        mov bp, sp
        call far [bp]

told:
        push cs
        pop ds
        mov si, t_told
        call stack_text
        cli
.rest:
        hlt
        jmp .rest

%ifdef VIDEO_STACK
redirected:
        pusha
        mov cx, VIDEO_STACK / 2
.push:
        push cx
        loop .push
        add sp, VIDEO_STACK
        popa
        jmp far [cs:video]
video:  dd 0
%endif

stack_text:
        call text
        mov ax, ss
        call hex16
        mov al, ':'
        call char
        mov ax, sp
        add ax, 8               ; as it was before INT and our call
        call hex16
        jmp newline

%include "serial.inc"

t_told: db 10, "INT18 sssp=", 0
        times 446 - ($ - $$) db 0
        times 64 db 0
        dw 0xaa55
