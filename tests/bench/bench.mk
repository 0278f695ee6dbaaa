# SPDX-License-Identifier: BSD-2-Clause
#
#   make bench         INT 13h beside the iPXE in the card's ROM, a disk of the machine's own and the bare card, turn by turn in
#                      one run; some 50 minutes. Writes build/bench.md (the tables), build/bench.json and build/bench.svg
#   make bench-efi     BlockIo beside OVMF's own iSCSI driver and Debian's ipxe.efi: build/bench-efi.md, …
#   make bench-docs    docs/performance.svg from both
#   make profile       instructions a call and a KiB, by room and by function, as QEMU counts them: build/profile.md, .json
#   make order         bios/order.ld: how functions lie in the image, by what jumps to what
#   make bench-traces  the boot traces anew (tests/bench/traces)
#
#   BOOTS=3                    of each contender over each network
#   NETWORKS="0ms 1ms-0.1%"    round trip, loss each way, and diskNms for a target that takes N ms a command: "1ms-disk8ms"
#   WORKS="read-64K linux"     otherwise those that tell something on that network
#   PEER="a.pxe b.rom c.lkrn"  other iPXEs beside Debian's, or c.efi
#   ONLY="sanstrap,bare card"  these contenders
#   MS=1500                    how long a work lasts; four times that where frames are lost
#   NIC=e1000e                 another card of QEMU's; of make profile, too
#   MB=200                     make profile: how much log of each work
#   FULL=1                     5 boots, every network: 2 hours
#
# Two minutes:  make bench BOOTS=1 MS=500 NETWORKS="0ms 1ms" WORKS="read-64K random-512"

.PHONY: bench bench-efi bench-docs bench-traces profile order
bench bench-efi: deps
	@$(MAKE) $(ALL_PROCESSORS) --no-print-directory all test-programs
	@/usr/bin/python3 -m tests.bench.bench $(if $(filter %-efi,$@),--efi) $(if $(FULL),--full) $(if $(BOOTS),--boots=$(BOOTS)) \
		$(if $(MS),--ms=$(MS)) --networks="$(NETWORKS)" --works="$(WORKS)" --peers="$(PEER)" $(if $(ONLY),--only="$(ONLY)") \
		$(if $(NIC),--nic=$(NIC))

bench-docs:
	@/usr/bin/python3 -m tests.bench.plot docs/performance.svg $(wildcard build/bench.json build/bench-efi.json)

profile: deps
	@$(MAKE) $(ALL_PROCESSORS) --no-print-directory all test-programs
	@/usr/bin/python3 -m tests.bench.profile --works="$(WORKS)" $(if $(MB),--mb=$(MB)) $(if $(NIC),--nic=$(NIC))

order: deps
	@$(MAKE) $(ALL_PROCESSORS) --no-print-directory all test-programs
	@/usr/bin/python3 -m tests.bench.order

bench-traces: deps
	@/usr/bin/python3 -m tests.bench.record

BENCH_HOST := build/bench/wire build/bench/slow build/bench/feeder
$(BENCH_HOST): build/bench/%: tests/bench/%.c tests/bench/card.h tests/bench/host.h
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
	tests/bench/card.c tests/bench/card_tcp.c)
build/bench/card.elf: $(BENCH_CARD) tests/nic/nic.lds
	@mkdir -p $(@D)
	$(say) "LD $@"
	$(Q)ld -m elf_i386 -T tests/nic/nic.lds --gc-sections -o $@ $(BENCH_CARD)

TEST_PROGRAMS += $(BENCH_HOST) build/bench/int13.bin build/bench/card.elf
