; SPDX-License-Identifier: BSD-2-Clause
;
; sanstrap.pxe: a PXE ROM loads the file to 0:7C00 and calls it. ES:BX points to PXENV+, SS:SP to the return address and,
; above it, to the far pointer to !PXE. The file is this prefix, the real-mode block, the core (bios/mkimage.py). When a boot
; sector of ours is read to 0:7C00 the block is elsewhere (realmode_move()); one of the next boot device may overwrite it, from
; which the BIOS does not come back to us.

LOAD        equ 7C00h
BLOCK       equ LOAD + 60h
BLOCK_SEGMENT equ BLOCK / 16
%include "bios/block.inc"

        cpu 686
        bits 16
        org LOAD

start:
        jmp 0:.normal                   ; some ROMs enter at 07C0:0
.normal:
        cli
        cld
        mov ax, BLOCK_SEGMENT
        mov ds, ax
        mov [block.entry_ss], ss
        mov [block.entry_sp], sp
        mov [block.entry_es], es
        mov [block.entry_bx], bx
        mov byte [block.start_kind], START_NBP
        mov dword [block.payload], core
        mov dword [block.scratch], scratch
        mov dword [block.saved_esp], scratch + SCRATCH_ESP
        mov dword [block.protected_entry], core + CORE_STUB
        push cs
        push .ready
        push ds
        push word [block.init]
        retf
.ready:
        mov ax, [block.enter_first]
        push ds
        push ax
        retf

        times BLOCK - LOAD - ($ - $$) db 0
        incbin REALMODE
        align 16, db 0
core:   incbin CORE
        align 16, db 0
scratch:
