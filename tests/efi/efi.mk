# SPDX-License-Identifier: BSD-2-Clause
# build/conformance.efi: holds BlockIo and BlockIo2 to their specification, from the disk that it is loaded from.

CONFORMANCE_OBJECTS := $(patsubst %.c,build/efi/%.o,$(wildcard tests/efi/*.c) tests/exerciser/mixed.c \
	tests/bench/works.c tests/bench/block_io_home.c) \
	build/efi/efi/guids.o build/efi/platform/format.o \
	build/efi/platform/freestanding/string.o
TEST_PROGRAMS += build/conformance.efi

build/conformance.efi: $(CONFORMANCE_OBJECTS)
	$(say) "LD $@"
	$(Q)lld-link -subsystem:efi_application -entry:conformance_main -nodefaultlib -opt:ref -Brepro -out:$@ $^

-include $(CONFORMANCE_OBJECTS:.o=.d)
