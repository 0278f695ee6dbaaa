# SPDX-License-Identifier: BSD-2-Clause
# Files of BearSSL that CHAP needs, relative to $(BEARSSL_DIR); their include paths are $(BEARSSL_DIR)/inc and $(BEARSSL_DIR)/src.
BEARSSL_SOURCES := src/hash/md5.c src/hash/sha1.c src/hash/sha2small.c \
	src/codec/dec32le.c src/codec/enc32le.c src/codec/dec32be.c src/codec/enc32be.c
