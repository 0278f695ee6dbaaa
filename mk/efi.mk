# SPDX-License-Identifier: BSD-2-Clause
# build/sanstrap.efi: the same sources for x86-64 in Microsoft's ABI, as a UEFI application; and build/sanstrap-driver.efi, the
# same image with another subsystem in its header, which firmware keeps in memory when it returns: boot=no wants that.
#
#   make SIGN_KEY=db.key SIGN_CERT=db.crt   signs both for Secure Boot

EFI_RESOURCES := $(shell clang -print-resource-dir 2>/dev/null)
EFI_HEADERS := -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI
EFI_SYSTEM := -nostdinc -isystem $(EFI_RESOURCES)/include -isystem platform/freestanding/include \
	$(EFI_HEADERS)
# Firmware interrupts run on our stack: no red zone. A frame is not probed, as there is no guard page to find.
EFI_CFLAGS := --target=x86_64-unknown-windows -std=gnu11 -O2 -flto -ffreestanding -fshort-wchar -mno-red-zone \
	-mno-stack-arg-probe -mgeneral-regs-only -fno-strict-aliasing -ffunction-sections -fdata-sections
# Bytes in, bytes out: for unit tests as they are.
EFI_PURE := $(addprefix efi/,block_rules.c boot_csv.c boot_path.c boot_url.c device_path.c \
	inquiry.c iscsi_path.c load_option.c settings_text.c)
# Unit tests have firmware of their own for these.
EFI_ON_FAKES := $(addprefix efi/,block_io.c block_io2.c block_queue.c boot.c boot_order.c console.c disk_info.c events.c \
	firmware_path.c foreign_disks.c gate.c guids.c nic_takeover.c starter.c)
EFI_IMAGES := build/sanstrap.efi build/sanstrap-driver.efi
EFI_OBJECTS := $(call objects_in,build/efi,$(CORE_SOURCES) platform/bare/tsc.c platform/freestanding/string.c $(wildcard efi/*.c))
$(eval $(call compile_into,build/efi,clang $$(EFI_CFLAGS) $$(EFI_SYSTEM)))
# What the compiler calls by itself must be there when the whole is compiled.
build/efi/platform/freestanding/%.o: EFI_CFLAGS += -fno-lto

all: $(EFI_IMAGES)

build/efi/sanstrap.unsigned: EFI_SUBSYSTEM := efi_application
build/efi/sanstrap-driver.unsigned: EFI_SUBSYSTEM := efi_boot_service_driver
# -Brepro: a hash of the content where linkers put the time.
$(EFI_IMAGES:build/%.efi=build/efi/%.unsigned): $(EFI_OBJECTS)
	$(say) "LD $@"
	$(Q)lld-link -subsystem:$(EFI_SUBSYSTEM) -entry:efi_main -nodefaultlib -opt:ref -Brepro -map:$@.map -out:$@ $^

# Another key, or none, makes the images anew.
build/efi/signer: FORCE
	$(call remember,$(SIGN_KEY) $(SIGN_CERT))

$(EFI_IMAGES): build/%.efi: build/efi/%.unsigned build/efi/signer $(SIGN_KEY) $(SIGN_CERT)
ifdef SIGN_KEY
	$(say) "SIGN $@"
	$(Q)sbsign --key $(SIGN_KEY) --cert $(SIGN_CERT) --output $@ $< 2>$<.sign-log || { cat $<.sign-log; exit 1; }
else
	@cp $< $@
endif

-include $(EFI_OBJECTS:.o=.d)
