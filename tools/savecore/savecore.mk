# SPDX-License-Identifier: BSD-2-Clause
# build/sanstrap-savecore: fetches crash dumps from their areas on disks, and marks such areas.

SAVECORE_PURE := $(filter-out tools/savecore/main.c,$(wildcard tools/savecore/*.c))
SAVECORE_SOURCES := tools/savecore/main.c $(SAVECORE_PURE) $(TOOL_COMMON) dump/area.c \
	$(addprefix platform/,crc32.c crc32c.c format.c status.c)
TOOL_PURE += $(SAVECORE_PURE)

SAVECORE_OBJECTS := $(SAVECORE_SOURCES:%.c=build/tool/%.o)

all: build/sanstrap-savecore
build/sanstrap-savecore: $(SAVECORE_OBJECTS)
	$(say) "LD $@"
	$(Q)gcc $(TOOL_CFLAGS) $(TOOL_LDFLAGS) $^ -o $@

-include $(SAVECORE_OBJECTS:.o=.d)
