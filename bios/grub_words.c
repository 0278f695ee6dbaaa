/* SPDX-License-Identifier: BSD-2-Clause */
/* GRUB 2's command line for kernels: words with blanks are in quotes, and a backslash stands before every \, ' and ". */
#include "bios/grub_words.h"

#include <string.h>

void grub_words_copy(char *to, size_t size, const char *from)
{
    char *end = to + size - 1;
    bool quoted = false;
    for (; *from && end - to >= 4; from++) {
        bool escaped = from[0] == '\\' && from[1] && strchr("\\'\"", from[1]);
        from += escaped;
        if (*from == '"' && !escaped)
            quoted = !quoted;

        bool opens = escaped && *from == '"' && !quoted;
        if (opens)
            *to++ = '"';
        if (escaped && *from != '\'' && (quoted || opens))
            *to++ = '\\';
        *to++ = *from;
        if (opens)
            *to++ = '"';
    }
    *to = '\0';
}
