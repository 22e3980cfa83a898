#include "services/ocr/blobs.h"

#include <poll.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "lib/blob/s3_settings.h"
#include "lib/log/log.h"
#include "lib/program/program.h"

enum { STATEMENT_TIMEOUT_MS = 30000, CHECK_TIMEOUT_MS = 15000, WAIT_MS = 500 };

DEFINE_CLEANUP_NAMED(struct blob_store *, store_closep, blob_store_close)

/* Plain text is for this machine, or for a network that keeps others out. */
static void tell_plain_text(const char *url)
{
    static const char *const here[] = {"http://127.", "http://localhost", "http://[::1]"};

    if (strncmp(url, "http://", strlen("http://")) != 0)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(here); i++)
        if (strncmp(url, here[i], strlen(here[i])) == 0)
            return;
    log_write(LOG_WARNING, "uploads go to S3 in plain text: whoever is on the way can read them",
              LOG_STRING("OCR_S3_URL", url));
}

static status_code open_s3(struct db *db, const struct s3_settings *settings,
                           struct blob_store **ret_store, struct status *st)
{
    char space[BLOB_SPACE_SIZE];
    status_code code;

    TRY(blob_space_read(db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), space, st));
    while ((code = blob_store_open_s3(settings, space, time_mono_after_ms(CHECK_TIMEOUT_MS),
                                      ret_store, st)) == STATUS_UNAVAILABLE &&
           !program_is_told_to_end()) {
        log_failure(LOG_WARNING, "waiting for S3", st);
        (void)poll(NULL, 0, WAIT_MS);
    }
    return code;
}

status_code blobs_open(struct db *db, const struct s3_settings *settings,
                       struct blob_store **ret_store, struct status *st)
{
    _cleanup_(store_closep) struct blob_store *of_database = NULL;
    struct blob_store *s3;

    TRY(blob_store_open_postgres(db, &of_database, st));
    if (settings->url[0] == '\0') {
        *ret_store = TAKE(of_database);
        return STATUS_OK;
    }
    tell_plain_text(settings->url);
    TRY(open_s3(db, settings, &s3, st));
    return blob_store_open_layers(s3, TAKE(of_database), ret_store, st);
}
