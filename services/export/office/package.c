#include "services/export/office/package.h"

#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>

enum { PART_MODE = 0644 };

struct package {
    struct sink *sink; /* borrowed */
    struct sink part;  /* what is written of the part at hand */
    struct archive *archive;
    struct archive_entry *entry;
    int64_t part_bytes;
    int64_t file_bytes;
};

void package_free(struct package *package)
{
    if (package == NULL)
        return;
    sink_deinit(&package->part);
    archive_entry_free(package->entry);
    if (package->archive != NULL) {
        /* Else freeing closes the archive, which would write its directory. */
        (void)archive_write_fail(package->archive);
        (void)archive_write_free(package->archive);
    }
    free(package);
}

/* An archive_write_callback. */
static la_ssize_t write_out(struct archive *archive, void *arg, const void *data, size_t length)
{
    struct package *package = arg;
    struct status st;

    package->file_bytes += (int64_t)length;
    sink_append(package->sink, data, length);
    /* What failed there is told by the sink itself. */
    return sink_check(package->sink, &st) == STATUS_OK ? (la_ssize_t)length : -1;
}

static status_code fail(struct package *package, struct status *st)
{
    if (sink_check(package->sink, st) != STATUS_OK)
        return st->code;
    return FAIL(st, STATUS_INTERNAL, NULL, "the file could not be packed");
}

/* A sink_write_function: compresses a piece of the part. */
static status_code write_part(void *arg, const void *data, size_t length, struct status *st)
{
    struct package *package = arg;
    const char *rest = data;

    while (length > 0) {
        la_ssize_t written = archive_write_data(package->archive, rest, length);

        if (written <= 0)
            return fail(package, st);
        rest += written;
        length -= (size_t)written;
        package->part_bytes += written;
    }
    if (package->part_bytes > PACKAGE_MAX_BYTES || package->file_bytes > PACKAGE_MAX_BYTES)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "FILE_TOO_LARGE",
                    "the file would have more than %lld MB, which this format does not take",
                    (long long)(PACKAGE_MAX_BYTES / 1000000));
    return STATUS_OK;
}

struct package *package_new(struct sink *sink)
{
    _cleanup_(package_freep) struct package *package = calloc(1, sizeof(*package));

    if (package == NULL)
        return NULL;
    package->sink = sink;
    sink_init(&package->part, write_part, package);
    package->archive = archive_write_new();
    package->entry = archive_entry_new();
    if (package->archive == NULL || package->entry == NULL ||
        archive_write_set_format_zip(package->archive) != ARCHIVE_OK ||
        archive_write_set_options(package->archive, "zip:!zip64") != ARCHIVE_OK ||
        /* The sink gathers chunks; no padding at the end. */
        archive_write_set_bytes_per_block(package->archive, 0) != ARCHIVE_OK ||
        archive_write_open2(package->archive, package, NULL, write_out, NULL, NULL) != ARCHIVE_OK)
        return NULL;
    return TAKE(package);
}

/* Tells the file's sink what a call of libarchive, or the part, failed with. */
static void note(struct package *package, bool is_ok)
{
    struct status st;

    if (!is_ok && fail(package, &st) != STATUS_OK)
        sink_fail(package->sink, &st);
}

static bool has_failed(const struct package *package)
{
    struct status st;

    return sink_check(package->sink, &st) != STATUS_OK;
}

void package_begin_part(struct package *package, const char *name)
{
    if (has_failed(package))
        return;
    archive_entry_clear(package->entry);
    archive_entry_set_pathname(package->entry, name);
    archive_entry_set_filetype(package->entry, AE_IFREG);
    archive_entry_set_perm(package->entry, PART_MODE);
    package->part_bytes = 0;
    note(package, archive_write_header(package->archive, package->entry) == ARCHIVE_OK);
}

struct sink *package_part(struct package *package)
{
    return &package->part;
}

void package_end_part(struct package *package)
{
    struct status st;

    if (sink_finish(&package->part, &st) != STATUS_OK)
        sink_fail(package->sink, &st);
    if (!has_failed(package))
        note(package, archive_write_finish_entry(package->archive) == ARCHIVE_OK);
}

void package_close(struct package *package)
{
    if (!has_failed(package))
        note(package, archive_write_close(package->archive) == ARCHIVE_OK);
}
