#pragma once

/*
 * What a caller asks for when it hands in a file: checked, completed, and with a fingerprint.
 *
 * Plain values; no store, no network. Thread rule: values, any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/job.h"
#include "services/ocr/upload.h"

/* Text is never NULL once submission_init() was called; it lives where its giver says. */
struct submission_options {
    int tier; /* number of ocrmesh.ocr.v1.Tier; 0: not said */
    const char *language;
    const char *tool;
    const char *translate_to;
    const char *file_name;
    const char *page_ranges;
    bool validate_only;
    int64_t retention_seconds; /* 0: not said */
    const char *webhook_url;
    const char *url; /* of the file; "": it is sent */
    bool discards_renditions;
    const char *request_id; /* "": none */
};

/* Nothing is said yet. */
void submission_init(struct submission_options *options);

/*
 * Checks what is said so far; called whenever options come in, so that a caller is refused before
 * the file is read.
 *
 * @has_vlm: whether an engine of that tier is here.
 *
 * Fails with INVALID_ARGUMENT (UNKNOWN_TIER, UNKNOWN_LANGUAGE, UNKNOWN_TOOL, INVALID_FIELD), naming
 * the field, and with UNAVAILABLE ENGINE_UNAVAILABLE for a tier that has no engine here.
 */
status_code submission_check(const struct submission_options *options, bool has_vlm,
                             struct status *st) _must_check_;

/* Checks what only holds of all of it together, once everything has been said: INVALID_ARGUMENT
 * INVALID_FIELD. */
status_code submission_check_whole(const struct submission_options *options,
                                   struct status *st) _must_check_;

/* Whether the document is to be translated. Of checked options. */
bool submission_translates(const struct submission_options *options);

/* The tier that is meant: the one said, or the tool's where there is an engine for it, or `cpu`. Of
 * checked options. */
job_tier submission_tier(const struct submission_options *options, bool has_vlm);
/* "auto" where nothing was said. */
const char *submission_language(const struct submission_options *options);

/* SHA-256 over everything that makes two submissions the same: options, with the tier that is meant
 * in their `tier`, and the file's hash. */
void submission_fingerprint(const struct submission_options *options,
                            const unsigned char file_hash[static UPLOAD_HASH_SIZE],
                            unsigned char ret_fingerprint[static UPLOAD_HASH_SIZE]);
