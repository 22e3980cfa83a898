#include "services/chat/citation_json.h"

#include <stdlib.h>

#include <jansson.h>

static json_t *boxes_json(const struct citation *citation)
{
    json_t *boxes = json_array();

    for (size_t i = 0; i < citation->box_count; i++) {
        const struct citation_box *box = &citation->boxes[i];

        if (json_array_append_new(
                boxes, json_pack("[i, i, i, i]", box->x0, box->y0, box->x1, box->y1)) != 0) {
            json_decref(boxes);
            return NULL;
        }
    }
    return boxes;
}

status_code citation_json_write(const struct citation *citations, size_t count, struct arena *arena,
                                const char **ret_json, struct status *st)
{
    _cleanup_(json_decrefp) json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct citation *citation = &citations[i];
        json_t *entry =
            json_pack("{s: I, s: I, s: s%, s: o}", "page", (json_int_t)citation->page_index,
                      "block", (json_int_t)citation->block_index, "snippet", citation->snippet.p,
                      citation->snippet.n, "boxes", boxes_json(citation));

        if (entry == NULL || json_array_append_new(list, entry) != 0)
            return FAIL_MEMORY(st);
    }
    _cleanup_(freep) char *text = list == NULL ? NULL : json_dumps(list, JSON_COMPACT);
    const char *kept = text == NULL ? NULL : arena_strdup(arena, text);
    if (kept == NULL)
        return FAIL_MEMORY(st);
    *ret_json = kept;
    return STATUS_OK;
}

static status_code fail_form(struct status *st)
{
    return FAIL(st, STATUS_INTERNAL, NULL, "the citations of a message cannot be read");
}

static status_code read_boxes(const json_t *list, struct arena *arena, struct citation *citation,
                              struct status *st)
{
    size_t count = json_array_size(list);
    struct citation_box *boxes = ARENA_NEW_ARRAY(arena, struct citation_box, count + 1);

    if (boxes == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        struct citation_box *box = &boxes[i];

        if (json_unpack(json_array_get(list, i), "[i, i, i, i!]", &box->x0, &box->y0, &box->x1,
                        &box->y1) != 0)
            return fail_form(st);
    }
    citation->boxes = boxes;
    citation->box_count = count;
    return STATUS_OK;
}

static status_code read_citation(json_t *entry, struct arena *arena, struct citation *citation,
                                 struct status *st)
{
    json_int_t page, block;
    const char *snippet;
    size_t length;
    json_t *boxes;

    if (json_unpack(entry, "{s: I, s: I, s: s%, s: o!}", "page", &page, "block", &block, "snippet",
                    &snippet, &length, "boxes", &boxes) != 0 ||
        page < 0 || page > UINT32_MAX || block < 0 || block > UINT32_MAX || !json_is_array(boxes))
        return fail_form(st);
    const char *copy = arena_strndup(arena, snippet, length);
    if (copy == NULL)
        return FAIL_MEMORY(st);
    citation->page_index = (uint32_t)page;
    citation->block_index = (uint32_t)block;
    citation->snippet = (struct str){copy, length};
    return read_boxes(boxes, arena, citation, st);
}

status_code citation_json_read(struct str json, struct arena *arena,
                               const struct citation **ret_citations, size_t *ret_count,
                               struct status *st)
{
    _cleanup_(json_decrefp) json_t *list = json_loadb(json.p, json.n, 0, NULL);
    struct citation *citations;

    if (!json_is_array(list))
        return fail_form(st);
    size_t count = json_array_size(list);
    citations = ARENA_NEW_ARRAY(arena, struct citation, count + 1);
    if (citations == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        TRY(read_citation(json_array_get(list, i), arena, &citations[i], st));
    *ret_citations = citations;
    *ret_count = count;
    return STATUS_OK;
}
