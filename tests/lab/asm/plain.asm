; SPDX-License-Identifier: BSD-2-Clause
; Goes before an NBP, and makes iPXE a ROM like others to it: functions from E0h on, which are its own, fail.
        cpu 686
        bits 16
        org 7C00h

FILTER_SEGMENT equ 60h                  ; below everything that is loaded
FILTER  equ FILTER_SEGMENT * 16
ENTRY   equ 10h                         ; in !PXE: the far pointer to its API
LENGTH  equ 4
SUM     equ 5
FIRST_OWN equ 0E0h
EXIT_FAILURE equ 1

start:
        jmp 0:.normal
.normal:
        pusha
        push ds
        push es
        mov bp, sp
        les bx, [ss:bp + 20 + 4]        ; behind what was pushed, and the return address: !PXE
        xor ax, ax
        mov ds, ax
        mov eax, [es:bx + ENTRY]
        mov [filter.rom], eax
        mov dword [es:bx + ENTRY], FILTER_SEGMENT << 16
        mov byte [es:bx + SUM], 0
        movzx cx, byte [es:bx + LENGTH]
        mov di, bx
        xor al, al
.sum:   add al, [es:di]
        inc di
        loop .sum
        neg al
        mov [es:bx + SUM], al

        xor ax, ax
        mov es, ax
        cld
        mov si, filter
        mov di, FILTER
        mov cx, filter_end - filter
        rep movsb
        jmp FILTER + (filter.move - filter)

filter:                                 ; far, with the function's number above the return address
        push bp
        mov bp, sp
        cmp word [bp + 6], FIRST_OWN
        pop bp
        jae .own
        jmp far [cs:.rom - filter]
.own:   mov ax, EXIT_FAILURE
        retf
.rom:   dd 0
.move:                                  ; the NBP to where it belongs, 128 KiB of it
        mov dx, 7C0h
.piece: mov es, dx
        mov ax, dx
        add ax, (nbp - start) / 16
        mov ds, ax
        xor si, si
        xor di, di
        mov cx, 1000h
        rep movsb
        add dx, 100h
        cmp dx, 7C0h + 2000h
        jb .piece
        pop es
        pop ds
        popa
        jmp 0:7C00h
filter_end:
        times 512 - ($ - $$) db 0
nbp:
