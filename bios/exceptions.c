/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault of our own: says where, and stops. */
#include "bios/home.h"
#include "platform/format.h"

#define VECTORS        32
#define GATE_INTERRUPT 0x8E00
#define SELECTOR_CODE  0x08

struct exception_frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t number, error;
    uint32_t eip, cs, eflags;
};

extern void (*const exception_entries[VECTORS])(void);
extern const char image_start[];
void exception_report(const struct exception_frame *frame) __attribute__((noreturn));

static struct {
    uint16_t offset_low, selector, flags, offset_high;
} idt[VECTORS];

void exceptions_install(void)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        uint32_t entry = (uint32_t)(uintptr_t)exception_entries[i];
        idt[i].offset_low = (uint16_t)entry;
        idt[i].offset_high = (uint16_t)(entry >> 16);
        idt[i].selector = SELECTOR_CODE;
        idt[i].flags = GATE_INTERRUPT;
    }

    struct realmode_block *block = realmode_block();
    uint32_t base = (uint32_t)(uintptr_t)idt;
    block->idt[0] = sizeof idt - 1;
    block->idt[1] = (uint16_t)base;
    block->idt[2] = (uint16_t)(base >> 16);
    __asm__ volatile("lidt %0" : : "m"(block->idt) : "memory");
}

void exception_report(const struct exception_frame *frame)
{
    static char text[512];
    const uint32_t *stack = (const uint32_t *)(frame + 1);

    format_text(text, sizeof text,
                "\nsanstrap " SANSTRAP_VERSION ": exception %u, error %08x at %08x (image %08x + %x), flags %08x\n"
                "eax %08x ebx %08x ecx %08x edx %08x\nesi %08x edi %08x ebp %08x esp %08x\n"
                "stack %08x %08x %08x %08x %08x %08x %08x %08x\n",
                frame->number, frame->error, frame->eip, (uint32_t)(uintptr_t)image_start,
                frame->eip - (uint32_t)(uintptr_t)image_start, frame->eflags, frame->eax, frame->ebx, frame->ecx, frame->edx,
                frame->esi, frame->edi, frame->ebp, frame->esp + 20, stack[0], stack[1], stack[2], stack[3], stack[4], stack[5],
                stack[6], stack[7]);

    console_panic(text);
    for (;;)
        __asm__ volatile("cli; hlt");
}
