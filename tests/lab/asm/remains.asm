; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that tells on COM1 what a PXE ROM left behind, as others look for it, then rests.
;   PXE <segment>        a !PXE with a right sum at any byte of that paragraph, from 1000h on
;   PXENV <segment>      the same of a PXENV+
;   IBFT <segment>       an iBFT's signature at the start of one
;   INT1A <AX>           what AX=5650h comes back with
;   DISKS <count>        0040:0075
;   80H <AX> <flags>     from AH=08h with interrupts on, then off
;   81H <AX> <flags>     the same, then from reading its first sector
;   REST
%include "start.inc"
        sti
        cld
        call newline
        mov bx, 0x1000
.paragraph:
        mov es, bx
        xor di, di
        cmp dword [es:di], 'iBFT'
        jne .byte
        mov ax, bx
        mov si, t_ibft
        call tell
.byte:
        cmp dword [es:di], '!PXE'
        jne .no_pxe
        mov cl, [es:di + 4]
        mov si, t_pxe
        call tell_if_right
.no_pxe:
        cmp dword [es:di], 'PXEN'
        jne .next
        cmp word [es:di + 4], 'V+'
        jne .next
        mov cl, [es:di + 8]
        mov si, t_pxenv
        call tell_if_right
.next:
        inc di
        cmp di, 16
        jb .byte
        inc bx
        cmp bx, 0xa000
        jb .paragraph

        mov ax, 0x5650
        int 0x1a
        mov si, t_int1a
        call tell
        mov si, t_disks
        movzx ax, byte [0x475]
        call tell

        mov byte [t_drive + 1], '0'
        mov dx, 0x80
        call parameters
        mov byte [t_drive + 1], '1'
        mov dx, 0x81
        call parameters
        mov ax, 0x0201
        mov cx, 1
        mov dx, 0x81
        mov bx, 0x1000
        mov es, bx
        xor bx, bx
        sti
        int 0x13
        call tell_drive
        mov si, t_rest
        call text
        cli
.rest:
        hlt
        jmp .rest

parameters:                     ; DX: the drive
        push dx
        mov ah, 8
        sti
        int 0x13
        call tell_drive
        pop dx
        mov ah, 8
        cli
        int 0x13
        call tell_drive
        sti
        ret

tell_drive:                     ; AX, flags
        pushf
        push ax
        mov si, t_drive
        call text
        pop ax
        call hex16
        mov al, ' '
        call char
        pop ax
        call hex16
        jmp newline

tell:                           ; SI: text, AX
        push ax
        call text
        pop ax
        call hex16
        jmp newline

tell_if_right:                  ; SI: text; ES:DI, CL bytes; BX: the segment
        xor ch, ch
        jcxz .end
        push di
        xor al, al
.add:
        add al, [es:di]
        inc di
        loop .add
        pop di
        test al, al
        jnz .end
        mov ax, bx
        jmp tell
.end:
        ret

%include "serial.inc"

t_pxe:   db "PXE ", 0
t_pxenv: db "PXENV ", 0
t_ibft:  db "IBFT ", 0
t_int1a: db "INT1A ", 0
t_disks: db "DISKS ", 0
t_drive: db "80H ", 0
t_rest:  db "REST", 10, 0
        times 446 - ($ - $$) db 0
        times 64 db 0
        dw 0xaa55
