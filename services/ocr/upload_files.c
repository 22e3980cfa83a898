#include "services/ocr/upload_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/blob/blob.h"
#include "services/ocr/job.h"
#include "services/ocr/upload.h"

struct entry {
    char job_id[JOB_ID_SIZE]; /* "" for a place that is free */
    int fd;                   /* -1 while it is being fetched */
    int64_t size_bytes;
    uint64_t last_use;
};

struct upload_files {
    struct blob_store *store;
    const char *directory;
    pthread_mutex_t lock;
    pthread_cond_t fetched; /* a fetch ended, well or not */
    uint64_t use_count;
    struct entry entries[UPLOAD_FILES_MAX];
};

struct upload_files *upload_files_new(struct blob_store *store, const char *directory)
{
    struct upload_files *files = calloc(1, sizeof(*files));

    if (files == NULL)
        return NULL;
    files->store = store;
    files->directory = directory;
    pthread_mutex_init(&files->lock, NULL);
    pthread_cond_init(&files->fetched, NULL);
    return files;
}

static bool is_free(const struct entry *entry)
{
    return entry->job_id[0] == '\0';
}

static void clear(struct entry *entry)
{
    if (!is_free(entry))
        closep(&entry->fd);
    *entry = (struct entry){.fd = -1};
}

void upload_files_free(struct upload_files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < UPLOAD_FILES_MAX; i++)
        clear(&files->entries[i]);
    pthread_cond_destroy(&files->fetched);
    pthread_mutex_destroy(&files->lock);
    free(files);
}

/* --- with the lock held --- */

static struct entry *find(struct upload_files *files, const char *job_id)
{
    for (size_t i = 0; i < UPLOAD_FILES_MAX; i++)
        if (strcmp(files->entries[i].job_id, job_id) == 0)
            return &files->entries[i];
    return NULL;
}

/* The complete file that was not used for longest, or NULL. */
static struct entry *find_oldest(struct upload_files *files, const struct entry *but)
{
    struct entry *oldest = NULL;

    for (size_t i = 0; i < UPLOAD_FILES_MAX; i++) {
        struct entry *entry = &files->entries[i];
        if (entry != but && !is_free(entry) && entry->fd >= 0 &&
            (oldest == NULL || entry->last_use < oldest->last_use))
            oldest = entry;
    }
    return oldest;
}

/* A place for a new entry, or NULL when all of them are being fetched. */
static struct entry *take_place(struct upload_files *files, const char *job_id)
{
    struct entry *place = find(files, "");

    if (place == NULL) {
        place = find_oldest(files, NULL);
        if (place == NULL)
            return NULL;
        clear(place);
    }
    (void)snprintf(place->job_id, sizeof(place->job_id), "%s", job_id);
    place->fd = -1;
    place->last_use = ++files->use_count;
    return place;
}

static void keep_below_limit(struct upload_files *files, const struct entry *newest)
{
    for (;;) {
        int64_t total_bytes = 0;
        for (size_t i = 0; i < UPLOAD_FILES_MAX; i++)
            total_bytes += files->entries[i].size_bytes;
        struct entry *oldest = find_oldest(files, newest);
        if (total_bytes <= (int64_t)UPLOAD_FILES_MAX_MIB << 20 || oldest == NULL)
            return;
        clear(oldest);
    }
}

/* --- */

/* The same file with an offset of its own and no right to write. */
static int reopen(int fd)
{
    char path[32];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void upload_files_add(struct upload_files *files, const char *job_id, int fd, int64_t size_bytes)
{
    int own_fd = reopen(fd);

    if (own_fd < 0)
        return;
    pthread_mutex_lock(&files->lock);
    struct entry *entry = find(files, job_id) == NULL ? take_place(files, job_id) : NULL;
    if (entry != NULL) {
        entry->fd = own_fd;
        entry->size_bytes = size_bytes;
        keep_below_limit(files, entry);
    } else {
        (void)close(own_fd);
    }
    pthread_mutex_unlock(&files->lock);
}

static status_code fetch(struct upload_files *files, const char *job_id, int64_t deadline,
                         int *ret_fd, int64_t *ret_size_bytes, struct status *st)
{
    _cleanup_(closep) int fd = -1;
    char key[JOB_BLOB_KEY_SIZE];

    job_upload_key(job_id, key);
    TRY(upload_open_temporary(files->directory, &fd, st));
    TRY(blob_get(files->store, key, fd, deadline, ret_size_bytes, st));
    *ret_fd = fd;
    fd = -1;
    return STATUS_OK;
}

/* Ends the fetch of this thread's own entry, which nobody else changes meanwhile but to drop it. */
static void end_fetch(struct upload_files *files, const char *job_id, int fd, int64_t size_bytes)
{
    int own_fd = fd >= 0 ? reopen(fd) : -1;

    pthread_mutex_lock(&files->lock);
    struct entry *entry = find(files, job_id);
    if (entry != NULL && entry->fd < 0) {
        if (own_fd >= 0) {
            entry->fd = own_fd;
            entry->size_bytes = size_bytes;
            own_fd = -1;
            keep_below_limit(files, entry);
        } else {
            clear(entry);
        }
    }
    pthread_cond_broadcast(&files->fetched);
    pthread_mutex_unlock(&files->lock);
    closep(&own_fd);
}

/* The entry's file, if it has one by now; waits while another thread fetches it. *ret_must_fetch:
 * the caller is to fetch it, and to call end_fetch(). */
static int look_up(struct upload_files *files, const char *job_id, bool *ret_must_fetch)
{
    struct entry *entry;
    int fd = -1;

    *ret_must_fetch = false;
    pthread_mutex_lock(&files->lock);
    while ((entry = find(files, job_id)) != NULL && entry->fd < 0)
        pthread_cond_wait(&files->fetched, &files->lock);
    if (entry != NULL) {
        entry->last_use = ++files->use_count;
        fd = reopen(entry->fd);
        if (fd < 0)
            clear(entry);
    } else {
        *ret_must_fetch = take_place(files, job_id) != NULL;
    }
    pthread_mutex_unlock(&files->lock);
    return fd;
}

status_code upload_files_open(struct upload_files *files, const char *job_id, int64_t deadline,
                              int *ret_fd, struct status *st)
{
    bool must_fetch;
    _cleanup_(closep) int fetched_fd = -1;
    int64_t size_bytes = 0;
    int fd = look_up(files, job_id, &must_fetch);

    if (fd < 0) {
        status_code code = fetch(files, job_id, deadline, &fetched_fd, &size_bytes, st);
        if (must_fetch)
            end_fetch(files, job_id, fetched_fd, size_bytes);
        TRY(code);
        fd = reopen(fetched_fd);
        if (fd < 0)
            return FAIL(st, STATUS_UNAVAILABLE, "NO_WORK_DIR", "an upload cannot be opened: %s",
                        strerror(errno));
    }
    *ret_fd = fd;
    return STATUS_OK;
}

void upload_files_drop(struct upload_files *files, const char *job_id)
{
    pthread_mutex_lock(&files->lock);
    struct entry *entry = find(files, job_id);
    if (entry != NULL && entry->fd >= 0)
        clear(entry);
    pthread_mutex_unlock(&files->lock);
}
