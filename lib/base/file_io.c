#include "lib/base/file_io.h"

#include <errno.h>
#include <unistd.h>

bool file_write_at(int fd, int64_t offset, struct str bytes)
{
    while (bytes.n > 0) {
        ssize_t put = pwrite(fd, bytes.p, bytes.n, offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes.p += put;
        bytes.n -= (size_t)put;
        offset += put;
    }
    return true;
}

bool file_read_at(int fd, int64_t offset, void *bytes, size_t length)
{
    char *into = bytes;

    while (length > 0) {
        ssize_t got = pread(fd, into, length, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = 0;
        if (got <= 0)
            return false;
        into += got;
        offset += got;
        length -= (size_t)got;
    }
    return true;
}
