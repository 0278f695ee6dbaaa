# SPDX-License-Identifier: BSD-2-Clause
# Objects for bare metal, i386: the three layers, the loader and what they stand on. bios/bios.mk links them.

BARE_SYSTEM := -nostdinc -isystem $(shell gcc -print-file-name=include) -isystem platform/freestanding/include
BARE_CFLAGS := -m32 -march=i686 -std=gnu11 -Os -ffreestanding -fno-pic -fno-stack-protector -mgeneral-regs-only \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fcf-protection=none -mpreferred-stack-boundary=2
ifdef DEBUGCON
DEFINES += -DDEBUGCON
endif

BARE_CORE_OBJECTS := $(CORE_SOURCES:%.c=build/bios/%.o) $(patsubst %.c,build/bios/%.o,$(wildcard platform/freestanding/*.c))
BARE_THIRD_PARTY_OBJECTS := $(LWIP_SOURCES:%.c=build/bios/lwip/%.o) $(BEARSSL_SOURCES:%.c=build/bios/bearssl/%.o)
BIOS_OBJECTS := $(BARE_CORE_OBJECTS) $(BARE_THIRD_PARTY_OBJECTS) $(patsubst %.c,build/bios/%.o,$(wildcard bios/*.c))

# Third-party code is taken as it is: its warnings are its authors'.
build/bios/lwip/%.o: $(THIRD_PARTY_READY) net/lwipopts.h
	@mkdir -p $(@D)
	$(say) "CC $@"
	$(Q)gcc $(BARE_CFLAGS) $(BARE_SYSTEM) $(INCLUDES) $(THIRD_PARTY_INCLUDES) -w -MMD -MP -c $(LWIP_DIR)/$*.c -o $@

build/bios/bearssl/%.o: $(THIRD_PARTY_READY)
	@mkdir -p $(@D)
	$(say) "CC $@"
	$(Q)gcc $(BARE_CFLAGS) $(BARE_SYSTEM) $(INCLUDES) $(THIRD_PARTY_INCLUDES) -w -MMD -MP -c $(BEARSSL_DIR)/$*.c -o $@

build/bios/%.o: %.c | $(THIRD_PARTY_READY)
	@mkdir -p $(@D)
	$(say) "CC $@"
	$(Q)gcc $(BARE_CFLAGS) $(BARE_SYSTEM) $(INCLUDES) $(THIRD_PARTY_INCLUDES) $(DEFINES) $(WARNINGS) -MMD -MP -c $< -o $@

-include $(BIOS_OBJECTS:.o=.d)
