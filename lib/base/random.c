#include "lib/base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/hex.h"

void random_bytes(void *bytes, size_t length)
{
    unsigned char *next = bytes;

    while (length > 0) {
        ssize_t got = getrandom(next, length, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            abort();
        }
        next += got;
        length -= (size_t)got;
    }
}

void random_id(char ret_id[static RANDOM_ID_SIZE])
{
    unsigned char bytes[(RANDOM_ID_SIZE - 1) / 2];

    random_bytes(bytes, sizeof(bytes));
    hex_write(bytes, sizeof(bytes), ret_id);
}

uint64_t random_below(uint64_t bound)
{
    if (bound == 0)
        return 0;
    /* Values below 2^64 mod bound would make small results likelier: draw again. */
    uint64_t skip = -bound % bound;
    uint64_t value;
    do {
        random_bytes(&value, sizeof(value));
    } while (value < skip);
    return value % bound;
}
