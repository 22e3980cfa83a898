#include "lib/wire/memory_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Written through the mapping, which is made read-only then: no page is allocated twice. */
static bool fill(struct memory_file *file, struct str bytes)
{
    if (ftruncate(file->fd, (off_t)bytes.n) != 0)
        return false;
    void *mapping = mmap(NULL, bytes.n, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
    if (mapping == MAP_FAILED)
        return false;
    file->bytes = (struct str){mapping, bytes.n};
    memcpy(mapping, bytes.p, bytes.n);
    return mprotect(mapping, bytes.n, PROT_READ) == 0;
}

struct memory_file *memory_file_new(struct str bytes)
{
    _cleanup_(memory_file_freep) struct memory_file *file = calloc(1, sizeof(*file));

    if (file == NULL)
        return NULL;
    file->fd = memfd_create("answer", MFD_CLOEXEC);
    if (file->fd < 0 || !fill(file, bytes))
        return NULL;
    return TAKE(file);
}

void memory_file_free(struct memory_file *file)
{
    if (file == NULL)
        return;
    if (file->bytes.n > 0)
        (void)munmap((void *)file->bytes.p, file->bytes.n);
    if (file->fd >= 0)
        (void)close(file->fd);
    free(file);
}
