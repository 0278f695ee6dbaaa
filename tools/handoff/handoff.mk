# SPDX-License-Identifier: BSD-2-Clause
# build/sanstrap-handoff: shows and checks what loaders leave for the operating system.
$(eval $(call host_tool,handoff,$(wildcard handoff/*.c) iscsi/lun.c iscsi/name.c \
	$(addprefix platform/,crc32.c format.c format_address.c status.c)))
