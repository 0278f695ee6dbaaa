; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that writes GIVES-UP to COM1 and calls interrupt NUMBER, as the MBR of a disk without an active partition does; 0:
; it returns. With HOOKS it leaves vectors behind that lead into its own memory, with TAKEN_OVER NUMBER's is one that goes on to
; the handler before it, with KEEPS it hooks INT 13h in base memory that it takes for good; with WAITS it waits for a byte on COM1
; first, before which it has read READS times 32 KiB of the disk.
        bits 16
        org 0x7c00
        jmp 0:start
start:
        xor ax, ax
        mov ds, ax
        cld
%ifdef READS
        %include "reads.inc"
%endif
        mov si, t_gives_up
        call text
%ifdef WAITS
        mov dx, 0x3fd
.wait:
        in al, dx
        test al, 1
        jz .wait
        mov dx, 0x3f8
        in al, dx
%endif
%ifdef HOOKS
        mov word [0x1c * 4], 0xdead     ; the timer tick's, into what the next boot sector overwrites
        mov word [0x13 * 4], chained
        mov [0x13 * 4 + 2], ds
%endif
%ifdef KEEPS
        dec word [0x413]
        mov ax, [0x413]
        shl ax, 6
        mov es, ax
        mov byte [es:0], 0xea           ; jmp far: to the handler before it
        mov eax, [0x13 * 4]
        mov [es:1], eax
        mov word [0x13 * 4], 0
        mov [0x13 * 4 + 2], es
%endif
%ifdef TAKEN_OVER
        mov eax, [NUMBER * 4]           ; a system's own handler, which goes on to the one before it
        mov [chain], eax
        mov word [NUMBER * 4], system
        mov [NUMBER * 4 + 2], ds
%endif
%if NUMBER
        int NUMBER
%else
        retf
%endif
.rest:
        hlt
        jmp .rest

%ifdef HOOKS
chained:
        jmp 0xffff:0
%endif
%ifdef TAKEN_OVER
system:
        jmp far [chain]
chain:  dd 0
%endif

%include "serial.inc"

t_gives_up: db 10, "GIVES-UP", 10, 0
        times 446 - ($ - $$) db 0
        times 64 db 0
        dw 0xaa55
