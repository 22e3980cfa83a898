#include "services/ocr/submission.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/utf8.h"
#include "services/ocr/language.h"
#include "services/ocr/page_ranges.h"
#include "services/ocr/tools.h"

void submission_init(struct submission_options *options)
{
    *options = (struct submission_options){
        .language = "",
        .tool = "",
        .translate_to = "",
        .file_name = "",
        .page_ranges = "",
        .webhook_url = "",
        .url = "",
        .request_id = "",
    };
}

static bool is_utf8(struct str text)
{
    while (text.n > 0) {
        size_t length = utf8_sequence(text.p, text.n);
        if (length == 0)
            return false;
        text.p += length;
        text.n -= length;
    }
    return true;
}

static status_code check_text(const char *field, const char *text, size_t max_bytes,
                              struct status *st)
{
    struct str view = str_of(text);

    if (view.n > max_bytes)
        return FAIL_FIELD(st, field, "INVALID_FIELD", "%s has at most %zu bytes", field, max_bytes);
    if (!is_utf8(view))
        return FAIL_FIELD(st, field, "INVALID_FIELD", "%s is not UTF-8", field);
    return STATUS_OK;
}

static status_code check_tier(int tier, bool has_vlm, struct status *st)
{
    if (tier == JOB_TIER_VLM && has_vlm)
        return STATUS_OK;
    if (tier == JOB_TIER_VLM)
        return FAIL(st, STATUS_UNAVAILABLE, "ENGINE_UNAVAILABLE",
                    "the vlm tier has no engine on this server; use tier cpu");
    if (tier != 0 && tier != JOB_TIER_CPU)
        return FAIL_FIELD(st, "tier", "UNKNOWN_TIER", "there is no tier %d; known: cpu, vlm", tier);
    return STATUS_OK;
}

static status_code check_translation(const struct submission_options *options, struct status *st)
{
    const struct tool *tool = tool_find(str_of(options->tool));
    bool translates = tool != NULL && (tool->does & TOOL_TRANSLATES) != 0;

    if (options->translate_to[0] == '\0')
        return STATUS_OK;
    TRY(check_text("translate_to", options->translate_to, JOB_LANGUAGE_MAX, st));
    if (!translates && options->tool[0] != '\0')
        return FAIL_FIELD(st, "translate_to", "INVALID_FIELD",
                          "translate_to goes with the tool 'translate', not '%.40s'",
                          options->tool);
    if (language_find(str_of(options->translate_to)) == NULL)
        return language_fail_unknown("translate_to", str_of(options->translate_to), st);
    return STATUS_OK;
}

bool submission_translates(const struct submission_options *options)
{
    const struct tool *tool = tool_find(str_of(options->tool));

    return tool != NULL && (tool->does & TOOL_TRANSLATES) != 0;
}

status_code submission_check_whole(const struct submission_options *options, struct status *st)
{
    if (submission_translates(options) && options->translate_to[0] == '\0')
        return FAIL_FIELD(
            st, "translate_to", "INVALID_FIELD",
            "the tool 'translate' needs translate_to: the language to translate into");
    if (!submission_translates(options) && options->translate_to[0] != '\0')
        return FAIL_FIELD(st, "translate_to", "INVALID_FIELD",
                          "translate_to goes with the tool 'translate'");
    return STATUS_OK;
}

status_code submission_check(const struct submission_options *options, bool has_vlm,
                             struct status *st)
{
    TRY(check_tier(options->tier, has_vlm, st));
    TRY(check_text("language", options->language, JOB_LANGUAGE_MAX, st));
    if (options->language[0] != '\0')
        TRY(language_check(str_of(options->language), st));
    TRY(check_text("tool", options->tool, JOB_TOOL_MAX, st));
    TRY(tool_check(str_of(options->tool), st));
    TRY(check_translation(options, st));
    TRY(page_ranges_check(str_of(options->page_ranges), st));
    if (options->retention_seconds != 0 &&
        (options->retention_seconds < JOB_RETENTION_MIN_SECONDS ||
         options->retention_seconds > JOB_RETENTION_MAX_SECONDS))
        return FAIL_FIELD(
            st, "delete_after", "INVALID_FIELD", "delete_after is %d to %d seconds, not %" PRId64,
            JOB_RETENTION_MIN_SECONDS, JOB_RETENTION_MAX_SECONDS, options->retention_seconds);
    return check_text("request_id", options->request_id, JOB_REQUEST_ID_MAX, st);
}

job_tier submission_tier(const struct submission_options *options, bool has_vlm)
{
    const struct tool *tool = tool_find(str_of(options->tool));

    if (options->tier != 0)
        return (job_tier)options->tier;
    return tool != NULL ? tool_tier(tool, has_vlm) : JOB_TIER_CPU;
}

const char *submission_language(const struct submission_options *options)
{
    return options->language[0] == '\0' ? "auto" : options->language;
}

/* Length first, so that no two lists of fields give the same bytes. */
static void hash_text(crypto_hash_sha256_state *hash, const char *text)
{
    uint64_t length = strlen(text);

    (void)crypto_hash_sha256_update(hash, (const unsigned char *)&length, sizeof(length));
    (void)crypto_hash_sha256_update(hash, (const unsigned char *)text, length);
}

static void hash_number(crypto_hash_sha256_state *hash, int64_t number)
{
    (void)crypto_hash_sha256_update(hash, (const unsigned char *)&number, sizeof(number));
}

void submission_fingerprint(const struct submission_options *options,
                            const unsigned char file_hash[static UPLOAD_HASH_SIZE],
                            unsigned char ret_fingerprint[static UPLOAD_HASH_SIZE])
{
    crypto_hash_sha256_state hash;

    (void)crypto_hash_sha256_init(&hash);
    (void)crypto_hash_sha256_update(&hash, file_hash, UPLOAD_HASH_SIZE);
    hash_number(&hash, options->tier);
    hash_text(&hash, submission_language(options));
    hash_text(&hash, options->tool);
    hash_text(&hash, options->translate_to);
    hash_text(&hash, options->page_ranges);
    hash_number(&hash, options->retention_seconds);
    hash_number(&hash, options->discards_renditions);
    hash_text(&hash, options->webhook_url);
    (void)crypto_hash_sha256_final(&hash, ret_fingerprint);
}
