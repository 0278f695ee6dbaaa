# SPDX-License-Identifier: BSD-2-Clause
# build/dump/core.o: the dump core for a kernel of x86-64 (System V ABI): dump/, handoff/, the three layers and what they stand
# on, compiled from the loader's very sources. It wants nothing but platform/platform.h's services of whoever links it
# (docs/porting-dump.md); of its own names those are seen that DUMP_NAMES has.

# A kernel's rules: no red zone, no vector registers, addresses in the upper 2 GiB. -fcf-protection=branch: kernels that enforce
# IBT call our functions by pointer.
DUMP_CFLAGS := -std=gnu11 -O2 -ffreestanding -fbuiltin -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-common -fcf-protection=branch -fno-jump-tables \
	-fno-strict-aliasing -ffunction-sections -fdata-sections
DUMP_NAMES := dump_* isdh_* ibft_* handoff_* arena_take fail failure_detail status_* log_printf format_* crc32 crc32c \
	random_pool_*
# What the linker begins with: it takes what these lead to, and no more.
DUMP_ROOTS := dump_arm dump_open dump_write dump_read dump_flush dump_close dump_progress dump_target dump_plain_size \
	dump_dma_size dump_profile_small dump_profile_large dump_file_begin dump_file_append dump_file_align dump_file_end \
	dump_area_state dump_area_seal_head dump_area_capacity isdh_read ibft_read handoff_find handoff_table_length \
	handoff_fault_text log_printf random_pool_add random_pool_add_cpu random_pool_read
DUMP_SOURCES := $(wildcard dump/*.c handoff/*.c nicdrv/*.c net/*.c iscsi/*.c platform/*.c platform/freestanding/string.c)
DUMP_OBJECTS := $(call objects_in,build/dump,$(DUMP_SOURCES))
$(eval $(call compile_into,build/dump,gcc $$(DUMP_CFLAGS) $$(BARE_SYSTEM)))

build/dump/platform/freestanding/string.o: DUMP_CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns

build/dump/core.o: $(DUMP_OBJECTS) dump/core.ld mk/dump.mk
	$(say) "LD $@"
	$(Q)ld -r -T dump/core.ld --gc-sections $(DUMP_ROOTS:%=-u %) -o $@.whole $(DUMP_OBJECTS)
	$(Q)objcopy --wildcard $(foreach name,$(DUMP_NAMES),--keep-global-symbol='$(name)') $@.whole $@

.PHONY: dump-core
dump-core: build/dump/core.o
all: build/dump/core.o

-include $(DUMP_OBJECTS:.o=.d)
