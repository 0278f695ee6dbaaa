# SPDX-License-Identifier: BSD-2-Clause
# EFI programs that the lab puts on its disks.

LAB_EFI := $(addprefix build/lab/,halts.efi halts-with-boot-services.efi keeps_disk_open.efi static_path.efi tells_options.efi)
TEST_PROGRAMS += $(LAB_EFI)

build/lab/halts-with-boot-services.efi: LAB_EFI_DEFINES := -DKEEP_BOOT_SERVICES
build/lab/halts.efi build/lab/halts-with-boot-services.efi: tests/lab/efi/halts.c
build/lab/tells_options.efi: tests/lab/efi/tells_options.c
build/lab/keeps_disk_open.efi: tests/lab/efi/keeps_disk_open.c
build/lab/static_path.efi: tests/lab/efi/static_path.c
$(LAB_EFI):
	@mkdir -p $(@D)
	$(say) "EFI $@"
	$(Q)clang --target=x86_64-unknown-windows -std=gnu11 -Os -ffreestanding -fshort-wchar -mno-red-zone -mno-stack-arg-probe \
		-mgeneral-regs-only $(EFI_HEADERS) $(WARNINGS) $(LAB_EFI_DEFINES) -c $< -o $(@:.efi=.o)
	$(Q)lld-link -subsystem:efi_application -entry:efi_main -nodefaultlib $(@:.efi=.o) -out:$@
