#include "lib/rest/words.h"

static const char *const tiers[] = {
    [OCRMESH__OCR__V1__TIER__TIER_CPU] = "cpu",
    [OCRMESH__OCR__V1__TIER__TIER_VLM] = "vlm",
};

const char *rest_tier_word(Ocrmesh__Ocr__V1__Tier tier)
{
    return tier == OCRMESH__OCR__V1__TIER__TIER_VLM ? tiers[tier]
                                                    : tiers[OCRMESH__OCR__V1__TIER__TIER_CPU];
}

bool rest_tier_parse(struct str word, Ocrmesh__Ocr__V1__Tier *ret_tier)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tiers); i++) {
        if (tiers[i] != NULL && str_equal(word, str_of(tiers[i]))) {
            *ret_tier = (Ocrmesh__Ocr__V1__Tier)i;
            return true;
        }
    }
    return false;
}

bool rest_boolean_parse(struct str word, bool *ret_value)
{
    bool is_true = str_equal(word, STR("true")) || str_equal(word, STR("1"));

    if (!is_true && !str_equal(word, STR("false")) && !str_equal(word, STR("0")))
        return false;
    *ret_value = is_true;
    return true;
}

const char *rest_status_word(Ocrmesh__Ocr__V1__JobState state)
{
    switch (state) {
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE:
        return "done";
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED:
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED:
        return "failed";
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING:
        return "processing";
    default:
        return "pending";
    }
}

const char *rest_block_kind_word(Ocrmesh__Document__V1__BlockKind kind)
{
    switch (kind) {
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING:
        return "heading";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_LIST_ITEM:
        return "list_item";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE:
        return "table";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FIGURE:
        return "figure";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_CAPTION:
        return "caption";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FORMULA:
        return "formula";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER:
        return "header";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER:
        return "footer";
    default:
        return "paragraph";
    }
}
