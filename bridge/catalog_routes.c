/*
 * GET /api/v1/languages/ and /api/v1/tools/: what can be asked for (API: B20).
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "lib/rest/words.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum { CATALOG_BODY_MAX = 1 << 20 };

static const struct rpc_method list_languages = {&ocrmesh__ocr__v1__ocr_service__descriptor,
                                                 "ListLanguages", RPC_UNARY};
static const struct rpc_method list_tools = {&ocrmesh__ocr__v1__ocr_service__descriptor,
                                             "ListTools", RPC_UNARY};

static bool write_language(struct buf *out, const Ocrmesh__Ocr__V1__Language *language)
{
    if (!json_write_begin_object(out) || !json_member_string(out, "code", language->code) ||
        !json_member_string(out, "name", language->name) || !json_write_name(out, "tiers") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < language->n_tiers; i++)
        if (!json_write_string(out, str_of(rest_tier_word(language->tiers[i]))))
            return false;
    return json_write_end_array(out) &&
           json_member_strings(out, "aliases", language->aliases, language->n_aliases) &&
           json_write_end_object(out);
}

static bool write_languages(struct buf *out, const void *reply)
{
    const Ocrmesh__Ocr__V1__ListLanguagesResponse *response = reply;

    if (!json_write_begin_object(out) || !json_write_name(out, "languages") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_languages; i++)
        if (!write_language(out, response->languages[i]))
            return false;
    return json_write_end_array(out) && json_write_end_object(out);
}

static bool write_tools(struct buf *out, const void *reply)
{
    const Ocrmesh__Ocr__V1__ListToolsResponse *response = reply;

    if (!json_write_begin_object(out) || !json_write_name(out, "tools") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_tools; i++) {
        const Ocrmesh__Ocr__V1__Tool *tool = response->tools[i];

        if (!json_write_begin_object(out) || !json_member_string(out, "slug", tool->slug) ||
            !json_member_string(out, "description", tool->description) ||
            !json_member_string(out, "default_tier", rest_tier_word(tool->default_tier)) ||
            !json_member_strings(out, "formats", tool->formats, tool->n_formats) ||
            !json_member_strings(out, "adds", tool->adds, tool->n_adds) ||
            !json_member_boolean(out, "needs_translate_to", tool->needs_translate_to) ||
            !json_write_end_object(out))
            return false;
    }
    return json_write_end_array(out) && json_write_end_object(out);
}

static void answer(struct exchange *exchange, const void *reply,
                   bool (*write)(struct buf *out, const void *reply))
{
    struct buf body;
    struct status st = {0};

    buf_init(&body, CATALOG_BODY_MAX);
    if (write(&body, reply) && buf_append_char(&body, '\n')) {
        exchange_respond_json(exchange, HTTP_STATUS_OK, buf_str(&body));
    } else {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the list does not fit into its answer");
        error_respond(exchange, &st);
    }
    buf_deinit(&body);
}

static void on_languages(struct exchange *exchange, const void *reply, void *data)
{
    answer(exchange, reply, write_languages);
}

static void on_tools(struct exchange *exchange, const void *reply, void *data)
{
    answer(exchange, reply, write_tools);
}

void language_list(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__ListLanguagesRequest request = OCRMESH__OCR__V1__LIST_LANGUAGES_REQUEST__INIT;

    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &list_languages, &request,
                   on_languages, NULL);
}

void tool_list(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__ListToolsRequest request = OCRMESH__OCR__V1__LIST_TOOLS_REQUEST__INIT;

    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &list_tools, &request, on_tools, NULL);
}
