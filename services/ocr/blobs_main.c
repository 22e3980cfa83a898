/*
 * ocrmesh-ocr-blobs: writes all blobs that are in S3 to standard output, as a tar, for `./ocrmesh
 * backup`. Those in PostgreSQL are in its dump. Uploads come first: theirs is the shorter life.
 *
 * A blob that is deleted meanwhile is left out: nothing needs it any more.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file_io.h"
#include "lib/blob/blob.h"
#include "lib/blob/s3_settings.h"
#include "lib/config/config.h"
#include "lib/db/db.h"
#include "lib/http/http_client.h"
#include "lib/log/log.h"
#include "lib/program/program.h"
#include "services/ocr/upload.h"

enum {
    STATEMENT_TIMEOUT_MS = 30000,
    LIST_TIMEOUT_MS = 60000,
    BLOB_TIMEOUT_MS = 10 * 60 * 1000,
    COPY_BYTES = 64 << 10,
    TAR_BLOCK_BYTES = 512,
    TAR_NAME_SIZE = 100,
    TAR_CHECKSUM_OFFSET = 148,
    TAR_CHECKSUM_SIZE = 8,
};

struct settings {
    const char *database_url;
    struct s3_settings s3;
};

static const struct config_entry entries[] = {
    {"DATABASE_URL", CONFIG_STRING, offsetof(struct settings, database_url), NULL,
     "PostgreSQL connection string or URI, as the role that owns the service's schema", 0, 0},
    S3_SETTINGS_ENTRIES(struct settings, s3),
};

DEFINE_CLEANUP_NAMED(struct blob_store *, store_closep, blob_store_close)

/* --- the tar --- */

static status_code write_out(const void *bytes, size_t length, struct status *st)
{
    if (fwrite(bytes, 1, length, stdout) != length)
        return FAIL(st, STATUS_INTERNAL, NULL, "the blobs cannot be written: %s", strerror(errno));
    return STATUS_OK;
}

/* A member's head as POSIX.1-1988 has it (ustar). */
static status_code write_head(const char *key, int64_t size_bytes, struct status *st)
{
    char head[TAR_BLOCK_BYTES] = {0};
    unsigned sum = 0;

    if (strlen(key) >= TAR_NAME_SIZE)
        return FAIL(st, STATUS_INTERNAL, NULL, "the key of a blob is too long for a tar");
    (void)snprintf(head, TAR_NAME_SIZE, "%s", key);
    (void)snprintf(head + 100, 8, "%07o", 0600U);
    (void)snprintf(head + 108, 8, "%07o", 0U);
    (void)snprintf(head + 116, 8, "%07o", 0U);
    (void)snprintf(head + 124, 12, "%011" PRIo64, (uint64_t)size_bytes);
    (void)snprintf(head + 136, 12, "%011o", 0U);
    head[156] = '0'; /* a file */
    memcpy(head + 257, "ustar\00000", 8);
    memset(head + TAR_CHECKSUM_OFFSET, ' ', TAR_CHECKSUM_SIZE);
    for (size_t i = 0; i < sizeof(head); i++)
        sum += (unsigned char)head[i];
    (void)snprintf(head + TAR_CHECKSUM_OFFSET, TAR_CHECKSUM_SIZE, "%06o", sum);
    return write_out(head, sizeof(head), st);
}

static status_code write_member(const char *key, int fd, int64_t size_bytes, struct status *st)
{
    static const char zeros[TAR_BLOCK_BYTES];
    _cleanup_(freep) char *bytes = malloc(COPY_BYTES);

    if (bytes == NULL)
        return FAIL_MEMORY(st);
    TRY(write_head(key, size_bytes, st));
    for (int64_t offset = 0; offset < size_bytes;) {
        int64_t left = size_bytes - offset;
        size_t length = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        if (!file_read_at(fd, offset, bytes, length))
            return FAIL(st, STATUS_INTERNAL, NULL, "a temporary file cannot be read");
        TRY(write_out(bytes, length, st));
        offset += (int64_t)length;
    }
    return write_out(zeros, (size_t)(-size_bytes & (TAR_BLOCK_BYTES - 1)), st);
}

static status_code write_end(struct status *st)
{
    static const char zeros[2 * TAR_BLOCK_BYTES];

    TRY(write_out(zeros, sizeof(zeros), st));
    if (fflush(stdout) != 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "the blobs cannot be written: %s", strerror(errno));
    return STATUS_OK;
}

/* --- the blobs --- */

static status_code pack(struct blob_store *store, const char *key, struct status *st)
{
    const char *folder = getenv("TMPDIR");
    _cleanup_(closep) int fd = -1;
    struct status failure = {0};
    int64_t size_bytes = 0;

    TRY(upload_open_temporary(folder == NULL ? "/tmp" : folder, &fd, st));
    status_code code =
        blob_get(store, key, fd, time_mono_after_ms(BLOB_TIMEOUT_MS), &size_bytes, &failure);
    if (code == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (code != STATUS_OK) {
        *st = failure;
        return code;
    }
    return write_member(key, fd, size_bytes, st);
}

/* Those with or without the prefix of uploads. */
static status_code pack_all(struct blob_store *store, bool are_uploads, struct status *st)
{
    static const char uploads[] = "upload/";
    _cleanup_(freep) struct blob_keys *found = malloc(sizeof(*found));
    char last[BLOB_KEY_MAX + 1] = "";

    if (found == NULL)
        return FAIL_MEMORY(st);
    for (;;) {
        TRY(blob_list_older(store, INT64_MAX, last, time_mono_after_ms(LIST_TIMEOUT_MS), found,
                            st));
        if (found->count == 0)
            return STATUS_OK;
        for (size_t i = 0; i < found->count; i++)
            if ((strncmp(found->keys[i], uploads, strlen(uploads)) == 0) == are_uploads)
                TRY(pack(store, found->keys[i], st));
        memcpy(last, found->keys[found->count - 1], sizeof(last));
    }
}

static status_code run(const struct settings *settings, struct status *st)
{
    const struct db_options options = {
        .conninfo = settings->database_url,
        .schema = "ocr",
        .application_name = "ocrmesh-ocr-blobs",
        .connections_max = 1,
    };
    _cleanup_(db_closep) struct db *db = NULL;
    _cleanup_(store_closep) struct blob_store *store = NULL;
    char space[BLOB_SPACE_SIZE];

    if (settings->s3.url[0] == '\0')
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_URL is not set: all blobs are in PostgreSQL");
    TRY(http_start(st));
    TRY(db_open(&options, &db, st));
    TRY(blob_space_read(db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), space, st));
    TRY(blob_store_open_s3(&settings->s3, space, time_mono_after_ms(LIST_TIMEOUT_MS), &store, st));
    TRY(pack_all(store, true, st));
    TRY(pack_all(store, false, st));
    return write_end(st);
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct status st = {0};

    program_start(argc, argv, "ocr-blobs", "writes all blobs that are in S3 as a tar", entries,
                  ARRAY_LENGTH(entries), &settings);
    status_code code = run(&settings, &st);
    if (code != STATUS_OK)
        log_failure(LOG_ERROR, "the blobs were not written", &st);
    program_end();
    return code == STATUS_OK ? 0 : 1;
}
