; SPDX-License-Identifier: BSD-2-Clause
; The CPU's exceptions 0..31 in our protected mode: each pushes what the CPU did not and its number, all end in
; exception_report().

        bits 32
        cpu 686
        global exception_entries
        extern exception_report

NMI             equ 2

        section .text.exceptions
%assign number 0
%rep 32
entry_%[number]:
%if number = NMI
        iret                            ; nothing that we could do about it
%else
%if !(number = 8 || (number >= 10 && number <= 14) || number = 17 || number = 21 || number = 29 || number = 30)
        push 0                          ; where the CPU pushes an error code
%endif
        push number
        jmp report
%endif
%assign number number + 1
%endrep

report: pushad
        mov eax, esp                    ; the argument
        call exception_report           ; does not return

        section .rodata.exceptions
exception_entries:
%assign number 0
%rep 32
        dd entry_%[number]
%assign number number + 1
%endrep
