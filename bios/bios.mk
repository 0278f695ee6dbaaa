# SPDX-License-Identifier: BSD-2-Clause
# build/sanstrap.pxe and build/sanstrap.lkrn: entry code, real-mode block, and the packed 32-bit image behind its stub.

# What tests run on the host: no firmware, no addresses of the machine.
BIOS_PURE := $(addprefix bios/,drive_number.c geometry.c grub_words.c hook_chain.c memory_map.c memory_map_read.c \
	pxe_structures.c \
	$(addprefix stub/,addresses.c lzma.c placement.c unpack.c) \
	$(addprefix int13,.c _chs.c _edd.c _edd_parameters.c _memory.c _transfer.c))

all: build/sanstrap.pxe build/sanstrap.lkrn

STUB_OBJECTS := $(addprefix build/bios/,$(addprefix bios/stub/,stub.o addresses.o lzma.o placement.o unpack.o) \
	bios/block.o bios/memory_map.o bios/memory_map_read.o platform/crc32.o)
# The stub is loaded anywhere and not relocated: no jump tables, no calls of memcpy or memset that gcc thinks of.
$(STUB_OBJECTS): BARE_CFLAGS += -fno-jump-tables -fno-tree-loop-distribute-patterns

build/bios/stub.bin: $(STUB_OBJECTS)
	$(say) "LD $@"
	$(Q)ld -m elf_i386 -S -e stub_main -T bios/stub/stub.ld --gc-sections --orphan-handling=error -o $(@:.bin=.elf) \
		$(STUB_OBJECTS)
	$(Q)objcopy -O binary $(@:.bin=.elf) $@

build/bios/image.elf: $(BIOS_OBJECTS) build/bios/bios/stub/placement.o build/bios/bios/exception_entries.o bios/image.ld \
		bios/order.ld
	$(say) "LD $@"
	$(Q)gcc $(BARE_CFLAGS) -flto-partition=one -flinker-output=exec -no-pie -nostdlib -frandom-seed=$@ \
		-Wl,-pie,--no-dynamic-linker,-z,notext,-z,norelro,-z,noexecstack \
		-Wl,--hash-style=sysv,--gc-sections,--build-id=none,--no-warn-rwx-segments,-T,bios/image.ld \
		$(WARNINGS) -o $@ $(filter %.o,$^)

build/bios/core.bin: build/bios/image.elf build/bios/stub.bin bios/mkimage.py
	$(say) "PACK $@"
	$(Q)/usr/bin/python3 bios/mkimage.py build/bios/image.elf build/bios/stub.bin $@

build/bios/bios/exception_entries.o: bios/exception_entries.asm
	@mkdir -p $(@D)
	$(say) "AS $@"
	$(Q)nasm -f elf32 -o $@ $<

build/bios/realmode.bin: bios/realmode.asm $(wildcard bios/realmode_*.inc)
	@mkdir -p $(@D)
	$(say) "AS $@"
	$(Q)nasm -f bin -w+error -o $@ $<

build/sanstrap.%: build/bios/core.bin build/bios/realmode.bin bios/block.inc
	$(say) "AS $@"
	$(Q)nasm -f bin -DREALMODE='"build/bios/realmode.bin"' -DCORE='"build/bios/core.bin"' -o $@ $(filter %.asm,$^)
	@size=$$(stat -c %s $@); test $$size -le $(IMAGE_LIMIT) || { echo "$@: $$size bytes, more than $(IMAGE_LIMIT)"; exit 1; }

# The budget: every PXE ROM loads that much, and it leaves the user's TFTP server in a blink. Boot loaders load more, and get a
# kernel's setup beside the same image.
IMAGE_LIMIT := 131072
build/sanstrap.lkrn: IMAGE_LIMIT := 135168
build/sanstrap.pxe: bios/nbp.asm
build/sanstrap.lkrn: bios/bzimage.asm

-include $(STUB_OBJECTS:.o=.d)
