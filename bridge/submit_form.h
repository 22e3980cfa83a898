#pragma once

/*
 * The form of a submission (API: POST /api/v1/ocr/, B15 to B17): its parts, in any order, become
 * options and the bytes of one file.
 *
 * Fields that are not known are passed over, a field that comes twice counts as the later one, and
 * a second file is refused. Failures are INVALID_ARGUMENT with a sentence that says what to send:
 * NO_FILE, TWO_FILES, TOO_LARGE, UNKNOWN_TIER, INVALID_FIELD, and BAD_MULTIPART from multipart.h.
 *
 * Thread rule: one thread at a time.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    SUBMIT_FORM_FIELD_MAX = 4096, /* bytes of a field's value */
    SUBMIT_FORM_DELETE_AFTER_MIN = 300,
    SUBMIT_FORM_DELETE_AFTER_MAX = 1209600,
};

struct submit_form;

struct submit_form_options {
    struct str content_type; /* of the request */
    int64_t file_max_bytes;  /* 0: no limit here */
    struct arena *arena;     /* outlives the form; takes the options */
    /* The next bytes of the file; borrowed. All of them are to be taken. */
    status_code (*on_file)(void *data, struct str bytes, struct status *st);
    void *data;
};

status_code submit_form_new(const struct submit_form_options *options,
                            struct submit_form **ret_form, struct status *st) _must_check_;
void submit_form_free(struct submit_form *form);
DEFINE_CLEANUP(struct submit_form *, submit_form)

/* The body as it arrives, and its end. */
status_code submit_form_feed(struct submit_form *form, struct str bytes,
                             struct status *st) _must_check_;
status_code submit_form_finish(struct submit_form *form, struct status *st) _must_check_;

/* Gives the field that the service found at fault the name that the caller knows it by. */
void submit_form_name_field(struct status *st);

/* True when options have come since the last call of this. */
bool submit_form_take_changed(struct submit_form *form);
/* What is known so far; lives as long as the arena. */
const Ocrmesh__Ocr__V1__JobOptions *submit_form_job_options(const struct submit_form *form);
