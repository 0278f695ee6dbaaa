# SPDX-License-Identifier: BSD-2-Clause
# Objects for bare metal, i386: the three layers, the loader and what they stand on. bios/bios.mk links them.

BARE_SYSTEM := -nostdinc -isystem $(shell gcc -print-file-name=include 2>/dev/null) -isystem platform/freestanding/include
# -mregparm=3: arguments go in EAX, EDX and ECX, which is smaller. Assembly that calls C does likewise.
BARE_CFLAGS := -m32 -march=i686 -mregparm=3 -std=gnu11 -Os -ffreestanding -fbuiltin -fno-pic -fno-stack-protector \
	-mgeneral-regs-only -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fcf-protection=none \
	-mpreferred-stack-boundary=2
# Instructions that stay in the order of the source repeat more often, and so pack better; so do jumps where gcc would compute.
BARE_CFLAGS += -fno-schedule-insns2 -fno-if-conversion -fno-if-conversion2 -fno-caller-saves
# Linked as a whole: what one file calls of another is inlined where that is smaller. Objects have their machine code, too: the
# unpacker and the tests' images are linked without. Lines of source are for `make profile`, and in no image.
BARE_CFLAGS += -flto -ffat-lto-objects -g1
# Real mode calls back into C below a call of it, which whole-program analysis of who changes what does not see.
BARE_CFLAGS += -fno-ipa-reference -fno-strict-aliasing
ifdef DEBUGCON
BARE_CFLAGS += -DDEBUGCON
endif

BIOS_OBJECTS := $(call objects_in,build/bios,$(CORE_SOURCES) $(wildcard platform/bare/*.c platform/freestanding/*.c bios/*.c))
# The seed: otherwise each compilation gives its object another name for the whole.
$(eval $(call compile_into,build/bios,gcc $$(BARE_CFLAGS) -frandom-seed=$$@ $$(BARE_SYSTEM)))

# -fbuiltin lets the compiler do small copies itself. What it calls for the others must not be made into calls of itself.
build/bios/platform/freestanding/string.o: BARE_CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns
build/bios/platform/freestanding/%.o: BARE_CFLAGS += -fno-lto

-include $(BIOS_OBJECTS:.o=.d)
