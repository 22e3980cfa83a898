#include "services/ocr/worker/pictures/picture.h"

#include <stdlib.h>
#include <string.h>

void picture_deinit(struct picture *picture)
{
    free((char *)picture->data.p);
    free((char *)picture->palette.p);
    free((char *)picture->jbig2_globals.p);
    *picture = (struct picture){0};
}

bool picture_copy_bytes(struct str bytes, struct str *ret_copy)
{
    char *copy = malloc(bytes.n + 1);

    if (copy == NULL)
        return false;
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    *ret_copy = (struct str){copy, bytes.n};
    return true;
}
