# SPDX-License-Identifier: BSD-2-Clause
# The same sources for the host, under the sanitizers: a library that unit tests and host programs link what they need from; once
# more for clang's fuzzer.

HOST_SOURCES := $(CORE_SOURCES) $(BIOS_PURE) $(EFI_PURE) $(TOOL_PURE) $(wildcard tests/host/*.c)

HOST_CFLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HOST_OBJECTS := $(call objects_in,build/host,$(HOST_SOURCES) $(EFI_ON_FAKES))
HOST_LIBRARY := build/host/libsanstrap.a
UNIT_PROGRAMS := $(patsubst %.c,build/host/%,$(wildcard tests/unit/test_*.c))
$(eval $(call compile_into,build/host,gcc $$(HOST_CFLAGS)))

FUZZ_CFLAGS := $(HOST_CFLAGS) -fsanitize=fuzzer-no-link
FUZZ_OBJECTS := $(call objects_in,build/fuzz,$(HOST_SOURCES))
FUZZ_LIBRARY := build/fuzz/libsanstrap.a
FUZZ_PROGRAMS := $(patsubst %.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(eval $(call compile_into,build/fuzz,clang $$(FUZZ_CFLAGS)))

$(HOST_LIBRARY): $(HOST_OBJECTS)
$(FUZZ_LIBRARY): $(FUZZ_OBJECTS)
$(HOST_LIBRARY) $(FUZZ_LIBRARY):
	@rm -f $@
	$(say) "AR $@"
	$(Q)ar rcs $@ $^

EFI_TESTS := $(addprefix tests/unit/test_efi_,block_io.c block_io2.c block_order.c boot_disk.c boot_order.c console.c \
	foreign_disks.c pci.c settings_server.c takeover.c)
EFI_ON_HOST := $(EFI_HEADERS) -fshort-wchar
$(patsubst %.c,build/host/%.o,$(EFI_ON_FAKES) $(EFI_TESTS)): HOST_CFLAGS += $(EFI_ON_HOST)

build/host/tests/unit/%: build/host/tests/unit/%.o $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $< $(HOST_LIBRARY) -lcmocka -o $@

build/fuzz/tests/fuzz/%: build/fuzz/tests/fuzz/%.o $(FUZZ_LIBRARY)
	$(say) "LD $@"
	$(Q)clang $(HOST_CFLAGS) -fsanitize=fuzzer $< $(FUZZ_LIBRARY) -o $@

# It reads the packed image itself.
build/host/tests/unit/test_unpack: | build/bios/core.bin

.SECONDARY: $(UNIT_PROGRAMS:=.o) $(FUZZ_PROGRAMS:=.o)
-include $(HOST_OBJECTS:.o=.d) $(UNIT_PROGRAMS:=.d) $(FUZZ_OBJECTS:.o=.d) $(FUZZ_PROGRAMS:=.d)

.PHONY: unit-programs unit
unit-programs: $(UNIT_PROGRAMS)
unit: unit-deps
	@$(MAKE) $(ALL_PROCESSORS) --no-print-directory WERROR=1 all unit-programs
	/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/unit
