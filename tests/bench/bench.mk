# SPDX-License-Identifier: BSD-2-Clause
#
#   make bench       how fast, beside the iPXE in the card's ROM, a disk of the machine's own and the bare card, in one run:
#                    build/bench.json, build/bench.md and docs/bench.svg. QUICK=1: two minutes. PEER=path: another iPXE, too.
#   make bench-efi   BlockIo, beside the iSCSI driver in OVMF and Debian's iPXE
#   make bench-traces   makes the boot traces anew (tests/bench/traces)

.PHONY: bench bench-efi bench-traces
bench bench-efi: deps
	@$(MAKE) --no-print-directory all test-programs
	@/usr/bin/python3 -m tests.bench.$(subst -,_,$@) $(if $(QUICK),--quick) $(if $(PEER),--peer=$(PEER)) $(BENCH)

bench-traces: deps
	@/usr/bin/python3 -m tests.bench.record

BENCH_HOST := build/bench/wire build/bench/slow build/bench/feeder
$(BENCH_HOST): build/bench/%: tests/bench/%.c tests/bench/card.h
	@mkdir -p $(@D)
	$(say) "LD $@"
	$(Q)gcc -std=gnu11 -O2 -I. $(WARNINGS) $< -o $@

# A program that the exerciser's boot sector loads.
BENCH_INT13 := build/bench/works.o build/bench/int13_home.o
build/bench/%.o: tests/bench/%.c tests/bench/works.h tests/exerciser/exerciser.h bios/low_memory.h platform/tsc.h
	@mkdir -p $(@D)
	$(say) "CC16 $@"
	$(Q)gcc $(REAL_MODE_CFLAGS) $(WARNINGS) -c $< -o $@

build/bench/int13.elf: $(addprefix build/exerciser/,entry.o console.o disk.o memory.o) $(BENCH_INT13) tests/exerciser/exerciser.ld
	$(say) "LD $@"
	$(Q)ld -m elf_i386 -z noexecstack --no-warn-rwx-segments -T tests/exerciser/exerciser.ld $(filter %.o,$^) -o $@

build/bench/int13.bin: build/bench/int13.elf
	$(Q)objcopy -O binary $< $@

# The bare card.
BENCH_CARD := $(patsubst %.c,build/bios/%.o,$(wildcard nicdrv/*.c platform/*.c platform/freestanding/*.c) tests/nic/machine.c \
	tests/bench/card.c)
build/bench/card.elf: $(BENCH_CARD) tests/nic/nic.lds
	@mkdir -p $(@D)
	$(say) "LD $@"
	$(Q)ld -m elf_i386 -T tests/nic/nic.lds --gc-sections -o $@ $(BENCH_CARD)

TEST_PROGRAMS += $(BENCH_HOST) build/bench/int13.bin build/bench/card.elf
