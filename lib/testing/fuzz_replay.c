/*
 * Runs a fuzz target on every file of a folder: what a build without libFuzzer does with the kept
 * inputs.
 */

#include <fcntl.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run(const char *path, size_t size)
{
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    /* Of the very size, so that a sanitizer sees a read beyond it. */
    _cleanup_(freep) uint8_t *data = malloc(size > 0 ? size : 1);

    if (fd < 0 || data == NULL || read(fd, data, size) != (ssize_t)size) {
        perror(path);
        return -1;
    }
    return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
    FTS *files = argc == 2 ? fts_open(argv + 1, FTS_LOGICAL | FTS_NOCHDIR, NULL) : NULL;
    unsigned count = 0;

    if (files == NULL) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (FTSENT *entry; (entry = fts_read(files)) != NULL;) {
        if (entry->fts_info != FTS_F)
            continue;
        if (run(entry->fts_accpath, (size_t)entry->fts_statp->st_size) != 0)
            return 1;
        count++;
    }
    (void)fts_close(files);
    (void)printf("%u inputs\n", count);
    return count > 0 ? 0 : 1;
}
