# SPDX-License-Identifier: BSD-2-Clause
# build/sanstrap-handoff: shows and checks what loaders leave for the operating system.

HANDOFF_TOOL_PURE := $(filter-out tools/handoff/main.c,$(wildcard tools/handoff/*.c))
HANDOFF_TOOL_SOURCES := tools/handoff/main.c $(HANDOFF_TOOL_PURE) $(TOOL_COMMON) $(wildcard handoff/*.c) \
	$(addprefix platform/,crc32.c format.c format_address.c status.c) iscsi/lun.c iscsi/name.c
TOOL_PURE += $(HANDOFF_TOOL_PURE)

HANDOFF_TOOL_OBJECTS := $(HANDOFF_TOOL_SOURCES:%.c=build/tool/%.o)

all: build/sanstrap-handoff
build/sanstrap-handoff: $(HANDOFF_TOOL_OBJECTS)
	$(say) "LD $@"
	$(Q)gcc $(TOOL_CFLAGS) $(TOOL_LDFLAGS) $^ -o $@

-include $(HANDOFF_TOOL_OBJECTS:.o=.d)
