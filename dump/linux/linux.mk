# SPDX-License-Identifier: BSD-2-Clause
# build/dump/linux/sanstrap_dump.ko, where a kernel's headers are: this machine's, or KERNEL_HEADERS=/some/where.
#
#   make dump-module     it alone, and an error where no headers are
#   make dkms-tree       build/dump/dkms/sanstrap-dump-VERSION: the module's sources, with those of others, as DKMS wants them

ifndef KERNEL_HEADERS
KERNEL_HEADERS := $(lastword $(sort $(wildcard /lib/modules/*/build)))
endif
# The tables are read and not written here.
DUMP_MODULE_WITHOUT := handoff/ibft_write.c handoff/isdh_write.c handoff/table_buffer.c handoff/recorder.c
DUMP_MODULE_SOURCES := $(filter-out $(DUMP_MODULE_WITHOUT),$(wildcard $(addsuffix /*.[ch],platform nicdrv net iscsi handoff dump \
	dump/linux dump/linux/core) platform/*.def net/*.def $(addsuffix /*.h,platform/freestanding/include net/port net/port/arch \
	dump/linux/include)))
DUMP_DKMS := build/dump/dkms/sanstrap-dump-$(SANSTRAP_VERSION)
DUMP_MODULE := build/dump/linux/sanstrap_dump.ko

# Everything that the module is compiled from and nothing else, so that a folder of another kernel's objects can be made of it.
DUMP_DKMS_OWN := $(addprefix dump/linux/,Kbuild dkms.conf linux.mk) LICENSE
build/dump/module-sources: FORCE
	$(call remember,$(DUMP_MODULE_SOURCES))
.PHONY: dkms-tree
dkms-tree: $(DUMP_DKMS)/Kbuild
$(DUMP_DKMS)/Kbuild: $(DUMP_DKMS_OWN) $(DUMP_MODULE_SOURCES) build/dump/module-sources $(THIRD_PARTY_READY)
	$(say) "TREE $(DUMP_DKMS)"
	@rm -rf $(DUMP_DKMS)
	@mkdir -p $(DUMP_DKMS)/lwip $(DUMP_DKMS)/bearssl
	@cp -p --parents $(DUMP_MODULE_SOURCES) $(DUMP_DKMS)
	@cd $(LWIP_DIR) && cp -rp --parents $(LWIP_SOURCES) src/include $(abspath $(DUMP_DKMS)/lwip)
	@cd $(BEARSSL_DIR) && cp -rp --parents $(BEARSSL_SOURCES) inc src/*.h $(abspath $(DUMP_DKMS)/bearssl)
	@cp -p LICENSE $(DUMP_DKMS)
	@sed 's/@VERSION@/$(SANSTRAP_VERSION)/' dump/linux/dkms.conf > $(DUMP_DKMS)/dkms.conf
	@printf '%s' '$(SANSTRAP_VERSION)' > $(DUMP_DKMS)/VERSION
	@cp dump/linux/Kbuild $@

# Built in a copy, as Kbuild leaves its objects beside the sources; what is older than its object is not compiled again, unless
# it was for another kernel, or there are other files. Types for BPF programs (BTF) would want pahole, and are of no use here.
$(dir $(DUMP_MODULE))headers: FORCE
	$(call remember,$(KERNEL_HEADERS))
$(DUMP_MODULE): $(DUMP_DKMS)/Kbuild $(dir $(DUMP_MODULE))headers
	$(say) "KO $@ ($(KERNEL_HEADERS))"
	@[ $(@D)/log -nt $(@D)/headers -a $(@D)/log -nt build/dump/module-sources ] || rm -rf $(@D)/tree
	@mkdir -p $(@D)/tree
	@cp -rpu $(DUMP_DKMS)/. $(@D)/tree
	$(Q)$(MAKE) --no-print-directory -C $(KERNEL_HEADERS) M=$(abspath $(@D)/tree) CONFIG_DEBUG_INFO_BTF_MODULES= modules \
		> $(@D)/log 2>&1 || { tail -n 60 $(@D)/log; exit 1; }
	@objcopy --strip-debug $(@D)/tree/sanstrap_dump.ko $@

.PHONY: dump-module
dump-module: $(if $(KERNEL_HEADERS),$(DUMP_MODULE))
	$(if $(KERNEL_HEADERS),,$(error There are no headers of a kernel here: install linux-headers-amd64 or set KERNEL_HEADERS))
all: $(if $(KERNEL_HEADERS),$(DUMP_MODULE))
