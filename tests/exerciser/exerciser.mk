# SPDX-License-Identifier: BSD-2-Clause
# The INT 13h exerciser: a boot sector and a program that image.py puts on a disk.

EXERCISER_OBJECTS := $(patsubst tests/exerciser/%.c,build/exerciser/%.o,$(wildcard tests/exerciser/*.c)) \
	build/exerciser/entry.o build/exerciser/v86.o
REAL_MODE_CFLAGS := -m16 -march=i386 -std=gnu11 -Os -ffreestanding -fno-pic -fno-stack-protector -mgeneral-regs-only \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-toplevel-reorder -fno-tree-loop-distribute-patterns -nostdinc \
	-isystem $(shell gcc -print-file-name=include 2>/dev/null) -I.
TEST_PROGRAMS += build/exerciser/mbr.bin build/exerciser/exerciser.bin

build/exerciser/mbr.bin: tests/exerciser/mbr.asm tests/lab/asm/serial.inc
	@mkdir -p $(@D)
	$(say) "NASM $@"
	$(Q)nasm -f bin $< -o $@

build/exerciser/%.o: tests/exerciser/%.asm tests/exerciser/registers.inc
	@mkdir -p $(@D)
	$(say) "NASM $@"
	$(Q)nasm -f elf32 $< -o $@

build/exerciser/%.o: tests/exerciser/%.c $(wildcard tests/exerciser/*.h) bios/low_memory.h bios/ports.h platform/tsc.h
	@mkdir -p $(@D)
	$(say) "CC16 $@"
	$(Q)gcc $(REAL_MODE_CFLAGS) $(WARNINGS) -c $< -o $@

build/exerciser/exerciser.elf: $(EXERCISER_OBJECTS) tests/exerciser/exerciser.ld
	$(say) "LD $@"
	$(Q)ld -m elf_i386 -z noexecstack --no-warn-rwx-segments -T tests/exerciser/exerciser.ld $(EXERCISER_OBJECTS) -o $@

build/exerciser/exerciser.bin: build/exerciser/exerciser.elf
	$(Q)objcopy -O binary $< $@
