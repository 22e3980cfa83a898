#include "bridge/submit_form.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/http/multipart.h"
#include "bridge/http/text.h"
#include "lib/base/file_name.h"
#include "lib/rest/words.h"

struct field;

struct submit_form {
    struct multipart *parser;
    struct arena *arena;
    int64_t file_max_bytes;
    status_code (*on_file)(void *data, struct str bytes, struct status *st);
    void *data;

    const struct field *field; /* of the current part; NULL: the file, or passed over */
    struct buf value;
    bool is_file; /* the current part is */
    bool has_file;
    bool is_changed;
    int64_t file_bytes;
    Ocrmesh__Ocr__V1__JobOptions options;
    Google__Protobuf__Duration delete_after;
};

/* --- fields --- */

/* One known field: takes the value, NUL-terminated in the arena and never empty. */
struct field {
    const char *name;
    status_code (*take)(struct submit_form *form, char *value, struct status *st);
};

static status_code take_tier(struct submit_form *form, char *value, struct status *st)
{
    if (!rest_tier_parse(str_of(value), &form->options.tier))
        return FAIL_FIELD(st, "tier", "UNKNOWN_TIER", "tier must be cpu or vlm, not '%.40s'",
                          value);
    return STATUS_OK;
}

static status_code take_language(struct submit_form *form, char *value, struct status *st)
{
    form->options.language = value;
    return STATUS_OK;
}

static status_code take_tool(struct submit_form *form, char *value, struct status *st)
{
    form->options.tool = value;
    return STATUS_OK;
}

static status_code take_translate_to(struct submit_form *form, char *value, struct status *st)
{
    form->options.translate_to = value;
    return STATUS_OK;
}

static status_code take_pages(struct submit_form *form, char *value, struct status *st)
{
    form->options.page_ranges = value;
    return STATUS_OK;
}

static status_code take_webhook_url(struct submit_form *form, char *value, struct status *st)
{
    form->options.webhook_url = value;
    return STATUS_OK;
}

static status_code take_url(struct submit_form *form, char *value, struct status *st)
{
    form->options.url = value;
    return STATUS_OK;
}

/* @name: of the field. */
static status_code read_boolean(const char *name, const char *value, bool *ret_is_set,
                                struct status *st)
{
    if (!rest_boolean_parse(str_of(value), ret_is_set))
        return FAIL_FIELD(st, name, "INVALID_FIELD", "%s must be true or false", name);
    return STATUS_OK;
}

static status_code take_validate_only(struct submit_form *form, char *value, struct status *st)
{
    bool is_set = false;

    TRY(read_boolean("validate_only", value, &is_set, st));
    form->options.validate_only = is_set;
    return STATUS_OK;
}

static status_code take_retain(struct submit_form *form, char *value, struct status *st)
{
    bool is_set = false;

    TRY(read_boolean("retain", value, &is_set, st));
    form->options.discard_renditions = !is_set;
    return STATUS_OK;
}

static status_code take_delete_after(struct submit_form *form, char *value, struct status *st)
{
    int64_t seconds;

    if (!str_to_int64(str_of(value), &seconds) || seconds < SUBMIT_FORM_DELETE_AFTER_MIN ||
        seconds > SUBMIT_FORM_DELETE_AFTER_MAX)
        return FAIL_FIELD(st, "delete_after", "INVALID_FIELD",
                          "delete_after must be a number of seconds from %d to %d",
                          SUBMIT_FORM_DELETE_AFTER_MIN, SUBMIT_FORM_DELETE_AFTER_MAX);
    form->delete_after.seconds = seconds;
    form->options.delete_after = &form->delete_after;
    return STATUS_OK;
}

static const struct field fields[] = {
    {"tier", take_tier},
    {"language", take_language},
    {"tool", take_tool},
    {"translate_to", take_translate_to},
    {"pages", take_pages},
    {"validate_only", take_validate_only},
    {"retain", take_retain},
    {"delete_after", take_delete_after},
    {"webhook_url", take_webhook_url},
    {"url", take_url},
};

static const struct field *find_field(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (str_equal(str_of(fields[i].name), name))
            return &fields[i];
    return NULL;
}

void submit_form_name_field(struct status *st)
{
    static const struct {
        const char *service, *caller;
    } names[] = {{"page_ranges", "pages"}, {"request_id", "Idempotency-Key"}};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(st->field, names[i].service) == 0) {
            (void)status_set_field(st, names[i].caller);
            return;
        }
}

