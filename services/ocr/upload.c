#include "services/ocr/upload.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

struct upload {
    int fd;
    int64_t size_bytes;
    int64_t max_bytes;
    crypto_hash_sha256_state hash;
    unsigned char digest[UPLOAD_HASH_SIZE];
    bool is_hashed;
};

static_assert(UPLOAD_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256");

status_code upload_open_temporary(const char *directory, int *ret_fd, struct status *st)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    /* Some file systems (overlays of old kernels among them) have no O_TMPFILE. */
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        char path[4096];
        if ((size_t)snprintf(path, sizeof(path), "%s/ocrmesh-XXXXXX", directory) < sizeof(path)) {
            fd = mkostemp(path, O_CLOEXEC);
            if (fd >= 0)
                (void)unlink(path);
        }
    }
    if (fd < 0)
        return FAIL(st, STATUS_UNAVAILABLE, "NO_WORK_DIR",
                    "no temporary file could be made for the upload: %s", strerror(errno));
    *ret_fd = fd;
    return STATUS_OK;
}

status_code upload_new(const char *directory, int64_t max_bytes, struct upload **ret_upload,
                       struct status *st)
{
    _cleanup_(upload_freep) struct upload *upload = calloc(1, sizeof(*upload));

    if (upload == NULL)
        return FAIL_MEMORY(st);
    upload->fd = -1;
    upload->max_bytes = max_bytes;
    (void)crypto_hash_sha256_init(&upload->hash);
    TRY(upload_open_temporary(directory, &upload->fd, st));
    *ret_upload = TAKE(upload);
    return STATUS_OK;
}

void upload_free(struct upload *upload)
{
    if (upload == NULL)
        return;
    closep(&upload->fd);
    free(upload);
}

status_code upload_append(struct upload *upload, struct str bytes, struct status *st)
{
    assert(!upload->is_hashed);
    if ((int64_t)bytes.n > upload->max_bytes - upload->size_bytes)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
                    "the file is larger than the %" PRId64 " bytes (%" PRId64
                    " MB) that your plan allows; send a smaller one",
                    upload->max_bytes, upload->max_bytes / 1000000);
    (void)crypto_hash_sha256_update(&upload->hash, (const unsigned char *)bytes.p, bytes.n);
    while (bytes.n > 0) {
        ssize_t put = write(upload->fd, bytes.p, bytes.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && (errno == ENOSPC || errno == EDQUOT))
            return FAIL(st, STATUS_UNAVAILABLE, "DISK_FULL",
                        "there is no room for the upload at the moment; try again later");
        if (put < 0)
            return FAIL(st, STATUS_INTERNAL, NULL, "the upload could not be kept");
        bytes.p += put;
        bytes.n -= (size_t)put;
        upload->size_bytes += put;
    }
    return STATUS_OK;
}

int64_t upload_size(const struct upload *upload)
{
    return upload->size_bytes;
}

int upload_fd(const struct upload *upload)
{
    return upload->fd;
}

void upload_hash(struct upload *upload, unsigned char ret_hash[static UPLOAD_HASH_SIZE])
{
    if (!upload->is_hashed)
        (void)crypto_hash_sha256_final(&upload->hash, upload->digest);
    upload->is_hashed = true;
    memcpy(ret_hash, upload->digest, UPLOAD_HASH_SIZE);
}
