#pragma once

/*
 * The words of the public API for values of the protos, in one place: the bridge's answers and the
 * exported JSON speak alike. Thread rule: any thread; all text is static.
 */

#include <stdbool.h>

#include "lib/base/str.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"

/* "cpu", "vlm". */
const char *rest_tier_word(Ocrmesh__Ocr__V1__Tier tier);
/* False for a word that is none. */
bool rest_tier_parse(struct str word, Ocrmesh__Ocr__V1__Tier *ret_tier);

/* "true" and "1", "false" and "0"; false for a word that is none of them. */
bool rest_boolean_parse(struct str word, bool *ret_value);

/* "pending", "processing", "done" or "failed": what clients poll for. A cancelled job has failed.
 */
const char *rest_status_word(Ocrmesh__Ocr__V1__JobState state);

/* "heading", "paragraph", "list_item" and so on; "paragraph" for a kind that is not known. */
const char *rest_block_kind_word(Ocrmesh__Document__V1__BlockKind kind);
