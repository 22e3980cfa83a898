/*
 * How fast a blob goes to S3 and comes back, and what memory that takes:
 *
 *     OCR_S3_URL=... OCR_S3_BUCKET=... OCR_S3_REGION=... OCR_S3_ACCESS_KEY=...
 * OCR_S3_SECRET_KEY=... bench-blob-s3 FILE
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "lib/blob/s3_settings.h"
#include "lib/config/config.h"
#include "lib/http/http_client.h"

enum { DEADLINE_MS = 10 * 60 * 1000 };

struct settings {
    struct s3_settings s3;
};

static const struct config_entry entries[] = {S3_SETTINGS_ENTRIES(struct settings, s3)};

static void tell(const char *what, int64_t bytes, int64_t start_ns)
{
    double seconds = (double)(time_mono() - start_ns) / NANOSECONDS_PER_SECOND;
    struct rusage use;

    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf("%s: %.1f MB/s, %ld MiB at most\n", what, (double)bytes / seconds / 1e6,
                 use.ru_maxrss >> 10);
}

static status_code run(const char *path, struct status *st)
{
    struct settings settings;
    _cleanup_(blob_store_closep) struct blob_store *store = NULL;
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_(closep) int copy = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct stat file;
    int64_t size_bytes;
    int64_t deadline = time_mono_after_ms(DEADLINE_MS);

    if (fd < 0 || copy < 0 || fstat(fd, &file) != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "the file cannot be read");
    TRY(config_load(entries, ARRAY_LENGTH(entries), &settings, st));
    TRY(http_start(st));
    TRY(blob_store_open_s3(&settings.s3, "bench", deadline, &store, st));
    tell("start", 0, time_mono() - 1);
    int64_t start_ns = time_mono();
    TRY(blob_put(store, "bench", fd, file.st_size, deadline, st));
    tell("upload", file.st_size, start_ns);
    start_ns = time_mono();
    TRY(blob_get(store, "bench", copy, deadline, &size_bytes, st));
    tell("download", size_bytes, start_ns);
    return blob_delete(store, "bench", deadline, st);
}

int main(int argc, char **argv)
{
    struct status st = {0};

    if (argc == 2 && run(argv[1], &st) == STATUS_OK)
        return 0;
    (void)fprintf(stderr, "%s\n", argc == 2 ? st.message : "usage: bench-blob-s3 FILE");
    return 1;
}
