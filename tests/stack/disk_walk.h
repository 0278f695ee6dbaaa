/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes in all orders, one after the other, beside a copy of what the LUN's file holds. */
#ifndef SANSTRAP_TESTS_DISK_WALK_H
#define SANSTRAP_TESTS_DISK_WALK_H

#include <stdio.h>

#include "iscsi/disk.h"

/*
 * Each block that is read has to be what is there, by the copy; where the disk's epoch has changed meanwhile, what was there
 * before or what the file holds now, which is the copy from then on: somebody else has written. Once a disk is another, it is so
 * for ever. Prints "error=mismatch" and where, and returns E_INTERNAL, when something is wrong; else how the disk failed, or OK.
 */
enum status disk_walk(struct disk *disk, FILE *image, unsigned operations);

#endif
