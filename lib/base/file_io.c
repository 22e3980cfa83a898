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
