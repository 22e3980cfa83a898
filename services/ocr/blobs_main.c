/*
 * ocrmesh-ocr-blobs: writes all blobs that are in S3 to standard output, as a tar, for `./ocrmesh
 * backup`. Those in PostgreSQL are in its dump. Uploads come first: theirs is the shorter life.
 *
 * A blob that is deleted meanwhile is left out: nothing needs it any more.
 */

#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

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
    MEMBER_MODE = 0600,
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

DEFINE_CLEANUP_NAMED(struct archive_entry *, entry_freep, archive_entry_free)

/* One that was not closed is not to look whole: freeing would close it. */
static void tar_free(struct archive *tar)
{
    if (tar == NULL)
        return;
    (void)archive_write_fail(tar);
    (void)archive_write_free(tar);
}
DEFINE_CLEANUP(struct archive *, tar)

static status_code fail_tar(struct archive *tar, struct status *st)
{
    const char *why = archive_error_string(tar);

    return FAIL(st, STATUS_INTERNAL, NULL, "the blobs cannot be written: %.160s",
                why != NULL ? why : "no reason is told");
}

/* To standard output, as POSIX.1-1988 has it (ustar), which any tar reads. */
static status_code open_tar(struct archive **ret_tar, struct status *st)
{
    _cleanup_(tar_freep) struct archive *tar = archive_write_new();

    if (tar == NULL)
        return FAIL_MEMORY(st);
    if (archive_write_set_format_ustar(tar) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(tar, COPY_BYTES) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(tar, 1) != ARCHIVE_OK || /* no more than is needed */
        archive_write_open_fd(tar, STDOUT_FILENO) != ARCHIVE_OK)
        return fail_tar(tar, st);
    *ret_tar = TAKE(tar);
    return STATUS_OK;
}

static status_code write_member(struct archive *tar, const char *key, int fd, int64_t size_bytes,
                                struct status *st)
{
    _cleanup_(freep) char *bytes = malloc(COPY_BYTES);
    _cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();

    if (bytes == NULL || entry == NULL)
        return FAIL_MEMORY(st);
    archive_entry_set_pathname(entry, key);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, MEMBER_MODE);
    archive_entry_set_size(entry, size_bytes);
    if (archive_write_header(tar, entry) != ARCHIVE_OK)
        return fail_tar(tar, st);
    for (int64_t offset = 0; offset < size_bytes;) {
        int64_t left = size_bytes - offset;
        size_t length = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        if (!file_read_at(fd, offset, bytes, length))
            return FAIL(st, STATUS_INTERNAL, NULL, "a temporary file cannot be read");
        if (archive_write_data(tar, bytes, length) != (la_ssize_t)length)
            return fail_tar(tar, st);
        offset += (int64_t)length;
    }
    return archive_write_finish_entry(tar) == ARCHIVE_OK ? STATUS_OK : fail_tar(tar, st);
}

/* --- the blobs --- */

static status_code pack(struct archive *tar, struct blob_store *store, const char *key,
                        struct status *st)
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
    return write_member(tar, key, fd, size_bytes, st);
}

/* Those with or without the prefix of uploads. */
static status_code pack_all(struct archive *tar, struct blob_store *store, bool are_uploads,
                            struct status *st)
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
                TRY(pack(tar, store, found->keys[i], st));
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
    _cleanup_(tar_freep) struct archive *tar = NULL;
    char space[BLOB_SPACE_SIZE];

    if (settings->s3.url[0] == '\0')
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_URL is not set: all blobs are in PostgreSQL");
    TRY(http_start(st));
    TRY(db_open(&options, &db, st));
    TRY(blob_space_read(db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), space, st));
    TRY(blob_store_open_s3(&settings->s3, space, time_mono_after_ms(LIST_TIMEOUT_MS), &store, st));
    TRY(open_tar(&tar, st));
    TRY(pack_all(tar, store, true, st));
    TRY(pack_all(tar, store, false, st));
    return archive_write_close(tar) == ARCHIVE_OK ? STATUS_OK : fail_tar(tar, st);
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