static status_code end_field(struct submit_form *form, struct status *st)
{
    struct str text = str_trim(buf_str(&form->value));

    /* An empty field is one that was not filled in. */
    if (text.n == 0)
        return STATUS_OK;
    if (!text_is_clean(text))
        return FAIL_FIELD(st, form->field->name, "INVALID_FIELD",
                          "%s must be UTF-8 text without control characters", form->field->name);
    char *value = arena_strndup(form->arena, text.p, text.n);
    if (value == NULL)
        return FAIL_MEMORY(st);
    form->is_changed = true;
    return form->field->take(form, value, st);
}

/* --- parts --- */

static status_code begin_file(struct submit_form *form, const struct multipart_part *part,
                              struct status *st)
{
    if (form->has_file)
        return FAIL_FIELD(st, "file", "TWO_FILES",
                          "the form has two files; send one file in each request");
    const char *name = file_name_clean(part->file_name, form->arena);
    if (name == NULL)
        return FAIL_MEMORY(st);
    form->has_file = true;
    form->is_file = true;
    form->options.file_name = (char *)name;
    form->is_changed = form->is_changed || name[0] != '\0';
    return STATUS_OK;
}

static status_code on_part(void *data, const struct multipart_part *part, struct status *st)
{
    struct submit_form *form = data;

    form->is_file = false;
    form->field = NULL;
    buf_clear(&form->value);
    if (str_equal(part->name, STR("file")))
        return begin_file(form, part, st);
    form->field = find_field(part->name);
    return STATUS_OK;
}

static status_code take_file(struct submit_form *form, struct str bytes, struct status *st)
{
    form->file_bytes += (int64_t)bytes.n;
    if (form->file_max_bytes > 0 && form->file_bytes > form->file_max_bytes)
        return FAIL_FIELD(st, "file", "TOO_LARGE",
                          "the file is larger than %lld bytes, the most that this plan takes",
                          (long long)form->file_max_bytes);
    return form->on_file(form->data, bytes, st);
}

static status_code on_data(void *data, struct str bytes, struct status *st)
{
    struct submit_form *form = data;

    if (form->is_file)
        return take_file(form, bytes, st);
    if (form->field == NULL)
        return STATUS_OK;
    if (!buf_append(&form->value, bytes.p, bytes.n))
        return FAIL_FIELD(st, form->field->name, "INVALID_FIELD", "%s is longer than %d bytes",
                          form->field->name, SUBMIT_FORM_FIELD_MAX);
    return STATUS_OK;
}

static status_code on_part_end(void *data, struct status *st)
{
    struct submit_form *form = data;

    return form->field != NULL ? end_field(form, st) : STATUS_OK;
}

static const struct multipart_callbacks callbacks = {on_part, on_data, on_part_end};

/* --- the form --- */

status_code submit_form_new(const struct submit_form_options *options,
                            struct submit_form **ret_form, struct status *st)
{
    struct str boundary;

    TRY(multipart_boundary(options->content_type, options->arena, &boundary, st));
    _cleanup_(submit_form_freep) struct submit_form *form = calloc(1, sizeof(*form));
    if (form == NULL)
        return FAIL_MEMORY(st);
    form->arena = options->arena;
    form->file_max_bytes = options->file_max_bytes;
    form->on_file = options->on_file;
    form->data = options->data;
    buf_init(&form->value, SUBMIT_FORM_FIELD_MAX);
    ocrmesh__ocr__v1__job_options__init(&form->options);
    google__protobuf__duration__init(&form->delete_after);
    form->parser = multipart_new(boundary, &callbacks, form);
    if (form->parser == NULL)
        return FAIL_MEMORY(st);
    *ret_form = TAKE(form);
    return STATUS_OK;
}

void submit_form_free(struct submit_form *form)
{
    if (form == NULL)
        return;
    multipart_free(form->parser);
    buf_deinit(&form->value);
    free(form);
}

status_code submit_form_feed(struct submit_form *form, struct str bytes, struct status *st)
{
    return multipart_feed(form->parser, bytes, st);
}

status_code submit_form_finish(struct submit_form *form, struct status *st)
{
    TRY(multipart_finish(form->parser, st));
    if (!form->has_file && form->options.url[0] != '\0')
        return STATUS_OK;
    if (!form->has_file)
        return FAIL_FIELD(st, "file", "NO_FILE",
                          "the form has no file; send it in a part named \"file\"");
    if (form->file_bytes == 0)
        return FAIL_FIELD(st, "file", "NO_FILE",
                          "the file is empty; send an image or a PDF that has content");
    return STATUS_OK;
}

bool submit_form_take_changed(struct submit_form *form)
{
    bool is_changed = form->is_changed;

    form->is_changed = false;
    return is_changed;
}

const Ocrmesh__Ocr__V1__JobOptions *submit_form_job_options(const struct submit_form *form)
{
    return &form->options;
}
