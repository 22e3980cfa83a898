#pragma once

/*
 * Bytes in memory that are a file, too (memfd_create(2)): from there the kernel takes pages into a
 * socket as they are, where it copies bytes that are written (sendfile(2)).
 *
 * They never change, and outlive the file where a socket still has them. Thread rule: any thread.
 */

#include "lib/base/cleanup.h"
#include "lib/base/str.h"

struct memory_file {
    int fd;
    struct str bytes;
};

/* A copy of `bytes`, of which there is at least one. NULL when there is no memory or no descriptor
 * left. */
struct memory_file *memory_file_new(struct str bytes);
void memory_file_free(struct memory_file *file);
DEFINE_CLEANUP(struct memory_file *, memory_file)
