; SPDX-License-Identifier: BSD-2-Clause
; An NBP that makes another ROM of the one that loads it, for the NBP behind it, with which it is put together: NEXT is that file.
; The other ROM is at the end of base memory, its structure at any byte of a paragraph. It tells each call on COM1, "ROM
; <opcode>", and passes it on.
;   PXENV_ONLY   it has a PXENV+ of version 2.0, or of 1.0 with OLD, and no !PXE
;   otherwise it has a !PXE that names the segments of the ROM below, too, and not iPXE's API for files
;   STAYS        it has hooked INT 13h and 1Ah, in code that does not show who was there before, and has disk 80h, which is dead:
;                "ROM ASKED" is told of each call for it, and nothing of the others
;   ABOVE        it is on another one of these, which stays to be found, and has hooked INT 13h in code that shows who was there
        bits 16
        cpu 686
        org 0x7c00

%ifdef STAYS
%define HOOKS
%elifdef ABOVE
%define HOOKS
%endif

SIZE    equ (shim_end - shim + 1023) / 1024     ; KiB

start:
        jmp 0:.normal
.normal:
        cld
        push ds
        push es
        pushad
        mov dword [es:bx], 'gone'       ; the ROM's own PXENV+
        mov bp, sp
        les bx, [bp + 36 + 4]           ; behind registers, DS, ES and the return address: its !PXE
        mov eax, [es:bx + 0x10]
        mov [cs:real_entry], eax
%ifndef ABOVE
        mov dword [es:bx], 'gone'
%endif
%ifndef PXENV_ONLY
        mov cx, 48                      ; its segments but for the first
.segments:
        mov si, cx
        mov al, [es:bx + si + 0x27]
        mov [cs:structure + si + 0x27], al
        loop .segments
%endif
        xor ax, ax
        mov ds, ax
        sub word [0x413], SIZE
        mov ax, [0x413]
        shl ax, 6
        mov es, ax
        mov [shim_segment], ax
        mov [entry_segment], ax
        mov [segment_field], ax
        movzx edx, ax
        shl edx, 4
        mov [base_field], edx
        mov si, structure
        mov cx, STRUCTURE_SIZE
        xor al, al
.add:
        add al, [si]
        inc si
        loop .add
        sub [sum_field], al
        mov si, shim
        xor di, di
        mov cx, shim_end - shim
        rep movsb
%ifdef HOOKS
        mov eax, [0x13 * 4]
        mov [es:old_int13 - shim], eax
        mov word [0x13 * 4], int13 - shim
        mov [0x13 * 4 + 2], es
%endif
%ifdef STAYS
        mov eax, [0x1a * 4]
        mov [es:old_int1a - shim], eax
        mov word [0x1a * 4], int1a - shim
        mov [0x1a * 4 + 2], es
        inc byte [0x475]
%endif

        popad
        pop es
        pop ds
%ifdef PXENV_ONLY
        mov es, [cs:shim_segment]
        mov bx, structure - shim
        add sp, 4                       ; the ROM's return address: never used
        push dword 0                    ; no !PXE
%else
        add sp, 4
        push word [cs:shim_segment]
        push word structure - shim
%endif
        push dword 0xf000fff0           ; where an NBP would return to
        push word [cs:shim_segment]
        push word mover - shim
        retf

shim_segment: dw 0

%ifdef STAYS
        align 16                        ; its structure is looked for when it is not the ROM that is called
%endif
shim:                                   ; runs at offset 0 of its segment
real_entry: dd 0

; Takes the place of the file that it came with by the NBP, and enters it. ES:BX and the stack are the NBP's.
mover:
        push es
        push bx
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov esi, next
        mov edi, 0x7c00
        mov ecx, (NEXT_SIZE + 3) / 4
.copy:
        mov eax, esi                    ; normalised: the file is longer than a segment
        shr eax, 4
        mov ds, ax
        mov eax, edi
        shr eax, 4
        mov es, ax
        mov bx, si
        and bx, 15
        mov eax, [bx]
        mov bx, di
        and bx, 15
        mov [es:bx], eax
        add esi, 4
        add edi, 4
        dec ecx
        jnz .copy
        pop bx
        pop es
        jmp 0:0x7c00

; The ROM's entry point.
entry:
%ifdef PXENV_ONLY
        ; BX: opcode, ES:DI: parameters; the ROM below wants them on the stack
        call tell
        push es
        push di
        push bx
        call far [cs:real_entry - shim]
        add sp, 6
        retf
%else
        push bp
        mov bp, sp
        push bx
        mov bx, [bp + 6]
        call tell
        cmp bx, 0xe0
        jae .no
        pop bx
        pop bp
        jmp far [cs:real_entry - shim]
.no:
        pop bx
        pop bp
        mov ax, 1
        retf
%endif

tell:                           ; BX; keeps all registers
%ifdef STAYS
        ret
%endif
        push ax
        push dx
        push si
        push ds
        push cs
        pop ds
        mov si, t_rom - shim
        call text
        mov al, bl
        call hex8
        call newline
        pop ds
        pop si
        pop dx
        pop ax
        ret

%include "serial.inc"

t_rom:  db "ROM ", 0

%ifdef ABOVE
int13:
        jmp far [cs:old_int13 - shim]
%endif
%ifdef STAYS
old_int1a: dd 0
t_asked: db "ROM ASKED", 10, 0

int1a:
        push dword [cs:old_int1a - shim]
        retf
        times 64 nop                    ; of which all is looked at
int13:
        cmp dl, 0x80
        je .asked
        push dword [cs:old_int13 - shim]
        retf
.asked:
        push ax
        push si
        push ds
        push cs
        pop ds
        mov si, t_asked - shim
        call text
        pop ds
        pop si
        pop ax
        mov ah, 0x80                    ; it does not answer
        push bp
        mov bp, sp
        or byte [bp + 6], 1             ; carry
        pop bp
        iret
        times 64 nop
%endif
%ifdef HOOKS
old_int13: dd 0
%endif

        align 16
structure:
%ifdef PXENV_ONLY
        db "PXENV+"
%ifdef OLD
        dw 0x0100
%else
        dw 0x0200
%endif
        db STRUCTURE_SIZE
sum_field: db 0
        dw entry - shim
entry_segment: dw 0
        times 0x20 - ($ - structure) db 0
segment_field: dw 0
        dw SIZE * 1024
        dw 0, 0
base_field: equ unused
STRUCTURE_SIZE equ 0x28
%else
        db "!PXE"
        db STRUCTURE_SIZE
sum_field: db 0
        times 0x10 - ($ - structure) db 0
        dw entry - shim
entry_segment: dw 0
        times 0x1d - ($ - structure) db 0
        db 7, 0, 0
segment_field: dw 0
base_field: dd 0
        dw SIZE * 1024
        times 0x58 - ($ - structure) db 0
STRUCTURE_SIZE equ 0x58
%endif
unused: dd 0
shim_end:
        times (16 - ($ - $$) % 16) % 16 db 0
next:   incbin NEXT
NEXT_SIZE equ $ - next
