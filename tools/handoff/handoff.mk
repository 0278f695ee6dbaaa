# SPDX-License-Identifier: BSD-2-Clause
# build/sanstrap-handoff: a program of the host, for administrators. The same sources but main.c and platform.c are in the
# libraries that tests and fuzzers link.

HANDOFF_TOOL_MAIN := tools/handoff/main.c tools/handoff/platform.c
HANDOFF_TOOL_PURE := $(filter-out $(HANDOFF_TOOL_MAIN),$(wildcard tools/handoff/*.c))
HANDOFF_TOOL_SOURCES := $(HANDOFF_TOOL_MAIN) $(HANDOFF_TOOL_PURE) $(wildcard handoff/*.c) \
	$(addprefix platform/,crc32.c format.c format_address.c status.c) iscsi/lun.c iscsi/name.c

TOOL_CFLAGS := -std=gnu11 -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -ffunction-sections
HANDOFF_TOOL_OBJECTS := $(HANDOFF_TOOL_SOURCES:%.c=build/tool/%.o)
$(eval $(call compile_into,build/tool,gcc $$(TOOL_CFLAGS)))

all: build/sanstrap-handoff
build/sanstrap-handoff: $(HANDOFF_TOOL_OBJECTS)
	$(say) "LD $@"
	$(Q)gcc $(TOOL_CFLAGS) -Wl,--gc-sections -Wl,-z,relro,-z,now $^ -o $@

-include $(HANDOFF_TOOL_OBJECTS:.o=.d)
