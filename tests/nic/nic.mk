# SPDX-License-Identifier: BSD-2-Clause
# A bare-metal image of the network card driver alone, for test_nic.py.

NIC_IMAGE_OBJECTS := $(patsubst %.c,build/bios/%.o,$(wildcard nicdrv/*.c platform/*.c platform/freestanding/*.c tests/nic/*.c))
TEST_PROGRAMS += build/tests/nic.elf

build/tests/nic.elf: $(NIC_IMAGE_OBJECTS) tests/nic/nic.lds
	@mkdir -p $(@D)
	$(say) "LD $@"
	$(Q)ld -m elf_i386 -T tests/nic/nic.lds --gc-sections -o $@ $(NIC_IMAGE_OBJECTS)

test-programs: build/tests/nic.elf
-include $(NIC_IMAGE_OBJECTS:.o=.d)
