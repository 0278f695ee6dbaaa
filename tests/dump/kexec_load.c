/* SPDX-License-Identifier: BSD-2-Clause */
/* kexec-load KERNEL INITRAMFS WORDS: loads a kernel for the crash, as `kexec -p -s` does, in a system without libraries. */
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count != 4) {
        fprintf(stderr, "usage: kexec-load KERNEL INITRAMFS WORDS\n");
        return 2;
    }
    int kernel = open(words[1], O_RDONLY), initramfs = open(words[2], O_RDONLY);
    if (syscall(SYS_kexec_file_load, kernel, initramfs, strlen(words[3]) + 1, words[3], KEXEC_FILE_ON_CRASH)) {
        perror("kexec_file_load");
        return 1;
    }
    return 0;
}
