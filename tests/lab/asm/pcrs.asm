; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that asks the TPM, through INT 1Ah, what it was told of it:
;   PCR4 <20 bytes, in hex>
;   PCR5 <20 bytes, in hex>
; or, when there is none, or the BIOS does not know: NOTCG. Built with TPM2 0 or 1, for the version of the TPM; the registers of
; 2.0 are SHA-1's.
MAGIC   equ 0x41504354                  ; "TCPA"
ANSWER  equ 0x7e00                      ; word: length, word, then what the TPM says: the register is last
ROOM    equ 128
DIGEST  equ 20
%include "start.inc"
        mov es, ax
        cld
        mov eax, 0xbb00
        int 0x1a
        test eax, eax
        jnz none
        cmp ebx, MAGIC
        jne none
        mov bl, '4'
        mov di, first
        call read
        mov bl, '5'
        mov di, second
        call read
        jmp rest
none:
        mov si, t_none
        call text
rest:
        cli
        hlt
        jmp rest

read:                                   ; at ES:DI: a command for PCR BL
        mov si, t_pcr
        call text
        mov al, bl
        call char
        mov al, ' '
        call char
        mov eax, 0xbb02
        mov ebx, MAGIC
        xor ecx, ecx
        xor edx, edx
        mov si, ANSWER
        int 0x1a
        test eax, eax
        jnz none
        mov si, [ANSWER]
        add si, ANSWER - DIGEST
        mov cx, DIGEST
.byte:
        lodsb
        call hex8
        loop .byte
        jmp newline

%include "serial.inc"

t_pcr:   db 10, "PCR", 0
t_none:  db "NOTCG", 10, 0

%macro command 1                        ; the BIOS's block: lengths of both, then the TPM's, which is big-endian
        dw 8 + %%end - %%start, 0, ROOM, 0
%%start:
%if TPM2
        db 0x80, 0x01, 0, 0, 0, %%end - %%start, 0, 0, 0x01, 0x7e
        db 0, 0, 0, 1, 0, 4, 3, 1 << %1, 0, 0
%else
        db 0x00, 0xc1, 0, 0, 0, %%end - %%start, 0, 0, 0, 0x15
        db 0, 0, 0, %1
%endif
%%end:
%endmacro
first:   command 4
second:  command 5

        times 440 - ($ - $$) db 0
        db "disk", 0, 0                 ; and a partition, so that there is something to measure
        db 0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff
        dd 2048, 2048
        times 510 - ($ - $$) db 0
        dw 0xaa55
